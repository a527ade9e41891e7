"""The steps of EM in lanes, for any number of components and channels: E, M, extrapolate, floor.

Dempster, Laird & Rubin 1977; Varadhan & Roland 2008. Colours are 8-bit levels about the pixel's rounded mean,
so that samples are small exact integers. Everything of 8 pixels is in rows of 8 doubles:

- sums of a component: its responsibilities, and weighted with them the samples and their products (lower
  triangle). An M-step turns sums into parameters, so any start is a set of sums, too, and any mixture of sums
  with positive weights is valid once floored;
- parameters of a component: weight, mean, covariance (lower triangle), 1 if that is at the floor.
"""

from itertools import accumulate
from typing import NamedTuple

from bgsub.model.constants import LOG_2PI, LOG_LEVELS, ROUNDING_VARIANCE, TRAJECTORY_UNIT
from bgsub.model.lanemath import (
    Matrix,
    Vector,
    eigen,
    exp_minus,
    floored,
    is_positive_definite,
    log,
    plus_scaled_identity,
    trace,
    triangle,
    whiten,
)
from bgsub.model.lanes import (
    Lanes,
    Mask,
    Rows,
    Scalar,
    Shape,
    Variable,
    absolute,
    floor,
    kernel,
    lanes,
    loop,
    maximum,
    minimum,
    select,
    sqrt,
)
from bgsub.model.numerics import LOWEST_EXPONENT

BLOCK = 256  # samples whose densities, at most 5 relative to the likeliest component's, have a normal product
RESOLVED = 1e-10  # squared levels: a smaller variance is what rounding leaves of squares of samples
SINGULAR = 1e6 * 2.220446049250313e-16  # of the largest eigenvalue: scipy's multivariate_normal
# Rows of a lane's state: its likelihood; the same as recorded, in the trajectory's unit, and its last change;
# which kind of step its parameters come from; the longest extrapolation; M-steps; whether it has converged,
# whether its arithmetic is undefined
BEST, RECORDED, CHANGE, KIND, LONGEST, STEP, CONVERGED, LOST = range(8)
STATES = 8
START, PLAIN, EXTRAPOLATED = 0.0, 1.0, 2.0  # KIND
FIRST_STEP = 2.0  # longest extrapolation at first and after a failure; 4 times as long after each success
NEVER = -1e300  # a likelihood below any other


class FitSettings(NamedTuple):
    """How EM runs.

    A value of `start.STARTS`; the seed of random starts; the gain in nats per sample below which a pixel
    stops (negative: never); the largest number of M-steps; the smallest eigenvalue of a covariance, squared
    levels (0: none).
    """

    start: int
    seed: int
    tolerance: float
    max_iterations: int
    floor: float


class Pixels(NamedTuple):
    """Rows of 8 pixels as a start leaves them: the samples' rank, rounded mean and sums, components' sums."""

    rank: Rows
    centre: Rows
    totals: Rows
    sums: Rows
    samples: Rows


class Work(NamedTuple):
    """Rows of 8 pixels at work: the sums are those of the last steps; see `extrapolate`."""

    state: Rows
    parameters: Rows
    new: Rows
    base: Rows
    fallback: Rows


class Component(NamedTuple):
    """A component as the E-step takes it: W (x - mean) = W x + b, squared, is half Mahalanobis' distance."""

    W: Matrix
    b: Vector
    log_norm: Lanes


def sum_rows(channels: int) -> int:
    """Return the number of rows of a component's sums."""
    return 1 + channels + channels * (channels + 1) // 2


def pixels_of(shape: Shape, rows: Rows) -> Pixels:
    """Return the parts of what numba knows as one array (1 + C + (1 + K) S + N C, 8)."""
    size, S = shape.channels, sum_rows(shape.channels)
    return Pixels(*map(rows.part, accumulate([0, 1, size, S, shape.components * S])))


