"""EM for one pixel's mixture of Gaussians, and the loop over the pixels of a band (compiled).

Dempster, Laird & Rubin 1977. Inside, colours are 8-bit levels about the pixel's rounded mean, so that samples
are small exact integers; parameters and likelihoods leave it in the units of values in [0, 1].
"""

from math import isnan

import numpy as np

from bgsub.model.compiled import compiled
from bgsub.model.constants import (
    AT_FLOOR,
    CONSTANT,
    DEAD,
    LEVELS,
    RANK_DEFICIENT,
    TRAJECTORY_UNIT,
    UNDEFINED,
)
from bgsub.model.kernel import Colours, Fit, FitSettings, Floats, Integers, Steps
from bgsub.model.linalg import copy, floor_eigenvalues, is_singular, rank, whitening
from bgsub.model.numerics import LOG_2PI, LOWEST_EXPONENT, exp, log
from bgsub.model.starts import (
    ROUNDING_VARIANCE,
    moments_of_labels,
    random_points,
    split_start,
    uniform_means,
)

ALIVE_SAMPLES = 4.0  # a component with fewer effective samples than d + 1 = 4 has no covariance of its own
LOG_LEVELS = 5.541263545158426  # log 255: density of values in [0, 1] from that of levels, per channel


@compiled
def e_step(
    x: Floats, weights: Floats, means: Floats, W: Floats, log_norm: Floats, responsibilities: Floats
) -> tuple[float, float]:
    """Fill `responsibilities` (N, K), in the log domain, as densities under- and overflow.

    Returns the mean log-likelihood, and the lowest of the samples' largest terms.
    """
    n_samples, n_channels = x.shape
    n_components = weights.shape[0]
    total, lowest = 0.0, np.inf
    for i in range(n_samples):
        highest = -np.inf
        for k in range(n_components):
            squared = 0.0
            for c in range(n_channels):
                z = 0.0
                for d in range(c + 1):
                    z += W[k, c, d] * (x[i, d] - means[k, d])
                squared += z * z
            responsibilities[i, k] = log_norm[k] - 0.5 * squared
            highest = max(highest, responsibilities[i, k])
        density = 0.0
        for k in range(n_components):
            responsibilities[i, k] = exp(responsibilities[i, k] - highest)
            density += responsibilities[i, k]
        for k in range(n_components):
            responsibilities[i, k] /= density
        total += highest + log(density)
        lowest = min(lowest, highest)
    return total / n_samples, lowest


@compiled
def m_step(
    x: Floats, responsibilities: Floats, alive: float, weights: Floats, means: Floats, covariances: Floats
) -> bool:
    """Set weights, means and covariances to the maximum of the expected log-likelihood.

    A component whose responsibilities add up to less than `alive` keeps its mean and covariance; only its
    weight moves. Returns whether there was none such.
    """
    n_samples, n_channels = x.shape
    all_alive = True
    for k in range(weights.shape[0]):
        total = 0.0
        for i in range(n_samples):
            total += responsibilities[i, k]
        weights[k] = total / n_samples
        if total < alive:
            all_alive = False
            continue
        for c in range(n_channels):
            value = 0.0
            for i in range(n_samples):
                value += responsibilities[i, k] * x[i, c]
            means[k, c] = value / total
        for c in range(n_channels):
            for d in range(c + 1):
                value = 0.0
                for i in range(n_samples):
                    value += responsibilities[i, k] * (x[i, c] - means[k, c]) * (x[i, d] - means[k, d])
                covariances[k, c, d] = covariances[k, d, c] = value / total
    return all_alive


@compiled
def prepare(
    weights: Floats, covariances: Floats, floor: float, A: Floats, V: Floats, W: Floats, log_norm: Floats
) -> tuple[bool, bool]:
    """Floor the covariances, and fill the whitening matrices and log norms.

    A floor of 0 means none: covariances are left as they are. Returns whether any is at the floor, and
    whether any is singular.
    """
    n_components, n_channels = covariances.shape[:2]
    floored = False
    for k in range(n_components):
        if floor > 0.0:
            floored |= floor_eigenvalues(covariances[k], floor, A, V)
        elif is_singular(covariances[k], A, V):
            return floored, True
        log_det = whitening(covariances[k], A, W[k])
        log_norm[k] = (
            log(max(weights[k], 1e-300)) + log_det - n_channels * 0.5 * LOG_2PI + n_channels * LOG_LEVELS
        )
    return floored, False


