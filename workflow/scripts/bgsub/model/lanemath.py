"""Elementary functions and symmetric 3 x 3 matrices in lanes: 8 pixels at a time.

A symmetric matrix is passed as its upper triangle a11, a12, a13, a22, a23, a33.
"""

from bgsub import sorting
from bgsub.model.compiled import compiled
from bgsub.model.kernel import Floats, Integers
from bgsub.model.lanes import (
    Lanes,
    absolute,
    exponent,
    fma,
    load,
    mantissa,
    maximum,
    minimum,
    power_of_two,
    select,
    splat,
    sqrt,
    store,
)
from bgsub.model.numerics import LN2_HIGH, LN2_LOW, LOG2_E, LOWEST_EXPONENT

LN2 = 0.6931471805599453
ROUND = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer, kept in the low bits
TINY = 1e-200

sorting_network = compiled(sorting.sorting_network)


@compiled
def exp_minus(x: Lanes) -> Lanes:
    """exp(-x) for x >= 0, to 2e-12 (minimax polynomial of degree 8); exp(-708) beyond x = 708."""
    x = minimum(x, -LOWEST_EXPONENT)
    shifted = fma(x, -LOG2_E, ROUND)
    r = fma(shifted - ROUND, LN2, x)
    p = fma(r, 2.4876164022625967e-05, -0.00019915866926782682)
    p = fma(p, r, 0.0013888821677630362)
    p = fma(p, r, -0.008333266097949614)
    p = fma(p, r, 0.041666666890957)
    p = fma(p, r, -0.16666666891045775)
    p = fma(p, r, 0.49999999999797934)
    p = fma(p, r, -0.9999999999797852)
    p = fma(p, r, 1.0)
    return p * power_of_two(shifted)


@compiled
def log(x: Lanes) -> Lanes:
    """Natural logarithm of a normal number x > 0, to 1e-15; the odd series of log((1+s)/(1-s))."""
    m, n = mantissa(x), exponent(x)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = fma(z, 1.0 / 21.0, 1.0 / 19.0)
    p = fma(p, z, 1.0 / 17.0)
    p = fma(p, z, 1.0 / 15.0)
    p = fma(p, z, 1.0 / 13.0)
    p = fma(p, z, 1.0 / 11.0)
    p = fma(p, z, 1.0 / 9.0)
    p = fma(p, z, 1.0 / 7.0)
    p = fma(p, z, 1.0 / 5.0)
    p = fma(p, z, 1.0 / 3.0)
    return fma(n, LN2_HIGH, fma(n, LN2_LOW, fma(2.0 * s, z * p, 2.0 * s)))


@compiled
def log_one_plus(x: Lanes) -> Lanes:
    """log(1 + x) for x in [0, 1], to 2e-14: the series of `log`, but no exponent to take out first."""
    s = x / (x + 2.0)
    z = s * s
    p = fma(z, 1.0 / 25.0, 1.0 / 23.0)
    p = fma(p, z, 1.0 / 21.0)
    p = fma(p, z, 1.0 / 19.0)
    p = fma(p, z, 1.0 / 17.0)
    p = fma(p, z, 1.0 / 15.0)
    p = fma(p, z, 1.0 / 13.0)
    p = fma(p, z, 1.0 / 11.0)
    p = fma(p, z, 1.0 / 9.0)
    p = fma(p, z, 1.0 / 7.0)
    p = fma(p, z, 1.0 / 5.0)
    p = fma(p, z, 1.0 / 3.0)
    return fma(2.0 * s, z * p, 2.0 * s)


@compiled
def log_roughly(x: Lanes) -> Lanes:
    """Natural logarithm of a normal number x > 0, to 3e-7, at half the cost (Chebyshev fit of degree 7)."""
    m = mantissa(x) - 1.0
    p = fma(m, 0.11589569102344208, -0.18852438787146036)
    p = fma(p, m, 0.20655334597959)
    p = fma(p, m, -0.2488637832462905)
    p = fma(p, m, 0.33299597871751524)
    p = fma(p, m, -0.5000199301348118)
    p = fma(p, m, 1.0000040901688652)
    return fma(exponent(x), LN2, fma(p, m, 6.432101447989558e-08))


