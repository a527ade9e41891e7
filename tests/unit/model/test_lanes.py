"""Vector arithmetic and its mathematics, lane by lane, against numpy and LAPACK."""

import numpy as np
import pytest
from numba import njit

from bgsub.model import lanemath
from bgsub.model.lanes import (
    WIDTH,
    Mask,
    Rows,
    Scalar,
    Shape,
    Table,
    Variable,
    kernel,
    lanes,
    loop,
    select,
)
from bgsub.model.start import RUN, sort
from bgsub.sorting import sorting_network

PLACES = lanemath.triangle(3)
LOWER = tuple(np.transpose(PLACES))


def compiled(traced):
    """Return a traced kernel as a function that Python can call."""
    return njit(lambda *arguments: traced(*arguments))


@compiled
@kernel
def arithmetic(x: Rows, y: Rows, out: Rows) -> Mask:
    a, b = x[0], y[0]
    out[0] = a * b + 2.0 + 1.0 / a - 3
    out[1] = select(a < b, a * b, abs(a).sqrt())
    out[2] = a.at_least(0.5) + b.at_most(a.floor())
    out[3] = a * b - a * a
    out[4] = 2.0 - a * b
    return ((a < b) & (a >= 0.0)) | ~(b > 1.0)


def test_arithmetic_is_numpys():
    rng = np.random.default_rng(1)
    x, y, out = rng.normal(0, 4, (1, WIDTH)), rng.normal(0, 4, (1, WIDTH)), np.empty((5, WIDTH))
    found = arithmetic(x, y, out)
    np.testing.assert_allclose(out[0], (x * y + 2 + 1 / x - 3)[0], rtol=1e-14)
    np.testing.assert_array_equal(out[1], np.where(x < y, x * y, np.sqrt(np.abs(x)))[0])
    np.testing.assert_array_equal(out[2], (np.maximum(x, 0.5) + np.minimum(y, np.floor(x)))[0])
    np.testing.assert_allclose(out[3], (x * y - x * x)[0], rtol=1e-13)
    np.testing.assert_allclose(out[4], (2 - x * y)[0], rtol=1e-13)
    truth = (((x < y) & (x >= 0)) | ~(y > 1))[0]
    assert found == sum(1 << lane for lane in range(WIDTH) if truth[lane])


@compiled
@kernel
def sum_and_largest(x: Rows, n: Scalar, limit: float, out: Rows) -> None:
    total, largest = Variable(0.0), Variable(-1e300)
    for block in loop(0, n, 3):
        for i in loop(block, (block + 3).at_most(n)):
            total += x[i]
            largest.set(x[i].at_least(largest.get()))
    with (largest.get() > limit).anywhere():
        total.set(total.get() * 2.0)
    out[0], out[1], out[2] = total.get(), largest.get(), lanes(n)


@pytest.mark.parametrize(("limit", "factor"), [(1e9, 1), (-1.0, 2)])
def test_loops_and_conditions_change_variables(limit, factor):
    x, out = np.random.default_rng(2).normal(size=(11, WIDTH)), np.empty((3, WIDTH))
    sum_and_largest(x, 10, limit, out)
    np.testing.assert_allclose(out[0], factor * x[:10].sum(axis=0), atol=1e-13)
    np.testing.assert_array_equal(out[1], x[:10].max(axis=0))
    assert (out[2] == 10).all()


@compiled
@kernel
def colours(shape: Shape, frame: Table, first: Scalar, out: Rows) -> None:
    for c, channel in enumerate(frame.colours(first, shape.channels)):
        out[c] = channel


@pytest.mark.parametrize("channels", [1, 3])
def test_colours_are_parted_by_channel(channels):
    frame = np.random.default_rng(2).integers(0, 256, (9 + WIDTH, channels), dtype=np.uint8)
    out = np.empty((channels, WIDTH))
    colours(Shape.of(2, channels), frame, 5 * channels, out)
    np.testing.assert_array_equal(out, frame[5 : 5 + WIDTH].T)


