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

BLOCK = 256  # samples whose densities, at most 5 relative to the likeliest component's, have a normal product
PRECISE_CONDITION = 2e4  # mean squared sample over smallest variance: costs up to 1e-16 of its square in odds
PRECISE_SAMPLES = 1e-3  # responsibilities that a component keeps when they are taken from the totals
UNDERFLOW_SAMPLES = 1200.0  # squared standard deviations at which a log density comes near -708
ALIVE_SAMPLES = 4.0  # a component with fewer effective samples than d + 1 = 4 has no covariance of its own
RESOLVED = 1e-10  # squared levels: a smaller variance is what rounding leaves of squares of samples
SINGULAR = 1e6 * 2.220446049250313e-16  # of the largest eigenvalue: scipy's multivariate_normal
# Rows of a pixel's state: its likelihood; that as recorded, in the trajectory's unit, and its last change;
# whether its sums are extrapolated; the longest extrapolation; M-steps; whether it has converged; its flags;
# the rank of its samples' covariance; whether its samples need care; of the last E-step, the likelihood and
# the lowest log density of a likeliest component, where it is known, else 0.
BEST, RECORDED, CHANGE, EXTRAPOLATED, LONGEST, STEP, CONVERGED, FLAGS, RANK, CAREFUL, LIKELIHOOD, LOWEST = (
    range(STATES := 12)
)
FIRST_STEP, GROWTH = 2.0, 1.5  # longest extrapolation at first and after a failure, and by success
NEVER = -1e300  # a likelihood below any other
LogDensities = Callable[[Vector], list[Lanes]]  # of each component, at a sample


class FitSettings(NamedTuple):
    """How EM runs."""

    start: int  # a value of `start.STARTS`
    seed: int  # of random starts
    tolerance: float  # nats per sample; a pixel stops when a step would gain less; negative means never
    max_iterations: int  # largest number of M-steps
    floor: float  # smallest variance in any direction, squared levels; 0 means none


class Pixels(NamedTuple):
    """What is known of 16 pixels, in rows: their state, the rounded mean of their samples, and these' sums.

    Then the components' sums that the next step starts from. Of all components but the last, whose follow
    from the others' and the totals: the sums that the step before started from, those that its E-step gave,
    to go back to from an extrapolation, and the coefficients of their log odds to the last one. Then the
    components' parameters. No later step needs what remains: the coefficients of the components' log
    densities, and the sums of the E-step.
    """

    state: Rows
    centre: Rows
    totals: Rows
    sums: Rows
    base: Rows
    image: Rows
    slopes: Rows
    parameters: Rows
    densities: Rows
    new: Rows


def term_rows(channels: int) -> int:
    """Return the number of a sample's terms."""
    return 1 + channels + channels * (channels + 1) // 2


def pixels_of(shape: Shape, rows: Rows) -> Pixels:
    """Return the parts of what numba knows as one array (STATES + C + T + (7 K - 3) T, 16)."""
    K, C, T = shape.components, shape.channels, term_rows(shape.channels)
    sizes = [STATES, C, T, K * T, *3 * [(K - 1) * T], *2 * [K * T]]
    return Pixels(*map(rows.part, accumulate([0, *sizes])))


@kernel
def em_step(shape: Shape, rows: Rows, samples: Rows, n_samples: Scalar, settings: FitSettings) -> Mask:
    """Take one step of all lanes: the M-step of their sums, the E-step, and the choice of the next sums.

    Returns the mask of the lanes that are done.
    """
    pixels = pixels_of(shape, rows)
    lost = m_step(shape, pixels, lanes(settings.floor))
    for half in loop(0, 2):  # of the lanes, whose sums fit into the registers
        e_step(shape, Pixels(*(part.half(half) for part in pixels)), samples.half(half), n_samples)
    ahead = Variable(0.0)
    with (lanes(settings.tolerance) >= 0.0).anywhere():
        ahead.set(gain_ahead(shape, pixels))
    done, fell = judge(shape.components, pixels.state, lost, ahead.get(), settings)
    choose_next(shape, pixels, fell, settings)
    return done


