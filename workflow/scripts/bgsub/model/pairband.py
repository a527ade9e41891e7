"""The fast fit of a band: two components of RGB colours, 8 pixels at work, each making way when it is done.

Same meaning of arguments and results as `model.em.fit_band`, and the same EM. Towards a tolerance it is
accelerated: every second step is an extrapolation, kept only if the likelihood did not fall. A pixel stops
when a plain EM step gains less than the tolerance.
"""

from math import isnan

import numpy as np

from bgsub.model.compiled import compiled
from bgsub.model.constants import AT_FLOOR, CONSTANT, DEAD, LEVELS, RANK_DEFICIENT, UNDEFINED
from bgsub.model.em import ALIVE_SAMPLES, LOG_LEVELS, fixed
from bgsub.model.kernel import Colours, Fit, FitSettings, Floats, Integers, Steps
from bgsub.model.lanemath import sorting_network
from bgsub.model.lanes import WIDTH, bits, both, either, load, select, splat, store
from bgsub.model.numerics import LOG_2PI, log
from bgsub.model.pair import PARAMETERS, SUMS, expect, extrapolate, maximise, singular
from bgsub.model.pairsplit import size_terms, split_start
from bgsub.model.pairstart import Pixels, full_rank, load_samples, new_pixels, random_start, rank_of
from bgsub.model.starts import ROUNDING_VARIANCE, least_variance

BEST, ORIGIN, LONGEST, MAY_EXTRAPOLATE = 0, 1, 2, 3  # rows of a lane's state
START, PLAIN, EXTRAPOLATED = 0.0, 1.0, 2.0  # ORIGIN: the step that the present parameters come from
FIRST_STEP = 2.0  # longest extrapolation at first and after a failure; 4 times as long after each success
# Up to so many samples, none's density can underflow: the squared Mahalanobis distance to its likelier
# component is at most N over its responsibility, which is at least 1/2.
UNDERFLOW_SAMPLES = 600


@compiled
def write_constant(p: int, floor: float, centre: Floats, j: int, fit: Fit) -> float:
    """Write a constant pixel's closed form, one component of its colour; return the log-likelihood."""
    variance = floor if floor > 0.0 else ROUNDING_VARIANCE
    for k in range(2):
        fit.weights[k, p] = 1.0 - k
        for c in range(3):
            fit.means[k, p, c] = centre[c, j] / LEVELS
            for d in range(3):
                fit.covariances[k, p, c, d] = variance / (LEVELS * LEVELS) if c == d else 0.0
    return 3.0 * (LOG_LEVELS - 0.5 * LOG_2PI) - 1.5 * log(variance)


@compiled
def write_component(k: int, p: int, parameters: Floats, centre: Floats, j: int, fit: Fit) -> None:
    """Write component `k` of lane `j` in the units of values in [0, 1]."""
    scale = 1.0 / (LEVELS * LEVELS)
    row = k * PARAMETERS
    fit.weights[k, p] = parameters[row, j]
    covariances = fit.covariances
    for c in range(3):
        fit.means[k, p, c] = (parameters[row + 1 + c, j] + centre[c, j]) / LEVELS
    covariances[k, p, 0, 0] = parameters[row + 4, j] * scale
    covariances[k, p, 0, 1] = covariances[k, p, 1, 0] = parameters[row + 5, j] * scale
    covariances[k, p, 0, 2] = covariances[k, p, 2, 0] = parameters[row + 6, j] * scale
    covariances[k, p, 1, 1] = parameters[row + 7, j] * scale
    covariances[k, p, 1, 2] = covariances[k, p, 2, 1] = parameters[row + 8, j] * scale
    covariances[k, p, 2, 2] = parameters[row + 9, j] * scale


@compiled
def move(source: Pixels, i: int, target: Pixels, j: int) -> None:
    """Copy pixel `i` of `source` into lane `j` of `target`."""
    for row in range(source.x.shape[0]):
        target.x[row, j] = source.x[row, i]
    for row in range(SUMS):
        target.totals[row, j] = source.totals[row, i]
        target.sums[row, j] = source.sums[row, i]
        target.sums[SUMS + row, j] = source.sums[SUMS + row, i]
    for c in range(3):
        target.centre[c, j] = source.centre[c, i]


@compiled
def flags_of(parameters: Floats, j: int, n_samples: int, floor: float) -> int:
    """Return the flags that lane `j`'s parameters raise."""
    flag = 0
    if min(parameters[0, j], parameters[PARAMETERS, j]) * n_samples < ALIVE_SAMPLES:
        flag |= DEAD
    if floor > 0.0 and parameters[10, j] + parameters[PARAMETERS + 10, j] > 0.0:
        flag |= AT_FLOOR
    return flag


