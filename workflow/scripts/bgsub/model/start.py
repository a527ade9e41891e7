"""Where EM starts from, as sums (see `model.steps`): the deterministic split, and draws at random.

A sample is sorted as one number, its place in an order times 2^24 plus its colour's bytes: the colour needs
no fetching afterwards, and equal places are ordered by colour. The number is an integer below 2^51.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from bgsub import sorting
from bgsub.model import lanemath as la
from bgsub.model import steps as em
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS, ROUNDING_VARIANCE
from bgsub.model.lanemath import Matrix, Vector
from bgsub.model.lanes import Lanes, Rows, Scalar, Shape, Table, Variable, kernel, lanes, loop, select
from bgsub.model.numerics import uniform
from bgsub.model.steps import FitSettings, by_order, pixels_of, term_rows, terms_of

SPLIT, UNIFORM, RANDOM = range(3)
STARTS = {"split": SPLIT, "uniform": UNIFORM, "random": RANDOM}
SMALLEST_SIDE = 3.0  # samples; fewer give a component that lives on one outlier
SHARE_OF_FLOOR = 0.4  # of 1/12, 1/4, 0.4 and 1, the one from which most pixels arrive at the best optimum
SMALLEST_ADVANTAGE = 1e-3  # nats; less is rounding, as where two orders come to one cut: the first has it
PLACE_UNIT = 1.0 / 256.0  # levels; nearer samples are ordered by colour, so that rounding decides nothing
COLOURS = 2.0**24
OUTSIDE = 2.0**26  # place of a sample of another group, plus that group: beyond any place in this one
RUN = 16  # rows that are sorted in registers
EXACT = 256  # samples whose summed products, 255^2 at most, are whole numbers below 2^24: exact singles


@kernel
def load(
    shape: Shape, frames: Table, stride: Scalar, first: Scalar, n_samples: Scalar, rows: Rows, samples: Rows
) -> None:
    """Load the 16 pixels of `frames` (N, stride, C) from `first` on, about their rounded means."""
    C, pixels = shape.channels, pixels_of(shape, rows)
    sums, moments = ([Variable(0.0) for _ in range(count)] for count in (C, term_rows(C)))
    for parts, i in exact_sums(sums, n_samples):
        x = [one.single() for one in frames.colours((i * stride + first) * C, C)]
        samples.put(i * C, x)
        add(parts, x)
    centre = [(one.get() / lanes(n_samples) + 0.5).floor() for one in sums]
    middle = [one.single() for one in centre]
    for parts, i in exact_sums(moments, n_samples):
        x = la.minus(samples.block(i * C, C), middle)
        samples.put(i * C, x)
        add(parts, terms_of(x))
    totals = [moment.get() for moment in moments]
    S = integer_covariance(totals)
    noise = (1e-10 * la.trace(S)).at_least(1e-3)  # `spectrum` errs by 1e-14 of the largest, of 0 by 1e-30
    rank, full = Variable(C), la.exceeds(S, noise)
    with (~full).anywhere():
        found = la.total(select(value > noise, 1.0, 0.0) for value in la.spectrum(S)[0])
        rank.set(select(full, C, found))
    pixels.state.put(0, [0.0] * em.STATES)
    pixels.state[em.LONGEST], pixels.state[em.RANK] = em.FIRST_STEP, rank.get()
    pixels.centre.put(0, centre)
    pixels.totals.put(0, totals)
    pixels.parameters.put(0, [0.0] * (shape.components * term_rows(C)))


def add(sums: list[Variable], terms: list[Lanes]) -> None:
    """Add terms to their sums."""
    for one, term in zip(sums, terms, strict=True):
        one += term


def exact_sums(sums: list[Variable], count: Scalar) -> Iterator[tuple[list[Variable], Scalar]]:
    """Yield, as `loop` does, the index of each of `count` samples, and parts of the sums to add it to.

    The parts are singles: what is added must be whole numbers up to 255^2.
    """
    for block in loop(0, count, EXACT):
        parts = [Variable(lanes(0.0).single()) for _ in sums]
        for i in loop(block, (block + EXACT).at_most(count)):
            yield parts, i
        add(sums, [part.get().double() for part in parts])


def integer_covariance(sums: list[Lanes]) -> Matrix:
    """Return N^2 times the covariance of N samples with these sums of terms: exact up to N = 370,000."""
    n, first, products = by_order(sums)
    return {(c, d): value * n - first[c] * first[d] for (c, d), value in products.items()}


class Samples(NamedTuple):
    """The samples of 16 pixels."""

    colours: Rows  # about the centre
    groups: Rows | None  # which each is of; all of one, where this is None
    centre: Vector
    number: Scalar
    network: Table  # that sorts them


@kernel
def split(
    shape: Shape, rows: Rows, samples: Rows, n_samples: Scalar, floor: float, network: Table, room: Rows
) -> None:
    """Cut the widest group in two until there are K groups.

    Of all cuts of two orders of its samples it is the one with the highest classification likelihood
    N1 (log N1 - log det(S1) / 2) + N2 (log N2 - log det(S2) / 2), N samples of covariance S on each side
    (Symons 1981; Celeux & Govaert 1992). One order is along the first principal component: it parts two
    surfaces. The other is by distance from the mean of the middle half of the first: it parts a wall from
    colours on all sides of it. A covariance gets a share of the floor on its diagonal.

    `room` (3 (N + 16), 16) is for orders and groups, infinite beyond N. Where K > 2, samples change places.
    """
    K, C, T, pixels = shape.components, shape.channels, term_rows(shape.channels), pixels_of(shape, rows)
    centre, sums = pixels.centre.block(0, C), pixels.sums
    along, around, groups = (room.part((n_samples + RUN) * part) for part in range(3))
    every = Samples(samples, groups if K > 2 else None, centre, n_samples, network)
    extra = (SHARE_OF_FLOOR * lanes(floor)).at_least(ROUNDING_VARIANCE)
    sums.put(0, [pixels.totals[row] if row < T else 0.0 for row in range(K * T)])
    for i in loop(0, n_samples if K > 2 else 0):
        groups[i] = 0.0
    for new in loop(1, K):  # traced once
        widest, group = widest_group([sums.block(k * T, T) for k in range(K)])
        axis = [one.single() for one in main_axis(integer_covariance(group))]
        order_samples(every, widest, partial(la.dot, axis), along)
        middle = middle_mean(every, along, group[0])
        order_samples(every, widest, partial(squared_distance, middle), around)
        score, size = best_cut(every, along, group, extra)
        score_around, size_around = best_cut(every, around, group, extra)
        better_around = score_around > score + SMALLEST_ADVANTAGE
        size = select(better_around, size_around, size)
        lower = [Variable(0.0) for _ in range(T)]
        for parts, i in exact_sums(lower, n_samples):
            number, rank = select(better_around, around[i], along[i]), lanes(i)
            x, is_lower = colour(number, centre), rank.single() < size
            add(parts, terms_of(x, select(is_lower, x[0].like(1.0), 0.0)))
            if K > 2:
                its_group = (number * (1.0 / COLOURS)).floor() - OUTSIDE  # where it is not the widest
                groups[i] = select(rank < group[0], select(is_lower, widest, lanes(new)), its_group)
                samples.put(i * C, x)
        below = [part.get() for part in lower]
        for k in range(K):
            own, is_widest = sums.block(k * T, T), widest.equals(float(k))
            sums.put(k * T, [select(is_widest, *parts) for parts in zip(below, own, strict=True)])
        sums.put(new * T, la.minus(group, below))


def widest_group(groups: list[list[Lanes]]) -> tuple[Lanes, list[Lanes]]:
    """Return the group with the largest sum of squared distances from its mean, and its sums.

    Where all samples of each group agree, it is -1, no group, with sums of 0, of which a cut changes nothing.
    """
    widest, width, group = lanes(-1.0), lanes(0.0), [lanes(0.0)] * len(groups[0])
    for k, candidate in enumerate(groups):
        spread = la.trace(integer_covariance(candidate)) / candidate[0].at_least(1.0)
        wider = spread > width
        widest, width = select(wider, float(k), widest), spread.at_least(width)
        group = [select(wider, new, old) for new, old in zip(candidate, group, strict=True)]
    return widest, group


def main_axis(S: Matrix) -> Vector:
    """Direction of the largest eigenvalue's eigenvector, largest component 1, sum of components >= 0."""
    (_, high, alone), P, N = la.spectrum(S)
    # A projection on it, or twice that: its longest column is the one with the largest entry on the diagonal.
    onto = {(i, j): select(alone < high, N[i, j] - P[i, j] + float(i == j), P[i, j]) for i, j in P}
    C, longest = max(S)[0] + 1, lanes(-1.0)
    axis = [lanes(0.0)] * C
    for j in range(C):
        longer = onto[j, j] > longest
        axis = [select(longer, onto[max(i, j), min(i, j)], axis[i]) for i in range(C)]
        longest = onto[j, j].at_least(longest)
    scale = select(la.total(axis) < 0.0, -1.0, 1.0) * la.reciprocal(la.greatest(map(abs, axis)))
    return [one * scale for one in axis]


