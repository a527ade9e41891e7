"""EM steps for two components of RGB colours in lanes, 8 pixels at a time: the mathematics of the fast case.

State is kept in rows of 8 doubles, one per pixel:

- samples: 3 rows per sample, levels about the pixel's centre;
- sums of a component (10 rows): its responsibilities R, and weighted with them the samples' sums S1 S2 S3
  and their products' sums S11 S12 S13 S22 S23 S33. An M-step turns sums into parameters, so any start is a
  set of sums, too;
- parameters of a component (11 rows): weight, mean, covariance (upper triangle), 1 if that is at the floor.
"""

from bgsub.model.compiled import compiled
from bgsub.model.em import LOG_LEVELS
from bgsub.model.kernel import Floats
from bgsub.model.lanemath import determinant, exp_minus, extreme_eigenvalues, factor, floor_eigenvalues, log
from bgsub.model.lanes import (
    WIDTH,
    Lanes,
    Mask,
    absolute,
    bits,
    both,
    either,
    fma,
    load,
    maximum,
    minimum,
    select,
    splat,
    sqrt,
    store,
)
from bgsub.model.numerics import LOG_2PI, LOWEST_EXPONENT

SUMS, PARAMETERS = 10, 11  # rows of one component
LOG_NORM = 3.0 * (LOG_LEVELS - 0.5 * LOG_2PI)
BLOCK = 512  # samples whose factors of at most 2 have a product below the largest double
ALL = 2**WIDTH - 1
PRECISE_CONDITION = 2e4  # mean squared sample over smallest variance: costs up to 1e-16 of its square in odds
PRECISE_SAMPLES = 1e-3  # responsibilities that a component keeps when they are taken from the totals


@compiled
def store_sums(
    sums: Floats,
    k: int,
    r: Lanes,
    s1: Lanes,
    s2: Lanes,
    s3: Lanes,
    s11: Lanes,
    s12: Lanes,
    s13: Lanes,
    s22: Lanes,
    s23: Lanes,
    s33: Lanes,
) -> None:
    """Write the sums of component `k`."""
    s = k * SUMS
    store(sums, s, r)
    store(sums, s + 1, s1)
    store(sums, s + 2, s2)
    store(sums, s + 3, s3)
    store(sums, s + 4, s11)
    store(sums, s + 5, s12)
    store(sums, s + 6, s13)
    store(sums, s + 7, s22)
    store(sums, s + 8, s23)
    store(sums, s + 9, s33)


@compiled
def covariance_of(k: int, parameters: Floats) -> tuple[Lanes, ...]:
    """Return the covariance of component `k`."""
    p = k * PARAMETERS + 4
    return (
        load(parameters, p), load(parameters, p + 1), load(parameters, p + 2),
        load(parameters, p + 3), load(parameters, p + 4), load(parameters, p + 5),
    )  # fmt: skip


@compiled
def maximise(k: int, sums: Floats, n_samples: int, floor: float, alive: float, parameters: Floats) -> Mask:
    """Take the M-step of component `k`: fill its rows of `parameters`; `floor` 0 means none.

    Where its responsibilities add up to less than `alive`, only its weight moves; returns the mask of these.
    """
    s, p = k * SUMS, k * PARAMETERS
    total = load(sums, s)
    dead = total < alive
    scale = 1.0 / total
    m1, m2, m3 = load(sums, s + 1) * scale, load(sums, s + 2) * scale, load(sums, s + 3) * scale
    a11 = load(sums, s + 4) * scale - m1 * m1
    a12 = load(sums, s + 5) * scale - m1 * m2
    a13 = load(sums, s + 6) * scale - m1 * m3
    a22 = load(sums, s + 7) * scale - m2 * m2
    a23 = load(sums, s + 8) * scale - m2 * m3
    a33 = load(sums, s + 9) * scale - m3 * m3
    low = dead
    if floor > 0.0:
        # A - floor I is positive definite if its leading minors are all positive (Sylvester); if one is 0,
        # the others' signs say nothing.
        b11, b22, b33 = a11 - floor, a22 - floor, a33 - floor
        low = either(b11 <= 0.0, b11 * b22 - a12 * a12 <= 0.0)
        low = either(low, determinant(b11, a12, a13, b22, a23, b33) <= 0.0)
        if bits(low) != 0:
            f11, f12, f13, f22, f23, f33 = floor_eigenvalues(a11, a12, a13, a22, a23, a33, floor)
            a11, a12, a13 = select(low, f11, a11), select(low, f12, a12), select(low, f13, a13)
            a22, a23, a33 = select(low, f22, a22), select(low, f23, a23), select(low, f33, a33)
    store(parameters, p, total * (1.0 / n_samples))
    store(parameters, p + 1, select(dead, load(parameters, p + 1), m1))
    store(parameters, p + 2, select(dead, load(parameters, p + 2), m2))
    store(parameters, p + 3, select(dead, load(parameters, p + 3), m3))
    store(parameters, p + 4, select(dead, load(parameters, p + 4), a11))
    store(parameters, p + 5, select(dead, load(parameters, p + 5), a12))
    store(parameters, p + 6, select(dead, load(parameters, p + 6), a13))
    store(parameters, p + 7, select(dead, load(parameters, p + 7), a22))
    store(parameters, p + 8, select(dead, load(parameters, p + 8), a23))
    store(parameters, p + 9, select(dead, load(parameters, p + 9), a33))
    store(parameters, p + 10, select(low, splat(1.0), splat(0.0)))
    return dead