def m_step(shape: Shape, pixels: Pixels, floor: Lanes) -> Mask:
    """Set the parameters to the maximum of the expected log-likelihood over covariances above the floor.

    A component that has no responsibility to speak of keeps its mean and covariance; only its weight moves.
    Returns the mask of pixels where, without a floor, a component is empty or singular.
    """
    K, C, T = shape.components, shape.channels, term_rows(shape.channels)
    sums, state, n = pixels.sums, pixels.state, pixels.totals[0]
    unfloored, at_start = floor <= 0.0, state[STEP] <= 0.0
    lost = at_floor = dead = n < 0.0  # nowhere
    # An extrapolation multiplies rounding, by which the responsibilities would no longer add up.
    inverse_whole = la.reciprocal(la.total(sums[k * T] for k in range(K)))
    for k in range(K):
        share, *moments = sums.block(k * T, T)
        parameters, scale = pixels.parameters.part(k * T), la.reciprocal(share)
        empty = share < select(unfloored, 1e-300, 1e-8)
        mean = [select(empty, parameters[1 + c], moments[c] * scale) for c in range(C)]
        A = {
            (c, d): select(empty, parameters[1 + row], moments[row] * scale - mean[c] * mean[d])
            for row, (c, d) in enumerate(la.triangle(C), C)
        }
        A, low = above_floor(A, floor, at_start)
        weight = share * inverse_whole
        lost = lost | (unfloored & (empty | low))
        at_floor, dead = at_floor | (~unfloored & low), dead | (weight * n < ALIVE_SAMPLES)
        values = [weight, *mean, *A.values()]
        for row, (value, coefficient) in enumerate(
            zip(values, Gaussian.of(values).polynomial(), strict=True)
        ):
            parameters[row], pixels.densities[k * T + row] = value, coefficient
    flags = {constants.RANK_DEFICIENT: state[RANK] < C, constants.AT_FLOOR: at_floor, constants.DEAD: dead}
    flag = la.total(select(where, bit, lanes(0.0)) for bit, where in flags.items())
    state[FLAGS] = select(state[RANK] <= 0.0, constants.CONSTANT, flag)
    # A likeliest component has a share of 1 / K or more, so no sample is more than sqrt(N K) deviations off.
    state[CAREFUL] = select(unfloored & (n * K > UNDERFLOW_SAMPLES), 1.0, lanes(0.0))
    return lost


def above_floor(A: Matrix, floor: Lanes, at_start: Mask) -> tuple[Matrix, Mask]:
    """Raise a covariance's eigenvalues to the floor; return it, and where any was raised.

    Without a floor (0), that is where scipy calls it singular. It is left so, but at a start, which would
    have no density, the variance of rounding stands in.
    """
    unfloored, low = floor <= 0.0, Variable(0.0)
    found = {place: Variable(value) for place, value in A.items()}
    surely_above = la.exceeds(A, select(unfloored, SINGULAR * la.trace(A) + RESOLVED, floor))
    with (~surely_above).anywhere():
        spectrum = la.spectrum(A)
        values = spectrum[0]
        too_low = ~(la.least(values) > select(unfloored, SINGULAR * la.greatest(values) + RESOLVED, floor))
        raised = la.floored(spectrum, select(unfloored, ROUNDING_VARIANCE, floor))
        low.set(select(too_low, 1.0, 0.0))
        for place, variable in found.items():
            variable.set(select(too_low & (~unfloored | at_start), raised[place], variable.get()))
    return {place: variable.get() for place, variable in found.items()}, low.get() > 0.0


def log_norm(weight: Lanes, d: Vector) -> Lanes:
    """Return the log of weight times a Gaussian's norm, of values in [0, 1]; d of `factor`, in levels."""
    product = weight.at_least(1e-100) * weight.at_least(1e-100)
    for one in d:
        product = product * one
    return 0.5 * la.log(product) + len(d) * (LOG_LEVELS - 0.5 * LOG_2PI)


def e_step(shape: Shape, pixels: Pixels, samples: Rows, n_samples: Scalar) -> None:
    """Set the new sums, the mean log-likelihood, and the lowest log density of a likeliest component.

    A component's log density is linear in a sample's terms, so its sum over the samples follows from their
    total sums, and so do the last component's sums from the others'. All that a sample takes are the log odds
    to the first component. Pixels where this would cancel too many digits, and careful ones, are taken once
    more, each component by itself; the lowest density is known of these only, of others it is 0.
    """
    K, C, T, new = shape.components, shape.channels, term_rows(shape.channels), pixels.new
    totals = pixels.totals.block(0, T)
    first, *others = (pixels.densities.block(k * T, T) for k in range(K))
    odds = [[a - b for a, b in zip(other, first, strict=True)] for other in others]
    zero = totals[0].like(0.0)

    def by_odds(x: Vector) -> list[Lanes]:
        return [zero, *(value_at(one, x) for one in odds)]

    ratio, moments = zero, list[Lanes]()
    if K > 1:
        ratio, _, moments = add_up(shape, samples, n_samples, by_odds, K - 1)
    moments += [totals[row] - la.total([zero, *moments[row::T]]) for row in range(T)]
    for row, moment in enumerate(moments):
        new[row] = moment
    pixels.state[LIKELIHOOD], pixels.state[LOWEST] = dot(first, totals) + ratio, 0.0
    squares = [la.matrix(one[1 + C :]) for one in (first, *others)]
    curvature = la.greatest(-2.0 * la.trace(one) for one in squares)
    condition = curvature * la.trace(la.matrix(totals[1 + C :]))
    precise = (condition < PRECISE_CONDITION * totals[0]) & (new[(K - 1) * T] >= PRECISE_SAMPLES)
    careful = (pixels.state[CAREFUL] > 0.0) | ~precise
    with careful.anywhere():
        each = [Gaussian.of(pixels.parameters.block(k * T, T)) for k in range(K)]
        exact, lowest, moments = add_up(
            shape, samples, n_samples, lambda x: [one.log_density(x) for one in each], K
        )
        pixels.state[LIKELIHOOD] = select(careful, exact, pixels.state[LIKELIHOOD])
        pixels.state[LOWEST] = select(careful, lowest, 0.0)
        for row, moment in enumerate(moments):
            new[row] = select(careful, moment, new[row])
    pixels.state[LIKELIHOOD] = pixels.state[LIKELIHOOD] / totals[0]


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


