"""Where EM starts from, as sums (see `model.steps`): the deterministic split, and draws at random.

A sample is sorted as one number, its place in an order times 2^24 plus its colour's bytes: the colour needs
no fetching afterwards, and equal places are ordered by colour. The number is an integer below 2^53.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from bgsub import sorting
from bgsub.model import lanemath as la
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS, ROUNDING_VARIANCE
from bgsub.model.lanemath import Matrix, Vector
from bgsub.model.lanes import (
    Lanes,
    Mask,
    Number,
    Rows,
    Scalar,
    Shape,
    Table,
    Variable,
    kernel,
    lanes,
    loop,
    select,
)
from bgsub.model.numerics import uniform
from bgsub.model.steps import FitSettings, pixels_of, term_rows, terms_of

STARTS = {"split": 0, "uniform": 1, "random": 2}
SMALLEST_SIDE = 3.0  # samples; fewer give a component that lives on one outlier
SHARE_OF_FLOOR = 0.4  # of 1/12, 1/4, 0.4 and 1, the one from which most pixels arrive at the best optimum
SMALLEST_ADVANTAGE = 1e-3  # nats; less is rounding, as where two orders come to one cut: the first keeps it
PLACE_UNIT = 1.0 / 256.0  # levels; nearer samples are ordered by colour, so that rounding decides nothing
COLOURS = 2.0**24
OUTSIDE = 2.0**26  # place of a sample of another group, plus that group: beyond any place of its own
EXACT = 256  # samples whose summed products are whole numbers below 2^24, exact in single precision


class Samples(NamedTuple):
    """Number N of samples, their centre, the pairs of rows that sort so many, n log(n / N) for n = 0 .. N."""

    number: Scalar
    centre: Vector
    network: Table
    entropy: Rows


class Cut(NamedTuple):
    """The best cut so far: its classification likelihood, and how many samples are below it; singles."""

    score: Variable
    size: Variable


sorting_network = compiled(sorting.sorting_network)


@kernel
def load(
    shape: Shape, frames: Table, stride: Scalar, first: Scalar, n_samples: Scalar, rows: Rows, samples: Rows
) -> None:
    """Load the 16 pixels of `frames` (N, stride, C) from `first` on, about their rounded means."""
    C, pixels = shape.channels, pixels_of(shape, rows)
    sums, moments = ([Variable(0.0) for _ in range(count)] for count in (C, term_rows(C)))
    for whole, i in exact_sums(sums, n_samples):
        for c, x in enumerate(frames.colours((i * stride + first) * C, C)):
            samples[i * C + c] = x.single()
            whole[c] += x.single()
    centre = [(one.get() / lanes(n_samples) + 0.5).floor() for one in sums]
    middle = [one.single() for one in centre]
    for whole, i in exact_sums(moments, n_samples):
        deviation = [samples[i * C + c] - middle[c] for c in range(C)]
        for c in range(C):
            samples[i * C + c] = deviation[c]
        add_sample(whole, deviation)
    for row, value in enumerate([*centre, *(moment.get() for moment in moments)], 1):
        rows[row] = value
    S = scatter([moment.get() for moment in moments])
    noise = (1e-10 * la.trace(S)).at_least(1e-3)  # S is of integers
    rank, full = Variable(C), la.exceeds(S, noise)
    with (~full).anywhere():
        found = la.total(select(value > noise, 1.0, 0.0) for value, _ in la.eigen(S))
        rank.set(select(full, C, found))
    pixels.rank[0] = rank.get()


def exact_sums(sums: list[Variable], count: Scalar) -> Iterator[tuple[list[Variable], Scalar]]:
    """Yield, as `loop` does, the index of each of `count` samples, with singles that are added to `sums`.

    What is added to these must be whole numbers up to 255^2.
    """
    for block in loop(0, count, EXACT):
        part = [Variable(lanes(0.0).single()) for _ in sums]
        for i in loop(block, (block + EXACT).at_most(count)):
            yield part, i
        for one, whole in zip(sums, part, strict=True):
            one += whole.get().double()


def add_sample(moments: list[Variable], x: Vector, weight: Number = 1.0) -> None:
    """Add a sample's terms to their sums."""
    for moment, term in zip(moments, terms_of(x, weight), strict=True):
        moment += term