@compiled
def cos_third(r: Lanes) -> Lanes:
    """Return cos(acos(r) / 3) for r in [-1, 1], to 5e-14.

    A Chebyshev fit in cos(acos(r) / 2) = sqrt((1 + r) / 2), of which it is an analytic function.
    """
    u = fma(sqrt(fma(r, 0.5, 0.5)), 2.0, -1.0)
    p = fma(u, -1.6660756817891934e-09, 5.57368994407056e-09)
    p = fma(p, u, -1.256148502793046e-08)
    p = fma(p, u, 4.322704582465098e-08)
    p = fma(p, u, -1.6016856846336993e-07)
    p = fma(p, u, 5.662279014472145e-07)
    p = fma(p, u, -2.035608400069633e-06)
    p = fma(p, u, 7.540213446314012e-06)
    p = fma(p, u, -2.8919991854676792e-05)
    p = fma(p, u, 0.00011642563659140684)
    p = fma(p, u, -0.0005041246859587917)
    p = fma(p, u, 0.0024663527979788807)
    p = fma(p, u, -0.015509188436625082)
    p = fma(p, u, 0.24740906632331244)
    return fma(p, u, 0.766044443118978)


@compiled
def determinant(a11: Lanes, a12: Lanes, a13: Lanes, a22: Lanes, a23: Lanes, a33: Lanes) -> Lanes:
    """Return the determinant of a symmetric matrix."""
    return a11 * (a22 * a33 - a23 * a23) - a12 * (a12 * a33 - a23 * a13) + a13 * (a12 * a23 - a22 * a13)


@compiled
def extreme_eigenvalues(
    a11: Lanes, a12: Lanes, a13: Lanes, a22: Lanes, a23: Lanes, a33: Lanes
) -> tuple[Lanes, Lanes, Lanes]:
    """Return the smallest and largest eigenvalue, and the spread of all three.

    Source: Smith 1961, Eigenvalues of a symmetric 3 x 3 matrix.
    """
    mean = (a11 + a22 + a33) * (1.0 / 3.0)
    b11, b22, b33 = a11 - mean, a22 - mean, a33 - mean
    off = a12 * a12 + a13 * a13 + a23 * a23
    spread = sqrt(maximum((b11 * b11 + b22 * b22 + b33 * b33 + 2.0 * off) * (1.0 / 6.0), 1e-60))
    r = 0.5 * determinant(b11, a12, a13, b22, a23, b33) / (spread * spread * spread)
    r = minimum(maximum(r, -1.0), 1.0)
    return (
        mean - 2.0 * spread * cos_third(0.0 - r),
        mean + 2.0 * spread * cos_third(r),
        spread,
    )


@compiled
def adjugate(
    a11: Lanes, a12: Lanes, a13: Lanes, a22: Lanes, a23: Lanes, a33: Lanes, shift: Lanes
) -> tuple[Lanes, ...]:
    """Return the adjugate of A - shift I; at an eigenvalue it is proportional to the eigenvector's v v'."""
    a11, a22, a33 = a11 - shift, a22 - shift, a33 - shift
    return (
        a22 * a33 - a23 * a23,
        a13 * a23 - a12 * a33,
        a12 * a23 - a13 * a22,
        a11 * a33 - a13 * a13,
        a12 * a13 - a23 * a11,
        a11 * a22 - a12 * a12,
    )


