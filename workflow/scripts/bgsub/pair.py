"""EM steps for two components of RGB colours in lanes, 8 pixels at a time: the fast case of `bgsub.em`.

State is kept in rows of 8 doubles, one per pixel:

- samples: 3 rows per sample, levels about the pixel's centre;
- sums of a component (10 rows): its responsibilities R, and with them as weights the samples' sums S1 S2 S3 and the
  products' sums S11 S12 S13 S22 S23 S33. An M-step turns sums into parameters, so a start is a set of sums, too;
- parameters of a component (11 rows): weight, mean, covariance (upper triangle), 1 if the covariance is at the floor.
"""

from bgsub.compiled import compiled
from bgsub.em import LOG_LEVELS
from bgsub.lanemath import determinant, exp_minus, factor, floor_eigenvalues, extreme_eigenvalues, log
from bgsub.lanes import absolute, bits, both, either, fma, load, maximum, minimum, select, splat, sqrt, store
from bgsub.numerics import LOG_2PI

SUMS, PARAMETERS = 10, 11  # rows of one component
LOG_NORM = 3.0 * (LOG_LEVELS - 0.5 * LOG_2PI)
BLOCK = 512  # factors of at most 2 whose product is below the largest double


@compiled
def maximise(k, sums, n_samples, floor, alive, parameters):
    """M-step of component `k`: fill its rows of `parameters`; returns the mask of pixels where it has no samples.

    Where its responsibilities add up to less than `alive` only its weight moves. `floor` 0 means none.
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
        # A - floor I has a negative eigenvalue unless its leading minors are all positive (Sylvester).
        b11, b22, b33 = a11 - floor, a22 - floor, a33 - floor
        low = either(b11 < 0.0, b11 * b22 - a12 * a12 < 0.0)
        low = either(low, determinant(b11, a12, a13, b22, a23, b33) < 0.0)
        if bits(low) != 0:
            f11, f12, f13, f22, f23, f33 = floor_eigenvalues(a11, a12, a13, a22, a23, a33, floor)
            a11, a12, a13 = select(low, f11, a11), select(low, f12, a12), select(low, f13, a13)
            a22, a23, a33 = select(low, f22, a22), select(low, f23, a23), select(low, f33, a33)
    store(parameters, p, maximum(total * (1.0 / n_samples), 0.0))
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
def singular(k, parameters):
    """Mask of pixels whose covariance scipy would call singular; see `bgsub.linalg.is_singular`."""
    p = k * PARAMETERS
    smallest, largest, _ = extreme_eigenvalues(
        load(parameters, p + 4), load(parameters, p + 5), load(parameters, p + 6),
        load(parameters, p + 7), load(parameters, p + 8), load(parameters, p + 9),
    )  # fmt: skip
    return smallest < 1e6 * 2.220446049250313e-16 * largest + 1e-300


@compiled
def normal(k, parameters):
    """Mean, factors and inverse pivots (see `factor`) and the log of weight and norm of component `k`."""
    p = k * PARAMETERS
    m21, m31, m32, i1, i2, i3, det = factor(
        load(parameters, p + 4), load(parameters, p + 5), load(parameters, p + 6),
        load(parameters, p + 7), load(parameters, p + 8), load(parameters, p + 9),
    )  # fmt: skip
    weight = maximum(load(parameters, p), 1e-100)
    constant = fma(log(weight * weight / det), 0.5, LOG_NORM)
    return m21, m31, m32, i1, i2, i3, constant


@compiled
def quadratic(k, parameters):
    """Log of weight times density of component `k` as a polynomial of the colour.

    Returns the coefficients of 1, x1, x2, x3, x1 x1, x1 x2, x1 x3, x2 x2, x2 x3, x3 x3.
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
def expect(x, n_samples, parameters, totals, sums):
    """E-step: sums of both components, and the mean log-likelihood, from one polynomial and one exponential a sample.

    With the components' log joint densities q1 and q2, all that a sample needs is the log odds d = q2 - q1, a polynomial
    of the colour: r1 = 1 / (1 + exp d), and log(exp q1 + exp q2) = q1 + log(1 + exp d), where the sum of q1 over the
    samples follows from their `totals` (rows as of sums). Component 2 has what component 1 leaves of the totals.

    The cancellation in this costs about 1e-16 255^2 / floor, see POLYNOMIAL_FLOOR in `bgsub.gmm`.
    """
    c0, c1, c2, c3, c11, c12, c13, c22, c23, c33 = quadratic(0, parameters)
    d0, d1, d2, d3, d11, d12, d13, d22, d23, d33 = quadratic(1, parameters)
    likelihood = fma(c0, n_samples, c1 * load(totals, 1))
    likelihood = fma(c2, load(totals, 2), fma(c3, load(totals, 3), likelihood))
    likelihood = fma(c11, load(totals, 4), fma(c12, load(totals, 5), fma(c13, load(totals, 6), likelihood)))
    likelihood = fma(c22, load(totals, 7), fma(c23, load(totals, 8), fma(c33, load(totals, 9), likelihood)))
    d0, d1, d2, d3 = d0 - c0, d1 - c1, d2 - c2, d3 - c3
    d11, d12, d13, d22, d23, d33 = d11 - c11, d12 - c12, d13 - c13, d22 - c22, d23 - c23, d33 - c33
    zero = splat(0.0)
    r, s1, s2, s3, s11, s12, s13, s22, s23, s33 = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
    for first in range(0, n_samples, BLOCK):
        product = splat(1.0)
        for i in range(first, min(first + BLOCK, n_samples)):
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
    store(sums, 0, r)
    store(sums, 1, s1)
    store(sums, 2, s2)
    store(sums, 3, s3)
    store(sums, 4, s11)
    store(sums, 5, s12)
    store(sums, 6, s13)
    store(sums, 7, s22)
    store(sums, 8, s23)
    store(sums, 9, s33)
    return likelihood * (1.0 / n_samples)


