"""Where EM starts from, as sums (see `model.steps`): the deterministic split, and draws at random.

A sample is sorted as one number, its place in an order times 2^24 plus its colour's bytes: the colour needs
no fetching afterwards, and equal places are ordered by colour. The number is an integer below 2^53.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from bgsub import sorting
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS, ROUNDING_VARIANCE
from bgsub.model.lanemath import (
    Matrix,
    Vector,
    determinant,
    dot,
    eigen,
    log_roughly,
    plus_scaled_identity,
    trace,
    triangle,
)
from bgsub.model.lanes import (
    Lanes,
    Rows,
    Scalar,
    Shape,
    Table,
    Variable,
    absolute,
    floor,
    kernel,
    lanes,
    loop,
    maximum,
    minimum,
    select,
)
from bgsub.model.numerics import uniform
from bgsub.model.steps import FitSettings, pixels_of, sum_rows

STARTS = {"split": 0, "uniform": 1, "random": 2}
SMALLEST_SIDE = 3.0  # samples; fewer give a component that lives on one outlier
SHARE_OF_FLOOR = 0.4  # of 1/12, 1/4, 0.4 and 1, the one from which most pixels arrive at the best optimum
SMALLEST_ADVANTAGE = 1e-6  # nats; less is rounding, as where two orders come to one cut: the first keeps it
PLACE_UNIT = 1.0 / 256.0  # levels; nearer samples are ordered by colour, so that rounding decides nothing
COLOURS = 2.0**24
OUTSIDE = 2.0**27  # place of a sample of another group, plus that group: beyond any place of its own

sorting_network = compiled(sorting.sorting_network)


@kernel
def load(shape: Shape, frames: Table, stride: Scalar, first: Scalar, n_samples: Scalar, rows: Rows) -> None:
    """Load the 8 pixels of `frames` (N, stride, C) from `first` on, about their rounded means."""
    size, pixels = shape.channels, pixels_of(shape, rows)
    sums = [Variable(0.0) for _ in range(size)]
    for i in loop(0, n_samples):
        for c, x in enumerate(frames.colours((i * stride + first) * size, size)):
            pixels.samples[i * size + c] = x
            sums[c] += x
    n, moments = lanes(n_samples), [Variable(0.0) for _ in range(sum_rows(size))]
    centre = [floor(total.get() / n + 0.5) for total in sums]
    for i in loop(0, n_samples):
        x_ = [x - middle for x, middle in zip(pixels.samples.block(i * size, size), centre, strict=True)]
        for c in range(size):
            pixels.samples[i * size + c] = x_[c]
        add_sample(moments, x_)
    totals = [moment.get() for moment in moments]
    for rows_, values in ((pixels.centre, centre), (pixels.totals, totals)):
        for row, value in enumerate(values):
            rows_[row] = value
    S = scatter(totals)
    noise, rank = maximum(1e-10 * trace(S), 1e-3), lanes(0.0)  # S is of integers
    for value, _ in eigen(S):
        rank = rank + select(value > noise, 1.0, 0.0)
    pixels.rank[0] = rank


def add_sample(moments: list[Variable], x: Vector) -> None:
    """Add a sample to the sums of samples and of their products."""
    terms = [lanes(1.0), *x, *(x[c] * x[d] for c, d in triangle(len(x)))]
    for moment, term in zip(moments, terms, strict=True):
        moment += term


def scatter(sums: list[Lanes]) -> Matrix:
    """Return the covariance of samples with these sums, times their squared number."""
    size = 1 if len(sums) == 3 else 3
    products = dict(zip(triangle(size), sums[1 + size :], strict=True))
    return {(c, d): value * sums[0] - sums[1 + c] * sums[1 + d] for (c, d), value in products.items()}


@kernel
def split(
    shape: Shape, rows: Rows, n_samples: Scalar, settings: FitSettings, network: Table, room: Rows
) -> None:
    """Cut the widest group in two until there are K groups.

    Of all cuts of two orders of its samples it is the one with the highest classification likelihood
    N1 (log pi1 - log det(S1) / 2) + N2 (log pi2 - log det(S2) / 2), N samples of covariance S on each side
    (Symons 1981; Celeux & Govaert 1992). One order is along the first principal component: it parts two
    surfaces. The other is by distance from the mean of the middle half of the first: it parts a wall from
    colours on all sides of it. A covariance gets a share of the floor on its diagonal.

    `room` (3 N, 8) is for the samples as numbers, of their groups and in the two orders; `network` are pairs
    of rows that sort them.
    """
    K, size, S = shape.components, shape.channels, sum_rows(shape.channels)
    pixels = pixels_of(shape, rows)
    centre, sums = pixels.centre.block(0, size), pixels.sums
    groups, along, around = room, room.part(n_samples), room.part(n_samples * 2)
    extra = maximum(SHARE_OF_FLOOR * lanes(settings.floor), ROUNDING_VARIANCE)
    for row in range(K * S):
        sums[row] = pixels.totals[row] if row < S else 0.0
    for i in loop(0, n_samples):
        number = lanes(0.0)
        for c in range(size):
            number = 256.0 * number + (pixels.samples[i * size + c] + centre[c])
        groups[i] = number
    for new in loop(1, K):
        widest, group = widest_group([sums.block(k * S, S) for k in range(K)])
        count = group[0]
        axis = main_axis(scatter(group))
        order_by(partial(dot, axis), groups, along, widest, n_samples, network, centre)
        cut = best_cut(along, n_samples, group, extra, centre, None)
        middle = middle_mean(along, n_samples, count, centre)
        order_by(partial(squared_distance, middle), groups, around, widest, n_samples, network, centre)
        first = cut[0].get()
        cut = best_cut(around, n_samples, group, extra, centre, cut)
        lower = [part.get() for part in cut[1:]]
        for row in range(S):
            for k in range(K):
                at = k * S + row
                sums[at] = select(widest.equals(float(k)), lower[row], sums[at])
            sums[new * S + row] = group[row] - lower[row]
        second_is_better = cut[0].get() > first
        for i in loop(0, n_samples):
            number = select(second_is_better, around[i], along[i])
            place, rank = floor(number * (1.0 / COLOURS)), lanes(i)
            own = select(rank < lower[0], widest, lanes(new))
            groups[i] = number - place * COLOURS + select(rank < count, own, place - OUTSIDE) * COLOURS


def squared_distance(a: Vector, b: Vector) -> Lanes:
    """Return |a - b|^2."""
    difference = [one - other for one, other in zip(a, b, strict=True)]
    return dot(difference, difference)


def main_axis(S: Matrix) -> Vector:
    """Direction of the largest eigenvalue's eigenvector, largest component 1, sum of components >= 0."""
    values = eigen(S)
    largest, axis = values[0]
    for value, vector in values[1:]:
        larger = value > largest
        axis = [select(larger, new, old) for new, old in zip(vector, axis, strict=True)]
        largest = maximum(value, largest)
    scale = absolute(axis[0])
    for one in axis[1:]:
        scale = maximum(absolute(one), scale)
    scale = select(sum(axis[1:], start=axis[0]) < 0.0, -1.0, 1.0) / scale
    return [(one * scale).done() for one in axis]


