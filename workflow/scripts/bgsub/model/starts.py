"""Where EM starts from: the deterministic split, the notebook's uniform means, or random data points.

All work on one pixel's samples `x` (N, C) in levels about the pixel's centre, and fill `weights` (K,),
`means` (K, C) and `covariances` (K, C, C).
"""

import numpy as np

from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS
from bgsub.model.kernel import Floats, Integers
from bgsub.model.linalg import copy, eigh, log_det
from bgsub.model.numerics import log, uniform

STARTS = {"split": 0, "uniform": 1, "random": 2}
ROUNDING_VARIANCE = 1.0 / 12.0  # levels^2: stands in where a likelihood is asked for and none is defined
SMALLEST_SIDE = 3  # samples; fewer give a component that lives on one outlier
SHARE_OF_FLOOR = 0.4  # of 1/12, 1/4, 0.4 and 1, the one from which most pixels arrive at the best optimum
SMALLEST_ADVANTAGE = 1e-6  # nats; less is rounding, as where two orders come to one cut: the first keeps it
PLACE_UNIT = 1.0 / 256.0  # levels; nearer samples are ordered by colour, so that rounding decides nothing


@compiled
def least_variance(floor: float) -> float:
    """Variance that a cut's covariances get on top, levels^2; it stands in for the eigenvalues' floor."""
    return max(SHARE_OF_FLOOR * floor, ROUNDING_VARIANCE)


@compiled
def split_start(
    x: Floats,
    floor: float,
    label: Integers,
    weights: Floats,
    means: Floats,
    covariances: Floats,
    A: Floats,
    V: Floats,
) -> None:
    """Cut the widest group in two until there are K groups.

    Of all cuts of two orders of its samples it is the one with the highest classification likelihood
    N1 (log pi1 - log det(S1) / 2) + N2 (log pi2 - log det(S2) / 2), N samples of covariance S on each side
    (Symons 1981; Celeux & Govaert 1992). One order is along the first principal component: it parts two
    surfaces. The other is by distance from the mean of the middle half of the first: it parts a wall from
    colours on all sides of it. A covariance gets `least_variance` on its diagonal.
    """
    n_samples, n_components = x.shape[0], weights.shape[0]
    extra = least_variance(floor)
    place = np.empty(n_samples)
    along, around = np.empty(n_samples, np.int64), np.empty(n_samples, np.int64)
    for i in range(n_samples):
        label[i] = 0
    moments_of_labels(x, label, 1, weights, means, covariances)
    for new in range(1, n_components):
        widest, width = -1, 0.0
        for k in range(new):
            spread = 0.0
            for c in range(x.shape[1]):
                spread += weights[k] * covariances[k, c, c]
            if spread > width:
                widest, width = k, spread
        if widest >= 0:
            copy(covariances[widest], A)
            eigh(A, V)
            _places_along_axis(x, A, V, place)
            count = _order_group(x, label, widest, place, along)
            score, cut = _best_cut(x, along, count, extra, A)
            _places_around_middle(x, along, count, place)
            _order_group(x, label, widest, place, around)
            other_score, other_cut = _best_cut(x, around, count, extra, A)
            if other_score > score + SMALLEST_ADVANTAGE:
                along, around, cut = around, along, other_cut
            for rank in range(cut, count):
                label[along[rank]] = new
        moments_of_labels(x, label, new + 1, weights, means, covariances)


@compiled
def _places_along_axis(x: Floats, eigenvalues: Floats, V: Floats, place: Floats) -> None:
    """Fill every sample's place along the eigenvector of the largest eigenvalue."""
    n_samples, n_channels = x.shape
    axis = 0
    for c in range(1, n_channels):
        if eigenvalues[c, c] > eigenvalues[axis, axis]:
            axis = c
    scale, sign = 0.0, 0.0  # eigenvectors have no sign: let the components add up to a positive number
    for c in range(n_channels):
        scale = max(scale, abs(V[c, axis]))
        sign += V[c, axis]
    scale = -scale if sign < 0.0 else scale
    for i in range(n_samples):
        place[i] = 0.0
        for c in range(n_channels):
            place[i] += V[c, axis] / scale * x[i, c]


@compiled
def _places_around_middle(x: Floats, order: Integers, count: int, place: Floats) -> None:
    """Fill every sample's squared distance from the mean of the middle half of an ordered group."""
    n_samples, n_channels = x.shape
    quarter = count // 4
    for i in range(n_samples):
        place[i] = 0.0
    for c in range(n_channels):
        mean = 0.0
        for rank in range(quarter, count - quarter):
            mean += x[order[rank], c]
        mean /= count - 2 * quarter
        for i in range(n_samples):
            place[i] += (x[i, c] - mean) * (x[i, c] - mean)