def scatter(sums: list[Lanes]) -> Matrix:
    """Return the covariance of samples with these sums of terms, times their squared number."""
    n, *first = sums
    products = la.matrix(sums[2:] if len(sums) == 3 else sums[4:])
    return {(c, d): la.difference(value, n, first[c], first[d]) for (c, d), value in products.items()}


@kernel
def split(
    shape: Shape,
    rows: Rows,
    samples: Rows,
    n_samples: Scalar,
    floor: float,
    network: Table,
    entropy: Rows,
    room: Rows,
) -> None:
    """Cut the widest group in two until there are K groups.

    Of all cuts of two orders of its samples it is the one with the highest classification likelihood
    N1 (log pi1 - log det(S1) / 2) + N2 (log pi2 - log det(S2) / 2), N samples of covariance S on each side
    (Symons 1981; Celeux & Govaert 1992). One order is along the first principal component: it parts two
    surfaces. The other is by distance from the mean of the middle half of the first: it parts a wall from
    colours on all sides of it. A covariance gets a share of the floor on its diagonal.

    `room` (3 N, 8) is for the samples as numbers, of their groups and in the two orders.
    """
    K, C, T, pixels = shape.components, shape.channels, term_rows(shape.channels), pixels_of(shape, rows)
    centre, sums = pixels.centre.block(0, C), pixels.sums
    whole = Samples(n_samples, centre, network, entropy)
    groups, along, around = room, room.part(n_samples), room.part(n_samples * 2)
    extra = (SHARE_OF_FLOOR * lanes(floor)).at_least(ROUNDING_VARIANCE)
    for row in range(K * T):
        sums[row] = pixels.totals[row] if row < T else 0.0
    for i in loop(0, n_samples if K > 1 else 0):
        number = lanes(0.0)
        for c in range(C):
            number = 256.0 * number + (samples[i * C + c].double() + centre[c])
        groups[i] = number
    for new in loop(1, K):
        widest, group = widest_group([sums.block(k * T, T) for k in range(K)])
        cut = Cut(Variable(lanes(-1e30).single()), Variable(group[0].single()))
        axis = main_axis(scatter(group))
        order_by(partial(la.dot, axis), widest, groups, along, whole)
        take_better_cut(along, group, extra, K == 2, cut, whole)
        score_along = cut.score.get()
        middle = middle_mean(along, group[0], whole)
        order_by(partial(squared_distance, middle), widest, groups, around, whole)
        take_better_cut(around, group, extra, K == 2, cut, whole)
        better_around, lower_size = cut.score.get() > score_along, cut.size.get().double()
        lower = lower_sums(shape, along, around, better_around, lower_size, whole)
        for row in range(T):
            for k in range(K):
                sums[k * T + row] = select(widest.equals(float(k)), lower[row], sums[k * T + row])
            sums[new * T + row] = group[row] - lower[row]
        for i in loop(0, n_samples if K > 2 else 0):
            number = select(better_around, around[i], along[i])
            place, rank = (number * (1.0 / COLOURS)).floor(), lanes(i)
            own = select(rank < lower_size, widest, lanes(new))
            groups[i] = number - place * COLOURS + select(rank < group[0], own, place - OUTSIDE) * COLOURS


def widest_group(groups: list[list[Lanes]]) -> tuple[Lanes, list[Lanes]]:
    """Return the group with the largest spread of samples, and its sums; -1 and zeros if none has any."""
    widest, width, group = lanes(-1.0), lanes(0.0), [lanes(0.0)] * len(groups[0])
    for k, candidate in enumerate(groups):
        spread = la.trace(scatter(candidate)) / candidate[0].at_least(1.0)
        wider = spread > width
        widest, width = select(wider, float(k), widest), spread.at_least(width)
        group = [select(wider, new, old) for new, old in zip(candidate, group, strict=True)]
    return widest, group


