"""The `split` start of `model.starts` for 8 pixels in lanes: the best cut of two orders of their samples.

A sample is sorted as one number, its place in the order times 2^24 plus its colour's three bytes: the colour
needs no fetching afterwards, and equal places are ordered by colour. The number is an integer below 2^53.
"""

import numpy as np

from bgsub.model.compiled import compiled
from bgsub.model.kernel import Floats, Integers
from bgsub.model.lanemath import log_roughly, main_axis, sort_rows
from bgsub.model.lanes import Lanes, floor, fma, load, maximum, select, splat, store
from bgsub.model.numerics import log
from bgsub.model.pair import SUMS, store_sums
from bgsub.model.pairstart import Pixels
from bgsub.model.starts import PLACE_UNIT, SMALLEST_ADVANTAGE, SMALLEST_SIDE

COLOURS = 2.0**24


@compiled
def size_terms(n_samples: int) -> Floats:
    """Return 4 n log n for n = 0 .. N: what n samples add to a cut's classification likelihood.

    Once for their share, and three times as `scaled_determinant` is n^6 times too large.
    """
    terms = np.zeros(n_samples + 1)
    for n in range(1, n_samples + 1):
        terms[n] = 4.0 * n * log(n)
    return terms


@compiled
def split_start(
    pixels: Pixels,
    n_samples: int,
    extra: float,
    network: Integers,
    terms: Floats,
    ordered: Floats,
    score: Floats,
) -> None:
    """Fill the sums of the `split` start; `extra` is `model.starts.least_variance`."""
    x, totals, centre = pixels.x, pixels.totals, pixels.centre
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
        x1, x2, x3 = load(x, 3 * i), load(x, 3 * i + 1), load(x, 3 * i + 2)
        store(ordered, i, coded(fma(v1, x1, fma(v2, x2, v3 * x3)), x1, x2, x3, centre))
    sort_rows(ordered, network)
    store(score, 0, splat(-1e300))
    take_better_cut(ordered, n_samples, extra, terms, pixels, score)
    m1, m2, m3 = middle(ordered, n_samples, centre)
    for i in range(n_samples):
        x1, x2, x3 = load(x, 3 * i), load(x, 3 * i + 1), load(x, 3 * i + 2)
        d1, d2, d3 = x1 - m1, x2 - m2, x3 - m3
        store(ordered, i, coded(fma(d1, d1, fma(d2, d2, d3 * d3)), x1, x2, x3, centre))
    sort_rows(ordered, network)
    take_better_cut(ordered, n_samples, extra, terms, pixels, score)
    for row in range(SUMS):
        store(pixels.sums, SUMS + row, load(totals, row) - load(pixels.sums, row))


@compiled
def coded(place: Lanes, x1: Lanes, x2: Lanes, x3: Lanes, centre: Floats) -> Lanes:
    """Return a sample as one number to sort by."""
    red, green, blue = x1 + load(centre, 0), x2 + load(centre, 1), x3 + load(centre, 2)
    return fma(floor(fma(place, 1.0 / PLACE_UNIT, 0.5)), COLOURS, fma(red, 65536.0, fma(green, 256.0, blue)))


@compiled
def decoded(code: Lanes, centre: Floats) -> tuple[Lanes, Lanes, Lanes]:
    """Return the colour of a coded sample, about the pixel's centre."""
    colour = fma(floor(code * (1.0 / COLOURS)), -COLOURS, code)
    red = floor(colour * (1.0 / 65536.0))
    colour = fma(red, -65536.0, colour)
    green = floor(colour * (1.0 / 256.0))
    blue = fma(green, -256.0, colour)
    return red - load(centre, 0), green - load(centre, 1), blue - load(centre, 2)


@compiled
def middle(ordered: Floats, n_samples: int, centre: Floats) -> tuple[Lanes, Lanes, Lanes]:
    """Return the mean of the middle half of ordered samples."""
    quarter = n_samples // 4
    m1, m2, m3 = splat(0.0), splat(0.0), splat(0.0)
    for i in range(quarter, n_samples - quarter):
        x1, x2, x3 = decoded(load(ordered, i), centre)
        m1, m2, m3 = m1 + x1, m2 + x2, m3 + x3
    scale = 1.0 / (n_samples - 2 * quarter)
    return m1 * scale, m2 * scale, m3 * scale