@compiled
def iterate(
    x: Floats,
    weights: Floats,
    means: Floats,
    covariances: Floats,
    floor: float,
    tolerance: float,
    max_iterations: int,
    responsibilities: Floats,
    A: Floats,
    V: Floats,
    W: Floats,
    log_norm: Floats,
    history: Floats,
) -> tuple[int, bool, int]:
    """Run EM from the given parameters, in place; returns (iterations, converged, flags).

    `history[t]` becomes the log-likelihood after t M-steps. The pixel stops at the first t >= 1 whose gain is
    below `tolerance` (never, if that is negative) with the parameters of that t.
    """
    alive = 1e-8 if floor > 0.0 else 1e-300
    floored, singular = prepare(weights, covariances, floor, A, V, W, log_norm)
    undefined = singular
    if singular:
        floored, singular = prepare(weights, covariances, ROUNDING_VARIANCE, A, V, W, log_norm)
    history[0], lowest = e_step(x, weights, means, W, log_norm, responsibilities)
    undefined = undefined or isnan(history[0])
    t, converged = 0, weights.shape[0] == 1
    while t < max_iterations and not converged and not undefined:
        if floor == 0.0 and lowest < LOWEST_EXPONENT:
            undefined = True  # the notebook's densities underflow: 0 / 0
            break
        all_alive = m_step(x, responsibilities, alive, weights, means, covariances)
        t += 1
        floored, singular = prepare(weights, covariances, floor, A, V, W, log_norm)
        if floor == 0.0 and (singular or not all_alive):
            undefined = True
            history[t] = history[t - 1]
            break
        history[t], lowest = e_step(x, weights, means, W, log_norm, responsibilities)
        if isnan(history[t]):
            undefined = True
            history[t] = history[t - 1]
            break
        converged = tolerance >= 0.0 and history[t] - history[t - 1] < tolerance
    flags = AT_FLOOR if floored and not undefined else 0
    for k in range(weights.shape[0]):
        if weights[k] * x.shape[0] < ALIVE_SAMPLES:
            flags |= DEAD
    return t, converged and not undefined, flags | (UNDEFINED if undefined else 0)


@compiled
def fixed(value: float) -> int:
    """Round to the trajectory's unit; what is not a number adds nothing."""
    return 0 if isnan(value) else int(np.floor(value * TRAJECTORY_UNIT + 0.5))


