"""Tables of fits: hand-made models with known answers, and trajectories that add up."""

import numpy as np
import pytest
from bgsub.convergence import Trajectory, background_image, summarise_fit, trajectory_rows
from bgsub.gmm import PixelMixture
from pixels import mixed_pixels


def model(
    log_likelihood, n_iter, converged, flags, means=((0.2, 0.9), (0.4, 0.5)), weights=((0.6, 0.3), (0.4, 0.7))
):
    return {
        "weights": np.array(weights).reshape(2, 1, 2),
        "means": np.repeat(np.array(means).reshape(2, 1, 2, 1), 3, axis=3),
        "log_likelihood": np.array([log_likelihood]),
        "n_iter": np.array([n_iter], dtype=np.int32),
        "converged": np.array([converged]),
        "flags": np.array([flags], dtype=np.uint8),
    }


def test_background_is_the_heaviest_components_mean():
    fitted = model([0, 0], [1, 1], [True, True], [0, 0])
    np.testing.assert_allclose(background_image(fitted["weights"], fitted["means"])[0, :, 0], [0.2, 0.5])


def test_summary_of_hand_made_fits():
    reference = model([10.0, 8.0], [7, 0], [True, True], [4, 1])
    other = model([9.5, 8.0], [5, 3], [False, False], [0, 16 | 1], means=((0.2, 0.9), (0.4, 0.7)))
    row = summarise_fit("notebook", other, reference)
    assert row["model"] == "notebook"
    assert row["pixels"] == 2
    assert row["iterations_median"] == 4
    assert row["iterations_max"] == 5
    assert row["converged"] == 0
    assert row["at_limit"] == 0.5  # the undefined pixel stopped for another reason
    assert row["log_likelihood"] == 8.75
    assert row["gap_median"] == 0.5  # over the one defined pixel
    assert row["gap_over_0.01"] == 1
    assert row["background_difference_mean"] == pytest.approx(0.5 * 0.2 * 255)
    assert row["background_over_5"] == 0.5
    assert [row[key] for key in ("constant", "rank_deficient", "at_floor", "dead", "undefined")] == [
        0.5,
        0,
        0,
        0,
        0.5,
    ]
    itself = summarise_fit("em", reference, reference)
    assert itself["gap_p90"] == itself["background_difference_mean"] == itself["gap_over_0.01"] == 0


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


def test_trajectory_ends_at_the_fit_and_never_falls():
    fitted = PixelMixture().fit(mixed_pixels(4, each=5))
    rows = trajectory_rows(fitted.trajectory_)
    assert rows[-1]["log_likelihood"] == pytest.approx(fitted.log_likelihood_.mean(), abs=1e-6)
    assert rows[-1]["converged"] == 1
    assert rows[-1]["iteration"] == fitted.n_iter_.max()
    assert (np.diff(fitted.trajectory_.log_likelihood) >= 0).all()
    for t in (0, 1, 3):
        assert rows[t]["converged"] == (fitted.n_iter_ <= t).mean()