@compiled
def complement(sums, totals):
    """Rows of component 2: what component 1 leaves of the totals."""
    for row in range(SUMS):
        store(sums, SUMS + row, load(totals, row) - load(sums, row))


@compiled
def whitened(k, parameters):
    """Coefficients of z = W (x - mean), with |z|^2 half the squared Mahalanobis distance, and the log norm."""
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
def log_density(x1, x2, x3, w):
    """Log of weight times density at a colour, from the coefficients of `whitened`."""
    w11, w21, w22, w31, w32, w33, b1, b2, b3, constant = w
    z1 = fma(w11, x1, b1)
    z2 = fma(w22, x2, fma(w21, x1, b2))
    z3 = fma(w33, x3, fma(w32, x2, fma(w31, x1, b3)))
    return constant - fma(z3, z3, fma(z2, z2, z1 * z1))


@compiled
def expect_exactly(x, n_samples, parameters, sums):
    """E-step as `expect`, without cancellation, for covariances without a floor.

    Returns the mean log-likelihood, and the lowest of the samples' log joint densities of their likelier component.
    """
    w1, w2 = whitened(0, parameters), whitened(1, parameters)
    zero = splat(0.0)
    likelihood, lowest = zero, splat(1e300)
    r, s1, s2, s3, s11, s12, s13, s22, s23, s33 = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
    t, t1, t2, t3, t11, t12, t13, t22, t23, t33 = zero, zero, zero, zero, zero, zero, zero, zero, zero, zero
    for first in range(0, n_samples, BLOCK):
        product = splat(1.0)
        for i in range(first, min(first + BLOCK, n_samples)):
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
    store(sums, 0, r)
    store(sums, 1, s1)
    store(sums, 2, s2)
    store(sums, 3, s3)
    store(sums, 4, s11)
    store(sums, 5, s12)
    store(sums, 6, s13)
    store(sums, 7, s22)
    store(sums, 8, s23)
    store(sums, 9, s33)
    store(sums, 10, t)
    store(sums, 11, t1)
    store(sums, 12, t2)
    store(sums, 13, t3)
    store(sums, 14, t11)
    store(sums, 15, t12)
    store(sums, 16, t13)
    store(sums, 17, t22)
    store(sums, 18, t23)
    store(sums, 19, t33)
    return likelihood * (1.0 / n_samples), lowest


@compiled
def extrapolate(base, sums, new, totals, longest, allowed, fell, fallback):
    """Choose the sums of the next step: SQUAREM's extrapolation where `allowed`, else one plain EM step further.

    `base`, `sums` and `new` are the sums of three EM steps in a row. The extrapolation is base + 2 a (sums - base) +
    a^2 (new - 2 sums + base) with a the ratio of the norms of these differences (Varadhan & Roland 2008, scheme S3),
    in units of the pixel's own variances, and at most `longest`. `fell` marks pixels whose last extrapolation lowered the likelihood: they
    go on from `fallback`, the sums that it started from. Returns the mask of the pixels that were extrapolated.
    """
    n_samples = load(totals, 0)
    u1, u2, u3 = 1.0 / (load(totals, 4) + 1.0), 1.0 / (load(totals, 7) + 1.0), 1.0 / (load(totals, 9) + 1.0)
    step, curve = splat(0.0), splat(1e-30)
    for row in range(SUMS):
        if row == 0:
            unit = 1.0 / (n_samples * n_samples)
        elif row == 1:
            unit = u1 / n_samples
        elif row == 2:
            unit = u2 / n_samples
        elif row == 3:
            unit = u3 / n_samples
        elif row == 4:
            unit = u1 * u1
        elif row == 5:
            unit = u1 * u2
        elif row == 6:
            unit = u1 * u3
        elif row == 7:
            unit = u2 * u2
        elif row == 8:
            unit = u2 * u3
        else:
            unit = u3 * u3
        difference = load(sums, row) - load(base, row)
        second = load(new, row) - load(sums, row) - difference
        step = fma(difference * unit, difference, step)
        curve = fma(second * unit, second, curve)
    a = minimum(sqrt(step / curve), longest)
    share = load(base, 0) + 2.0 * a * (load(sums, 0) - load(base, 0))
    share = share + a * a * (load(new, 0) - 2.0 * load(sums, 0) + load(base, 0))
    allowed = both(both(allowed, a >= 1.0), both(share >= 1.0, n_samples - 1.0 >= share))
    for row in range(SUMS):
        b, s, t = load(base, row), load(sums, row), load(new, row)
        difference = s - b
        second = (t - s) - difference
        ahead = fma(a * a, second, fma(2.0 * a, difference, b))
        back = load(fallback, row)
        store(base, row, select(fell, b, s))
        store(sums, row, select(fell, back, select(allowed, ahead, t)))
        store(fallback, row, select(allowed, t, back))
    return allowed