@compiled
def singular(k: int, parameters: Floats) -> Mask:
    """Return the mask of pixels whose covariance scipy calls singular; see `model.linalg.is_singular`."""
    a11, a12, a13, a22, a23, a33 = covariance_of(k, parameters)
    # Cheap and sufficient for "regular": the smallest eigenvalue is at least the determinant / trace^2.
    trace = a11 + a22 + a33
    regular = 3e-10 * trace * trace * trace < determinant(a11, a12, a13, a22, a23, a33)
    if bits(regular) == ALL:
        return trace < -1.0
    smallest, largest, _ = extreme_eigenvalues(a11, a12, a13, a22, a23, a33)
    return smallest < 1e6 * 2.220446049250313e-16 * largest + 1e-300


@compiled
def normal(k: int, parameters: Floats) -> tuple[Lanes, ...]:
    """Return what `factor` says of the covariance of component `k`, and the log of its weight and norm."""
    a11, a12, a13, a22, a23, a33 = covariance_of(k, parameters)
    m21, m31, m32, i1, i2, i3, det = factor(a11, a12, a13, a22, a23, a33)
    weight = maximum(load(parameters, k * PARAMETERS), 1e-100)
    return m21, m31, m32, i1, i2, i3, fma(log(weight * weight / det), 0.5, LOG_NORM)


@compiled
def quadratic(k: int, parameters: Floats) -> tuple[Lanes, ...]:
    """Return the log of weight times density of component `k` as a polynomial of the colour.

    Its coefficients are those of 1, x1, x2, x3, x1 x1, x1 x2, x1 x3, x2 x2, x2 x3, x3 x3.
    """
    m21, m31, m32, i1, i2, i3, constant = normal(k, parameters)
    p = k * PARAMETERS
    u1, u2, u3 = load(parameters, p + 1), load(parameters, p + 2), load(parameters, p + 3)
    p23, p13 = i3 * m32, i3 * m31
    p22 = fma(p23, m32, i2)
    p12 = fma(i2, m21, p13 * m32)
    p11 = fma(p13, m31, fma(i2 * m21, m21, i1))
    b1 = fma(p11, u1, fma(p12, u2, p13 * u3))
    b2 = fma(p12, u1, fma(p22, u2, p23 * u3))
    b3 = fma(p13, u1, fma(p23, u2, i3 * u3))
    constant = constant - 0.5 * fma(b1, u1, fma(b2, u2, b3 * u3))
    return constant, b1, b2, b3, -0.5 * p11, 0.0 - p12, 0.0 - p13, -0.5 * p22, 0.0 - p23, -0.5 * i3


@compiled
def total_of(polynomial: tuple[Lanes, ...], totals: Floats) -> Lanes:
    """Return the sum of a polynomial (see `quadratic`) over the samples with these total sums."""
    c0, c1, c2, c3, c11, c12, c13, c22, c23, c33 = polynomial
    total = fma(c0, load(totals, 0), c1 * load(totals, 1))
    total = fma(c2, load(totals, 2), fma(c3, load(totals, 3), total))
    total = fma(c11, load(totals, 4), fma(c12, load(totals, 5), fma(c13, load(totals, 6), total)))
    return fma(c22, load(totals, 7), fma(c23, load(totals, 8), fma(c33, load(totals, 9), total)))