@compiled
@kernel
def functions(x: Rows, n: Scalar, out: Rows) -> None:
    for row in loop(0, n):
        out[row * 3] = lanemath.exp_minus(x[row])
        out[row * 3 + 1] = lanemath.log(x[row] + 1e-9)
        out[row * 3 + 2] = lanemath.log_roughly(x[row] + 1e-9)


def test_functions_reach_their_precision():
    x = np.concatenate([np.linspace(0, 700, 3000), np.linspace(0, 2, 1000)]).reshape(-1, WIDTH)
    out = np.empty((3 * len(x), WIDTH))
    functions(x, len(x), out)
    np.testing.assert_allclose(out[::3], np.exp(-x), rtol=2e-12)
    np.testing.assert_allclose(out[1::3], np.log(x + 1e-9), rtol=1e-15, atol=4e-16)
    np.testing.assert_allclose(out[2::3], np.log(x + 1e-9), atol=4e-7)


@compiled
@kernel
def inverses(x: Rows, n: Scalar, out: Rows) -> None:
    for row in loop(0, n):
        out[row * 2] = lanemath.reciprocal(x[row])
        out[row * 2 + 1] = lanemath.inverse_root(x[row])


def test_reciprocals_and_inverse_roots_reach_their_precision():
    x = np.concatenate([np.geomspace(1e-300, 1e300, 4000), np.linspace(1, 4, 4000)]).reshape(-1, WIDTH)
    out = np.empty((2 * len(x), WIDTH))
    inverses(x, len(x), out)
    np.testing.assert_allclose(out[::2], 1 / x, rtol=4e-16)
    np.testing.assert_allclose(out[1::2], 1 / np.sqrt(x), rtol=5e-16)


@compiled
@kernel
def singles(number: Rows, x: Rows, out: Rows) -> None:
    for row, byte in enumerate(number[0].bytes(3)):
        out[row] = byte.double()
    out[3] = lanemath.log_roughly(x[0].single()).double()


def test_single_precision_keeps_bytes_and_logarithms():
    rng = np.random.default_rng(4)
    colours = rng.integers(0, 256, (3, WIDTH))
    place = rng.integers(-(2**25), 2**26, (1, WIDTH))
    number = place * 2.0**24 + (colours[0] * 256 + colours[1]) * 256 + colours[2]
    x, out = rng.integers(20_000, 2**20, (1, WIDTH)).astype(float), np.empty((4, WIDTH))
    singles(number, x, out)
    np.testing.assert_array_equal(out[:3], colours)
    np.testing.assert_allclose(out[3], np.log(x[0]), atol=2e-6)


@compiled
@kernel
def eigenvalues_exceed(rows: Rows, bound: float) -> Mask:
    return lanemath.exceeds(dict(zip(PLACES, rows.block(0, 6), strict=True)), bound)


def test_bounds_of_eigenvalues_are_lapacks():
    rng = np.random.default_rng(5)
    for _ in range(50):
        A = rng.normal(size=(WIDTH, 3, 3))
        A = (A + A.transpose(0, 2, 1)) / 2 + rng.uniform(0, 4, (WIDTH, 1, 1)) * np.eye(3)
        found = eigenvalues_exceed(np.ascontiguousarray(A[:, *LOWER].T), 0.5)
        truth = np.linalg.eigvalsh(A)[:, 0] > 0.5
        assert found == sum(1 << lane for lane in range(WIDTH) if truth[lane])
        V = np.linalg.qr(rng.normal(size=(WIDTH, 3, 3)))[0]  # nearly rank 1: minors are rounding
        A = np.einsum("lij,j,lkj->lik", V, [25.0, 8.5e-9, 1e-14], V)
        assert eigenvalues_exceed(np.ascontiguousarray(A[:, *LOWER].T), 5.7e-9) == 0


@compiled
@kernel
def matrices(rows: Rows, out: Rows) -> None:
    A = dict(zip(PLACES, rows.block(0, 6), strict=True))
    spectrum = lanemath.spectrum(A)
    floored = lanemath.floored(spectrum, lanes(1.0))
    M, i = lanemath.factor(floored)
    inverse = lanemath.inverse(M, i)
    values, P, N = spectrum
    parts = [*floored.values(), *M.values(), *inverse.values(), *P.values(), *N.values(), *i, *values]
    for row, value in enumerate(parts):
        out[row] = value


