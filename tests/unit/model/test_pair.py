"""The E-step in lanes against numpy, where its short cuts would lose digits."""

import numpy as np
from numba import njit

from bgsub.model import pair
from bgsub.model.lanes import WIDTH, store


@njit
def expectation(x, n_samples, parameters, totals, sums):
    likelihood = np.empty((1, WIDTH))
    value, _ = pair.expect(x, n_samples, parameters, totals, False, sums, np.empty_like(sums))
    store(likelihood, 0, value)
    return likelihood


def sums_of(r, samples):
    """Sums of one component, in the order of `model.pair`, from responsibilities (N,) and samples (N, 3)."""
    upper = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    products = [r @ (samples[:, c] * samples[:, d]) for c, d in upper]
    return np.array([r.sum(), *(r @ samples), *products])


def test_a_nearly_empty_component_keeps_its_digits():
    """What the first component leaves of the totals would have an error of 1e-14 over its 1e-8 samples."""
    rng = np.random.default_rng(5)
    samples = rng.integers(-9, 10, (44, 3)).astype(float)
    weights, variances, means = [1.0, 2e-10], [25.0, 36.0], [np.zeros(3), np.array([3.0, -2.0, 1.0])]
    parameters = np.zeros((2 * pair.PARAMETERS, WIDTH))
    log_joint = np.empty((2, 44))
    for k in range(2):
        row = k * pair.PARAMETERS
        parameters[row] = weights[k]
        parameters[row + 1 : row + 4] = means[k][:, np.newaxis]
        parameters[[row + 4, row + 7, row + 9]] = variances[k]
        squared = ((samples - means[k]) ** 2).sum(axis=1)
        log_joint[k] = (
            np.log(weights[k]) - 1.5 * np.log(2 * np.pi * variances[k]) - 0.5 * squared / variances[k]
        )
    x = np.repeat(samples.reshape(-1, 1), WIDTH, axis=1)
    totals = np.repeat(sums_of(np.ones(44), samples)[:, np.newaxis], WIDTH, axis=1)
    sums = np.empty((2 * pair.SUMS, WIDTH))
    likelihood = expectation(x, 44, parameters, totals, sums)
    total = np.logaddexp(*log_joint)
    for k in range(2):
        expected = sums_of(np.exp(log_joint[k] - total), samples)
        got = sums[k * pair.SUMS : (k + 1) * pair.SUMS, 0]
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11 * expected[0])
    np.testing.assert_allclose(likelihood, total.mean() + 3 * np.log(255), rtol=1e-12)
