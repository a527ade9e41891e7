"""The fit of a band of pixels, 16 at a time (compiled)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bgsub.model import steps as em
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS
from bgsub.model.lanemath import triangle
from bgsub.model.lanes import WIDTH, Rows, Scalar, Shape, Table, kernel, loop
from bgsub.model.start import RUN, STARTS, draw_start, load, sorting_network, split
from bgsub.model.steps import FitSettings, em_step

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Colours = NDArray[np.uint8]

SPLIT = STARTS["split"]
BUSY, FRESH = 0, 1
MOST_TO_MOVE = 12  # while more neighbours are at work, their idle lanes cost less than moving them all


class Fit(NamedTuple):
    """Arrays (.., P, ..) of the mixtures at P pixels; see the attributes of `model.gmm.PixelMixture`."""

    weights: Floats
    means: Floats
    covariances: Floats
    log_likelihood: Floats
    n_iter: NDArray[np.int32]
    converged: NDArray[np.bool_]
    flags: NDArray[np.uint8]


class Steps(NamedTuple):
    """By iteration, (.., max_iterations + 1): change of the pixels' summed log-likelihood, number converged.

    `gains` has one row, or one for each pixel of the fit.
    """

    gains: Integers
    converged_at: Integers


def new_fit(components: int, pixels: int, channels: int) -> Fit:
    """Return room for a fit."""
    shapes = [(components, pixels, *more * [channels]) for more in range(3)] + 4 * [(pixels,)]
    return Fit(*map(np.empty, shapes, [*4 * [np.float64], np.int32, np.bool_, np.uint8]))


@compiled
def fit_band(
    shape: Shape,
    frames: Colours,
    places: Integers,
    settings: FitSettings,
    offset: int,
    fit: Fit,
    steps: Steps,
) -> None:
    """Fit the pixels of `frames` (N, P', C) into `fit` from index `offset` on, and add to `steps`.

    Random starts go by the pixels' `places` (P,) in the whole image; P' is P or more, a multiple of 16.

    Sixteen pixels that lie side by side take steps together until some of them are done. The others then take
    lanes among other busy ones, where each makes way when it is done.
    """
    n_samples, stride, C = frames.shape
    K, n_pixels, T = len(fit.weights), len(places), 1 + C + C * (C + 1) // 2
    moving = em.STATES + C + T + (5 * K - 3) * T  # rows that a pixel takes with it
    rows = aligned(2 * (moving + 2 * K * T)).reshape(2, -1, WIDTH)
    samples = aligned(n_samples * C).view(np.float32).reshape(2, -1, WIDTH)
    pixel = np.zeros((2, WIDTH), np.int64)
    at_work = np.zeros(2, np.int64)  # bit j: lane j's pixel is not done
    room = aligned(3 * (n_samples + RUN))
    room[:] = np.inf
    network = np.ascontiguousarray(sorting_network(n_samples, RUN).T)
    weights, means, covariances = fit.weights.ravel(), fit.means.ravel(), fit.covariances.ravel()
    each = len(steps.gains) > 1
    next_pixel = fresh = 0  # lanes of FRESH that are at work
    while True:
        if fresh <= MOST_TO_MOVE:
            lane = 0
            for j in range(WIDTH):
                while (at_work[BUSY] >> lane) & 1:
                    lane += 1
                if (at_work[FRESH] >> j) & 1 and lane < WIDTH:
                    move_lane(rows[FRESH], j, rows[BUSY], lane, moving)
                    move_lane(samples[FRESH], j, samples[BUSY], lane, n_samples * C)
                    pixel[BUSY, lane] = pixel[FRESH, j]
                    at_work[FRESH] ^= 1 << j
                    at_work[BUSY] ^= 1 << lane
                    fresh -= 1
        if at_work[FRESH] == 0 and next_pixel < n_pixels:
            load(shape, frames, stride, next_pixel, n_samples, rows[FRESH], samples[FRESH])
            if settings.start == SPLIT:
                split(shape, rows[FRESH], samples[FRESH], n_samples, settings.floor, network, room)
            fresh = min(WIDTH, n_pixels - next_pixel)
            for j in range(fresh):
                if settings.start != SPLIT:
                    draw_start(settings, places[next_pixel], j, K, C, rows[FRESH], samples[FRESH])
                pixel[FRESH, j] = next_pixel + offset
                at_work[FRESH] |= 1 << j
                next_pixel += 1
        which = BUSY if at_work[BUSY] and fresh <= MOST_TO_MOVE else FRESH
        if at_work[which] == 0:
            return
        done = em_step(shape, rows[which], samples[which], n_samples, settings)
        for j in range(WIDTH):
            if (at_work[which] >> j) & 1:
                t = int(rows[which, em.STEP, j]) - 1
                steps.gains[pixel[which, j] * each, t] += int(rows[which, em.CHANGE, j])
                if (done >> j) & 1:
                    at_work[which] ^= 1 << j
                    fresh -= which == FRESH
                    p, converged = pixel[which, j], rows[which, em.CONVERGED, j] > 0.0
                    steps.converged_at[t] += converged
                    fit.n_iter[p], fit.converged[p] = t, converged
                    fit.log_likelihood[p] = rows[which, em.BEST, j]
                    fit.flags[p] = int(rows[which, em.FLAGS, j])
                    write(shape, rows[which], j, p, len(fit.flags), weights, means, covariances)


@compiled
def aligned(count: int) -> Floats:
    """Return so many rows of ones, 16 doubles each, that begin where a cache line does."""
    numbers = np.ones((count + 1) * WIDTH)
    first = -numbers.ctypes.data % (8 * WIDTH) // 8
    return numbers[first : first + count * WIDTH].reshape(count, WIDTH)


@kernel
def move_lane(source: Rows, lane: Scalar, target: Rows, target_lane: Scalar, rows: Scalar) -> None:
    """Copy a lane of so many rows."""
    for row in loop(0, rows):
        target.lane(target_lane)[row] = source.lane(lane)[row]


@kernel
def write(
    shape: Shape,
    rows: Rows,
    lane: Scalar,
    place: Scalar,
    n_pixels: Scalar,
    weights: Table,
    means: Table,
    covariances: Table,
) -> None:
    """Write a lane's parameters to `place` of `n_pixels`, in the units of values in [0, 1]."""
    C, T = shape.channels, em.term_rows(shape.channels)
    pixels = em.pixels_of(shape, rows)
    centre, parameters = pixels.centre.lane(lane), pixels.parameters.lane(lane)
    for k in range(shape.components):
        to = place + n_pixels * k
        weights[to] = parameters[k * T]
        for c in range(C):
            means[to * C + c] = (parameters[k * T + 1 + c] + centre[c]) / LEVELS
        for row, (c, d) in enumerate(triangle(C), k * T + 1 + C):
            value = parameters[row] * (1.0 / LEVELS**2)
            covariances[to * (C * C) + (c * C + d)] = covariances[to * (C * C) + (d * C + c)] = value