@compiled
def expect(
    x: Floats,
    n_samples: int,
    parameters: Floats,
    totals: Floats,
    careful: bool,
    sums: Floats,
    scratch: Floats,
) -> tuple[Lanes, int]:
    """Take the E-step: fill `sums` of both components; return the mean log-likelihood and the underflows.

    With the components' log joint densities q1 and q2, all that a sample needs is the log odds d = q2 - q1, a
    polynomial of the colour: r1 = 1 / (1 + exp d), and log(exp q1 + exp q2) = q1 + log(1 + exp d), where the
    sum of q1 over the samples follows from their total sums. Component 2 has what component 1 leaves of
    these. Pixels where this would cancel too many digits are taken from `expect_exactly`; all are, if
    `careful`. Underflows are bits of pixels where it found samples whose density is no normal number.
    """
    first = quadratic(0, parameters)
    likelihood = total_of(first, totals)
    c0, c1, c2, c3, c11, c12, c13, c22, c23, c33 = first
    d0, d1, d2, d3, d11, d12, d13, d22, d23, d33 = quadratic(1, parameters)
    curvature = 0.0 - 2.0 * minimum(c11 + c22 + c33, d11 + d22 + d33)
    d0, d1, d2, d3 = d0 - c0, d1 - c1, d2 - c2, d3 - c3
    d11, d12, d13, d22, d23, d33 = d11 - c11, d12 - c12, d13 - c13, d22 - c22, d23 - c23, d33 - c33
    zero = splat(0.0)
    r, s1, s2, s3, s11, s12, s13, s22, s23, s33 = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
    for block in range(0, n_samples, BLOCK):
        product = splat(1.0)
        for i in range(block, min(block + BLOCK, n_samples)):
            x1, x2, x3 = load(x, 3 * i), load(x, 3 * i + 1), load(x, 3 * i + 2)
            odds = fma(fma(d11, x1, fma(d12, x2, fma(d13, x3, d1))), x1, d0)
            odds = fma(fma(d22, x2, fma(d23, x3, d2)), x2, fma(fma(d33, x3, d3), x3, odds))
            small = exp_minus(absolute(odds))
            density = small + 1.0
            larger = 1.0 / density
            r1 = select(odds < 0.0, larger, small * larger)
            product = product * density
            likelihood = likelihood + maximum(odds, 0.0)
            r1x1, r1x2, r1x3 = r1 * x1, r1 * x2, r1 * x3
            r, s1, s2, s3 = r + r1, s1 + r1x1, s2 + r1x2, s3 + r1x3
            s11, s12, s13 = fma(r1x1, x1, s11), fma(r1x1, x2, s12), fma(r1x1, x3, s13)
            s22, s23, s33 = fma(r1x2, x2, s22), fma(r1x2, x3, s23), fma(r1x3, x3, s33)
        likelihood = likelihood + log(product)
    store_sums(sums, 0, r, s1, s2, s3, s11, s12, s13, s22, s23, s33)
    for row in range(SUMS):
        store(sums, SUMS + row, load(totals, row) - load(sums, row))
    likelihood = likelihood * (1.0 / n_samples)
    scatter = load(totals, 4) + load(totals, 7) + load(totals, 9)
    precise = both(curvature * scatter < PRECISE_CONDITION * n_samples, r >= PRECISE_SAMPLES)
    precise = both(precise, load(sums, SUMS) >= PRECISE_SAMPLES)
    underflows = 0
    if careful or bits(precise) != ALL:
        if careful:
            precise = zero < 0.0
        exact, lowest = expect_exactly(x, n_samples, parameters, scratch)
        likelihood = select(precise, likelihood, exact)
        for row in range(2 * SUMS):
            store(sums, row, select(precise, load(sums, row), load(scratch, row)))
        underflows = bits(lowest < LOWEST_EXPONENT)
    return likelihood, underflows


@compiled
def whitened(k: int, parameters: Floats) -> tuple[Lanes, ...]:
    """Return coefficients of W (x - mean), whose square is half Mahalanobis' distance, and the log norm."""
    m21, m31, m32, i1, i2, i3, constant = normal(k, parameters)
    p = k * PARAMETERS
    u1, u2, u3 = load(parameters, p + 1), load(parameters, p + 2), load(parameters, p + 3)
    w11, w22, w33 = sqrt(0.5 * i1), sqrt(0.5 * i2), sqrt(0.5 * i3)
    w21, w31, w32 = w22 * m21, w33 * m31, w33 * m32
    return (
        w11, w21, w22, w31, w32, w33,
        0.0 - w11 * u1, 0.0 - fma(w21, u1, w22 * u2), 0.0 - fma(w31, u1, fma(w32, u2, w33 * u3)), constant,
    )  # fmt: skip


@compiled
def log_density(x1: Lanes, x2: Lanes, x3: Lanes, w: tuple[Lanes, ...]) -> Lanes:
    """Return the log of weight times density at a colour, from the coefficients of `whitened`."""
    w11, w21, w22, w31, w32, w33, b1, b2, b3, constant = w
    z1 = fma(w11, x1, b1)
    z2 = fma(w22, x2, fma(w21, x1, b2))
    z3 = fma(w33, x3, fma(w32, x2, fma(w31, x1, b3)))
    return constant - fma(z3, z3, fma(z2, z2, z1 * z1))


