"""Elementary functions and small symmetric matrices in lanes.

A symmetric matrix is its lower triangle, a dict from (row, column) to lanes, row by row.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add

from llvmlite import ir

from bgsub.model.lanes import DOUBLE, INT32, INT64, ROUND, SINGLE, Lanes, Mask, Number, emit, select, vector
from bgsub.model.numerics import LN2_HIGH, LN2_LOW, LOG2_E, LOWEST_EXPONENT, ODD

Vector = list[Lanes]
Matrix = dict[tuple[int, int], Lanes]
Spectrum = tuple[Vector, Matrix, Matrix]

LN2 = 0.6931471805599453
ROOT_HALF = {DOUBLE: 0x3FE6A09E667F3BCD, SINGLE: 0x3F3504F3}  # bits of sqrt(1/2)
# Bits from which those of x, or half of them, are taken: near 1 / x to 5.1 %, and near 1 / sqrt(x) to 3.5 %
RECIPROCAL, INVERSE_ROOT = 0x7FDE623822FC16E6, 0x5FE6EB50C7B537A9
# Highest power first: exp(-r) for |r| <= ln(2) / 2, minimax to 2e-12; cos(acos(r) / 3) for r from 0 to 1,
# Chebyshev's to 1e-16; 1 / sqrt(1 - e) for |e| < 0.07, Chebyshev's to 9e-7; log(1 + m) for m from
# sqrt(1/2) - 1 to sqrt(2) - 1, Chebyshev's to 3e-7
EXP = (
    2.4876164022625967e-05, -0.00019915866926782682, 0.0013888821677630362, -0.008333266097949614,
    0.041666666890957, -0.16666666891045775, 0.49999999999797934, -0.9999999999797852, 1.0,
)  # fmt: skip
COS_THIRD = (
    3.2232359568001076e-06, -3.267498708027046e-05, 0.0001568724819425666, -0.0004787268410364101,
    0.0010569235322796502, -0.0018346099925369496, 0.0026791866935705904, -0.003501377540292205,
    0.004325374615640921, -0.005267714315990529, 0.006498008762502702, -0.008257231424181105,
    0.010973855336693905, -0.015592015353421945, 0.024691357771510436, -0.04811252242660946,
    0.16666666666661262, 0.8660254037844387,
)  # fmt: skip
NEAR_INVERSE_ROOT = (0.3136826727102612, 0.3763139362944555, 0.4999992917148346, 0.9999992131153419)
LOG_ROUGHLY = (
    0.11589569102344208, -0.18852438787146036, 0.20655334597959, -0.2488637832462905, 0.33299597871751524,
    -0.5000199301348118, 1.0000040901688652, 6.432101447989558e-08,
)  # fmt: skip


def polynomial(x: Lanes, coefficients: Iterable[Number]) -> Lanes:
    """Evaluate a polynomial, highest power first (Horner)."""
    return reduce(lambda value, coefficient: value * x + coefficient, map(x.like, coefficients))


def total(values: Iterable[Lanes]) -> Lanes:
    """Return the sum, from the left."""
    return reduce(add, values)


def greatest(values: Iterable[Lanes]) -> Lanes:
    """Return the largest number."""
    return reduce(lambda largest, value: value.at_least(largest), values)


def minus(a: Sequence[Lanes], b: Sequence[Lanes]) -> Vector:
    """Return a - b."""
    return [one - other for one, other in zip(a, b, strict=True)]


def dot(a: Sequence[Lanes], b: Sequence[Lanes]) -> Lanes:
    """Return the inner product."""
    return total(one * other for one, other in zip(a, b, strict=True))


def reciprocal(x: Lanes) -> Lanes:
    """1 / x of a normal number > 0, to 3e-16 of it, in a third of a division's time.

    A guess y from the bits of x has an error e = 1 - x y of up to 5.1 %, and 1 / x is y / (1 - e), that is
    y (1 + e) (1 + e^2) (1 + e^4) ..: first y (1 + e) (1 + e^2) with e^4 < 6.6e-6 halved to both sides, then
    y (1 + e + e^2). Unlike a processor's own approximations it has the same bits on each.
    """
    y = _double(emit().sub(_integers(RECIPROCAL, x), _bits(x)))
    error = 1.0 - x * y
    y = (error * y + y) * (error * error + 1.00000328)
    error = 1.0 - x * y
    return (error * error + error) * y + y


def inverse_root(x: Lanes) -> Lanes:
    """1 / sqrt(x) of a normal number > 0, to 4e-16 of it; as `reciprocal`, y / sqrt(1 - e), e = 1 - x y^2."""
    y = _double(emit().sub(_integers(INVERSE_ROOT, x), emit().lshr(_bits(x), _integers(1, x))))
    y = y * polynomial(1.0 - (x * y) * y, NEAR_INVERSE_ROOT)
    error = 1.0 - (x * y) * y
    return (0.375 * error + 0.5) * (error * y) + y


def exp_minus(x: Lanes) -> Lanes:
    """exp(-x) for x >= 0, to 2e-12; exp(-708) beyond x = 708."""
    x = x.at_most(-LOWEST_EXPONENT)
    shifted = ROUND - x * LOG2_E
    r = (shifted - ROUND) * LN2 + x
    exponent = emit().add(_bits(shifted), _integers(1023, x))
    return polynomial(r, EXP) * _double(emit().shl(exponent, _integers(52, x)))


def log(x: Lanes) -> Lanes:
    """Natural logarithm of a normal number > 0, to 1e-15; the odd series of log((1+s)/(1-s))."""
    m, n = _mantissa_and_exponent(x)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    return n * LN2_HIGH + (n * LN2_LOW + ((2.0 * s) * (z * polynomial(z, ODD)) + 2.0 * s))


def log_roughly(x: Lanes) -> Lanes:
    """Natural logarithm of a normal number > 0, to 3e-7, at half the cost."""
    m, n = _mantissa_and_exponent(x)
    return n * LN2 + polynomial(m - 1.0, LOG_ROUGHLY)


def _mantissa_and_exponent(x: Lanes) -> tuple[Lanes, Lanes]:
    """Return m in [sqrt(1/2), sqrt(2)) and n of positive normal x = m 2^n."""
    kind = x.value.type
    bits, places = _bits(x), _integers(52 if kind.element == DOUBLE else 23, x)
    n = emit().ashr(emit().sub(bits, _integers(ROOT_HALF[kind.element], x)), places)
    m = emit().sub(bits, emit().shl(n, places))
    return Lanes(emit().bitcast(m, kind)), Lanes(emit().sitofp(n, kind))


def _bits(x: Lanes) -> ir.Value:
    """Return the bits of numbers as integers."""
    kind = x.value.type
    return emit().bitcast(x.value, vector(kind.count, INT64 if kind.element == DOUBLE else INT32))


def _integers(value: int, x: Lanes) -> ir.Constant:
    """Return an integer as `_bits` returns those of x."""
    return ir.Constant(_bits(x).type, [value] * x.value.type.count)


def _double(bits: ir.Value) -> Lanes:
    return Lanes(emit().bitcast(bits, vector(bits.type.count)))


def triangle(size: int) -> list[tuple[int, int]]:
    """Return the places (row, column) of a lower triangle, row by row."""
    return [(i, j) for i in range(size) for j in range(i + 1)]


def matrix(values: Sequence[Lanes]) -> Matrix:
    """Return the 1 x 1 or 3 x 3 matrix with this lower triangle."""
    return dict(zip(triangle(1 if len(values) == 1 else 3), values, strict=True))


def times(A: Matrix, v: Vector) -> Vector:
    """Return A v."""
    return [dot([A[max(i, j), min(i, j)] for j in range(len(v))], v) for i in range(len(v))]


def trace(A: Matrix) -> Lanes:
    """Sum of the diagonal."""
    return total(value for (i, j), value in A.items() if i == j)


def square_norm(A: Matrix) -> Lanes:
    """Sum of all entries' squares, which is that of the eigenvalues'."""
    below, diagonal = ([value for (i, j), value in A.items() if (i == j) == on] for on in (False, True))
    return 2.0 * dot(below, below) + dot(diagonal, diagonal)


def scaled(A: Matrix, scale: Lanes) -> Matrix:
    """Return A times a number."""
    return {place: value * scale for place, value in A.items()}


def plus_scaled_identity(A: Matrix, shift: Lanes) -> Matrix:
    """Return A + shift I."""
    return {(i, j): value + shift if i == j else value for (i, j), value in A.items()}


def adjugate(A: Matrix) -> Matrix:
    """Adjugate of a 3 x 3 matrix; of a singular one it is proportional to v v', v that it maps to 0."""
    return {
        (0, 0): A[1, 1] * A[2, 2] - A[2, 1] * A[2, 1],
        (1, 0): A[2, 0] * A[2, 1] - A[1, 0] * A[2, 2],
        (1, 1): A[0, 0] * A[2, 2] - A[2, 0] * A[2, 0],
        (2, 0): A[1, 0] * A[2, 1] - A[2, 0] * A[1, 1],
        (2, 1): A[1, 0] * A[2, 0] - A[2, 1] * A[0, 0],
        (2, 2): A[0, 0] * A[1, 1] - A[1, 0] * A[1, 0],
    }


