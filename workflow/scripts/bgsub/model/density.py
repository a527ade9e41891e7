"""Densities of mixtures by numpy and eigenvectors, for few samples, and to check the compiled fit by."""

import numpy as np

from bgsub.model.constants import LEVELS, LOG_2PI, LOG_LEVELS, ROUNDING_VARIANCE

SINGULAR = 1e6 * np.finfo(float).eps  # of the largest eigenvalue: scipy's multivariate_normal


def log_joint_densities(
    samples: np.ndarray,
    weights: np.ndarray,
    means: np.ndarray,
    covariances: np.ndarray,
    floor: float | None = None,
) -> np.ndarray:
    """Logarithm of weight times density of each component at each sample.

    Parameters
    ----------
    samples : ndarray (N, P, C) uint8
    weights, means, covariances : ndarray (K, P), (K, P, C), (K, P, C, C)
        In [0, 1] units; a component of weight 0 takes no part.
    floor : float, optional
        Eigenvalues below it are raised to it, squared levels. Without one, those of a singular covariance,
        which has no density, are raised to the variance of rounding.

    Returns
    -------
    ndarray (N, K, P), nats, density of values in [0, 1].
    """
    variances, axes = np.linalg.eigh(LEVELS**2 * covariances)
    singular = variances[..., :1] <= SINGULAR * variances[..., -1:]
    variances = np.maximum(variances, np.where(singular, ROUNDING_VARIANCE, 0.0) if floor is None else floor)
    channels = samples.shape[-1]
    log_norm = channels * (LOG_LEVELS - 0.5 * LOG_2PI) - 0.5 * np.log(variances).sum(axis=-1)
    with np.errstate(divide="ignore"):
        log_norm = log_norm + np.log(weights)
    deviation = samples[:, np.newaxis] - LEVELS * means
    along = np.einsum("nkpc,kpcd->nkpd", deviation, axes)
    return log_norm - 0.5 * (along**2 / variances).sum(axis=-1)