def decoded(number: Lanes, centre: Vector) -> tuple[Lanes, Vector]:
    """Return the group or place of a sample that is one number, and its colour about the pixel's centre."""
    place = floor(number * (1.0 / COLOURS))
    rest: Lanes = number - place * COLOURS
    x: Vector = []
    for middle in centre[:0:-1]:
        higher = floor(rest * (1.0 / 256.0))
        x.insert(0, rest - higher * 256.0 - middle)
        rest = higher
    return place, [rest - centre[0], *x]


def order_by(
    place: Callable[[Vector], Lanes],
    groups: Rows,
    order: Rows,
    group: Lanes,
    n_samples: Scalar,
    network: Table,
    centre: Vector,
) -> None:
    """Fill `order` with the samples of a group by their `place`, and then the others by their groups."""
    for i in loop(0, n_samples):
        label, x = decoded(groups[i], centre)
        at = select(label.equals(group), floor(place(x) * (1.0 / PLACE_UNIT) + 0.5), label + OUTSIDE)
        order[i] = at * COLOURS + (groups[i] - label * COLOURS)
    for step in loop(0, network.size, 2):
        i, j = network[step], network[step + 1]
        a, b = order[i], order[j]
        order[i], order[j] = minimum(a, b), maximum(a, b)


def widest_group(groups: list[list[Lanes]]) -> tuple[Lanes, list[Lanes]]:
    """Return the group with the largest spread of samples, and its sums; -1 and zeros if none has any."""
    widest, width, group = lanes(-1.0), lanes(0.0), [lanes(0.0)] * len(groups[0])
    for k, candidate in enumerate(groups):
        spread = trace(scatter(candidate)) / maximum(candidate[0], 1.0)
        wider = spread > width
        widest, width = select(wider, float(k), widest), maximum(spread, width)
        group = [select(wider, new, old) for new, old in zip(candidate, group, strict=True)]
    return widest, group


