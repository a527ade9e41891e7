"""The steps of EM in lanes, for any number of components and channels: E, M, extrapolate, floor.

Dempster, Laird & Rubin 1977; Henderson & Varadhan 2019. Colours are 8-bit levels about the pixel's rounded
mean, so that samples are small exact integers. Everything of 16 pixels is in rows of 16 numbers. A sample's
terms are 1, its channels x, and the lower triangle of x x'. Rows of a component are

- its sums: those of the samples' terms, weighted with its responsibilities. An M-step turns sums into
  parameters, so any start is a set of sums, too, and any combination of sums with positive weights is valid
  once floored;
- its parameters: weight, mean, covariance (lower triangle).
"""

from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

from bgsub.model import constants
from bgsub.model import lanemath as la
from bgsub.model.constants import LOG_2PI, LOG_LEVELS, ROUNDING_VARIANCE, TRAJECTORY_UNIT
from bgsub.model.lanemath import Matrix, Vector, dot
from bgsub.model.lanes import Lanes, Mask, Number, Rows, Scalar, Shape, Variable, kernel, lanes, loop, select
from bgsub.model.numerics import LOWEST_EXPONENT

BLOCK = 256  # samples whose densities, 1 to K <= 5 times the likeliest component's, have a normal product
# Log odds in terms of squared samples lose digits where these are large beside the smallest variance: an
# inverse covariance errs by up to 1e-16 times that ratio of itself, and is multiplied with as large squares,
# so a ratio of 2e4 costs up to 1e-16 of its square, 4e-8. The last component's sums, what the others' leave
# of the totals, lose them where its share of the samples is small.
PRECISE_CONDITION, PRECISE_SAMPLES = 2e4, 1e-3
NEAR_UNDERFLOW = 1200.0  # squared standard deviations: half of it and the norm bring a log density near -708
EMPTY, EMPTY_UNFLOORED = 1e-8, 1e-300  # samples; without a floor only what cannot be divided by
ALIVE_SAMPLES = 4.0  # channels + 1 in colour: fewer effective samples have no covariance of their own
RESOLVED = 1e-10  # squared levels: a smaller variance is what rounding leaves of squares of samples
SINGULAR = 1e6 * 2.220446049250313e-16  # of the largest eigenvalue: scipy's multivariate_normal
# Rows of a pixel's state: its log-likelihood, and its last change in the trajectory's unit; M-steps; whether
# it has converged; its flags; the rank of its samples' covariance; whether its sums are extrapolated, and how
# far they may be; of the last E-step, the log-likelihood and the lowest log density of a likeliest component,
# where that is known, else 0; whether it must be known.
STATES = 11
BEST, CHANGE, STEP, CONVERGED, FLAGS, RANK, EXTRAPOLATED, LONGEST, LIKELIHOOD, LOWEST, CAREFUL = range(STATES)
FIRST_STEP, GROWTH = 2.0, 1.5  # longest extrapolation at first and after a failure, and by success
NEVER = -1e300  # a log-likelihood below any other
LogDensities = Callable[[Vector], list[Lanes]]  # of each component, or their odds to one, at a sample


class FitSettings(NamedTuple):
    """How EM runs."""

    start: int  # a value of `start.STARTS`
    seed: int  # of random starts
    tolerance: float  # nats per sample; a pixel stops when a step would gain less; negative means never
    max_iterations: int  # largest number of M-steps
    floor: float  # smallest variance in any direction, squared levels; 0 means none


class Pixels(NamedTuple):
    """What is known of 16 pixels, in rows; no later step needs the last two."""

    state: Rows
    centre: Rows  # rounded mean of the samples, which are about it
    totals: Rows  # sums of the samples' terms
    sums: Rows  # those of the components, which the next step starts from
    base: Rows  # of all components but the last: the sums that the step before started from,
    image: Rows  # those that its E-step gave, to go back to from an extrapolation,
    odds: Rows  # and the coefficients of the log odds to the last component at `base`
    parameters: Rows  # of all components
    densities: Rows  # coefficients of the log of weight times density
    new: Rows  # the sums that the E-step gives


def term_rows(channels: int) -> int:
    """Return the number of a sample's terms."""
    return 1 + channels + channels * (channels + 1) // 2


def part_sizes(components: int, channels: int) -> list[int]:
    """Return how many rows the parts of `Pixels` have."""
    K, T = components, term_rows(channels)
    return [STATES, channels, T, K * T, *3 * [(K - 1) * T], *3 * [K * T]]