def work_of(shape: Shape, rows: Rows) -> Work:
    """Return the parts of what numba knows as one array (STATES + K (4 S + 1), 8)."""
    K, S = shape.components, sum_rows(shape.channels)
    return Work(*map(rows.part, accumulate([0, STATES, K * (S + 1), K * S, K * S])))


@kernel
def em_step(shape: Shape, pixels_: Rows, n_samples: Scalar, work_: Rows, settings: FitSettings) -> Mask:
    """Take one step of all lanes: the M-step of their sums, the E-step, and the choice of the next sums.

    Returns the mask of the lanes that are done.
    """
    pixels, work = pixels_of(shape, pixels_), work_of(shape, work_)
    components, lost = m_step(shape, pixels.sums, work, settings)
    likelihood, lowest = e_step(shape, pixels.samples, n_samples, components, work.new)
    constant = pixels.rank[0] <= 0.0
    closed_form = constant | ~constant if shape.components == 1 else constant
    done, plain, fell = judge(work.state, likelihood, lowest, lost, closed_form, settings)
    work.state[CONVERGED] = select(constant, 1.0, work.state[CONVERGED])
    choose_next(shape, pixels, work, plain, fell, settings)
    return done


def m_step(shape: Shape, sums: Rows, work: Work, settings: FitSettings) -> tuple[list[Component], Mask]:
    """Set the parameters to the maximum of the expected log-likelihood over covariances above the floor.

    A component that has no responsibility to speak of keeps its mean and covariance; only its weight moves.
    Returns the components, and the mask of pixels where, without a floor, a component is empty or singular.
    """
    size, S, minimal = shape.channels, sum_rows(shape.channels), lanes(settings.floor)
    unfloored, at_start = minimal <= 0.0, work.state[STEP] <= 0.0
    alive = select(unfloored, 1e-300, 1e-8)
    lost = at_start & ~at_start
    # An extrapolation multiplies rounding, by which the responsibilities would no longer add up.
    whole = sum((sums[k * S] for k in range(1, shape.components)), start=sums[0])
    components = []
    for k in range(shape.components):
        total, *first = sums.block(k * S, 1 + size)
        parameters, empty, scale = work.parameters.part(k * (S + 1)), total < alive, 1.0 / total
        mean = [select(empty, parameters[1 + c], first[c] * scale) for c in range(size)]
        A = {}
        for row, (c, d) in enumerate(triangle(size), 1 + size):
            A[c, d] = select(empty, parameters[row], sums[k * S + row] * scale - mean[c] * mean[d])
        covariance = {place: Variable(value) for place, value in A.items()}
        # What scipy calls singular has no density; of a start it is given the variance of rounding.
        least = select(unfloored, SINGULAR * trace(A) + RESOLVED, minimal)
        low = ~is_positive_definite(plus_scaled_identity(A, -least))
        singular = Variable(0.0)
        with low.anywhere():
            values = eigen(A)
            largest, smallest = values[0][0], values[0][0]
            for value, _ in values[1:]:
                largest, smallest = maximum(largest, value), minimum(smallest, value)
            too_low = unfloored & low & ~(smallest > SINGULAR * largest + RESOLVED)
            singular.set(select(too_low, 1.0, 0.0))
            raised = floored(values, select(unfloored, ROUNDING_VARIANCE, minimal))
            raise_it = low & (~unfloored | (too_low & at_start))
            for place, value in raised.items():
                covariance[place].set(select(raise_it, value, A[place]))
        A = {place: value.get() for place, value in covariance.items()}
        lost = lost | (unfloored & (empty | (singular.get() > 0.0)))
        weight = total / whole
        values_ = [weight, *mean, *(A[place] for place in triangle(size))]
        for row, value in enumerate([*values_, select(low & ~unfloored, 1.0, 0.0)]):
            parameters[row] = value
        components.append(component(weight, mean, A))
    return components, lost