def squared_distance(a: Vector, b: Vector) -> Lanes:
    """Return |a - b|^2."""
    return la.dot(la.minus(a, b), la.minus(a, b))


def order_samples(samples: Samples, group: Lanes, place: Callable[[Vector], Lanes], order: Rows) -> None:
    """Fill `order` with the samples of a group by their `place`, levels, and then others by their groups."""
    code_of_centre = la.polynomial(lanes(256.0), samples.centre).single()  # channels are digits in base 256
    for i in loop(0, samples.number):
        x = samples.colours.block(i * len(samples.centre), len(samples.centre))
        at = (place(x) * (1.0 / PLACE_UNIT) + 0.5).floor().double()
        if samples.groups is not None:
            own = samples.groups[i]
            at = select(own.equals(group), at, own + OUTSIDE)
        code = la.polynomial(x[0].like(256.0), x) + code_of_centre
        order[i] = at * COLOURS + code.double()
    sort(order, samples.number, samples.network)


def sort(rows: Rows, count: Scalar, network: Table) -> None:
    """Sort each lane of so many rows; above them are numbers beyond all others, to the next multiple of 16.

    Sixteen rows of half the lanes at a time fit into the registers. The `network` merges them.
    """
    for first in loop(0, count, RUN):
        for half in loop(0, 2):
            part = rows.part(first).half(half)
            run = part.block(0, RUN)
            for i, j in sorting.sorting_network(RUN).T.tolist():
                run[i], run[j] = run[i].in_order(run[j])
            part.put(0, run)
    for step in loop(0, network.size, 2):
        i, j = network[step], network[step + 1]
        rows[i], rows[j] = rows[i].in_order(rows[j])