@compiled
def _order_group(x: Floats, label: Integers, group: int, place: Floats, order: Integers) -> int:
    """Order the samples of `group` by place, in steps of PLACE_UNIT, then by colour; return how many.

    By Shell's method, which compiles faster than numpy's sort.
    """
    n_samples, n_channels = x.shape
    key = np.empty(n_samples, np.int64)
    count = 0
    for i in range(n_samples):
        value = np.int64(np.floor(place[i] / PLACE_UNIT + 0.5))
        for c in range(n_channels):
            value = 512 * value + np.int64(x[i, c]) + 256
        key[i] = value
        if label[i] == group:
            order[count] = i
            count += 1
    gap = count // 2
    while gap > 0:
        for i in range(gap, count):
            moved, j = order[i], i
            while j >= gap and key[order[j - gap]] > key[moved]:
                order[j] = order[j - gap]
                j -= gap
            order[j] = moved
        gap //= 2
    return count


@compiled
def _best_cut(x: Floats, order: Integers, count: int, extra: float, A: Floats) -> tuple[float, int]:
    """Return the highest classification likelihood of a cut of ordered samples, and its lower part's size."""
    n_channels = x.shape[1]
    first, second = np.zeros((2, n_channels)), np.zeros((2, n_channels, n_channels))
    for rank in range(count):
        _add_sample(x, order[rank], 1.0, first[1], second[1])
    side = min(SMALLEST_SIDE, count // 2)
    best, cut = -np.inf, count
    for below in range(1, count):
        _add_sample(x, order[below - 1], 1.0, first[0], second[0])
        _add_sample(x, order[below - 1], -1.0, first[1], second[1])
        if side <= below <= count - side:
            score = 0.0
            for part in range(2):
                size = below if part == 0 else count - below
                for c in range(n_channels):
                    for d in range(n_channels):
                        A[c, d] = second[part, c, d] / size - first[part, c] / size * first[part, d] / size
                    A[c, c] += extra
                score += size * (log(size) - 0.5 * log_det(A, extra))
            if score > best + SMALLEST_ADVANTAGE:
                best, cut = score, below
    return best, cut


@compiled
def _add_sample(x: Floats, i: int, sign: float, first: Floats, second: Floats) -> None:
    """Add a sample to the sums of colours and of their products, or take it away."""
    for c in range(first.shape[0]):
        first[c] += sign * x[i, c]
        for d in range(first.shape[0]):
            second[c, d] += sign * x[i, c] * x[i, d]


@compiled
def moments_of_labels(
    x: Floats, label: Integers, n_groups: int, weights: Floats, means: Floats, covariances: Floats
) -> None:
    """Moments of the groups given by `label`; an empty group gets weight 0 and the identity."""
    n_samples, n_channels = x.shape
    for k in range(n_groups):
        count = 0
        for c in range(n_channels):
            means[k, c] = 0.0
        for i in range(n_samples):
            if label[i] == k:
                count += 1
                for c in range(n_channels):
                    means[k, c] += x[i, c]
        weights[k] = count / n_samples
        for c in range(n_channels):
            means[k, c] /= max(count, 1)
            for d in range(c + 1):
                value = 1.0 if count == 0 and c == d else 0.0
                for i in range(n_samples):
                    if label[i] == k:
                        value += (x[i, c] - means[k, c]) * (x[i, d] - means[k, d]) / count
                covariances[k, c, d] = covariances[k, d, c] = value


@compiled
def uniform_means(
    centre: Floats, seed: int, pixel: int, weights: Floats, means: Floats, covariances: Floats
) -> None:
    """Take the notebook's start: uniform means, identity covariances (of values in [0, 1]), equal weights."""
    n_components, n_channels = means.shape
    for k in range(n_components):
        weights[k] = 1.0 / n_components
        for c in range(n_channels):
            means[k, c] = LEVELS * uniform(seed, pixel, k * n_channels + c) - centre[c]
            for d in range(n_channels):
                covariances[k, c, d] = LEVELS * LEVELS if c == d else 0.0


@compiled
def random_points(
    x: Floats, label: Integers, seed: int, pixel: int, weights: Floats, means: Floats, covariances: Floats
) -> None:
    """Start at K different samples drawn at random, with the pixel's whole covariance and equal weights."""
    n_samples, n_channels = x.shape
    n_components = weights.shape[0]
    for i in range(n_samples):
        label[i] = 0
    moments_of_labels(x, label, 1, weights, means, covariances)
    for i in range(n_samples):
        label[i] = i
    for k in range(n_components):
        weights[k] = 1.0 / n_components
        copy(covariances[0], covariances[k])
        left = max(1, n_samples - k)  # K > N: the last ones share a sample
        draw = min(n_samples - 1, k + int(uniform(seed, pixel, k) * left))
        first = min(k, n_samples - 1)
        label[first], label[draw] = label[draw], label[first]
        for c in range(n_channels):
            means[k, c] = x[label[first], c]