def component(weight: Lanes, mean: Vector, A: Matrix) -> Component:
    """Return a component from its parameters; densities are of values in [0, 1]."""
    size, (W, det) = len(mean), whiten(A)
    norm = log_norm(weight, det, size)
    W = {place: (value * 0.7071067811865476).done() for place, value in W.items()}  # sqrt(1/2)
    b = [sum((-(W[c, d] * mean[d]) for d in range(c + 1)), start=lanes(0.0)) for c in range(size)]
    return Component(W, b, norm)


def log_norm(weight: Lanes, det: Lanes, size: int) -> Lanes:
    """Return the log of weight times a Gaussian's norm, from its covariance's determinant in levels."""
    weight = maximum(weight, 1e-100)
    return 0.5 * log(weight * weight / det) + size * (LOG_LEVELS - 0.5 * LOG_2PI)


def e_step(
    shape: Shape, samples: Rows, n_samples: Scalar, components: list[Component], sums: Rows
) -> tuple[Lanes, Lanes]:
    """Fill `sums`; return the mean log-likelihood, and the lowest log density of a likeliest component."""
    size, S = shape.channels, sum_rows(shape.channels)
    likelihood, lowest = Variable(0.0), Variable(1e300)
    moments = [Variable(0.0) for _ in range(shape.components * S)]
    for block in loop(0, n_samples, BLOCK):
        product = Variable(1.0)
        for i in loop(block, (block + BLOCK).at_most(n_samples)):
            x = samples.block(i * size, size)
            r, density, highest = posterior([log_density(x, one) for one in components])
            product.set(product.get() * density)
            likelihood += highest
            lowest.set(minimum(highest, lowest.get()))
            for k in range(shape.components):
                weighted = [(r[k] * one).done() for one in x]
                terms = [r[k], *weighted, *(weighted[c] * x[d] for c, d in triangle(size))]
                for moment, term in zip(moments[k * S : (k + 1) * S], terms, strict=True):
                    moment += term
        likelihood += log(product.get())
    for row, moment in enumerate(moments):
        sums[row] = moment.get()
    return likelihood.get() / lanes(n_samples), lowest.get()


def log_density(x: Vector, one: Component) -> Lanes:
    """Return the log of weight times density at a colour."""
    q = one.log_norm
    for c in range(len(x)):
        z = one.b[c]
        for d in range(c + 1):
            z = z + one.W[c, d] * x[d]
        q = q - z * z
    return q


def posterior(q: list[Lanes]) -> tuple[list[Lanes], Lanes, Lanes]:
    """Return responsibilities from log joint densities; these' sum over the largest one, and its log."""
    if len(q) == 1:
        return [lanes(1.0)], lanes(1.0), q[0]
    if len(q) == 2:  # one exponential is enough
        small = exp_minus(absolute(q[1] - q[0]))
        density = small + 1.0
        larger = 1.0 / density
        smaller, first = (small * larger).done(), q[1] < q[0]
        return [select(first, larger, smaller), select(first, smaller, larger)], density, maximum(*q)
    highest = q[0]
    for other in q[1:]:
        highest = maximum(highest, other)
    terms = [exp_minus(highest - one) for one in q]
    density = sum(terms[1:], start=terms[0])
    share = 1.0 / density
    return [(term * share).done() for term in terms], density, highest


def judge(
    state: Rows, likelihood: Lanes, lowest: Lanes, lost: Mask, closed_form: Mask, settings: FitSettings
) -> tuple[Mask, Mask, Mask]:
    """Record a step's likelihood; return the masks of pixels that are done, took a plain step, and fell.

    A pixel whose extrapolation lowered the likelihood keeps the one before it. So does one whose arithmetic
    is undefined; where the next step's would be, as the notebook's densities underflow, it stops.
    """
    best, kind, step = state[BEST], state[KIND], state[STEP]
    tolerance, unfloored, last = (
        lanes(settings.tolerance),
        lanes(settings.floor) <= 0.0,
        step >= lanes(settings.max_iterations),
    )
    lost = lost | (unfloored & ~(likelihood > NEVER))
    plain = (kind >= PLAIN) & (kind < EXTRAPOLATED)
    fell = (kind >= EXTRAPOLATED) & ~(likelihood >= best)
    value = select(fell | (lost & (step > 0.0)), best, likelihood)
    lost = lost | (unfloored & (lowest < LOWEST_EXPONENT) & ~last)
    converged = plain & (tolerance >= 0.0) & (value - best < tolerance)
    converged = ~lost & (converged | closed_form)
    recorded = floor(value * TRAJECTORY_UNIT + 0.5)
    state[CHANGE], state[RECORDED], state[BEST] = recorded - state[RECORDED], recorded, value
    state[LOST], state[CONVERGED] = select(lost, 1.0, 0.0), select(converged, 1.0, 0.0)
    return converged | lost | closed_form | last, plain, fell


