"""The choice of the number of components, on values that are known exactly."""

import numpy as np
import pytest

from bgsub.model.band import Fit, new_fit
from bgsub.model.gmm import bic, take_better


def fit_of(components: int, value: float) -> Fit:
    """Fit of 3 grey pixels whose arrays all hold `value`."""
    fit = new_fit(components, pixels=3, channels=1)
    for array in fit:
        array[...] = value
    return fit


def test_the_smaller_mixture_takes_a_tie():
    image, band = fit_of(2, 1.0), fit_of(1, 2.0)
    criterion = np.full(3, 10.0)
    take_better(criterion, np.array([20.0, 10.0, 0.0]), band, image)
    np.testing.assert_array_equal(criterion, [10.0, 10.0, 0.0])
    np.testing.assert_array_equal(image.weights, [[1.0, 2.0, 2.0], [1.0, 0.0, 0.0]])
    np.testing.assert_array_equal(image.means[..., 0], [[1.0, 2.0, 2.0], [1.0, 2.0, 2.0]])
    np.testing.assert_array_equal(image.covariances[..., 0, 0], [[1.0, 2.0, 2.0], [1.0, 2.0, 2.0]])
    np.testing.assert_array_equal(image.n_iter, [1, 2, 2])


def test_bic_is_schwarzs():
    """Of 5 samples under two components of colours, 19 parameters, with a mean log-likelihood of 3."""
    assert bic(2, 3, 5, np.array([3.0])) == pytest.approx([19 * np.log(5) - 2 * 15])