@compiled
def fit_band(
    frames: Colours, places: Integers, settings: FitSettings, offset: int, fit: Fit, steps: Steps
) -> None:
    """Fit the pixels of `frames` (N, P, 3) uint8 with two components; see `model.em.fit_band`."""
    n_samples, n_pixels, _ = frames.shape
    tolerance, max_iterations, floor = settings.tolerance, settings.max_iterations, settings.floor
    alive = 1e-8 if floor > 0.0 else 1e-300
    accelerate = floor > 0.0 and tolerance >= 0.0
    careful = floor == 0.0 and n_samples > UNDERFLOW_SAMPLES
    queue, work = new_pixels(n_samples), new_pixels(n_samples)
    network, terms, extra = sorting_network(n_samples), size_terms(n_samples), least_variance(floor)
    ordered, score = np.empty((n_samples, WIDTH)), np.empty((1, WIDTH))
    S, A = np.empty((3, 3)), np.empty((3, 3))
    parameters, state, now = np.ones((2 * PARAMETERS, WIDTH)), np.zeros((4, WIDTH)), np.zeros((1, WIDTH))
    new, base = np.ones((2 * SUMS, WIDTH)), np.ones((2 * SUMS, WIDTH))
    fallback, scratch = np.ones((2 * SUMS, WIDTH)), np.ones((2 * SUMS, WIDTH))
    pixel, t, deficient = np.full(WIDTH, -1), np.zeros(WIDTH, np.int64), np.zeros(WIDTH, np.int64)
    next_pixel, full = 0, 0
    while True:
        # Give every free lane the next pixel.
        working = 0
        for j in range(WIDTH):
            while pixel[j] < 0 and next_pixel < n_pixels:
                q, p = next_pixel % WIDTH, offset + next_pixel
                if q == 0:
                    load_samples(frames, next_pixel, queue)
                    full = bits(full_rank(queue.totals))
                    if settings.start == 0:
                        split_start(queue, n_samples, extra, network, terms, ordered, score)
                data_rank = 3 if (full >> q) & 1 else rank_of(queue.totals, q, S, A)
                if data_rank == 0:
                    fit.log_likelihood[p] = write_constant(p, floor, queue.centre, q, fit)
                    fit.n_iter[p], fit.converged[p] = 0, True
                    fit.flags[p] = CONSTANT | (0 if floor > 0.0 else UNDEFINED)
                    steps.gains[0] += fixed(fit.log_likelihood[p])
                    steps.converged_at[0] += 1
                else:
                    if settings.start != 0:
                        random_start(settings.start, settings.seed, places[next_pixel], q, queue, n_samples)
                    move(queue, q, work, j)
                    pixel[j], t[j], deficient[j] = p, 0, RANK_DEFICIENT if data_rank < 3 else 0
                    state[BEST, j], state[ORIGIN, j], state[LONGEST, j] = 0.0, START, FIRST_STEP
                next_pixel += 1
            if pixel[j] >= 0:
                working += 1
                # The last step is a plain one, so that it cannot be one that would be taken back.
                state[MAY_EXTRAPOLATE, j] = 1.0 if t[j] + 1 < max_iterations else 0.0
        if working == 0:
            break

        # One step of all lanes.
        empty1 = maximise(0, work.sums, n_samples, floor, alive, parameters)
        empty2 = maximise(1, work.sums, n_samples, floor, alive, parameters)
        undefined = 0
        if floor == 0.0:
            no_density = either(singular(0, parameters), singular(1, parameters))
            undefined = bits(either(either(empty1, empty2), no_density))
        value, underflows = expect(work.x, n_samples, parameters, work.totals, careful, new, scratch)
        before, origin = load(state, BEST), load(state, ORIGIN)
        fell = both(origin >= EXTRAPOLATED, value < before)
        plain = both(origin >= PLAIN, origin < EXTRAPOLATED)
        value = select(fell, before, value)
        store(now, 0, value)
        small_gain = bits(both(plain, value - before < tolerance))

        # Lanes that are done give up their pixel.
        for j in range(WIDTH):
            if pixel[j] < 0:
                continue
            lost = (undefined >> j) & 1 == 1 or isnan(now[0, j])
            if lost:
                now[0, j] = state[BEST, j]
            steps.gains[t[j]] += fixed(now[0, j]) - (fixed(state[BEST, j]) if t[j] > 0 else 0)
            lost = lost or (floor == 0.0 and (underflows >> j) & 1 == 1 and t[j] < max_iterations)
            done = (small_gain >> j) & 1 == 1 and tolerance >= 0.0 and not lost
            if done or lost or t[j] == max_iterations:
                p = pixel[j]
                write_component(0, p, parameters, work.centre, j, fit)
                write_component(1, p, parameters, work.centre, j, fit)
                fit.log_likelihood[p] = now[0, j]
                fit.n_iter[p], fit.converged[p] = t[j], done
                fit.flags[p] = (
                    deficient[j] | flags_of(parameters, j, n_samples, floor) | (UNDEFINED if lost else 0)
                )
                steps.converged_at[t[j]] += 1 if done else 0
                pixel[j] = -1
            t[j] += 1

        # The others choose where to go next.
        if accelerate:
            longest = load(state, LONGEST)
            longest = select(origin >= EXTRAPOLATED, 4.0 * longest, longest)
            longest = select(fell, splat(FIRST_STEP), longest)
            store(state, LONGEST, longest)
            allowed = both(plain, load(state, MAY_EXTRAPOLATE) >= 1.0)
            ahead = extrapolate(base, work.sums, new, work.totals, longest, allowed, fell, fallback)
            store(state, ORIGIN, select(ahead, splat(EXTRAPOLATED), splat(PLAIN)))
        else:
            for row in range(2 * SUMS):
                store(work.sums, row, load(new, row))
            store(state, ORIGIN, splat(PLAIN))
        store(state, BEST, load(now, 0))
