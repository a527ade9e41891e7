"""Tables of fits: hand-made models with known answers."""

import numpy as np
import pytest
from pixels import mixed_pixels

from bgsub.evidence.fits import not_finite, parameter_maps, smallest_eigenvalues, summarise_fit
from bgsub.model.convergence import background_image
from bgsub.model.gmm import PixelMixture


def model(
    log_likelihood, n_iter, converged, flags, means=((0.2, 0.9), (0.4, 0.5)), weights=((0.6, 0.3), (0.4, 0.7))
):
    return {
        "weights": np.array(weights).reshape(2, 1, 2),
        "means": np.repeat(np.array(means).reshape(2, 1, 2, 1), 3, axis=3),
        "covariances": np.tile(np.eye(3), (2, 1, 2, 1, 1)),
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


def test_pixels_that_are_not_finite_are_counted():
    spoiled = model([10.0, np.nan], [1, 1], [True, True], [0, 0])
    assert not_finite(spoiled).tolist() == [[False, True]]
    spoiled["covariances"][1, 0, 0, 2, 1] = np.inf
    assert not_finite(spoiled).tolist() == [[True, True]]
    assert summarise_fit("em", spoiled, spoiled)["not_finite"] == 2
    sound = model([10.0, 8.0], [1, 1], [True, True], [0, 0])
    assert summarise_fit("em", sound, sound)["not_finite"] == 0


def test_smallest_eigenvalues_are_lapacks():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(500, 3, 3)) * rng.choice([1, 1e-3], (500, 1, 3))
    matrices = factors @ factors.swapaxes(1, 2)
    matrices[0], matrices[1] = 0.0, 4 * np.eye(3)
    matrices[2] = np.diag([2.0, 2.0, 5.0])
    values = np.linalg.eigvalsh(matrices)
    np.testing.assert_allclose(smallest_eigenvalues(matrices), values[:, 0], atol=1e-7 * values[:, 2].max())
    assert smallest_eigenvalues(np.full((2, 1, 1), 7.0)).tolist() == [7, 7]


def test_parameter_maps_leave_out_components_without_weight():
    fitted = model([0, 0], [1, 1], [True, True], [0, 0], weights=((0.6, 1.0), (0.4, 0.0)))
    fitted["covariances"][1] *= (2 / 255) ** 2
    maps = parameter_maps(fitted)
    assert maps["components"].tolist() == [[2, 1]]
    assert maps["heaviest_weight"].tolist() == [[0.6, 1.0]]
    np.testing.assert_allclose(maps["narrowest"], [[2, 255]])


def test_narrowest_direction_is_at_the_floor_where_the_flag_says_so():
    fitted = PixelMixture(covariance_floor=2.0).fit(mixed_pixels(4, each=5))
    arrays = {"weights": fitted.weights_, "covariances": fitted.covariances_}
    at_floor = (fitted.flags_ & 4) > 0
    narrowest = parameter_maps(arrays)["narrowest"]
    np.testing.assert_allclose(narrowest[at_floor], np.sqrt(2), atol=1e-3)
    ordinary = ~at_floor & (fitted.flags_ & 1 == 0)
    assert at_floor.any()
    assert (narrowest[ordinary] > np.sqrt(2)).all()


def test_pixels_without_a_number_are_left_out_of_the_gap():
    reference = model([10.0, 8.0], [7, 9], [True, True], [0, 0])
    other = model([9.5, np.nan], [5, 5], [False, False], [0, 0], means=((0.2, 0.9), (0.4, np.nan)))
    row = summarise_fit("notebook", other, reference)
    assert row["gap_median"] == row["gap_p90"] == 0.5
    assert row["log_likelihood"] == 9.5
    assert row["background_difference_mean"] == 0
    nowhere = model([np.nan, np.nan], [5, 5], [False, False], [0, 0])
    assert np.isnan(summarise_fit("notebook", nowhere, reference)["gap_median"])