def main_axis(S: Matrix) -> Vector:
    """Direction of the largest eigenvalue's eigenvector, largest component 1, sum of components >= 0."""
    values = la.eigen(S)
    largest, axis = values[0]
    for value, vector in values[1:]:
        axis = [select(value > largest, new, old) for new, old in zip(vector, axis, strict=True)]
        largest = value.at_least(largest)
    scale = select(la.total(axis) < 0.0, -1.0, 1.0) * la.reciprocal(la.greatest(map(abs, axis)))
    return [one * scale for one in axis]


def squared_distance(a: Vector, b: Vector) -> Lanes:
    """Return |a - b|^2."""
    return la.total((one - other) * (one - other) for one, other in zip(a, b, strict=True))


def order_by(
    place: Callable[[Vector], Lanes], group: Lanes, groups: Rows, order: Rows, whole: Samples
) -> None:
    """Fill `order` with the samples of a group by their `place`, and then the others by their groups."""
    for i in loop(0, whole.number):
        label, x = decoded(groups[i], whole.centre)
        at = select(label.equals(group), (place(x) * (1.0 / PLACE_UNIT) + 0.5).floor(), label + OUTSIDE)
        order[i] = at * COLOURS + (groups[i] - label * COLOURS)
    for step in loop(0, whole.network.size, 2):
        i, j = whole.network[step], whole.network[step + 1]
        a, b = order[i], order[j]
        order[i], order[j] = a.at_most(b), a.at_least(b)


def decoded(number: Lanes, centre: Vector) -> tuple[Lanes, Vector]:
    """Return the group or place of a sample that is one number, and its colour about the pixel's centre."""
    return (number * (1.0 / COLOURS)).floor(), [one.double() for one in colour(number, centre)]


def colour(number: Lanes, centre: Vector) -> Vector:
    """Return the colour, about the pixel's centre, of a sample that is one number; exact singles."""
    return [one - middle.single() for one, middle in zip(number.bytes(len(centre)), centre, strict=True)]


def middle_mean(ordered: Rows, count: Lanes, whole: Samples) -> Vector:
    """Return the mean of the middle half of the first `count` of ordered samples."""
    quarter, zero = (0.25 * count).floor(), lanes(0.0).single()
    low, high, sums = quarter.single(), (count - quarter).single(), [Variable(zero) for _ in whole.centre]
    for i in loop(0, whole.number):
        inside = (zero.like(i) >= low) & (zero.like(i) < high)
        for one, x in zip(sums, colour(ordered[i], whole.centre), strict=True):
            one += select(inside, x, 0.0)
    return [one.get().double() / (count - 2.0 * quarter) for one in sums]


def take_better_cut(
    ordered: Rows, group: list[Lanes], extra: Lanes, all_in: bool, cut: Cut, whole: Samples
) -> None:
    """Set `cut` to a better one of ordered samples, if any; in single precision, which errs by 1e-3 nats.

    `all_in` says that the group has all samples.
    """
    per_sample = (1.0 / lanes(whole.number)).single()
    both, extra = [value.single() for value in group], extra.single()
    side = (0.5 * both[0]).floor().at_most(SMALLEST_SIDE)
    moments = [Variable(both[0].like(0.0)) for _ in group]
    for below in loop(1, whole.number):
        add_sample(moments, colour(ordered[below - 1], whole.centre))
        lower = [moment.get() for moment in moments]
        upper = [one - part for one, part in zip(both, lower, strict=True)]
        above = upper[0].at_least(1.0)
        entropy = whole.entropy[whole.number - below].single()
        if not all_in:
            entropy = lanes(above * la.log_roughly(above * per_sample))
        score = part_score(lower, whole.entropy[below].single(), extra, per_sample)
        score = score + part_score(upper, entropy, extra, per_sample)
        allowed = (lower[0] >= side) & (upper[0] >= side) & (upper[0] >= 1.0)
        better = allowed & (score > cut.score.get() + SMALLEST_ADVANTAGE)
        cut.score.set(select(better, score, cut.score.get()))
        cut.size.set(select(better, lower[0], cut.size.get()))