@compiled
def floor_eigenvalues(
    a11: Lanes, a12: Lanes, a13: Lanes, a22: Lanes, a23: Lanes, a33: Lanes, floor: float
) -> tuple[Lanes, ...]:
    """V max(L, floor) V' of A = V L V'; see `model.linalg.floor_eigenvalues`.

    One eigenvector is enough: if the smallest eigenvalue alone is below the floor, the result is A plus what
    it lacks along its eigenvector; else the floor plus what the largest has above it along its own. An
    eigenvector is ill-determined where its eigenvalue is nearly double, but then its share is as small: the
    floor lies between the two eigenvalues.
    """
    smallest, largest, spread = extreme_eigenvalues(a11, a12, a13, a22, a23, a33)
    middle = a11 + a22 + a33 - smallest - largest
    one_below = middle >= floor
    j11, j12, j13, j22, j23, j33 = adjugate(
        a11, a12, a13, a22, a23, a33, select(one_below, smallest, largest)
    )
    share = select(one_below, maximum(floor - smallest, 0.0), maximum(largest - floor, 0.0))
    share = share / maximum(j11 + j22 + j33, 1e-13 * spread * spread)
    zero = splat(0.0)
    base = splat(floor)
    return (
        fma(share, j11, select(one_below, a11, base)),
        fma(share, j12, select(one_below, a12, zero)),
        fma(share, j13, select(one_below, a13, zero)),
        fma(share, j22, select(one_below, a22, base)),
        fma(share, j23, select(one_below, a23, zero)),
        fma(share, j33, select(one_below, a33, base)),
    )


@compiled
def factor(a11: Lanes, a12: Lanes, a13: Lanes, a22: Lanes, a23: Lanes, a33: Lanes) -> tuple[Lanes, ...]:
    """Return unit lower M (m21, m31, m32), inverse pivots i1, i2, i3 with M A M' diagonal; det A.

    The squared Mahalanobis distance is then the sum of i_k (M (x - mean))_k^2.
    """
    i1 = 1.0 / a11
    l21, l31 = a12 * i1, a13 * i1
    d2 = a22 - l21 * a12
    i2 = 1.0 / d2
    e23 = a23 - l21 * a13
    l32 = e23 * i2
    d3 = a33 - l31 * a13 - l32 * e23
    return 0.0 - l21, l21 * l32 - l31, 0.0 - l32, i1, i2, 1.0 / d3, a11 * d2 * d3


@compiled
def sort_rows(rows: Floats, pairs: Integers) -> None:
    """Sort each lane of `rows` upwards by a sorting network."""
    for step in range(pairs.shape[1]):
        i, j = pairs[0, step], pairs[1, step]
        a, b = load(rows, i), load(rows, j)
        store(rows, i, minimum(a, b))
        store(rows, j, maximum(a, b))


@compiled
def main_axis(
    a11: Lanes, a12: Lanes, a13: Lanes, a22: Lanes, a23: Lanes, a33: Lanes
) -> tuple[Lanes, Lanes, Lanes]:
    """Return the direction of the largest eigenvalue's eigenvector; its components add up to >= 0.

    Column of the adjugate with the largest diagonal entry; where all eigenvalues are equal, the first axis.
    """
    _, largest, _ = extreme_eigenvalues(a11, a12, a13, a22, a23, a33)
    j11, j12, j13, j22, j23, j33 = adjugate(a11, a12, a13, a22, a23, a33, largest)
    second = j11 < j22
    v1, v2, v3 = select(second, j12, j11), select(second, j22, j12), select(second, j23, j13)
    third = maximum(j11, j22) < j33
    v1, v2, v3 = select(third, j13, v1), select(third, j23, v2), select(third, j33, v3)
    scale = maximum(maximum(absolute(v1), absolute(v2)), absolute(v3))
    none = scale < TINY
    v1, v2, v3 = select(none, splat(1.0), v1), select(none, splat(0.0), v2), select(none, splat(0.0), v3)
    scale = select(v1 + v2 + v3 < 0.0, splat(-1.0), splat(1.0)) / select(none, splat(1.0), scale)
    return v1 * scale, v2 * scale, v3 * scale