def colour(number: Lanes, centre: Vector) -> Vector:
    """Return the colour, about the pixel's centre, of a sample that is one number; exact singles."""
    return [one - middle.single() for one, middle in zip(number.bytes(len(centre)), centre, strict=True)]


def middle_mean(samples: Samples, ordered: Rows, count: Lanes) -> Vector:
    """Return the mean of the middle half of the first `count` of ordered samples, in single precision."""
    quarter = (0.25 * count).floor()
    low, high, sums = quarter.single(), (count - quarter).single(), [Variable(0.0) for _ in samples.centre]
    for parts, i in exact_sums(sums, samples.number):
        inside = (low.like(i) >= low) & (low.like(i) < high)
        add(parts, [select(inside, x, 0.0) for x in colour(ordered[i], samples.centre)])
    number = (count - 2.0 * quarter).at_least(1.0)  # 0 of a pixel whose samples all agree
    return [(one.get() / number).single() for one in sums]


def best_cut(samples: Samples, ordered: Rows, group: list[Lanes], extra: Lanes) -> tuple[Lanes, Lanes]:
    """Return the classification likelihood of the best cut of a group, and the samples below it; singles.

    The group's samples are the first ones of `ordered`; `group` are its sums. All is in single precision and
    about the group's rounded mean, so it errs by 1e-3 nats.
    """
    about = [(one / group[0].at_least(1.0) + 0.5).floor() for one in group[1 : 1 + len(samples.centre)]]
    both = [one.single() for one in moved(group, about)]
    origin, extra = [one + other for one, other in zip(samples.centre, about, strict=True)], extra.single()
    side = (0.5 * both[0]).floor().at_most(SMALLEST_SIDE)
    score, size = Variable(both[0].like(-1e30)), Variable(both[0])
    sums = [Variable(both[0].like(0.0)) for _ in both[1:]]
    for below in loop(1, samples.number):
        add(sums, terms_of(colour(ordered[below - 1], origin))[1:])
        lower = [both[0].like(below), *(one.get() for one in sums)]
        upper = la.minus(both, lower)
        allowed = (lower[0] >= side) & (upper[0] >= side) & (upper[0] >= 1.0)
        with allowed.anywhere():
            inverse = 1.0 / (lower[0] * upper[0])
            value = score_of(lower, upper[0] * inverse, extra) + score_of(upper, lower[0] * inverse, extra)
            better = allowed & (value > score.get() + SMALLEST_ADVANTAGE)
            score.set(select(better, value, score.get()))
            size.set(select(better, lower[0], size.get()))
    return score.get(), size.get()


