"""The fit of a band of pixels, 16 at a time (compiled)."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bgsub.model import steps as em
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS
from bgsub.model.lanemath import triangle
from bgsub.model.lanes import WIDTH, Rows, Scalar, Shape, kernel, loop
from bgsub.model.start import RUN, SPLIT, draw_start, load, split
from bgsub.model.steps import FitSettings, em_step
from bgsub.sorting import sorting_network

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Colours = NDArray[np.uint8]

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
    """By iteration, (max_iterations + 1,): change of the pixels' summed log-likelihood, number converged."""

    gains: Integers  # in `constants.TRAJECTORY_UNIT`
    converged_at: Integers


def new_fit(components: int, pixels: int, channels: int) -> Fit:
    """Return room for a fit."""
    shapes = [(components, pixels, *more * [channels]) for more in range(3)] + 4 * [(pixels,)]
    return Fit(*map(np.empty, shapes, [*4 * [np.float64], np.int32, np.bool_, np.uint8]))


class Room(NamedTuple):
    """What `fit_band` works in: to allocate it there would take as long to compile as all the rest."""

    rows: Floats  # (2, .., 16), `em.Pixels` of the lanes BUSY and FRESH
    moving: int  # of these, state to parameters: they move with a pixel
    samples: NDArray[np.float32]  # (2, N C, 16)
    orders: Floats  # see `start.split`
    network: Integers
    pixel: Integers  # (2, 16), index in the fit
    at_work: Integers  # (2,), bit j: lane j's pixel is not done


@lru_cache(maxsize=16)
def room_of(thread: int, components: int, samples: int, channels: int) -> Room:
    """Return a thread's room for pixels with so many components, samples and channels."""
    parts = em.part_sizes(components, channels)
    sizes = [2 * sum(parts), samples * channels, 3 * (samples + RUN)]
    # Ones: lanes without a pixel are computed with like others, which takes longer unless numbers are normal.
    numbers = np.ones((sum(sizes) + 1) * WIDTH)
    first = -numbers.ctypes.data % (8 * WIDTH) // 8  # where a cache line begins
    rows, colours, orders, _ = np.split(numbers[first:], WIDTH * np.cumsum(sizes))
    orders[:] = np.inf
    return Room(
        rows.reshape(2, -1, WIDTH),
        sum(parts[:-2]),
        colours.view(np.float32).reshape(2, -1, WIDTH),
        orders.reshape(-1, WIDTH),
        sorting_network(samples, RUN).T.ravel(),
        np.zeros((2, WIDTH), np.int64),
        np.zeros(2, np.int64),
    )


@compiled
def fit_band(
    shape: Shape,
    frames: Colours,
    places: Integers,
    settings: FitSettings,
    offset: int,
    fit: Fit,
    steps: Steps,
    room: Room,
) -> None:
    """Fit the pixels of `frames` (N, P', C) into `fit` from index `offset` on, and add to `steps`.

    Random starts go by the pixels' `places` (P,) in the whole image; P' is P or more, a multiple of 16.

    Sixteen pixels that lie side by side are loaded into the lanes FRESH and take steps together. Once 12 or
    fewer are at work, each moves to the next free lane BUSY, where its neighbours are others that take many
    steps; those that find none wait. Whenever all lanes FRESH are free, sixteen more are loaded.
    """
    (n_samples, stride, C), K, n_pixels = frames.shape, len(fit.weights) // len(fit.flags), len(places)
    rows, moving, samples, orders, network, pixel, at_work = room
    next_pixel = fresh = 0  # lanes of FRESH that are at work
    while True:
        if fresh <= MOST_TO_MOVE:
            lane = 0
            for j in range(WIDTH):
                while (at_work[BUSY] >> lane) & 1:
                    lane += 1  # up to WIDTH, if none is free
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
                split(shape, rows[FRESH], samples[FRESH], n_samples, settings.floor, network, orders)
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
                t = int(rows[which, em.STEP, j]) - 1  # `em_step` has counted it
                steps.gains[t] += int(rows[which, em.CHANGE, j])
                if (done >> j) & 1:
                    at_work[which] ^= 1 << j
                    fresh -= which == FRESH
                    p, converged = pixel[which, j], rows[which, em.CONVERGED, j] > 0.0
                    steps.converged_at[t] += converged
                    fit.n_iter[p], fit.converged[p] = t, converged
                    fit.log_likelihood[p] = rows[which, em.BEST, j]
                    fit.flags[p] = int(rows[which, em.FLAGS, j])
                    write(shape, rows[which], j, p, fit)


@kernel
def move_lane(source: Rows, lane: Scalar, target: Rows, target_lane: Scalar, rows: Scalar) -> None:
    """Copy a lane of so many rows."""
    for row in loop(0, rows):
        target.lane(target_lane)[row] = source.lane(lane)[row]


@kernel
def write(shape: Shape, rows: Rows, lane: Scalar, place: Scalar, fit: Any) -> None:
    """Write a lane's parameters to `place` of a fit, which is of Tables, in units of values in [0, 1]."""
    C, T = shape.channels, em.term_rows(shape.channels)
    pixels = em.pixels_of(shape, rows)
    centre, parameters = pixels.centre.lane(lane), pixels.parameters.lane(lane)
    for k in range(shape.components):
        to = place + fit.flags.size * k
        fit.weights[to] = parameters[k * T]
        for c in range(C):
            fit.means[to * C + c] = (parameters[k * T + 1 + c] + centre[c]) / LEVELS
        for row, (c, d) in enumerate(triangle(C), k * T + 1 + C):
            value = parameters[row] * (1.0 / LEVELS**2)
            for entry in (c * C + d, d * C + c):
                fit.covariances[to * (C * C) + entry] = value