def determinant(A: Matrix) -> Lanes:
    """Return the determinant of a 3 x 3 matrix."""
    J = adjugate(A)
    return dot([A[i, 0] for i in range(3)], [J[i, 0] for i in range(3)])


def factor(A: Matrix) -> tuple[Matrix, Vector]:
    """Return M, d with A^-1 = M' diag(d) M, M unit lower triangular, of a positive definite A.

    Then the squared Mahalanobis distance is the sum of d (M (x - mean))^2.
    """
    rest, d = dict(A), []
    L: Matrix = {}  # A = L diag(1 / d) L'
    for j in range(max(A)[0] + 1):
        d.append(reciprocal(rest[j, j]))
        L |= {(r, j): rest[r, j] * d[j] for r, c in A if c == j and r > j}
        rest = {(r, c): value - L[r, j] * rest[c, j] for (r, c), value in rest.items() if c > j}
    M: Matrix = {}  # the inverse of L, by substitution
    for r, c in A:
        products = [L[r, k] * M[k, c] for k in range(c + 1, r)]
        M[r, c] = -total([L[r, c], *products]) if r > c else A[r, c].like(1.0)
    return M, d


def inverse(M: Matrix, d: Vector) -> Matrix:
    """Return A^-1 from what `factor` says of A."""
    return {(r, c): total(M[k, r] * d[k] * M[k, c] for k in range(r, len(d))) for r, c in M}