def moved(sums: list[Lanes], origin: Vector) -> list[Lanes]:
    """Return the sums of terms of samples about another origin: (x - o) (y - p) = x y - o y - p (x - o)."""
    n, old, products = by_order(sums)
    new = [one - n * middle for one, middle in zip(old, origin, strict=True)]
    return [n, *new, *(xy - origin[c] * old[d] - origin[d] * new[c] for (c, d), xy in products.items())]


def score_of(sums: list[Lanes], inverse: Lanes, extra: Lanes) -> Lanes:
    """Return n (log n - log det(S) / 2) = n log(n^2 / det(S)) / 2; S is the covariance with `extra` added.

    `inverse` is 1 / n: those of both sides of a cut come from one division.
    """
    n, first, products = by_order(sums)
    mean = [one * inverse for one in first]
    S = {
        (c, d): value * inverse - (mean[c] * mean[d] - extra if c == d else mean[c] * mean[d])
        for (c, d), value in products.items()
    }
    if len(S) == 1:
        return 0.5 * n * la.log_roughly(n * n / S[0, 0].at_least(extra))
    # Elimination without divisions (Bareiss 1968): the last entry is the determinant times the first.
    a, b, c = (S[0, 0] * S[r, s] - S[r, 0] * S[s, 0] for r, s in ((1, 1), (2, 1), (2, 2)))
    corner = S[0, 0].at_least(extra)
    last = (a * c - b * b).at_least(corner * extra * (extra * extra))
    return 0.5 * n * la.log_roughly(n * n * corner / last)


@compiled
def draw_start(
    settings: FitSettings, place: int, j: int, K: int, C: int, rows: np.ndarray, samples: np.ndarray
) -> None:
    """Fill lane `j`'s sums of the start `uniform` or `random`, drawn for the pixel at `place`.

    `uniform`: means uniform in [0, 1], identity covariances of values in [0, 1]. `random`: K different
    samples as means, the pixel's whole covariance. Weights are equal. `rows` are those of `pixels_of`.
    """
    T = 1 + C + C * (C + 1) // 2
    centre, totals = rows[em.STATES : em.STATES + C, j], rows[em.STATES + C : em.STATES + C + T, j]
    sums = rows[em.STATES + C + T : em.STATES + C + T + K * T, j]
    if rows[em.RANK, j] == 0.0:  # samples that are all alike take one component
        # To assign slices would take as long to compile as all the rest of the fit.
        for row in range(K * T):
            sums[row] = totals[row] if row < T else 0.0
        return
    n_samples = int(totals[0])
    order, mean, weight = np.arange(n_samples), np.empty(C), n_samples / K
    for k in range(K):  # Fisher & Yates's shuffle
        draw = min(n_samples - 1, k + int(uniform(settings.seed, place, k) * max(1, n_samples - k)))
        first = min(k, n_samples - 1)  # K > N: the last ones share a sample
        order[first], order[draw] = order[draw], order[first]
        row = k * T
        sums[row] = weight
        for c in range(C):
            mean[c] = samples[order[first] * C + c, j]
            if settings.start == UNIFORM:
                mean[c] = LEVELS * uniform(settings.seed, place, k * C + c) - centre[c]
            sums[row + 1 + c] = weight * mean[c]
        at = 1 + C
        for c in range(C):
            for d in range(c + 1):
                covariance = LEVELS * LEVELS if c == d else 0.0
                if settings.start == RANDOM:
                    product = totals[1 + c] / n_samples * (totals[1 + d] / n_samples)
                    covariance = totals[at] / n_samples - product
                sums[row + at] = weight * (covariance + mean[c] * mean[d])
                at += 1