def choose_next(
    shape: Shape, pixels: Pixels, work: Work, plain: Mask, fell: Mask, settings: FitSettings
) -> None:
    """Set the sums of the next step: those of the E-step, or towards a tolerance every second time beyond.

    The last step is a plain one, so that it cannot be one that would be taken back.
    """
    state = work.state
    longest = select(state[KIND] >= EXTRAPOLATED, 4.0 * state[LONGEST], state[LONGEST])
    state[LONGEST] = select(fell, FIRST_STEP, longest)
    more_than_one = state[STEP] + 1.0 < lanes(settings.max_iterations)
    allowed = plain & (lanes(settings.tolerance) >= 0.0) & (lanes(settings.floor) > 0.0) & more_than_one
    ahead = extrapolate(shape, pixels, work, allowed, fell)
    state[KIND] = select(ahead, EXTRAPOLATED, PLAIN)
    state[STEP] = state[STEP] + 1.0


def extrapolate(shape: Shape, pixels: Pixels, work: Work, allowed: Mask, fell: Mask) -> Mask:
    """Fill the sums of the next step: an extrapolation where `allowed`, else one plain EM step further.

    `base`, `sums` and `new` are the sums of three EM steps in a row. SQUAREM (Varadhan & Roland 2008, scheme
    S3) goes to base + 2 a (sums - base) + a^2 (new - 2 sums + base), with a the ratio of the norms of these
    two differences in units of the pixel's own variances, and at most as long as the state allows. `fell`
    marks pixels whose last extrapolation lowered the likelihood: they go on from `fallback`, the plain step
    beside it. Returns the mask of the pixels that were extrapolated.
    """
    K, S = shape.components, sum_rows(shape.channels)
    sums, base, new, fallback = pixels.sums, work.base, work.new, work.fallback
    units = squared_units(pixels.totals, shape.channels)
    move, curve = lanes(0.0), lanes(1e-30)
    # All sums add up to the totals, so one component's follow from the others'.
    for row in range(max(1, K - 1) * S):
        first = sums[row] - base[row]
        second = (new[row] - sums[row]) - first
        move = first * units[row % S] * first + move
        curve = second * units[row % S] * second + curve
    a = minimum(sqrt(move / curve), work.state[LONGEST])

    def ahead(row: int) -> Lanes:
        first = sums[row] - base[row]
        return a * a * ((new[row] - sums[row]) - first) + (2.0 * a * first + base[row])

    allowed = allowed & (a >= 1.0)
    for k in range(K):
        allowed = allowed & (ahead(k * S) >= 1.0)  # each must keep at least one sample
    for row in range(K * S):
        target, plain = ahead(row), fallback[row]
        before, now, then = base[row], sums[row], new[row]
        base[row] = select(fell, before, now)
        sums[row] = select(fell, plain, select(allowed, target, then))
        fallback[row] = select(allowed, then, plain)
    return allowed


def squared_units(totals: Rows, size: int) -> list[Lanes]:
    """Return factors of a component's squared sums that make them comparable."""
    n = 1.0 / totals[0]
    v = [1.0 / (totals[1 + size + row] + 1.0) for row, (c, d) in enumerate(triangle(size)) if c == d]
    return [n * n, *(one * n for one in v), *(v[c] * v[d] for c, d in triangle(size))]
