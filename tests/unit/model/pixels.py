"""Synthetic pixels of several kinds; scikit-learn's EM and the notebook's, transcribed, as oracles."""

import warnings

import numpy as np
from scipy.stats import multivariate_normal
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

ATTRIBUTES = (
    "weights_", "means_", "covariances_", "log_likelihood_", "n_iter_", "converged_", "flags_",
)  # fmt: skip


def noisy_pixels(rng, pixels, *, frames=44, covered=0.0, sigma=3.0):
    """Frames (N, 1, pixels, 3) of a noisy grey wall that a darker object covers for a share of the frames."""
    samples = rng.normal(120.0, sigma, (frames, 1, pixels, 3))
    length = round(covered * frames)
    if length:
        colour = rng.uniform(40.0, 80.0, (pixels, 3))
        samples[8 : 8 + length, 0] = colour + rng.normal(0.0, 10.0, (length, pixels, 3))
    return np.clip(np.round(samples), 0, 255).astype(np.uint8)


def mixed_pixels(seed=0, *, each=12, frames=44):
    """Static, covered, quantised, grey, constant, two-valued, saturated pixels, and with one outlier."""
    rng = np.random.default_rng(seed)
    kinds = [noisy_pixels(rng, each, frames=frames, covered=share) for share in (0.0, 0.07, 0.2, 0.45)]
    kinds.append(noisy_pixels(rng, each, frames=frames, sigma=0.35))
    kinds.append(np.repeat(noisy_pixels(rng, each, frames=frames)[..., :1], 3, axis=3))
    kinds.append(np.full((frames, 1, each, 3), 77, dtype=np.uint8))
    kinds.append(rng.choice(np.array([10, 200], dtype=np.uint8), (frames, 1, each, 1)).repeat(3, axis=3))
    kinds.append(np.clip(rng.normal(254, 3, (frames, 1, each, 3)), 0, 255).astype(np.uint8))
    outlier = np.full((frames, 1, each, 3), 30, dtype=np.uint8)
    outlier[frames // 2] = 31
    kinds.append(outlier)
    return np.concatenate(kinds, axis=2)


def notebook_em(samples, means, iterations=5):
    """EM as the notebook computes it, on one pixel's samples (N, 3) in [0, 1].

    Returns weights, means and covariances, or None where its arithmetic is undefined: a singular covariance,
    0 / 0.
    """
    n_components = len(means)
    weights = np.full(n_components, 1.0 / n_components)
    means = np.array(means)
    covariances = np.array([np.eye(3)] * n_components)
    for _ in range(iterations):
        densities = np.stack(
            [
                weights[k] * multivariate_normal(means[k], covariances[k], allow_singular=True).pdf(samples)
                for k in range(n_components)
            ],
            axis=1,
        )
        totals = densities.sum(axis=1, keepdims=True)
        if (totals < 1e-300).any():
            return None
        responsibilities = densities / totals
        sums = responsibilities.sum(axis=0)
        if (sums < 1e-300).any():
            return None
        weights = sums / len(samples)
        for k in range(n_components):
            means[k] = responsibilities[:, k] @ samples / sums[k]
            deviation = samples - means[k]
            covariances[k] = (responsibilities[:, k, None] * deviation).T @ deviation / sums[k]
            eigenvalues = np.linalg.eigvalsh(covariances[k])
            if eigenvalues[0] <= 1e6 * np.finfo(float).eps * eigenvalues[-1]:
                return None
    return weights, means, covariances


def parameters_of(model, x, y=0):
    return model.weights_[:, y, x], model.means_[:, y, x], model.covariances_[:, y, x]


def sklearn_from(weights, means, covariances, samples, iterations, reg_covar=0.0):
    """scikit-learn's mixture after `iterations` M-steps from the given parameters."""
    reference = GaussianMixture(
        len(weights),
        tol=0.0,
        reg_covar=reg_covar,
        max_iter=iterations,
        weights_init=weights / weights.sum(),
        means_init=means,
        precisions_init=np.linalg.inv(covariances),
    )
    with warnings.catch_warnings(), threadpool_limits(1):  # its threads only fight over matrices this small
        warnings.simplefilter("ignore", ConvergenceWarning)
        return reference.fit(samples)
