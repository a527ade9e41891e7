"""Where EM starts from, as sums (see `model.steps`): the deterministic split, and draws at random.

A sample is sorted as one number, its place in an order times 2^24 plus its colour's bytes: the colour needs
no fetching afterwards, and equal places are ordered by colour. The number is an integer below 2^51.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from bgsub import sorting
from bgsub.model import lanemath as la
from bgsub.model import steps as em
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS, ROUNDING_VARIANCE
from bgsub.model.lanemath import Matrix, Vector
from bgsub.model.lanes import Lanes, Number, Rows, Scalar, Shape, Table, Variable, kernel, lanes, loop, select
from bgsub.model.numerics import uniform
from bgsub.model.steps import FitSettings, pixels_of, term_rows, terms_of

STARTS = {"split": 0, "uniform": 1, "random": 2}
SMALLEST_SIDE = 3.0  # samples; fewer give a component that lives on one outlier
SHARE_OF_FLOOR = 0.4  # of 1/12, 1/4, 0.4 and 1, the one from which most pixels arrive at the best optimum
SMALLEST_ADVANTAGE = 1e-3  # nats; less is rounding, as where two orders come to one cut: the first has it
PLACE_UNIT = 1.0 / 256.0  # levels; nearer samples are ordered by colour, so that rounding decides nothing
COLOURS = 2.0**24
OUTSIDE = 2.0**26  # place of a sample of another group, plus that group: beyond any place in this one
RUN = 16  # rows that are sorted in registers
EXACT = 256  # samples whose summed products are whole numbers below 2^24, exact in single precision


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
    for row, value in enumerate([*centre, *(moment.get() for moment in moments)]):
        pixels.centre[row] = value
    S = scatter([moment.get() for moment in moments])
    noise = (1e-10 * la.trace(S)).at_least(1e-3)  # S is of integers
    rank, full = Variable(C), la.exceeds(S, noise)
    with (~full).anywhere():
        found = la.total(select(value > noise, 1.0, 0.0) for value in la.spectrum(S)[0])
        rank.set(select(full, C, found))
    known: dict[int, Number] = {em.BEST: em.NEVER, em.LONGEST: em.FIRST_STEP, em.RANK: rank.get()}
    for row in range(em.STATES):
        pixels.state[row] = known.get(row, 0.0)
    for row in range(shape.components * term_rows(C)):
        pixels.parameters[row] = 0.0


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
    shape: Shape, rows: Rows, samples: Rows, n_samples: Scalar, floor: float, network: Table, room: Rows
) -> None:
    """Cut the widest group in two until there are K groups.

    Of all cuts of two orders of its samples it is the one with the highest classification likelihood
    N1 (log N1 - log det(S1) / 2) + N2 (log N2 - log det(S2) / 2), N samples of covariance S on each side
    (Symons 1981; Celeux & Govaert 1992). One order is along the first principal component: it parts two
    surfaces. The other is by distance from the mean of the middle half of the first: it parts a wall from
    colours on all sides of it. A covariance gets a share of the floor on its diagonal.

    `room` (3 (N + 16), 16) is for the two orders and the samples' groups, with infinity beyond N samples.
    Where K > 2, samples change places.
    """
    K, C, T, pixels = shape.components, shape.channels, term_rows(shape.channels), pixels_of(shape, rows)
    centre, sums = pixels.centre.block(0, C), pixels.sums
    along, around, labels = (room.part((n_samples + RUN) * part) for part in range(3))
    extra = (SHARE_OF_FLOOR * lanes(floor)).at_least(ROUNDING_VARIANCE)
    for row in range(K * T):
        sums[row] = pixels.totals[row] if row < T else 0.0
    if K > 2:
        for i in loop(0, n_samples):
            labels[i] = 0.0
    for new in loop(1, K):
        widest, group = widest_group([sums.block(k * T, T) for k in range(K)])
        mean = [one / group[0].at_least(1.0) for one in group[1 : 1 + C]]
        order = partial(order_samples, samples, centre, labels if K > 2 else None, widest, n_samples, network)
        axis = [one.single() for one in main_axis(scatter(group))]
        order(partial(la.dot, axis), along)
        middle = middle_mean(along, group[0], centre, n_samples)
        order(partial(squared_distance, middle), around)
        (score, size), (score_around, size_around) = (
            best_cut(ordered, group, mean, extra, centre, n_samples) for ordered in (along, around)
        )
        better_around = score_around > score + SMALLEST_ADVANTAGE
        size = select(better_around, size_around, size)
        lower = [Variable(0.0) for _ in range(T)]
        for part, i in exact_sums(lower, n_samples):
            number, rank = select(better_around, around[i], along[i]), lanes(i)
            x, is_lower = colour(number, centre), rank.single() < size
            add_sample(part, x, select(is_lower, x[0].like(1.0), 0.0))
            if K > 2:
                outside = (number * (1.0 / COLOURS)).floor() - OUTSIDE
                labels[i] = select(rank < group[0], select(is_lower, widest, lanes(new)), outside)
                for c in range(C):
                    samples[i * C + c] = x[c]
        for row in range(T):
            for k in range(K):
                sums[k * T + row] = select(widest.equals(float(k)), lower[row].get(), sums[k * T + row])
            sums[new * T + row] = group[row] - lower[row].get()


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
    (_, high, alone), P, N = la.spectrum(S)
    # A projection on it, or twice that: its longest column is the one with the largest entry on the diagonal.
    onto = {(i, j): select(alone < high, N[i, j] - P[i, j] + float(i == j), P[i, j]) for i, j in P}
    axis, longest, C = [lanes(0.0)] * 3, lanes(-1.0), max(S)[0] + 1
    for j in range(C):
        longer = onto[j, j] > longest
        axis = [select(longer, onto[max(i, j), min(i, j)], axis[i]) for i in range(C)]
        longest = onto[j, j].at_least(longest)
    scale = select(la.total(axis) < 0.0, -1.0, 1.0) * la.reciprocal(la.greatest(map(abs, axis)))
    return [one * scale for one in axis]


def squared_distance(a: Vector, b: Vector) -> Lanes:
    """Return |a - b|^2."""
    return la.total((one - other) * (one - other) for one, other in zip(a, b, strict=True))


def order_samples(
    samples: Rows,
    centre: Vector,
    labels: Rows | None,
    group: Lanes,
    n_samples: Scalar,
    network: Table,
    place: Callable[[Vector], Lanes],
    order: Rows,
) -> None:
    """Fill `order` with the samples of a group by their `place`, levels, and then others by their groups.

    Without `labels`, all are of this group.
    """
    code_of_centre = la.polynomial(lanes(256.0), centre).single()
    for i in loop(0, n_samples):
        x = samples.block(i * len(centre), len(centre))
        at = (place(x) * (1.0 / PLACE_UNIT) + 0.5).floor().double()
        if labels:
            at = select(labels[i].equals(group), at, labels[i] + OUTSIDE)
        code = la.polynomial(x[0].like(256.0), x) + code_of_centre
        order[i] = at * COLOURS + code.double()
    sort(order, n_samples, network)


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
            for row, value in enumerate(run):
                part[row] = value
    for step in loop(0, network.size, 2):
        i, j = network[step], network[step + 1]
        rows[i], rows[j] = rows[i].in_order(rows[j])


def colour(number: Lanes, centre: Vector) -> Vector:
    """Return the colour, about the pixel's centre, of a sample that is one number; exact singles."""
    return [one - middle.single() for one, middle in zip(number.bytes(len(centre)), centre, strict=True)]


