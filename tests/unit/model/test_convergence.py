"""Trajectories that add up, and end where the fit does."""

import numpy as np
import pytest
from pixels import mixed_pixels

from bgsub.model.convergence import Trajectory, trajectory_rows
from bgsub.model.gmm import PixelMixture


def test_trajectory_rows_end_where_nothing_changes():
    unit = 2**24
    trajectory = Trajectory(np.array([2, 6, 8, 8, 8]) * unit, np.array([0, 1, 1, 2, 2]), 2)
    assert trajectory_rows(trajectory) == [
        {"iteration": 0, "log_likelihood": 1.0, "gain": 0.0, "converged": 0.0},
        {"iteration": 1, "log_likelihood": 3.0, "gain": 2.0, "converged": 0.5},
        {"iteration": 2, "log_likelihood": 4.0, "gain": 1.0, "converged": 0.5},
        {"iteration": 3, "log_likelihood": 4.0, "gain": 0.0, "converged": 1.0},
    ]


def test_trajectory_is_the_mean_of_fits_with_that_many_iterations():
    frames = mixed_pixels(4, each=5)
    fixed = {"tolerance": None}
    rows = trajectory_rows(PixelMixture(max_iterations=13, **fixed).fit(frames).trajectory_)
    for t in (0, 1, 2, 5, 12):
        shorter = PixelMixture(max_iterations=t, **fixed).fit(frames)
        assert rows[t]["log_likelihood"] == pytest.approx(shorter.log_likelihood_.mean(), abs=1e-6)


@pytest.mark.parametrize("band_bytes", [1, 2**20])
def test_trajectory_of_each_pixel_is_that_of_its_fit_alone(band_bytes, monkeypatch):
    frames = mixed_pixels(4, each=2).reshape(44, 5, 4, 3)
    alone = [PixelMixture().fit(frames[:, [y], x : x + 1]).trajectory_ for y in range(5) for x in range(4)]
    monkeypatch.setattr("bgsub.model.gmm.BAND_BYTES", band_bytes)
    each = PixelMixture().fit(frames, each=True).trajectory_
    np.testing.assert_array_equal(each.log_likelihood, [pixel.log_likelihood for pixel in alone])
    np.testing.assert_array_equal(each.converged, np.sum([pixel.converged for pixel in alone], axis=0))


def test_trajectory_ends_at_the_fit_and_never_falls():
    fitted = PixelMixture().fit(mixed_pixels(4, each=5))
    rows = trajectory_rows(fitted.trajectory_)
    assert rows[-1]["log_likelihood"] == pytest.approx(fitted.log_likelihood_.mean(), abs=1e-6)
    assert rows[-1]["converged"] == 1
    assert rows[-1]["iteration"] == fitted.n_iter_.max()
    assert (np.diff(fitted.trajectory_.log_likelihood) >= 0).all()
    for t in (0, 1, 3):
        assert rows[t]["converged"] == (fitted.n_iter_ <= t).mean()