def pixels_of(shape: Shape, rows: Rows) -> Pixels:
    """Return the parts of what numba knows as one array of rows."""
    return Pixels(*map(rows.part, accumulate([0, *part_sizes(*shape)[:-1]])))


@kernel
def em_step(shape: Shape, rows: Rows, samples: Rows, n_samples: Scalar, settings: FitSettings) -> Mask:
    """Take one step of all lanes: the M-step of their sums, the E-step, and the choice of the next sums.

    Returns the mask of the lanes that are done.
    """
    pixels, floor, tolerance = pixels_of(shape, rows), lanes(settings.floor), lanes(settings.tolerance)
    lost = m_step(shape, pixels, floor)
    for half in loop(0, 2):  # of the lanes, whose sums fit into the registers
        e_step(shape, Pixels(*(part.half(half) for part in pixels)), samples.half(half), n_samples)
    ahead = Variable(0.0)
    with (tolerance >= 0.0).anywhere():
        ahead.set(gain_ahead(shape, pixels))
    done, fell = judge(shape.components, pixels.state, lost, ahead.get(), settings)
    accelerated = (tolerance >= 0.0) & (floor > 0.0)
    if shape.components == 1:
        return done
    with accelerated.anywhere():
        extrapolate(shape, pixels, fell, lanes(settings.max_iterations))
    with (~accelerated).anywhere():
        pixels.sums.put(0, pixels.new.block(0, shape.components * term_rows(shape.channels)))
    return done


def m_step(shape: Shape, pixels: Pixels, floor: Lanes) -> Mask:
    """Set the parameters to the maximum of the expected log-likelihood over covariances above the floor.

    A component that has no responsibility to speak of keeps its mean and covariance; only its weight moves.
    Returns the mask of pixels where, without a floor, a component is empty or singular.
    """
    K, C, T = shape.components, shape.channels, term_rows(shape.channels)
    state, n, nowhere = pixels.state, pixels.totals[0], pixels.totals[0] < 0.0
    unfloored, at_start = floor <= 0.0, state[STEP] <= 0.0
    lost = at_floor = dead = nowhere
    # Weights add up to 1; extrapolated shares do so to n only but for a multiple of rounding.
    inverse_whole = la.reciprocal(la.total(pixels.sums[k * T] for k in range(K)))
    for k in range(K):
        share, first, second = by_order(pixels.sums.block(k * T, T))
        _, old_mean, old = by_order(pixels.parameters.block(k * T, T))
        empty, scale = share < select(unfloored, EMPTY_UNFLOORED, EMPTY), la.reciprocal(share)
        mean = [select(empty, kept, one * scale) for kept, one in zip(old_mean, first, strict=True)]
        A = {
            (c, d): select(empty, old[c, d], value * scale - mean[c] * mean[d])
            for (c, d), value in second.items()
        }
        weight = share * inverse_whole
        A, low = above_floor(A, floor, at_start)
        lost = lost | (unfloored & (empty | low))
        at_floor, dead = at_floor | (~unfloored & low), dead | (weight * n < ALIVE_SAMPLES)
        values = [weight, *mean, *A.values()]
        pixels.parameters.put(k * T, values)
        pixels.densities.put(k * T, Gaussian.of(values).polynomial())
    flags = {constants.RANK_DEFICIENT: state[RANK] < C, constants.AT_FLOOR: at_floor, constants.DEAD: dead}
    flag = la.total(select(where, bit, 0.0) for bit, where in flags.items())
    state[FLAGS] = select(state[RANK] <= 0.0, constants.CONSTANT, flag)
    # A component of s samples has a covariance S >= r d d' / s for each of them, at d from the mean, with the
    # responsibility r. So d'S^-1 d <= s / r, which is at most n K where r is the largest. Only if so many
    # squared deviations underflow may a sample be left without a density.
    state[CAREFUL] = select(unfloored & (n * K > NEAR_UNDERFLOW), 1.0, 0.0)
    return lost


def above_floor(A: Matrix, floor: Lanes, at_start: Mask) -> tuple[Matrix, Mask]:
    """Raise a covariance's eigenvalues to the floor; return it, and where any was raised.

    Without a floor (0), that is where scipy calls it singular. It is left so, but at a start, which would
    have no density, the variance of rounding stands in.
    """
    unfloored, low = floor <= 0.0, Variable(0.0)
    found = {place: Variable(value) for place, value in A.items()}

    def bound(largest: Lanes) -> Lanes:
        return select(unfloored, SINGULAR * largest + RESOLVED, floor)

    with (~la.exceeds(A, bound(la.trace(A)))).anywhere():  # the largest eigenvalue is at most the trace
        spectrum = la.spectrum(A)
        low_one, high_one, alone = spectrum[0]
        too_low = ~(alone.at_most(low_one) > bound(alone.at_least(high_one)))
        low.set(select(too_low, 1.0, 0.0))
        raised = la.floored(spectrum, select(unfloored, ROUNDING_VARIANCE, floor))
        for place, value in found.items():
            value.set(select(too_low & (~unfloored | at_start), raised[place], value.get()))
    return {place: value.get() for place, value in found.items()}, low.get() > 0.0