class Gaussian(NamedTuple):
    """A component with the log of weight times norm, its mean, and M and d of `factor` of its covariance."""

    log_norm: Lanes
    mean: Vector
    M: Matrix
    d: Vector

    @classmethod
    def of(cls, parameters: list[Lanes]) -> "Gaussian":
        """Return the component with these parameters."""
        C = 1 if len(parameters) == 3 else 3
        M, d = la.factor(la.matrix(parameters[1 + C :]))
        return cls(log_norm(parameters[0], d), parameters[1 : 1 + C], M, d)

    def log_density(self, x: Vector) -> Lanes:
        """Return the log of weight times density at a sample."""
        deviation = [value - mean for value, mean in zip(x, self.mean, strict=True)]
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
    value, *slopes = polynomial[: 1 + len(x)]
    for (r, c), coefficient in la.matrix(polynomial[1 + len(x) :]).items():
        slopes[r] = slopes[r] + coefficient * x[c]
    for slope, one in zip(slopes, x, strict=True):
        value = value + slope * one
    return value


def posterior(q: list[Lanes]) -> tuple[list[Lanes], Lanes, Lanes]:
    """Return responsibilities from log joint densities; these' sum over the largest one, and its log."""
    if len(q) == 2:  # one exponential is enough
        small = la.exp_minus(abs(q[1] - q[0]))
        density = small + 1.0
        first, one = q[1] < q[0], small.like(1.0)
        shares = [select(first, one, small) / density, select(first, small, one) / density]
        return shares, density, q[0].at_least(q[1])
    highest = la.greatest(q)
    densities = [la.exp_minus(highest - one) for one in q]
    density = la.total(densities)
    share = 1.0 / density
    return [one * share for one in densities], density, highest


def gain_ahead(shape: Shape, pixels: Pixels) -> Lanes:
    """Return what the step from `sums` to `new` would gain at most, nats per sample, to second order.

    Such a gain is at least half the square of the step's length, and at most all of it, in the Fisher
    information of samples whose components are known (from Dempster, Laird & Rubin 1977, section 3).
    """
    K, C, T = shape.components, shape.channels, term_rows(shape.channels)
    gain = lanes(0.0)
    for k in range(K):
        before, after, parameters, density = (
            rows.block(k * T, T) for rows in (pixels.sums, pixels.new, pixels.parameters, pixels.densities)
        )
        step = [one - other for one, other in zip(after, before, strict=True)]
        mean, covariance = parameters[1 : 1 + C], la.matrix(parameters[1 + C :])
        P: Matrix = {
            (c, d): value * (-2.0 if c == d else -1.0)
            for (c, d), value in la.matrix(density[1 + C :]).items()
        }
        shift = [one - step[0] * middle for one, middle in zip(step[1 : 1 + C], mean, strict=True)]
        spread = {
            (c, d): value - step[1 + c] * mean[d] - mean[c] * shift[d] - step[0] * covariance[c, d]
            for (c, d), value in la.matrix(step[1 + C :]).items()
        }
        columns = [la.times(P, [spread[max(c, d), min(c, d)] for c in range(C)]) for d in range(C)]
        trace = la.total(columns[c][d] * columns[d][c] for c in range(C) for d in range(C))
        length = step[0] * step[0] + (dot(la.times(P, shift), shift) + 0.5 * trace)
        gain = length * la.reciprocal(before[0].at_least(1e-8)) + gain
    return gain * la.reciprocal(pixels.totals[0])


