"""Loading 8 pixels into lanes, and the random starts of `model.starts`, as sums (see `model.pair`)."""

from typing import NamedTuple

import numpy as np

from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS
from bgsub.model.kernel import Colours, Floats
from bgsub.model.lanemath import determinant
from bgsub.model.lanes import (
    WIDTH,
    Mask,
    floor,
    fma,
    load,
    load_colours,
    maximum,
    splat,
    store,
)
from bgsub.model.linalg import rank
from bgsub.model.numerics import uniform
from bgsub.model.pair import SUMS, store_sums


class Pixels(NamedTuple):
    """Rows of 8 pixels: centred samples, their total sums, their centres, and the components' sums."""

    x: np.ndarray
    totals: np.ndarray
    centre: np.ndarray
    sums: np.ndarray


@compiled
def new_pixels(n_samples: int) -> Pixels:
    """Return room for 8 pixels."""
    return Pixels(
        np.zeros((3 * n_samples, WIDTH)),
        np.ones((SUMS, WIDTH)),
        np.zeros((3, WIDTH)),
        np.ones((2 * SUMS, WIDTH)),
    )


@compiled
def load_samples(frames: Colours, first: int, pixels: Pixels) -> None:
    """Load 8 pixels of `frames` from `first` on; past the end, the last one is repeated."""
    n_samples, n_pixels, _ = frames.shape
    x = pixels.x
    total1, total2, total3 = splat(0.0), splat(0.0), splat(0.0)
    for i in range(n_samples):
        if first + WIDTH <= n_pixels:
            x1, x2, x3 = load_colours(frames[i], first)
            store(x, 3 * i, x1)
            store(x, 3 * i + 1, x2)
            store(x, 3 * i + 2, x3)
        else:
            for j in range(WIDTH):
                for c in range(3):
                    x[3 * i + c, j] = np.float64(frames[i, min(first + j, n_pixels - 1), c])
        total1, total2 = total1 + load(x, 3 * i), total2 + load(x, 3 * i + 1)
        total3 = total3 + load(x, 3 * i + 2)
    c1 = floor(total1 / n_samples + 0.5)
    c2 = floor(total2 / n_samples + 0.5)
    c3 = floor(total3 / n_samples + 0.5)
    store(pixels.centre, 0, c1)
    store(pixels.centre, 1, c2)
    store(pixels.centre, 2, c3)
    for i in range(n_samples):
        store(x, 3 * i, load(x, 3 * i) - c1)
        store(x, 3 * i + 1, load(x, 3 * i + 1) - c2)
        store(x, 3 * i + 2, load(x, 3 * i + 2) - c3)
    total_sums(x, n_samples, pixels.totals)


@compiled
def total_sums(x: Floats, n_samples: int, totals: Floats) -> None:
    """Fill the sums of all samples."""
    zero = splat(0.0)
    s1, s2, s3, s11, s12, s13, s22, s23, s33 = zero, zero, zero, zero, zero, zero, zero, zero, zero
    for i in range(n_samples):
        x1, x2, x3 = load(x, 3 * i), load(x, 3 * i + 1), load(x, 3 * i + 2)
        s1, s2, s3 = s1 + x1, s2 + x2, s3 + x3
        s11, s12, s13 = fma(x1, x1, s11), fma(x1, x2, s12), fma(x1, x3, s13)
        s22, s23, s33 = fma(x2, x2, s22), fma(x2, x3, s23), fma(x3, x3, s33)
    store_sums(totals, 0, splat(n_samples), s1, s2, s3, s11, s12, s13, s22, s23, s33)