def middle_mean(ordered: Rows, n_samples: Scalar, count: Lanes, centre: Vector) -> Vector:
    """Return the mean of the middle half of the first `count` of ordered samples."""
    quarter = floor(0.25 * count)
    totals = [Variable(0.0) for _ in centre]
    for i in loop(0, n_samples):
        inside = (lanes(i) >= quarter) & (lanes(i) < count - quarter)
        for total, x in zip(totals, decoded(ordered[i], centre)[1], strict=True):
            total += select(inside, x, 0.0)
    return [total.get() / (count - 2.0 * quarter) for total in totals]


def best_cut(
    ordered: Rows,
    n_samples: Scalar,
    group: list[Lanes],
    extra: Lanes,
    centre: Vector,
    best: list[Variable] | None,
) -> list[Variable]:
    """Return the highest classification likelihood of a cut of ordered samples, and the sums below that cut.

    Only one above `best` so far counts.
    """
    best = best or [Variable(-1e300), *map(Variable, group)]
    side = minimum(floor(0.5 * group[0]), SMALLEST_SIDE)
    moments = [Variable(0.0) for _ in group]
    for below in loop(1, n_samples):
        add_sample(moments, decoded(ordered[below - 1], centre)[1])
        lower = [moment.get() for moment in moments]
        upper = [whole - part for whole, part in zip(group, lower, strict=True)]
        score = part_score(lower, extra) + part_score(upper, extra)
        better = (score > best[0].get() + SMALLEST_ADVANTAGE) & (lower[0] >= side) & (upper[0] >= side)
        better = better & (upper[0] >= 1.0)
        for one, new in zip(best, [score, *lower], strict=True):
            one.set(select(better, new, one.get()))
    return best


def part_score(sums: list[Lanes], extra: Lanes) -> Lanes:
    """Return n (log n - log det(S + `extra` I) / 2) of samples with these sums and the covariance S."""
    n, S = sums[0], scatter(sums)
    size, shift = max(S)[0] + 1, (n * n * extra).done()
    det = determinant(plus_scaled_identity(S, shift))  # n^2 size times too large
    least = shift if size == 1 else (shift * shift * shift).done()
    half = 0.5 * log_roughly(maximum(det, maximum(least, 1e-200)))
    return n * ((1.0 + size) * log_roughly(maximum(n, 1.0)) - half)


@compiled
def draw_start(settings: FitSettings, place: int, j: int, K: int, C: int, rows: np.ndarray) -> None:
    """Fill lane `j`'s sums of the start `uniform` or `random`, drawn for the pixel at `place`.

    `uniform`: means uniform in [0, 1], identity covariances of values in [0, 1]. `random`: K different
    samples as means, the pixel's whole covariance. Weights are equal. `rows` are those of `pixels_of`.
    """
    S = 1 + C + C * (C + 1) // 2
    centre, totals, sums, samples = 1, 1 + C, 1 + C + S, 1 + C + S + K * S
    if rows[0, j] == 0.0:  # samples that are all alike take one component
        for row in range(K * S):
            rows[sums + row, j] = rows[totals + row, j] if row < S else 0.0
        return
    n_samples = int(rows[totals, j])
    order = np.arange(n_samples)
    mean, weight = np.empty(C), n_samples / K
    for k in range(K):
        if settings.start == 1:
            for c in range(C):
                mean[c] = LEVELS * uniform(settings.seed, place, k * C + c) - rows[centre + c, j]
        else:
            left = max(1, n_samples - k)  # K > N: the last ones share a sample
            draw = min(n_samples - 1, k + int(uniform(settings.seed, place, k) * left))
            first = min(k, n_samples - 1)
            order[first], order[draw] = order[draw], order[first]
            for c in range(C):
                mean[c] = rows[samples + order[first] * C + c, j]
        rows[sums + k * S, j] = weight
        row = 1 + C
        for c in range(C):
            rows[sums + k * S + 1 + c, j] = weight * mean[c]
            for d in range(c + 1):
                covariance = LEVELS * LEVELS if c == d else 0.0
                if settings.start == 2:
                    product = rows[totals + 1 + c, j] / n_samples * (rows[totals + 1 + d, j] / n_samples)
                    covariance = rows[totals + row, j] / n_samples - product
                rows[sums + k * S + row, j] = weight * (covariance + mean[c] * mean[d])
                row += 1
