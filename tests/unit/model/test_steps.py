"""The steps of EM in lanes against numpy, where digits are easily lost."""

import numpy as np
import pytest
from numba import njit

from bgsub.model.lanemath import triangle
from bgsub.model.lanes import WIDTH, Rows, Scalar, Shape, kernel, lanes, loop, select
from bgsub.model.steps import (
    CAREFUL,
    LIKELIHOOD,
    LOWEST,
    STATES,
    Gaussian,
    Pixels,
    e_step,
    pixels_of,
    term_rows,
)


@kernel
def expectation(
    shape: Shape, rows: Rows, samples: Rows, totals: Rows, n: Scalar, parameters: Rows, careful: float
) -> None:
    pixels, S = pixels_of(shape, rows), term_rows(3)
    for row in range(S):
        pixels.totals[row] = totals[row]
    for k in range(shape.components):
        values = parameters.block(k * S, S)
        for row, coefficient in enumerate(Gaussian.of(values).polynomial(), k * S):
            pixels.parameters[row], pixels.densities[row] = values[row - k * S], coefficient
    pixels.state[CAREFUL] = select(careful > 0.0, 1.0, lanes(0.0))
    for half in loop(0, 2):
        e_step(shape, Pixels(*(part.half(half) for part in pixels)), samples.half(half), n)


@njit
def expect(shape, rows, samples, totals, n, parameters, careful):
    expectation(shape, rows, samples, totals, n, parameters, careful)


def sums_of(r, samples):
    """Sums of one component, in the order of `model.steps`, from responsibilities (N,) and samples (N, 3)."""
    products = [r @ (samples[:, c] * samples[:, d]) for c, d in triangle(3)]
    return np.array([r.sum(), *(r @ samples), *products])


@pytest.mark.parametrize("n_components", [2, 3, 5])
@pytest.mark.parametrize("n_samples", [44, 700])
@pytest.mark.parametrize("careful", [0.0, 1.0])
def test_a_nearly_empty_component_keeps_its_digits(n_components, n_samples, careful):
    """What the others leave of the totals would have an error of 1e-14 over its 1e-8 samples."""
    rng = np.random.default_rng(5)
    samples = rng.integers(-9, 10, (n_samples, 3)).astype(float)
    weights = [1.0, 2e-10, 1e-3, 0.3, 1e-30][:n_components]
    variances = [25.0, 36.0, 0.5, 90.0, 1.0][:n_components]
    means = np.array([[0.0, 0, 0], [3, -2, 1], [5, 5, 5], [-60, 4, 9], [0, 1, 0]])[:n_components]
    S = term_rows(3)
    parameters = np.zeros((n_components * S, WIDTH))
    log_joint = np.empty((n_components, n_samples))
    for k in range(n_components):
        parameters[k * S] = weights[k]
        parameters[k * S + 1 : k * S + 4] = means[k][:, np.newaxis]
        parameters[k * S + 4 + np.array([0, 2, 5])] = variances[k]
        squared = ((samples - means[k]) ** 2).sum(axis=1)
        log_joint[k] = (
            np.log(weights[k]) - 1.5 * np.log(2 * np.pi * variances[k]) - 0.5 * squared / variances[k]
        )
    totals = sums_of(np.ones(n_samples), samples)
    all_totals = np.repeat(totals[:, np.newaxis], WIDTH, axis=1)
    all_samples = np.repeat(samples.reshape(-1, 1), WIDTH, axis=1).astype(np.float32)
    rows = np.zeros((STATES + 3 + (7 * n_components - 2) * S, WIDTH))
    shape = Shape.of(n_components, 3)
    expect(shape, rows, all_samples, all_totals, n_samples, parameters, careful)
    sums = rows[-n_components * S :]
    total = np.logaddexp.reduce(log_joint)
    for k in range(n_components):
        expected = sums_of(np.exp(log_joint[k] - total), samples)
        np.testing.assert_allclose(
            sums[k * S : (k + 1) * S, 0], expected, rtol=1e-9, atol=1e-11 * expected[0]
        )
    np.testing.assert_allclose(rows[LIKELIHOOD], total.mean() + 3 * np.log(255), rtol=1e-12)
    if careful:
        np.testing.assert_allclose(rows[LOWEST], log_joint.max(axis=0).min() + 3 * np.log(255), rtol=1e-9)
