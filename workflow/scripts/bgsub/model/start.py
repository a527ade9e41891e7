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
from bgsub.model.steps import FitSettings, Gaussian, pixels_of, term_rows, terms_of, value_at

STARTS = {"split": 0, "uniform": 1, "random": 2}
SMALLEST_SIDE = 3.0  # samples; fewer give a component that lives on one outlier
SHARE_OF_FLOOR = 0.36787944117144233  # 1 / e; see `part_score`
SMALLEST_ADVANTAGE = 0.05  # nats; less is rounding, as where two orders come to one cut: the first has it
PLACE_UNIT = 1.0 / 256.0  # levels; nearer samples are ordered by colour, so that rounding decides nothing
COLOURS = 2.0**24
OUTSIDE = 2.0**26  # place of a sample of another group, plus that group: beyond any place in this one
UNIT = 2.0**-7  # levels are multiplied by it where eighth powers of spreads must not overflow
RUN = 16  # rows that are sorted in registers
EXACT = 256  # samples whose summed products are whole numbers below 2^24, exact in single precision


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
    surfaces. The other is by the log odds of a core around the middle of the first: it parts a wall from
    colours on all sides of it, and samples that are almost equal from those that they lie among.

    `room` (3 (N + 16), 16) is for the two orders and the samples' groups, with infinity beyond N samples.
    Where K > 2, samples change places.
    """
    K, C, T, pixels = shape.components, shape.channels, term_rows(shape.channels), pixels_of(shape, rows)
    centre, sums = pixels.centre.block(0, C), pixels.sums
    along, around, labels = (room.part((n_samples + RUN) * part) for part in range(3))
    share = (SHARE_OF_FLOOR * lanes(floor)).at_least(ROUNDING_VARIANCE)
    for row in range(K * T):
        sums[row] = pixels.totals[row] if row < T else 0.0
    if K > 2:
        for i in loop(0, n_samples):
            labels[i] = 0.0
    for new in loop(1, K):
        widest, group = widest_group([sums.block(k * T, T) for k in range(K)])
        order = partial(order_samples, samples, centre, labels if K > 2 else None, widest, n_samples, network)
        axis = [one.single() for one in main_axis(scatter(group))]
        order(partial(la.dot, axis), along)
        order(partial(value_at, core_odds(along, group, share, centre, n_samples)), around)
        (score, size), (score_around, size_around) = (
            best_cut(ordered, group, share, centre, n_samples) for ordered in (along, around)
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


def core_odds(
    along: Rows, group: list[Lanes], share: Lanes, centre: Vector, n_samples: Scalar
) -> list[Lanes]:
    """Return the log odds of a group's other samples to its core, by coefficients of a sample's terms.

    The core is first what lies around the mean of the middle half of samples ordered `along` an axis, with
    weights that fall off at two of its variances, and then those that this makes likelier to be of it:
    a step of classification EM (Celeux & Govaert 1992). A covariance has `share` on its diagonal.
    """
    count, zero = group[0].single(), lanes(0.0).single()

    def total(weight: Callable[[Lanes, Vector], Lanes]) -> list[Lanes]:
        sums = [Variable(0.0) for _ in group]
        for part, i in exact_sums(sums, n_samples):
            rank, x = zero.like(i), colour(along[i], centre)
            add_sample(part, x, select(rank < count, weight(rank, x), 0.0))
        return [one.get() for one in sums]

    def log_density(sums: list[Lanes]) -> list[Lanes]:
        n, mean, S = estimates(sums)
        return Gaussian.of([n, *mean, *la.plus_scaled_identity(S, share).values()]).polynomial()

    def odds(core: list[Lanes]) -> list[Lanes]:
        rest = [one - part for one, part in zip(group, core, strict=True)]
        pairs = zip(log_density(rest), log_density(core), strict=True)
        return [((a - b) * share.at_most(1.0)).single() for a, b in pairs]  # places below 2^18, as in levels

    quarter, one = (0.25 * count).floor(), zero.like(1.0)
    half = total(lambda rank, _: select((rank >= quarter) & (rank < count - quarter), one, 0.0))
    _, mean, S = estimates(half)
    middle, width = [one.single() for one in mean], (la.trace(S) * (2.0 / len(mean)) + share).single()
    odds_around = odds(total(lambda _, x: width / (width + squared_distance(x, middle))))
    return odds(total(lambda _, x: select(value_at(odds_around, x) < 0.0, one, 0.0)))


def estimates(sums: list[Lanes]) -> tuple[Lanes, Vector, Matrix]:
    """Return the number, mean and covariance of samples with these sums; of less than one, as if of one."""
    n = sums[0].at_least(1.0)
    inverse = la.reciprocal(n)
    S: Matrix = {place: value * (inverse * inverse) for place, value in scatter([n, *sums[1:]]).items()}
    return n, [one * inverse for one in sums[1 : 2 + max(S)[0]]], S


def best_cut(
    ordered: Rows, group: list[Lanes], share: Lanes, centre: Vector, n_samples: Scalar
) -> tuple[Lanes, Lanes]:
    """Return the classification likelihood of the best cut of a group, and the samples below it; singles.

    The group's samples are the first ones of `ordered`; `group` are its sums. All is in single precision and
    about the group's mean, so it errs by 1e-2 nats. About it, both sides' first sums differ in sign only.
    """
    C, (n, mean, S) = len(centre), estimates(group)
    origin = [((one + other) * UNIT).single() for one, other in zip(centre, mean, strict=True)]
    products = [(one * n * UNIT**2).single() for one in S.values()]
    n, share = group[0].single(), (share * UNIT**2).single()
    side = (0.5 * n).floor().at_most(SMALLEST_SIDE)
    score, size = Variable(n.like(-1e30)), Variable(n)
    sums = [Variable(n.like(0.0)) for _ in group[1:]]
    for below in loop(1, n_samples):
        x = [one * UNIT - middle for one, middle in zip(ordered[below - 1].bytes(C), origin, strict=True)]
        for one, term in zip(sums, terms_of(x)[1:], strict=True):
            one += term
        n_lower = n.like(below)
        n_upper = n - n_lower
        allowed = (n_lower >= side) & (n_upper >= side) & (n_upper >= 1.0)
        with allowed.anywhere():
            inverse, first = 1.0 / (n_lower * n_upper), [one.get() for one in sums[:C]]
            lower, upper = Matrix(), Matrix()
            for (c, d), one, whole in zip(la.triangle(C), sums[C:], products, strict=True):
                product = first[c] * first[d]
                lower[c, d] = one.get() - n_upper * inverse * product
                upper[c, d] = whole - one.get() - n_lower * inverse * product
            value = part_score(lower, n_lower, share) + part_score(upper, n_upper, share)
            better = allowed & (value > score.get())
            score.set(select(better, value, score.get()))
            size.set(select(better, n_lower, size.get()))
    return score.get(), size.get()


def part_score(W: Matrix, n: Lanes, share: Lanes) -> Lanes:
    """Return n (log n - log det(S) / 2) of n samples of scatter W = n S, but for n times a constant.

    With s = floor / e as `share`, each eigenvalue v of S counts as |v + i s|: the log of that is within .07
    of what one costs that is raised to the floor, log v above it and log floor + v / floor - 1 below.
    """
    s = n * share
    first = W[0, 0] * W[0, 0] + s * s
    if len(W) == 1:
        return 0.25 * n * la.log_roughly(n * n * (n * n) * (n * n) / first)
    # Elimination without divisions (Bareiss 1968) of W + i s I: the last entry is the determinant times the
    # first. Real and imaginary parts; then squared absolute values.
    a, b, c = (W[0, 0] * W[i, j] - W[i, 0] * W[j, 0] for i, j in ((1, 1), (2, 1), (2, 2)))
    a, c = a - s * s, c - s * s
    ai, bi, ci = s * (W[0, 0] + W[1, 1]), s * W[2, 1], s * (W[0, 0] + W[2, 2])
    real, imaginary = (a * c - ai * ci) - (b * b - bi * bi), (a * ci + ai * c) - 2.0 * (b * bi)
    last, n5 = real * real + imaginary * imaginary, n * n * (n * n) * n
    return 0.25 * n * la.log_roughly(first / last * n5 * (n5 * 1e-25))  # 1e-25: to be within range


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
