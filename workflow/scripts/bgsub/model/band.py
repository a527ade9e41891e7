"""The fit of a band of pixels: 16 pixels at work, each making way when it is done (compiled)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bgsub.model import steps as em
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS
from bgsub.model.lanemath import triangle
from bgsub.model.lanes import WIDTH, Rows, Scalar, Shape, Table, kernel, loop
from bgsub.model.start import RUN, STARTS, draw_start, load, sorting_network, split
from bgsub.model.steps import STATES, FitSettings, em_step

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Colours = NDArray[np.uint8]

SPLIT = STARTS["split"]


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
    """By iteration, (max_iterations + 1,): change of the pixels' summed log-likelihood, number converged."""

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
    """
    n_samples, stride, C = frames.shape
    K, n_pixels, T = len(fit.weights), len(places), 1 + C + C * (C + 1) // 2
    queue, queue_samples = np.zeros((1 + C + T + K * T, WIDTH)), np.zeros((n_samples * C, WIDTH), np.float32)
    pixels, samples = np.ones_like(queue), np.zeros(queue_samples.shape)
    work = np.ones((STATES + K * 4 * T, WIDTH))
    room = np.full((3 * (n_samples + RUN), WIDTH), np.inf)
    network = np.ascontiguousarray(sorting_network(n_samples, RUN).T)
    gains, converged_at = steps
    weights, means, covariances = fit.weights.ravel(), fit.means.ravel(), fit.covariances.ravel()
    pixel, next_pixel, free = np.zeros(WIDTH, np.int64), 0, 2**WIDTH - 1
    while True:
        # Give every free lane the next pixel.
        for j in range(WIDTH):
            if (free >> j) & 1 and next_pixel < n_pixels:
                q = next_pixel % WIDTH
                if q == 0:
                    load(shape, frames, stride, next_pixel, n_samples, queue, queue_samples)
                    if settings.start == SPLIT:
                        split(shape, queue, queue_samples, n_samples, settings.floor, network, room)
                if settings.start != SPLIT:
                    draw_start(settings, places[next_pixel], q, K, C, queue, queue_samples)
                copy_lane(queue, q, pixels, j, len(queue))
                copy_lane(queue_samples, q, samples, j, len(queue_samples))
                for row in range(STATES + K * T):
                    work[row, j] = 0.0
                work[em.BEST, j], work[em.LONGEST, j] = em.NEVER, em.FIRST_STEP
                pixel[j] = next_pixel + offset
                free ^= 1 << j
                next_pixel += 1
        if free == 2**WIDTH - 1:
            return
        done = em_step(shape, pixels, samples, n_samples, work, settings)
        for j in range(WIDTH):
            if not (free >> j) & 1:
                t = int(work[em.STEP, j]) - 1
                gains[t] += int(work[em.CHANGE, j])
                if (done >> j) & 1:
                    converged_at[t] += int(work[em.CONVERGED, j])
                    fit.n_iter[pixel[j]] = t
                    fit.log_likelihood[pixel[j]] = work[em.BEST, j]
                    fit.converged[pixel[j]] = work[em.CONVERGED, j] > 0.0
                    fit.flags[pixel[j]] = int(work[em.FLAGS, j])
                    write(shape, pixels, work, j, pixel[j], len(fit.flags), weights, means, covariances)
                    free ^= 1 << j


@kernel
def copy_lane(source: Rows, lane: Scalar, target: Rows, target_lane: Scalar, rows: Scalar) -> None:
    """Copy a lane of so many rows, in double precision."""
    for row in loop(0, rows):
        target.lane(target_lane)[row] = source.lane(lane)[row].double()


@kernel
def write(
    shape: Shape,
    pixels_: Rows,
    work_: Rows,
    lane: Scalar,
    place: Scalar,
    n_pixels: Scalar,
    weights: Table,
    means: Table,
    covariances: Table,
) -> None:
    """Write a lane's parameters to `place` of `n_pixels`, in the units of values in [0, 1]."""
    C, T = shape.channels, em.term_rows(shape.channels)
    centre = em.pixels_of(shape, pixels_).centre.lane(lane)
    parameters = em.work_of(shape, work_).parameters.lane(lane)
    for k in range(shape.components):
        to = place + n_pixels * k
        weights[to] = parameters[k * T]
        for c in range(C):
            means[to * C + c] = (parameters[k * T + 1 + c] + centre[c]) / LEVELS
        for row, (c, d) in enumerate(triangle(C), k * T + 1 + C):
            value = parameters[row] * (1.0 / LEVELS**2)
            covariances[to * (C * C) + (c * C + d)] = covariances[to * (C * C) + (d * C + c)] = value
