"""The choice of the number of components, on values that are known exactly."""

import numpy as np

from bgsub.model.band import Fit, new_fit
from bgsub.model.gmm import take_better


def fit_of(components: int, value: float) -> Fit:
    """Fit of 3 grey pixels whose arrays all hold `value`."""
    fit = new_fit(components, pixels=3, channels=1)
    for array in fit:
        array[...] = value
    return fit


def test_the_smaller_mixture_keeps_a_tie():
    image, band = fit_of(2, 1.0), fit_of(2, 2.0)
    band.log_likelihood[:] = [-1.0, 0.0, 1.0]
    criterion = np.full(3, 10.0)
    take_better(criterion, np.array([20.0, 10.0, 0.0]), band, image)
    np.testing.assert_array_equal(criterion, [10.0, 10.0, 0.0])
    np.testing.assert_array_equal(image.weights[0], [1.0, 1.0, 2.0])
    np.testing.assert_array_equal(image.n_iter, [1, 1, 2])
