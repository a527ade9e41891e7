"""Synthetic pixels of several kinds; scikit-learn's EM and the notebook's, transcribed, as oracles."""

import warnings

import numpy as np
from scipy.stats import multivariate_normal
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from bgsub.model.constants import AT_FLOOR, DEAD
from bgsub.model.gmm import log_joint_densities

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


def plain_em(start, frames, iterations, floor):
    """EM in plain numpy at all pixels, from a model's parameters.

    Returns weights (K, P), means, covariances in [0, 1] units, the mean log-likelihood (P,), and the flags of
    covariances at the floor and of components with fewer than four samples.
    """
    samples = frames.reshape(len(frames), -1, start.means_.shape[-1]).astype(float)
    weights, means, covariances = (
        start.weights_[:, 0],
        start.means_[:, 0] * 255,
        start.covariances_[:, 0] * 255**2,
    )
    channels, at_floor = samples.shape[-1], (start.flags_[0] & AT_FLOOR) > 0
    constant = (samples == samples[0]).all(axis=(0, 2))
    for iteration in range(iterations + 1):
        values, axes = np.linalg.eigh(covariances)
        with np.errstate(all="ignore"):  # without a floor, singular covariances have no density
            norm = np.log(weights) - 0.5 * (channels * np.log(2 * np.pi) + np.log(values).sum(axis=-1))
            along = np.einsum("nkpc,kpcd->nkpd", samples[:, np.newaxis] - means, axes)
            terms = norm - 0.5 * (along**2 / values).sum(axis=-1)
            density = np.logaddexp.reduce(terms, axis=1)
            shares = np.exp(terms - density[:, np.newaxis])
        if iteration == iterations:
            break
        with np.errstate(all="ignore"):
            totals = shares.sum(axis=0)
            alive = totals >= 1e-8
            new_means = np.einsum("nkp,npc->kpc", shares, samples) / totals[..., np.newaxis]
            deviation = samples[:, np.newaxis] - new_means
            scatter = np.einsum("nkp,nkpc,nkpd->kpcd", shares, deviation, deviation)
            new_covariances = scatter / totals[..., np.newaxis, np.newaxis]
        alive &= ~constant
        weights = np.where(constant, weights, totals / len(samples))
        means = np.where(alive[..., np.newaxis], new_means, means)
        covariances = np.where(alive[..., np.newaxis, np.newaxis], new_covariances, covariances)
        values, axes = np.linalg.eigh(np.nan_to_num(covariances))
        if floor is not None:
            low = values[..., 0] < floor
            raised = np.einsum("kpcd,kpd,kped->kpce", axes, np.maximum(values, floor), axes)
            covariances = np.where(low[..., np.newaxis, np.newaxis], raised, covariances)
            at_floor = low.any(axis=0)
    flags = AT_FLOOR * (at_floor & ~constant) + DEAD * ((weights * len(samples) < 4).any(axis=0) & ~constant)
    return weights, means / 255, covariances / 255**2, density.mean(axis=0) + channels * np.log(255), flags


def posterior_of(model, frames):
    """Log-likelihood (N, H, W) of each sample in nats, and the probability (N, K, H, W) of each component."""
    size = frames.shape[1:3]
    parameters = (getattr(model, f"{name}_") for name in ("weights", "means", "covariances"))
    flat = [array.reshape(len(array), -1, *array.shape[3:]) for array in parameters]
    terms = log_joint_densities(frames.reshape(len(frames), -1, flat[1].shape[-1]), *flat)
    density = np.logaddexp.reduce(terms, axis=1)
    probability = np.exp(terms - density[:, np.newaxis])
    return density.reshape(-1, *size), probability.reshape(len(frames), -1, *size)


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