def e_step(shape: Shape, pixels: Pixels, samples: Rows, n_samples: Scalar) -> None:
    """Set the new sums, the mean log-likelihood, and the lowest log density of a likeliest component.

    A component's log density is linear in a sample's terms, so its sum over the samples follows from their
    total sums, and so do the last component's sums from the others'. All that a sample takes are the log odds
    to one component: here the first, in `extrapolate` the last. Pixels where this would cancel too many
    digits, and careful ones, are taken once more, component by component, which gives the lowest, else 0.
    """
    K, T, state, new = shape.components, term_rows(shape.channels), pixels.state, pixels.new
    totals = pixels.totals.block(0, T)
    densities, zero = [pixels.densities.block(k * T, T) for k in range(K)], totals[0].like(0.0)
    odds = [la.minus(other, densities[0]) for other in densities[1:]]
    ratio, moments = zero, list[Lanes]()
    if K > 1:
        ratio, _, moments = add_up(
            shape, samples, n_samples, lambda x: [zero, *(value_at(one, x) for one in odds)], K - 1
        )
    moments += [totals[row] - la.total([zero, *moments[row::T]]) for row in range(T)]
    new.put(0, moments)
    state[LIKELIHOOD], state[LOWEST] = dot(densities[0], totals) + ratio, 0.0
    curvature = la.greatest(-2.0 * la.trace(by_order(one)[2]) for one in densities)
    condition = curvature * la.trace(by_order(totals)[2])
    precise = (condition < PRECISE_CONDITION * totals[0]) & (new[(K - 1) * T] >= PRECISE_SAMPLES)
    careful = (state[CAREFUL] > 0.0) | ~precise
    with careful.anywhere():
        each = [Gaussian.of(pixels.parameters.block(k * T, T)) for k in range(K)]
        exact, lowest, moments = add_up(
            shape, samples, n_samples, lambda x: [one.log_density(x) for one in each], K
        )
        state[LIKELIHOOD] = select(careful, exact, state[LIKELIHOOD])
        state[LOWEST] = select(careful, lowest, 0.0)
        new.put(0, [select(careful, moment, new[row]) for row, moment in enumerate(moments)])
    state[LIKELIHOOD] = state[LIKELIHOOD] / totals[0]


def add_up(
    shape: Shape, samples: Rows, n_samples: Scalar, log_densities: LogDensities, counted: int
) -> tuple[Lanes, Lanes, list[Lanes]]:
    """Return the sum of the samples' log densities, the lowest, and the sums of the `counted` components."""
    C, T = shape.channels, term_rows(shape.channels)
    zero = samples[0].double().like(0.0)
    likelihood, lowest = Variable(zero), Variable(zero - NEVER)
    moments = [Variable(zero) for _ in range(counted * T)]
    for block in loop(0, n_samples, BLOCK):
        product = Variable(zero + 1.0)
        for i in loop(block, (block + BLOCK).at_most(n_samples)):
            x = [one.double() for one in samples.block(i * C, C)]
            r, density, highest = posterior(log_densities(x))
            product.set(product.get() * density)
            likelihood += highest
            lowest.set(highest.at_most(lowest.get()))
            for k in range(counted):
                for moment, term in zip(moments[k * T :], terms_of(x, r[k]), strict=False):
                    moment += term
        likelihood += la.log(product.get())
    return likelihood.get(), lowest.get(), [moment.get() for moment in moments]


def terms_of(x: Vector, weight: Number = 1.0) -> list[Lanes]:
    """Return 1, the channels of a sample, and their products, all weighted."""
    weighted = [weight * one for one in x]
    return [x[0].like(weight), *weighted, *(weighted[c] * x[d] for c, d in la.triangle(len(x)))]


def by_order(terms: list[Lanes]) -> tuple[Lanes, Vector, Matrix]:
    """Part 3 or 10 numbers, one for each of a sample's terms: for 1, its channels, and their products."""
    C = 1 if len(terms) == 3 else 3
    return terms[0], terms[1 : 1 + C], la.matrix(terms[1 + C :])