@compiled
def expect_exactly(x: Floats, n_samples: int, parameters: Floats, sums: Floats) -> tuple[Lanes, Lanes]:
    """Take the E-step without cancellation, at half the speed; for narrow or nearly empty components.

    Returns the mean log-likelihood, and the lowest log joint density of a sample in its likelier component.
    """
    w1, w2 = whitened(0, parameters), whitened(1, parameters)
    zero = splat(0.0)
    likelihood, lowest = zero, splat(1e300)
    r, s1, s2, s3, s11, s12, s13, s22, s23, s33 = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
    t, t1, t2, t3, t11, t12, t13, t22, t23, t33 = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
    for block in range(0, n_samples, BLOCK):
        product = splat(1.0)
        for i in range(block, min(block + BLOCK, n_samples)):
            x1, x2, x3 = load(x, 3 * i), load(x, 3 * i + 1), load(x, 3 * i + 2)
            q1, q2 = log_density(x1, x2, x3, w1), log_density(x1, x2, x3, w2)
            small = exp_minus(absolute(q2 - q1))
            density = small + 1.0
            larger = 1.0 / density
            smaller = small * larger
            first_likelier = q2 < q1
            r1, r2 = select(first_likelier, larger, smaller), select(first_likelier, smaller, larger)
            product = product * density
            likelier = maximum(q1, q2)
            likelihood, lowest = likelihood + likelier, minimum(lowest, likelier)
            rx1, rx2, rx3 = r1 * x1, r1 * x2, r1 * x3
            r, s1, s2, s3 = r + r1, s1 + rx1, s2 + rx2, s3 + rx3
            s11, s12, s13 = fma(rx1, x1, s11), fma(rx1, x2, s12), fma(rx1, x3, s13)
            s22, s23, s33 = fma(rx2, x2, s22), fma(rx2, x3, s23), fma(rx3, x3, s33)
            rx1, rx2, rx3 = r2 * x1, r2 * x2, r2 * x3
            t, t1, t2, t3 = t + r2, t1 + rx1, t2 + rx2, t3 + rx3
            t11, t12, t13 = fma(rx1, x1, t11), fma(rx1, x2, t12), fma(rx1, x3, t13)
            t22, t23, t33 = fma(rx2, x2, t22), fma(rx2, x3, t23), fma(rx3, x3, t33)
        likelihood = likelihood + log(product)
    store_sums(sums, 0, r, s1, s2, s3, s11, s12, s13, s22, s23, s33)
    store_sums(sums, 1, t, t1, t2, t3, t11, t12, t13, t22, t23, t33)
    return likelihood * (1.0 / n_samples), lowest


@compiled
def extrapolate(
    base: Floats,
    sums: Floats,
    new: Floats,
    totals: Floats,
    longest: Lanes,
    allowed: Mask,
    fell: Mask,
    fallback: Floats,
) -> Mask:
    """Choose the sums of the next step: an extrapolation where `allowed`, else one plain EM step further.

    `base`, `sums` and `new` are the sums of three EM steps in a row. SQUAREM (Varadhan & Roland 2008, scheme
    S3) goes to base + 2 a (sums - base) + a^2 (new - 2 sums + base), with a the ratio of the norms of these
    two differences in units of the pixel's own variances, and at most `longest`. `fell` marks pixels whose
    last extrapolation lowered the likelihood: they go on from `fallback`, the plain step beside it. Returns
    the mask of the pixels that were extrapolated.
    """
    n_samples = load(totals, 0)
    v1, v2, v3 = 1.0 / (load(totals, 4) + 1.0), 1.0 / (load(totals, 7) + 1.0), 1.0 / (load(totals, 9) + 1.0)
    units = (
        1.0 / (n_samples * n_samples), v1 / n_samples, v2 / n_samples, v3 / n_samples,
        v1 * v1, v1 * v2, v1 * v3, v2 * v2, v2 * v3, v3 * v3,
    )  # fmt: skip
    step, curve = splat(0.0), splat(1e-30)
    for row in range(SUMS):
        difference = load(sums, row) - load(base, row)
        second = (load(new, row) - load(sums, row)) - difference
        step = fma(difference * units[row], difference, step)
        curve = fma(second * units[row], second, curve)
    a = minimum(sqrt(step / curve), longest)
    # Each component must keep at least one sample.
    difference = load(sums, 0) - load(base, 0)
    ahead = fma(a * a, (load(new, 0) - load(sums, 0)) - difference, fma(2.0 * a, difference, load(base, 0)))
    allowed = both(both(allowed, a >= 1.0), both(ahead >= 1.0, n_samples - 1.0 >= ahead))
    for row in range(2 * SUMS):
        b, s, t = load(base, row), load(sums, row), load(new, row)
        difference = s - b
        ahead = fma(a * a, (t - s) - difference, fma(2.0 * a, difference, b))
        plain = load(fallback, row)
        store(base, row, select(fell, b, s))
        store(sums, row, select(fell, plain, select(allowed, ahead, t)))
        store(fallback, row, select(allowed, t, plain))
    return allowed