@compiled
def scaled_determinant(
    n: float,
    extra: float,
    s1: Lanes,
    s2: Lanes,
    s3: Lanes,
    s11: Lanes,
    s12: Lanes,
    s13: Lanes,
    s22: Lanes,
    s23: Lanes,
    s33: Lanes,
) -> Lanes:
    """Return det(S + `extra` I) n^6 from the sums of n samples with the covariance S."""
    shift = n * n * extra
    a11, a12, a13 = fma(s11, n, shift - s1 * s1), s12 * n - s1 * s2, s13 * n - s1 * s3
    a22, a23, a33 = fma(s22, n, shift - s2 * s2), s23 * n - s2 * s3, fma(s33, n, shift - s3 * s3)
    minor1 = a22 * a33 - a23 * a23
    minor2 = a12 * a33 - a23 * a13
    minor3 = a12 * a23 - a22 * a13
    return maximum(fma(a11, minor1, fma(a13, minor3, 0.0 - a12 * minor2)), shift * shift * shift)


@compiled
def take_better_cut(
    ordered: Floats, n_samples: int, extra: float, terms: Floats, pixels: Pixels, score: Floats
) -> None:
    """Set the first component's sums to the part below the best cut of these ordered samples.

    Only where its classification likelihood is above `score`, which is raised to it.
    """
    totals, centre, sums = pixels.totals, pixels.centre, pixels.sums
    side = min(SMALLEST_SIDE, n_samples // 2)
    best = load(score, 0)
    t1, t2, t3, t11, t12, t13, t22, t23, t33 = (
        load(totals, 1), load(totals, 2), load(totals, 3), load(totals, 4), load(totals, 5), load(totals, 6),
        load(totals, 7), load(totals, 8), load(totals, 9),
    )  # fmt: skip
    b, b1, b2, b3, b11, b12, b13, b22, b23, b33 = (
        load(sums, 0), load(sums, 1), load(sums, 2), load(sums, 3), load(sums, 4), load(sums, 5),
        load(sums, 6), load(sums, 7), load(sums, 8), load(sums, 9),
    )  # fmt: skip
    zero = splat(0.0)
    s1, s2, s3, s11, s12, s13, s22, s23, s33 = zero, zero, zero, zero, zero, zero, zero, zero, zero
    for below in range(1, n_samples - side + 1):
        x1, x2, x3 = decoded(load(ordered, below - 1), centre)
        s1, s2, s3 = s1 + x1, s2 + x2, s3 + x3
        s11, s12, s13 = fma(x1, x1, s11), fma(x1, x2, s12), fma(x1, x3, s13)
        s22, s23, s33 = fma(x2, x2, s22), fma(x2, x3, s23), fma(x3, x3, s33)
        if below < side:
            continue
        above = n_samples - below
        lower = scaled_determinant(float(below), extra, s1, s2, s3, s11, s12, s13, s22, s23, s33)
        upper = scaled_determinant(
            float(above), extra, t1 - s1, t2 - s2, t3 - s3,
            t11 - s11, t12 - s12, t13 - s13, t22 - s22, t23 - s23, t33 - s33,
        )  # fmt: skip
        cost = fma(log_roughly(lower), 0.5 * below, log_roughly(upper) * (0.5 * above))
        value = (terms[below] + terms[above]) - cost
        better = best + SMALLEST_ADVANTAGE < value
        best, b = select(better, value, best), select(better, splat(below), b)
        b1, b2, b3 = select(better, s1, b1), select(better, s2, b2), select(better, s3, b3)
        b11, b12, b13 = select(better, s11, b11), select(better, s12, b12), select(better, s13, b13)
        b22, b23, b33 = select(better, s22, b22), select(better, s23, b23), select(better, s33, b33)
    store(score, 0, best)
    store_sums(sums, 0, b, b1, b2, b3, b11, b12, b13, b22, b23, b33)
