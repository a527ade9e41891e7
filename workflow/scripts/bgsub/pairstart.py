"""Loading 8 pixels into lanes, and the starts of `bgsub.starts` for them, as sums (see `bgsub.pair`)."""

from typing import NamedTuple

import numpy as np

from bgsub.compiled import compiled
from bgsub.lanemath import determinant, main_axis, sort_rows
from bgsub.lanes import (
    WIDTH,
    both,
    floor,
    fma,
    load,
    load_colours,
    maximum,
    select,
    splat,
    store,
)
from bgsub.linalg import rank
from bgsub.numerics import uniform
from bgsub.pair import SUMS, store_sums
from bgsub.starts import LEVELS, SMALLEST_SIDE


class Pixels(NamedTuple):
    """Rows of 8 pixels: centred samples, their total sums, their centres, and the components' sums."""

    x: np.ndarray
    totals: np.ndarray
    centre: np.ndarray
    sums: np.ndarray


@compiled
def new_pixels(n_samples):
    """Return room for 8 pixels."""
    return Pixels(
        np.zeros((3 * n_samples, WIDTH)),
        np.ones((SUMS, WIDTH)),
        np.zeros((3, WIDTH)),
        np.ones((2 * SUMS, WIDTH)),
    )


@compiled
def load_samples(frames, first, pixels):
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
    sums_from(x, n_samples, x, -1e300, pixels.totals)


@compiled
def sums_from(x, n_samples, position, threshold, sums):
    """Fill the first component's `sums` with the samples whose `position` is at least `threshold`."""
    zero, one = splat(0.0), splat(1.0)
    r, s1, s2, s3, s11, s12, s13, s22, s23, s33 = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
    for i in range(n_samples):
        r1 = select(load(position, i) >= threshold, one, zero)
        x1, x2, x3 = load(x, 3 * i), load(x, 3 * i + 1), load(x, 3 * i + 2)
        rx1, rx2, rx3 = r1 * x1, r1 * x2, r1 * x3
        r, s1, s2, s3 = r + r1, s1 + rx1, s2 + rx2, s3 + rx3
        s11, s12, s13 = fma(rx1, x1, s11), fma(rx1, x2, s12), fma(rx1, x3, s13)
        s22, s23, s33 = fma(rx2, x2, s22), fma(rx2, x3, s23), fma(rx3, x3, s33)
    store_sums(sums, 0, r, s1, s2, s3, s11, s12, s13, s22, s23, s33)


@compiled
def split(pixels, n_samples, network, position, ordered):
    """Fill the sums of the `split` start: the best cut along the samples' first principal component."""
    x, totals, sums = pixels.x, pixels.totals, pixels.sums
    scale = 1.0 / n_samples
    m1, m2, m3 = load(totals, 1) * scale, load(totals, 2) * scale, load(totals, 3) * scale
    v1, v2, v3 = main_axis(
        load(totals, 4) * scale - m1 * m1,
        load(totals, 5) * scale - m1 * m2,
        load(totals, 6) * scale - m1 * m3,
        load(totals, 7) * scale - m2 * m2,
        load(totals, 8) * scale - m2 * m3,
        load(totals, 9) * scale - m3 * m3,
    )
    for i in range(n_samples):
        value = fma(v1, load(x, 3 * i), fma(v2, load(x, 3 * i + 1), v3 * load(x, 3 * i + 2)))
        store(position, i, value)
        store(ordered, i, value)
    sort_rows(ordered, network)
    sums_from(x, n_samples, position, best_cut(ordered, n_samples), sums)
    # Component 1 is the lower part. (The axis of an isotropic pixel is arbitrary, and may allow no cut.)
    for row in range(SUMS):
        above = load(sums, row)
        store(sums, row, load(totals, row) - above)
        store(sums, SUMS + row, above)


@compiled
def best_cut(ordered, n_samples):
    """Return the lowest value of the upper part at the exact 1-D 2-means cut of each lane's sorted values."""
    total = splat(0.0)
    for i in range(n_samples):
        total = total + load(ordered, i)
    side = min(SMALLEST_SIDE, n_samples // 2)
    below, best, cut = splat(0.0), splat(-1.0), splat(0.0)
    lone_best, lone_cut = splat(-1.0), splat(-1e300)  # where no cut leaves enough samples on both sides
    for i in range(1, n_samples):
        last, value = load(ordered, i - 1), load(ordered, i)
        below = below + last
        above = total - below
        between = below * below * (1.0 / i) + above * above * (1.0 / (n_samples - i))
        apart = value - last >= 1e-6  # a cut never goes between samples of one colour
        if side <= i <= n_samples - side:
            better = both(apart, best < between)
            best, cut = select(better, between, best), select(better, value, cut)
        else:
            better = both(apart, lone_best < between)
            lone_best, lone_cut = select(better, between, lone_best), select(better, value, lone_cut)
    return select(best < 0.0, lone_cut, cut)


@compiled
def set_sums(sums, k, j, weight, m1, m2, m3, v11, v12, v13, v22, v23, v33):
    """Set the sums of component `k` in lane `j` that an M-step turns into this mean and covariance."""
    s = k * SUMS
    sums[s, j] = weight
    sums[s + 1, j], sums[s + 2, j], sums[s + 3, j] = weight * m1, weight * m2, weight * m3
    sums[s + 4, j], sums[s + 5, j] = weight * (v11 + m1 * m1), weight * (v12 + m1 * m2)
    sums[s + 6, j], sums[s + 7, j] = weight * (v13 + m1 * m3), weight * (v22 + m2 * m2)
    sums[s + 8, j], sums[s + 9, j] = weight * (v23 + m2 * m3), weight * (v33 + m3 * m3)


@compiled
def random_start(start, seed, pixel, j, pixels, n_samples):
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
def full_rank(totals):
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
def rank_of(totals, j, S, A):
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