@pytest.mark.parametrize(
    "kind",
    ["spread", "near the floor", "double", "rank 1", "negative by rounding", "alike", "diagonal", "tiny"],
)
def test_eigenvalues_floor_and_whitening_are_lapacks(kind):
    """Also where eigenvalues are double, and at the floor; errors are those of rounding the largest."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        V = np.linalg.qr(rng.normal(size=(WIDTH, 3, 3)))[0]
        values = {
            "spread": 10 ** rng.uniform(-3, 4, (WIDTH, 3)),
            "near the floor": 1 + rng.normal(0, 1e-7, (WIDTH, 3)),
            "double": rng.choice([0.2, 1.0, 30.0], (WIDTH, 3)) + rng.normal(0, 1e-10, (WIDTH, 3)),
            "rank 1": np.array([500.0, 0, 0]) * rng.uniform(size=(WIDTH, 1)),
            "negative by rounding": np.array([100.0, 1e-14, -1e-14]) * np.ones((WIDTH, 1)),
            "alike": np.ones((WIDTH, 3)) * rng.uniform(0, 9, (WIDTH, 1)),
            "diagonal": np.ones((WIDTH, 3)) * rng.uniform(0, 9, (WIDTH, 1)),
            "tiny": np.array([1e4, 1e-5, 2e-6]) * rng.uniform(0.5, 1, (WIDTH, 3)),
        }[kind]
        V = V if kind != "diagonal" else np.eye(3)[np.newaxis].repeat(WIDTH, axis=0)
        A = np.einsum("lij,lj,lkj->lik", V, values, V)
        A = (A + A.transpose(0, 2, 1)) / 2
        out = np.empty((36, WIDTH))
        matrices(np.ascontiguousarray(A[:, *LOWER].T), out)
        L, Q = np.linalg.eigh(A)
        expected = np.einsum("lij,lj,lkj->lik", Q, np.maximum(L, 1.0), Q)
        scale = np.maximum(L[:, 2], 1.0)
        assert (np.abs(out[:6].T - expected[:, *LOWER]) / scale[:, None]).max() < 2e-14
        found = out[33:].T
        assert (np.abs(np.sort(found) - L) / scale[:, None]).max() < 2e-14
        M, P, N = np.zeros((3, WIDTH, 3, 3))
        for whole, rows in ((M, out[6:12]), (P, out[18:24]), (N, out[24:30])):
            whole[:, *LOWER] = rows.T
        P, N = (part + np.tril(part, -1).swapaxes(1, 2) for part in (P, N))
        low, high, alone = found.T[..., np.newaxis, np.newaxis]
        across = np.eye(3) - P
        for product, truth, gap in (
            (P @ P, P, np.minimum(abs(alone - low), abs(alone - high))),
            (P @ N, 0, high - low),
            (N @ N, across, high - low),
            (A @ P, alone * P, 1),
            (A @ across, (high + low) / 2 * across + (high - low) / 2 * N, 1),
        ):
            assert (np.abs(product - truth) * gap / scale[:, None, None]).max() < 2e-14
        diagonal = M @ expected @ M.swapaxes(1, 2) * out[30:33].T[:, np.newaxis]
        np.testing.assert_allclose(diagonal, [np.eye(3)] * WIDTH, atol=1e-8)
        assert np.abs(out[12:18].T - np.linalg.inv(expected)[:, *LOWER]).max() < 1e-10


@compiled
@kernel
def sort_rows(rows: Rows, n: Scalar, network: Table) -> None:
    sort(rows, n, network)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 16, 17, 44, 101])
def test_sorts_every_lane(n):
    rows = np.full((n + RUN, WIDTH), np.inf)
    rows[:n] = np.random.default_rng(n).integers(0, 256, (n, WIDTH))
    expected = np.sort(rows, axis=0)
    sort_rows(rows, n, np.ascontiguousarray(sorting_network(n, RUN).T))
    np.testing.assert_array_equal(rows, expected)