def middle_mean(ordered: Rows, count: Lanes, centre: Vector, n_samples: Scalar) -> Vector:
    """Return the mean of the middle half of the first `count` of ordered samples, in single precision."""
    quarter, zero = (0.25 * count).floor(), lanes(0.0).single()
    low, high, sums = quarter.single(), (count - quarter).single(), [Variable(zero) for _ in centre]
    for i in loop(0, n_samples):
        inside = (zero.like(i) >= low) & (zero.like(i) < high)
        for one, x in zip(sums, colour(ordered[i], centre), strict=True):
            one += select(inside, x, 0.0)
    return [(one.get().double() / (count - 2.0 * quarter)).single() for one in sums]


def best_cut(
    ordered: Rows, group: list[Lanes], mean: Vector, extra: Lanes, centre: Vector, n_samples: Scalar
) -> tuple[Lanes, Lanes]:
    """Return the classification likelihood of the best cut of a group, and the samples below it; singles.

    The group's samples are the first ones of `ordered`; `group` are its sums. All is in single precision and
    about the group's rounded mean, so it errs by 1e-3 nats.
    """
    about = [(one + 0.5).floor() for one in mean]
    both = [one.single() for one in moved(group, about)]
    origin, extra = [one + other for one, other in zip(centre, about, strict=True)], extra.single()
    side = (0.5 * both[0]).floor().at_most(SMALLEST_SIDE)
    score, size = Variable(both[0].like(-1e30)), Variable(both[0])
    sums = [Variable(both[0].like(0.0)) for _ in both[1:]]
    for below in loop(1, n_samples):
        for one, term in zip(sums, terms_of(colour(ordered[below - 1], origin))[1:], strict=True):
            one += term
        lower = [both[0].like(below), *(one.get() for one in sums)]
        upper = [one - part for one, part in zip(both, lower, strict=True)]
        allowed = (lower[0] >= side) & (upper[0] >= side) & (upper[0] >= 1.0)
        with allowed.anywhere():
            inverse = 1.0 / (lower[0] * upper[0])
            value = part_score(lower, upper[0] * inverse, extra) + part_score(
                upper, lower[0] * inverse, extra
            )
            better = allowed & (value > score.get() + SMALLEST_ADVANTAGE)
            score.set(select(better, value, score.get()))
            size.set(select(better, lower[0], size.get()))
    return score.get(), size.get()