def spectrum(A: Matrix) -> Spectrum:
    """Return eigenvalues l, h, a and matrices P, N of A = a P + (h + l) / 2 (I - P) + (h - l) / 2 N, h >= l.

    P = v v' projects on the eigenvector v of a, and N mirrors the plane across it, where (I - P + N) / 2
    projects on that of h. Of the largest and the smallest eigenvalue, a is the one that lies farther from the
    others, found in closed form; what it leaves is 2 x 2. So errors stay near the rounding of the largest
    (Smith 1961, Eigenvalues of a symmetric 3 x 3 matrix; Eberly 2014, A robust eigensolver for 3 x 3
    symmetric matrices). Of a 1 x 1 matrix all eigenvalues are the same.
    """
    if len(A) == 1:
        return [A[0, 0]] * 3, {(0, 0): A[0, 0].like(1.0)}, {(0, 0): A[0, 0].like(0.0)}
    mean = trace(A) * (1.0 / 3.0)  # B = (A - mean I) / spread has the trace 0, and the squares' sum 6
    B = plus_scaled_identity(A, -mean)
    square_spread = (square_norm(B) * (1.0 / 6.0)).at_least(1e-60)
    inverse_spread = inverse_root(square_spread)
    spread = square_spread * inverse_spread
    B = scaled(B, inverse_spread)
    r = 0.5 * determinant(B)
    size = abs(r).at_most(1.0)
    square = size * size  # even and odd powers: neither waits for the other
    c = polynomial(square, COS_THIRD[1::2]) + size * polynomial(square, COS_THIRD[::2])
    c = select(r < 0.0, -c, c)
    # At B's eigenvalue 2 c, its polynomial x^3 - 3 x - 2 r has the slope 12 c^2 - 3: the product of the
    # distances to the two others, and so the trace of the adjugate.
    P = scaled(adjugate(plus_scaled_identity(B, -2.0 * c)), reciprocal(12.0 * (c * c) - 3.0))
    # The others' mean is -c: R = B - 2 c P + c (I - P) has eigenvalues + and - half their gap, and 0.
    R = plus_scaled_identity({place: B[place] - (3.0 * c) * P[place] for place in B}, c)
    square_gap = (square_norm(R) * 0.5).at_least(1e-60)
    inverse_gap = inverse_root(square_gap)
    N = scaled(R, inverse_gap)
    middle, half_gap = mean - c * spread, spread * square_gap * inverse_gap
    return [middle - half_gap, middle + half_gap, 2.0 * c * spread + mean], P, N


def floored(spectrum: Spectrum, floor: Lanes) -> Matrix:
    """Return V max(L, floor) V' of a matrix V L V' with this spectrum.

    It is the exact maximiser of a Gaussian's expected log-likelihood over covariances >= floor I, so an
    M-step with it never lowers the likelihood (adding the floor to the diagonal does).
    """
    values, P, N = spectrum
    low, high, alone = (value.at_least(floor) for value in values)
    middle, half_gap = 0.5 * (high + low), 0.5 * (high - low)
    return plus_scaled_identity({c: (alone - middle) * P[c] + half_gap * N[c] for c in P}, middle)


def exceeds(A: Matrix, bound: Lanes) -> Mask:
    """Return where all eigenvalues are surely above a bound.

    There all leading minors of A - bound I are positive (Sylvester), by more than rounding leaves of them:
    some 1e-16 of products of two or three entries, none of which is larger than the trace.
    """
    B, size = plus_scaled_identity(A, -bound), trace(A)
    if len(B) == 1:
        return B[0, 0] > 0.0
    square = B[0, 0] * B[1, 1] - B[1, 0] * B[1, 0] > 1e-14 * size * size
    return (B[0, 0] > 0.0) & square & (determinant(B) > 1e-14 * size * (size * size))