def part_score(sums: list[Lanes], entropy: Lanes, extra: Lanes, per_sample: Lanes) -> Lanes:
    """Return n (log n - log det(S + `extra` I) / 2) of n of N samples with these sums and the covariance S.

    Without what is the same for all cuts; `entropy` is n log(n / N).
    """
    n, S, unit = sums[0], scatter(sums), per_sample * per_sample
    shift, C = n * n * extra, max(S)[0] + 1
    A, smallest = la.plus_scaled_identity(S, shift), (shift * unit).at_least(1e-12)
    if C == 1:
        return 2.0 * entropy - 0.5 * n * la.log_roughly((A[0, 0] * unit).at_least(smallest))
    minors = [
        la.difference(A[1, 1], A[2, 2], A[2, 1], A[2, 1]),
        la.difference(A[2, 0], A[2, 1], A[1, 0], A[2, 2]),
        la.difference(A[1, 0], A[2, 1], A[2, 0], A[1, 1]),
    ]
    det = la.dot([A[i, 0] * unit for i in range(3)], [minor * unit * unit for minor in minors])  # over N^6
    return 4.0 * entropy - 0.5 * n * la.log_roughly(det.at_least(smallest * smallest * smallest))


def lower_sums(
    shape: Shape, along: Rows, around: Rows, better_around: Mask, size: Lanes, whole: Samples
) -> list[Lanes]:
    """Return the sums of the first `size` samples of the better order."""
    sums = [Variable(0.0) for _ in range(term_rows(shape.channels))]
    for part, i in exact_sums(sums, whole.number):
        x = colour(select(better_around, around[i], along[i]), whole.centre)
        add_sample(part, x, select(lanes(i) < size, 1.0, 0.0).single())
    return [one.get() for one in sums]


@compiled
def draw_start(
    settings: FitSettings, place: int, j: int, K: int, C: int, rows: np.ndarray, samples: np.ndarray
) -> None:
    """Fill lane `j`'s sums of the start `uniform` or `random`, drawn for the pixel at `place`.

    `uniform`: means uniform in [0, 1], identity covariances of values in [0, 1]. `random`: K different
    samples as means, the pixel's whole covariance. Weights are equal. `rows` are those of `pixels_of`.
    """
    T = 1 + C + C * (C + 1) // 2
    totals, sums = 1 + C, 1 + C + T
    if rows[0, j] == 0.0:  # samples that are all alike take one component
        for row in range(K * T):
            rows[sums + row, j] = rows[totals + row, j] if row < T else 0.0
        return
    n_samples = int(rows[totals, j])
    order, mean, weight = np.arange(n_samples), np.empty(C), n_samples / K
    for k in range(K):
        draw = min(n_samples - 1, k + int(uniform(settings.seed, place, k) * max(1, n_samples - k)))
        first = min(k, n_samples - 1)  # K > N: the last ones share a sample
        order[first], order[draw] = order[draw], order[first]
        row = sums + k * T
        rows[row, j] = weight
        for c in range(C):
            mean[c] = samples[order[first] * C + c, j]
            if settings.start == 1:
                mean[c] = LEVELS * uniform(settings.seed, place, k * C + c) - rows[1 + c, j]
            rows[row + 1 + c, j] = weight * mean[c]
        at = 1 + C
        for c in range(C):
            for d in range(c + 1):
                covariance = LEVELS * LEVELS if c == d else 0.0
                if settings.start == 2:
                    product = rows[totals + 1 + c, j] / n_samples * (rows[totals + 1 + d, j] / n_samples)
                    covariance = rows[totals + at, j] / n_samples - product
                rows[row + at, j] = weight * (covariance + mean[c] * mean[d])
                at += 1
