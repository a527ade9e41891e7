"""Where EM starts from: the deterministic split, the notebook's uniform means, or random data points.

All work on one pixel's samples `x` (N, C) in levels about the pixel's centre, and fill `weights` (K,),
`means` (K, C) and `covariances` (K, C, C).
"""

import numpy as np

from bgsub.compiled import compiled
from bgsub.linalg import copy, eigh
from bgsub.numerics import uniform

STARTS = {"split": 0, "uniform": 1, "random": 2}
SMALLEST_SIDE = 3  # samples; fewer give a component that lives on one outlier
LEVELS = 255.0


@compiled
def split(x, label, weights, means, covariances, A, V):
    """Cut the widest group at the best place along its main axis until there are K groups.

    For K = 2: the cut of the samples' first principal component that is optimal for 1-D 2-means.
    """
    n_samples, n_components = x.shape[0], weights.shape[0]
    position, ordered = np.empty(n_samples), np.empty(n_samples)
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
            _cut(x, label, widest, new, means[widest], A, V, position, ordered)
        moments_of_labels(x, label, new + 1, weights, means, covariances)


@compiled
def _cut(x, label, group, new, mean, eigenvalues, V, position, ordered):
    """Give label `new` to the samples of `group` beyond the best cut along its first eigenvector."""
    n_samples, n_channels = x.shape
    axis = 0
    for c in range(1, n_channels):
        if eigenvalues[c, c] > eigenvalues[axis, axis]:
            axis = c
    sign = 0.0  # eigenvectors have no sign of their own: let the components add up to a positive number
    for c in range(n_channels):
        sign += V[c, axis]
    sign = -1.0 if sign < 0.0 else 1.0
    count = 0
    for i in range(n_samples):
        position[i] = 0.0
        for c in range(n_channels):
            position[i] += sign * V[c, axis] * (x[i, c] - mean[c])
        if label[i] == group:
            ordered[count] = position[i]
            count += 1
    _sort(ordered, count)
    cut = _best_cut(ordered, count, min(SMALLEST_SIDE, count // 2))
    if cut < 0:
        cut = _best_cut(ordered, count, 1)
    for i in range(n_samples):
        if label[i] == group and cut >= 0 and position[i] >= ordered[cut]:
            label[i] = new


@compiled
def _sort(values, count):
    """Sort the first `count` values by Shell's method (compiles faster than numpy's sort)."""
    gap = count // 2
    while gap > 0:
        for i in range(gap, count):
            value = values[i]
            j = i
            while j >= gap and values[j - gap] > value:
                values[j] = values[j - gap]
                j -= gap
            values[j] = value
        gap //= 2


@compiled
def _best_cut(position, count, smallest_side):
    """Size of the lower part at the exact 1-D 2-means cut of `count` sorted values; -1 if none is allowed."""
    total = 0.0
    for i in range(count):
        total += position[i]
    below, best, cut = 0.0, -1.0, -1
    for i in range(1, count):
        below += position[i - 1]
        # Rounding may part samples of one colour by 1e-14; a cut never goes between them.
        if smallest_side <= i <= count - smallest_side and position[i] - position[i - 1] > 1e-6:
            above = total - below
            between = below * below / i + above * above / (count - i)
            if between > best:
                best, cut = between, i
    return cut


@compiled
def moments_of_labels(x, label, n_groups, weights, means, covariances):
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
def uniform_means(centre, seed, pixel, weights, means, covariances):
    """Take the notebook's start: uniform means, identity covariances (of values in [0, 1]), equal weights."""
    n_components, n_channels = means.shape
    for k in range(n_components):
        weights[k] = 1.0 / n_components
        for c in range(n_channels):
            means[k, c] = LEVELS * uniform(seed, pixel, k * n_channels + c) - centre[c]
            for d in range(n_channels):
                covariances[k, c, d] = LEVELS * LEVELS if c == d else 0.0


@compiled
def random_points(x, label, seed, pixel, weights, means, covariances):
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