def log_norm(weight: Lanes, d: Vector) -> Lanes:
    """Return the log of weight times a Gaussian's norm, of values in [0, 1]; d of `factor`, in levels."""
    product = weight.at_least(1e-100) * weight.at_least(1e-100)
    for one in d:
        product = product * one
    return 0.5 * la.log(product) + len(d) * (LOG_LEVELS - 0.5 * LOG_2PI)


class Gaussian(NamedTuple):
    """A component with the log of weight times norm, its mean, and M and d of `factor` of its covariance."""

    log_norm: Lanes
    mean: Vector
    M: Matrix
    d: Vector

    @classmethod
    def of(cls, parameters: list[Lanes]) -> "Gaussian":
        """Return the component with these parameters."""
        weight, mean, A = by_order(parameters)
        M, d = la.factor(A)
        return cls(log_norm(weight, d), mean, M, d)

    def log_density(self, x: Vector) -> Lanes:
        """Return the log of weight times density at a sample."""
        deviation = la.minus(x, self.mean)
        z = [dot([self.M[r, c] for c in range(r + 1)], deviation[: r + 1]) for r in range(len(x))]
        return self.log_norm - 0.5 * dot([d * along for d, along in zip(self.d, z, strict=True)], z)

    def polynomial(self) -> list[Lanes]:
        """Return the log of weight times density as coefficients of a sample's terms."""
        P = la.inverse(self.M, self.d)
        linear = la.times(P, self.mean)
        square = [P[r, c] * (-0.5 if r == c else -1.0) for r, c in P]
        return [self.log_norm - 0.5 * dot(linear, self.mean), *linear, *square]


def value_at(polynomial: list[Lanes], x: Vector) -> Lanes:
    """Return the value at a sample of a polynomial with these coefficients of its terms."""
    value, slopes, squares = by_order(polynomial)
    for (r, c), coefficient in squares.items():
        slopes[r] = slopes[r] + coefficient * x[c]
    for slope, one in zip(slopes, x, strict=True):
        value = value + slope * one
    return value


def posterior(q: list[Lanes]) -> tuple[list[Lanes], Lanes, Lanes]:
    """Return responsibilities from log joint densities; these' sum over the largest one, and its log."""
    highest = la.greatest(q)
    if len(q) == 2:  # one exponential is enough
        small, first = la.exp_minus(abs(q[1] - q[0])), q[1] < q[0]
        density = small + 1.0
        return [select(first, 1.0, small) / density, select(first, small, 1.0) / density], density, highest
    densities = [la.exp_minus(highest - one) for one in q]
    density = la.total(densities)
    share = 1.0 / density
    return [one * share for one in densities], density, highest


def gain_ahead(shape: Shape, pixels: Pixels) -> Lanes:
    """Return what the step from `sums` to `new` would gain at most, nats per sample, to second order.

    Let J be the information of samples whose components are known, and I that of the samples alone, 0 <= I <=
    J near an optimum. A step of EM is v = J^-1 g with the likelihood's gradient g (Dempster, Laird & Rubin
    1977, section 3), so it gains g'v - v'I v / 2 = v'J v - v'I v / 2: at least half of v'J v, and at most all
    of it. To v'J v a component of n samples, mean m and covariance S, whose sums of 1, x - m and
    (x - m)(x - m)' - S change by a, b and B, adds (a^2 + b'S^-1 b + tr(S^-1 B S^-1 B) / 2) / n: n samples'
    information of the shares, of m, which changes by b / n, and of S, by B / n.
    """
    K, C, T = shape.components, shape.channels, term_rows(shape.channels)
    gain = lanes(0.0)
    for k in range(K):
        before, after, parameters, density = (
            rows.block(k * T, T) for rows in (pixels.sums, pixels.new, pixels.parameters, pixels.densities)
        )
        a, first, second = by_order(la.minus(after, before))
        (_, m, S), (_, _, square) = by_order(parameters), by_order(density)
        inverse: Matrix = {(c, d): one * (-2.0 if c == d else -1.0) for (c, d), one in square.items()}
        b = [one - a * middle for one, middle in zip(first, m, strict=True)]
        B = {(c, d): value - first[c] * m[d] - m[c] * b[d] - a * S[c, d] for (c, d), value in second.items()}
        columns = [la.times(inverse, [B[max(c, d), min(c, d)] for c in range(C)]) for d in range(C)]
        trace = la.total(columns[c][d] * columns[d][c] for c in range(C) for d in range(C))
        length = a * a + (dot(la.times(inverse, b), b) + 0.5 * trace)
        gain = length * la.reciprocal(before[0].at_least(EMPTY)) + gain
    return gain * la.reciprocal(pixels.totals[0])