def moved(sums: list[Lanes], origin: Vector) -> list[Lanes]:
    """Return the sums of terms of samples about another origin."""
    C, n = len(origin), sums[0]
    first = [one - n * middle for one, middle in zip(sums[1:], origin, strict=False)]
    products = {
        (c, d): value - origin[c] * sums[1 + d] - origin[d] * first[c]
        for (c, d), value in la.matrix(sums[1 + C :]).items()
    }
    return [n, *first, *products.values()]


def part_score(sums: list[Lanes], inverse: Lanes, extra: Lanes) -> Lanes:
    """Return n (log n - log det(S + `extra` I) / 2) of n = 1 / `inverse` samples of the covariance S."""
    n, C = sums[0], 1 if len(sums) == 3 else 3
    mean = [one * inverse for one in sums[1 : 1 + C]]
    S = {
        (c, d): value * inverse - (mean[c] * mean[d] - extra if c == d else mean[c] * mean[d])
        for (c, d), value in la.matrix(sums[1 + C :]).items()
    }
    if C == 1:
        return 0.5 * n * la.log_roughly(n * n / S[0, 0].at_least(extra))
    # Elimination without divisions (Bareiss 1968): the last entry is the determinant times the first.
    a, b, c = (S[0, 0] * S[r, s] - S[r, 0] * S[s, 0] for r, s in ((1, 1), (2, 1), (2, 2)))
    first = S[0, 0].at_least(extra)
    last = (a * c - b * b).at_least(first * extra * (extra * extra))
    return 0.5 * n * la.log_roughly(n * n * first / last)


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
        for row in range(K * T):
            sums[row] = totals[row] if row < T else 0.0
        return
    n_samples = int(totals[0])
    order, mean, weight = np.arange(n_samples), np.empty(C), n_samples / K
    for k in range(K):
        draw = min(n_samples - 1, k + int(uniform(settings.seed, place, k) * max(1, n_samples - k)))
        first = min(k, n_samples - 1)  # K > N: the last ones share a sample
        order[first], order[draw] = order[draw], order[first]
        row = k * T
        sums[row] = weight
        for c in range(C):
            mean[c] = samples[order[first] * C + c, j]
            if settings.start == 1:
                mean[c] = LEVELS * uniform(settings.seed, place, k * C + c) - centre[c]
            sums[row + 1 + c] = weight * mean[c]
        at = 1 + C
        for c in range(C):
            for d in range(c + 1):
                covariance = LEVELS * LEVELS if c == d else 0.0
                if settings.start == 2:
                    product = totals[1 + c] / n_samples * (totals[1 + d] / n_samples)
                    covariance = totals[at] / n_samples - product
                sums[row + at] = weight * (covariance + mean[c] * mean[d])
                at += 1
