"""Vector arithmetic and its mathematics, lane by lane, against numpy and LAPACK."""

import numpy as np
import pytest
from numba import njit

from bgsub.model import lanemath
from bgsub.model.lanes import (
    WIDTH,
    absolute,
    bits,
    both,
    either,
    exponent,
    floor,
    fma,
    load,
    load_colours,
    mantissa,
    maximum,
    minimum,
    power_of_two,
    select,
    sqrt,
    store,
)


@njit
def arithmetic(x, y, out):
    a, b = load(x, 0), load(y, 0)
    store(out, 0, fma(a, b, 2.0) + 1.0 / a - 3)
    store(out, 1, select(a < b, a * b, sqrt(absolute(a))))
    store(out, 2, maximum(a, 0.5) + minimum(b, floor(a)))
    store(out, 3, mantissa(absolute(a)) * power_of_two(exponent(absolute(a)) + lanemath.ROUND))
    return bits(a < b), bits(both(a < b, a >= 0.0)), bits(either(a < b, a >= 0.0))


def test_arithmetic_is_numpys():
    rng = np.random.default_rng(1)
    x, y, out = rng.normal(0, 4, (1, WIDTH)), rng.normal(0, 4, (1, WIDTH)), np.empty((4, WIDTH))
    less, less_and_positive, less_or_positive = arithmetic(x, y, out)
    np.testing.assert_allclose(out[0], (x * y + 2 + 1 / x - 3)[0], rtol=1e-14)
    np.testing.assert_array_equal(out[1], np.where(x < y, x * y, np.sqrt(np.abs(x)))[0])
    np.testing.assert_array_equal(out[2], (np.maximum(x, 0.5) + np.minimum(y, np.floor(x)))[0])
    np.testing.assert_array_equal(out[3], np.abs(x)[0])
    for found, truth in [
        (less, x < y),
        (less_and_positive, (x < y) & (x >= 0)),
        (less_or_positive, (x < y) | (x >= 0)),
    ]:
        assert found == sum(1 << lane for lane in range(WIDTH) if truth[0, lane])


@njit
def colours(frame, pixel, out):
    red, green, blue = load_colours(frame, pixel)
    store(out, 0, red)
    store(out, 1, green)
    store(out, 2, blue)


def test_colours_are_parted_by_channel():
    frame = np.random.default_rng(2).integers(0, 256, (20, 3), dtype=np.uint8)
    out = np.empty((3, WIDTH))
    colours(frame, 5, out)
    np.testing.assert_array_equal(out, frame[5:13].T)


@njit
def functions(x, out):
    for row in range(x.shape[0]):
        a = load(x, row)
        store(out, 3 * row, lanemath.exp_minus(a))
        store(out, 3 * row + 1, lanemath.log(a + 1e-9))
        store(out, 3 * row + 2, lanemath.cos_third(minimum(a, 2.0) - 1.0))


def test_functions_reach_their_precision():
    x = np.concatenate([np.linspace(0, 700, 3000), np.linspace(0, 2, 1000)]).reshape(-1, WIDTH)
    out = np.empty((3 * len(x), WIDTH))
    functions(x, out)
    np.testing.assert_allclose(out[::3], np.exp(-x), rtol=2e-12)
    np.testing.assert_allclose(out[1::3], np.log(x + 1e-9), rtol=1e-15, atol=4e-16)
    np.testing.assert_allclose(out[2::3], np.cos(np.arccos(np.minimum(x, 2) - 1) / 3), atol=1e-13)


@njit
def logarithms(x, out):
    for row in range(x.shape[0]):
        store(out, row, lanemath.log_one_plus(load(x, row)))


def test_logarithm_of_one_plus_reaches_its_precision():
    x = np.concatenate([np.linspace(0, 1, 1000), np.geomspace(1e-300, 1, 1000)]).reshape(-1, WIDTH)
    out = np.empty_like(x)
    logarithms(x, out)
    np.testing.assert_allclose(out, np.log1p(x), rtol=2e-14)


@njit
def matrices(rows, smallest, out):
    a11, a12, a13, a22, a23, a33 = (
        load(rows, 0), load(rows, 1), load(rows, 2), load(rows, 3), load(rows, 4), load(rows, 5)
    )  # fmt: skip
    floored = lanemath.floor_eigenvalues(a11, a12, a13, a22, a23, a33, smallest)
    for row in range(6):
        store(out, row, floored[row])
    low, high, _ = lanemath.extreme_eigenvalues(a11, a12, a13, a22, a23, a33)
    store(out, 6, low)
    store(out, 7, high)
    store(out, 8, lanemath.determinant(a11, a12, a13, a22, a23, a33))


def upper(matrix):
    return matrix[:, [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]].T


@pytest.mark.parametrize("kind", ["spread", "near the floor", "double", "rank 1", "negative by rounding"])
def test_eigenvalue_floor_is_lapacks(kind):
    """V max(L, floor) V' by one eigenvector, also where eigenvalues are double and at the floor."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        V = np.linalg.qr(rng.normal(size=(WIDTH, 3, 3)))[0]
        values = {
            "spread": 10 ** rng.uniform(-3, 4, (WIDTH, 3)),
            "near the floor": 1 + rng.normal(0, 1e-7, (WIDTH, 3)),
            "double": rng.choice([0.2, 1.0, 30.0], (WIDTH, 3)) + rng.normal(0, 1e-10, (WIDTH, 3)),
            "rank 1": np.array([500.0, 0, 0]) * rng.uniform(size=(WIDTH, 1)),
            "negative by rounding": np.array([100.0, 1e-14, -1e-14]) * np.ones((WIDTH, 1)),
        }[kind]
        A = np.einsum("lij,lj,lkj->lik", V, values, V)
        A = (A + A.transpose(0, 2, 1)) / 2
        out = np.empty((9, WIDTH))
        matrices(np.ascontiguousarray(upper(A)), 1.0, out)
        L, Q = np.linalg.eigh(A)
        expected = np.einsum("lij,lj,lkj->lik", Q, np.maximum(L, 1.0), Q)
        scale = np.maximum(L[:, 2], 1.0)
        assert (np.abs(out[:6] - upper(expected)) / scale).max() < 1e-8
        assert (np.abs(out[6] - L[:, 0]) / scale).max() < 1e-7
        assert (np.abs(out[7] - L[:, 2]) / scale).max() < 1e-7


@njit
def sort(rows):
    lanemath.sort_rows(rows, lanemath.sorting_network(len(rows)))


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 44, 101])
def test_sorts_every_lane(n):
    rows = np.random.default_rng(n).normal(size=(n, WIDTH)).round(1)
    expected = np.sort(rows, axis=0)
    sort(rows)
    np.testing.assert_array_equal(rows, expected)