def judge(K: int, state: Rows, lost: Mask, ahead: Lanes, settings: FitSettings) -> tuple[Mask, Mask]:
    """Record a step's likelihood; return the masks of the pixels that are done, and of those that fell.

    A pixel falls where an extrapolation lowers its likelihood: it keeps the one before. Without a floor, a
    step may be undefined: a component is empty or singular (`lost`), or the likelihood no number. The pixel
    then keeps the likelihood before, and is done. It is done with this one where the next would be undefined,
    since all densities of a sample underflow.
    """
    best, likelihood, step = state[BEST], state[LIKELIHOOD], state[STEP]
    unfloored, last = lanes(settings.floor) <= 0.0, step >= lanes(settings.max_iterations)
    fell = (state[EXTRAPOLATED] > 0.0) & ~(likelihood >= best)
    undefined_now = lost | (unfloored & ~(likelihood > NEVER))
    value = select(fell | (undefined_now & (step > 0.0)), best, likelihood)
    undefined = undefined_now | (unfloored & ~last & (state[LOWEST] < LOWEST_EXPONENT))
    at_optimum = ~undefined & ~fell & (ahead < lanes(settings.tolerance)) if K > 1 else ~undefined
    converged = (state[RANK] <= 0.0) | at_optimum
    now, before = ((one * TRAJECTORY_UNIT + 0.5).floor() for one in (value, best))
    state[CHANGE], state[BEST], state[STEP] = now - before, value, step + 1.0
    state[FLAGS] = state[FLAGS] + select(undefined, constants.UNDEFINED, 0.0)
    state[CONVERGED] = select(converged, 1.0, 0.0)
    return converged | undefined | last, fell


def extrapolate(shape: Shape, pixels: Pixels, fell: Mask, last_step: Lanes) -> None:
    """Set the sums of the next step to an extrapolation of the last ones, where that is worth it.

    An EM step led from `base` to `image`, and the last one from `sums` to `new`. If steps depended linearly
    on their starts, one from sums + a (sums - base) would lead to new + a (new - image): Anderson's method of
    depth 1. It takes the a at which the likelihood's slope along sums - base would vanish, from the slopes at
    `base` and at `sums` (secant). Such a slope is the product of the step from there with the change of the
    log odds' coefficients: these are natural parameters of an exponential family, where the likelihood's
    gradient is the sums given the samples less those of the model, new - sums. The state limits a.

    Pixels whose last extrapolation lowered the likelihood go on from `image`, the plain step beside it. The
    last step is a plain one, so that it cannot be one that would be taken back.
    """
    K, T, state, sums = shape.components, term_rows(shape.channels), pixels.state, pixels.sums
    longest = select(state[EXTRAPOLATED] > 0.0, GROWTH * state[LONGEST], state[LONGEST])
    state[LONGEST] = select(fell, FIRST_STEP, longest)
    last = (K - 1) * T  # its sums are what the others leave of the totals
    slope = drop = lanes(0.0)
    ways = list[tuple[Lanes, Lanes, Lanes, Lanes]]()
    for row in range(last):
        base, image, odds_before = pixels.base[row], pixels.image[row], pixels.odds[row]
        start, end = select(fell, base, sums[row]), select(fell, image, pixels.new[row])
        odds = select(fell, odds_before, pixels.densities[row] - pixels.densities[last + row % T])
        turn, step = odds - odds_before, end - start
        slope, drop = turn * step + slope, turn * ((image - base) - step) + drop
        ways.append((start, end, odds, end - image))
    a = (slope / drop).at_most(state[LONGEST])
    beyond = [a * further + end for _, end, _, further in ways]
    allowed = (slope > 0.0) & (drop > 0.0) & (state[STEP] >= 2.0) & (state[STEP] < last_step)
    rest, shares = pixels.totals.block(0, T), beyond[::T]
    for share in [*shares, rest[0] - la.total(shares)]:
        allowed = allowed & (share >= 1.0)  # each must keep at least one sample
    for row, (start, end, odds, _) in enumerate(ways):
        sums[row] = select(allowed, beyond[row], end)
        rest[row % T] = rest[row % T] - sums[row]
        pixels.base[row], pixels.image[row], pixels.odds[row] = start, end, odds
    for row in range(T):
        sums[last + row] = select(fell | allowed, rest[row], pixels.new[last + row])
    state[EXTRAPOLATED] = select(allowed, 1.0, 0.0)