@compiled
def set_sums(
    sums: Floats,
    k: int,
    j: int,
    weight: float,
    m1: float,
    m2: float,
    m3: float,
    v11: float,
    v12: float,
    v13: float,
    v22: float,
    v23: float,
    v33: float,
) -> None:
    """Set the sums of component `k` in lane `j` that an M-step turns into this mean and covariance."""
    s = k * SUMS
    sums[s, j] = weight
    sums[s + 1, j], sums[s + 2, j], sums[s + 3, j] = weight * m1, weight * m2, weight * m3
    sums[s + 4, j], sums[s + 5, j] = weight * (v11 + m1 * m1), weight * (v12 + m1 * m2)
    sums[s + 6, j], sums[s + 7, j] = weight * (v13 + m1 * m3), weight * (v22 + m2 * m2)
    sums[s + 8, j], sums[s + 9, j] = weight * (v23 + m2 * m3), weight * (v33 + m3 * m3)


@compiled
def random_start(start: int, seed: int, pixel: int, j: int, pixels: Pixels, n_samples: int) -> None:
    """Fill lane `j`'s sums of start 1 (`uniform`) or 2 (`random`)."""
    x, totals, centre, sums = pixels.x, pixels.totals, pixels.centre, pixels.sums
    half = 0.5 * n_samples
    if start == 1:
        variance = LEVELS * LEVELS
        for k in range(2):
            m1 = LEVELS * uniform(seed, pixel, 3 * k) - centre[0, j]
            m2 = LEVELS * uniform(seed, pixel, 3 * k + 1) - centre[1, j]
            m3 = LEVELS * uniform(seed, pixel, 3 * k + 2) - centre[2, j]
            set_sums(sums, k, j, half, m1, m2, m3, variance, 0.0, 0.0, variance, 0.0, variance)
        return
    first = int(uniform(seed, pixel, 0) * n_samples)
    second = min(n_samples - 1, 1 + int(uniform(seed, pixel, 1) * max(1, n_samples - 1)))
    second = 0 if second == first else second  # as if the first had changed places with sample 0
    m1, m2, m3 = totals[1, j] / n_samples, totals[2, j] / n_samples, totals[3, j] / n_samples
    for k in range(2):
        i = first if k == 0 else second
        set_sums(
            sums, k, j, half, x[3 * i, j], x[3 * i + 1, j], x[3 * i + 2, j],
            totals[4, j] / n_samples - m1 * m1, totals[5, j] / n_samples - m1 * m2,
            totals[6, j] / n_samples - m1 * m3, totals[7, j] / n_samples - m2 * m2,
            totals[8, j] / n_samples - m2 * m3, totals[9, j] / n_samples - m3 * m3,
        )  # fmt: skip


@compiled
def full_rank(totals: Floats) -> Mask:
    """Return the mask of pixels whose samples surely span three dimensions, which `rank_of` would confirm.

    An elimination's last pivot is the determinant over the others, which are at most the largest variance.
    """
    n = load(totals, 0)
    t1, t2, t3 = load(totals, 1), load(totals, 2), load(totals, 3)
    s11, s12, s13 = (
        n * load(totals, 4) - t1 * t1,
        n * load(totals, 5) - t1 * t2,
        n * load(totals, 6) - t1 * t3,
    )
    s22, s23, s33 = (
        n * load(totals, 7) - t2 * t2,
        n * load(totals, 8) - t2 * t3,
        n * load(totals, 9) - t3 * t3,
    )
    largest = maximum(maximum(s11, s22), s33)
    return 1e-9 * largest * largest * largest < determinant(s11, s12, s13, s22, s23, s33)


@compiled
def rank_of(totals: Floats, j: int, S: Floats, A: Floats) -> int:
    """Return the rank of lane `j`'s samples."""
    n = totals[0, j]
    t1, t2, t3 = totals[1, j], totals[2, j], totals[3, j]
    S[0, 0] = n * totals[4, j] - t1 * t1
    S[1, 1] = n * totals[7, j] - t2 * t2
    S[2, 2] = n * totals[9, j] - t3 * t3
    S[0, 1] = S[1, 0] = n * totals[5, j] - t1 * t2
    S[0, 2] = S[2, 0] = n * totals[6, j] - t1 * t3
    S[1, 2] = S[2, 1] = n * totals[8, j] - t2 * t3
    return rank(S, A)