@compiled
def fit_band(
    frames: Colours, places: Integers, settings: FitSettings, offset: int, fit: Fit, steps: Steps
) -> None:
    """Fit the pixels of `frames` (N, P, C) into `fit` from index `offset` on, and add to `steps`.

    Random starts go by the pixels' `places` (P,) in the whole image.
    """
    tolerance, max_iterations, floor = settings.tolerance, settings.max_iterations, settings.floor
    n_samples, n_pixels, n_channels = frames.shape
    n_components = fit.weights.shape[0]
    x = np.empty((n_samples, n_channels))
    label = np.empty(n_samples, dtype=np.int64)
    centre = np.empty(n_channels)
    responsibilities = np.empty((n_samples, n_components))
    w = np.empty(n_components)
    mu = np.empty((n_components, n_channels))
    sigma = np.empty((n_components, n_channels, n_channels))
    W = np.empty((n_components, n_channels, n_channels))
    log_norm = np.empty(n_components)
    A = np.empty((n_channels, n_channels))
    V = np.empty((n_channels, n_channels))
    history = np.empty(max_iterations + 1)
    for p in range(n_pixels):
        for c in range(n_channels):
            total = np.int64(0)
            for i in range(n_samples):
                total += np.int64(frames[i, p, c])
            centre[c] = np.floor(total / n_samples + 0.5)
            for i in range(n_samples):
                x[i, c] = np.float64(frames[i, p, c]) - centre[c]
        for i in range(n_samples):
            label[i] = 0
        moments_of_labels(x, label, 1, w, mu, sigma)
        data_rank = rank(sigma[0], A)
        pixel = places[p]
        if data_rank == 0:
            for k in range(n_components):
                w[k] = 1.0 if k == 0 else 0.0
                for c in range(n_channels):
                    mu[k, c] = 0.0
                copy(sigma[0], sigma[k])
            prepare(w, sigma, floor if floor > 0.0 else ROUNDING_VARIANCE, A, V, W, log_norm)
            history[0], _ = e_step(x, w, mu, W, log_norm, responsibilities)
            t, done, flag = 0, True, CONSTANT | (0 if floor > 0.0 else UNDEFINED)
        else:
            if settings.start == 0 or n_components == 1:
                split_start(x, floor, label, w, mu, sigma, A, V)
            elif settings.start == 1:
                uniform_means(centre, settings.seed, pixel, w, mu, sigma)
            else:
                random_points(x, label, settings.seed, pixel, w, mu, sigma)
            t, done, flag = iterate(
                x,
                w,
                mu,
                sigma,
                floor,
                tolerance,
                max_iterations,
                responsibilities,
                A,
                V,
                W,
                log_norm,
                history,
            )
            flag |= RANK_DEFICIENT if data_rank < n_channels else 0
        _store(offset + p, centre, w, mu, sigma, fit)
        fit.log_likelihood[offset + p] = history[t]
        fit.n_iter[offset + p] = t
        fit.converged[offset + p] = done
        fit.flags[offset + p] = flag
        previous = 0
        for s in range(t + 1):
            value = fixed(history[s])
            steps.gains[s] += value - previous
            previous = value
        if done:
            steps.converged_at[t] += 1


@compiled
def _store(p: int, centre: Floats, w: Floats, mu: Floats, sigma: Floats, fit: Fit) -> None:
    """Write one pixel's parameters in the units of values in [0, 1]."""
    n_components, n_channels = mu.shape
    for k in range(n_components):
        fit.weights[k, p] = w[k]
        for c in range(n_channels):
            fit.means[k, p, c] = (mu[k, c] + centre[c]) / LEVELS
            for d in range(n_channels):
                fit.covariances[k, p, c, d] = sigma[k, c, d] / (LEVELS * LEVELS)


@compiled
def posterior_band(
    frames: Colours,
    weights: Floats,
    means: Floats,
    covariances: Floats,
    offset: int,
    log_density: Floats,
    probability: Floats,
) -> None:
    """Log-density (N, P) of every sample of `frames` (N, P, C), and its components' posteriors (N, K, P)."""
    n_samples, n_pixels, n_channels = frames.shape
    n_components = weights.shape[0]
    x = np.empty((n_samples, n_channels))
    responsibilities = np.empty((n_samples, n_components))
    w = np.empty(n_components)
    mu = np.empty((n_components, n_channels))
    sigma = np.empty((n_components, n_channels, n_channels))
    W = np.empty((n_components, n_channels, n_channels))
    log_norm = np.empty(n_components)
    A = np.empty((n_channels, n_channels))
    V = np.empty((n_channels, n_channels))
    for p in range(n_pixels):
        for k in range(n_components):
            w[k] = weights[k, offset + p]
            for c in range(n_channels):
                mu[k, c] = means[k, offset + p, c] * LEVELS
                for d in range(n_channels):
                    sigma[k, c, d] = covariances[k, offset + p, c, d] * (LEVELS * LEVELS)
        # A covariance that the notebook's arithmetic left singular has no density; the variance of rounding
        # stands in.
        _, singular = prepare(w, sigma, 0.0, A, V, W, log_norm)
        if singular:
            prepare(w, sigma, ROUNDING_VARIANCE, A, V, W, log_norm)
        for i in range(n_samples):
            for c in range(n_channels):
                x[i, c] = np.float64(frames[i, p, c])
        for i in range(n_samples):
            mean, _ = e_step(x[i : i + 1], w, mu, W, log_norm, responsibilities[i : i + 1])
            log_density[i, p] = mean
            for k in range(n_components):
                probability[i, k, p] = responsibilities[i, k]