def judge(K: int, state: Rows, lost: Mask, ahead: Lanes, settings: FitSettings) -> tuple[Mask, Mask]:
    """Record a step's likelihood; return the masks of the pixels that are done, and of those that fell.

    A pixel falls where an extrapolation lowers its likelihood: it keeps the one before. Without a floor, it
    keeps it also where this step is undefined, as a component is empty or singular (`lost`) or the likelihood
    no number, and is done; so it is where the next step would be, since all densities of a sample underflow.
    """
    best, likelihood, step = state[BEST], state[LIKELIHOOD], state[STEP]
    unfloored, last = lanes(settings.floor) <= 0.0, step >= lanes(settings.max_iterations)
    fell = (state[EXTRAPOLATED] > 0.0) & ~(likelihood >= best)
    undefined = lost | (unfloored & ~(likelihood > NEVER))
    value = select(fell | (undefined & (step > 0.0)), best, likelihood)
    undefined = undefined | (unfloored & ~last & (state[LOWEST] < LOWEST_EXPONENT))
    at_optimum = ~undefined & ~fell & (ahead < lanes(settings.tolerance)) if K > 1 else ~undefined
    converged = (state[RANK] <= 0.0) | at_optimum
    recorded = (value * TRAJECTORY_UNIT + 0.5).floor()
    state[CHANGE], state[RECORDED], state[BEST] = recorded - state[RECORDED], recorded, value
    state[FLAGS] = state[FLAGS] + select(undefined, constants.UNDEFINED, lanes(0.0))
    state[CONVERGED] = select(converged, 1.0, 0.0)
    return converged | undefined | last, fell


def choose_next(shape: Shape, pixels: Pixels, fell: Mask, settings: FitSettings) -> None:
    """Set the sums of the next step: those of the E-step, or towards a tolerance some beyond."""
    accelerated = (lanes(settings.tolerance) >= 0.0) & (lanes(settings.floor) > 0.0)
    pixels.state[STEP] = pixels.state[STEP] + 1.0
    with accelerated.anywhere():
        extrapolate(shape, pixels, fell, lanes(settings.max_iterations))
    with (~accelerated).anywhere():
        for row in range(shape.components * term_rows(shape.channels)):
            pixels.sums[row] = pixels.new[row]


def extrapolate(shape: Shape, pixels: Pixels, fell: Mask, last_step: Lanes) -> None:
    """Set the sums of the next step to an extrapolation of the last ones, where that is worth it.

    An EM step led from `base` to `image`, and the last one from `sums` to `new`. Anderson's method of depth 1
    goes to new + a (new - image). A step's product with what its start's move, from `base` to `sums`, has
    changed in the log odds of the components (`slopes`) is the likelihood's slope along that move: a is where
    the slope would vanish, were it linear, and at most as long as the state allows.

    Pixels whose last extrapolation lowered the likelihood go on from `image`, the plain step beside it. The
    last step is a plain one, so that it cannot be one that would be taken back.
    """
    K, T, state = shape.components, term_rows(shape.channels), pixels.state
    sums, base, image, slopes = pixels.sums, pixels.base, pixels.image, pixels.slopes
    longest = select(state[EXTRAPOLATED] > 0.0, GROWTH * state[LONGEST], state[LONGEST])
    state[LONGEST] = select(fell, FIRST_STEP, longest)
    last = (K - 1) * T  # its sums are what the others leave of the totals
    rest, reached = pixels.totals.block(0, T), list[tuple[Lanes, Lanes, Lanes]]()
    along, bend = lanes(0.0), lanes(1e-300)
    for row in range(last):
        now, new = select(fell, base[row], sums[row]), select(fell, image[row], pixels.new[row])
        slope = select(fell, slopes[row], pixels.densities[row] - pixels.densities[last + row % T])
        turn = slope - slopes[row]
        along, bend = turn * (new - now) + along, turn * ((image[row] - base[row]) - (new - now)) + bend
        reached.append((now, new, slope))
    a = (along / bend).at_most(state[LONGEST])
    shares = [a * (new - image[row]) + new for row, (_, new, _) in enumerate(reached) if row % T == 0]
    allowed = (along > 0.0) & (bend > 0.0) & (state[STEP] >= 2.0) & (state[STEP] < last_step)
    for share in [*shares, rest[0] - la.total([lanes(0.0), *shares])]:
        allowed = allowed & (share >= 1.0)  # each must keep at least one sample
    for row, (now, new, slope) in enumerate(reached):
        sums[row] = select(allowed, a * (new - image[row]) + new, new)
        rest[row % T] = rest[row % T] - sums[row]
        base[row], image[row], slopes[row] = now, new, slope
    for row in range(T):
        sums[last + row] = select(fell | allowed, rest[row], pixels.new[last + row])
    state[EXTRAPOLATED] = select(allowed, 1.0, 0.0)
