"""What others would write: EM in plain batched numpy, a scipy loop like the notebook's, and scikit-learn's.

Each takes samples (N, P, 3) uint8 and returns the mean number of iterations per pixel.
"""

import warnings

import numpy as np
from scipy.stats import multivariate_normal
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

FLOOR = 1 / 255**2  # one squared level
NOTEBOOK_ITERATIONS = 5


def numpy_batch(samples: np.ndarray, tolerance: float = 1e-6, max_iterations: int = 300) -> float:
    """EM for two components over all pixels at once, with an eigenvalue floor; converged pixels are left out.

    Starts from the halves on both sides of the mean along the first principal axis.
    """
    x = samples.transpose(1, 0, 2) / 255.0
    x = x[x.std(axis=1).max(axis=1) > 0]
    centred = x - x.mean(axis=1, keepdims=True)
    axis = np.linalg.eigh(centred.transpose(0, 2, 1) @ centred)[1][:, :, -1:]
    above = (centred @ axis)[:, :, 0] > 0
    responsibilities = np.stack([~above, above], axis=1).astype(float)
    left, before = np.arange(len(x)), np.full(len(x), -np.inf)
    iterations = np.zeros(len(x))
    for _ in range(max_iterations):
        responsibilities, log_likelihood = _step(x[left], responsibilities)
        iterations[left] += 1
        going = log_likelihood - before >= tolerance
        left, before, responsibilities = left[going], log_likelihood[going], responsibilities[going]
        if not left.size:
            break
    return float(iterations.sum() / samples.shape[1])


def _step(x: np.ndarray, responsibilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One EM step, M then E, of responsibilities (P, K, N) for samples (P, N, 3), and the log-likelihood."""
    totals = responsibilities.sum(axis=2) + 1e-12
    means = responsibilities @ x / totals[..., None]
    deviations = x[:, None] - means[:, :, None]
    covariances = (
        (responsibilities[..., None] * deviations).swapaxes(2, 3) @ deviations / totals[..., None, None]
    )
    variances, axes = np.linalg.eigh(covariances)
    variances = np.maximum(variances, FLOOR)
    whitened = deviations @ (axes / np.sqrt(variances)[:, :, None])
    log_norm = np.log(totals / x.shape[1]) - 0.5 * np.log(2 * np.pi * variances).sum(axis=-1)
    log_joint = log_norm[..., None] - 0.5 * (whitened**2).sum(axis=-1)
    log_density = np.logaddexp(log_joint[:, 0], log_joint[:, 1])
    return np.exp(log_joint - log_density[:, None]), log_density.mean(axis=1)


def scikit_learn(
    samples: np.ndarray,
    threads: int,
    tolerance: float = 1e-6,
    max_iterations: int = 300,
    components: int = 2,
) -> float:
    """scikit-learn's GaussianMixture, pixel by pixel; its covariance floor is added, not a limit.

    One thread suits it best: with more, the threads of its k-means wait for each other at every small step.
    """
    mixture = GaussianMixture(
        components, tol=tolerance, reg_covar=FLOOR, max_iter=max_iterations, random_state=0
    )
    iterations = 0
    with warnings.catch_warnings(), threadpool_limits(threads):
        warnings.simplefilter("ignore", ConvergenceWarning)
        for pixel in samples.transpose(1, 0, 2) / 255.0:
            iterations += mixture.fit(pixel).n_iter_
    return iterations / samples.shape[1]


def scipy_loop(samples: np.ndarray) -> float:
    """Loop as the notebook does, over pixels, components and samples: 5 iterations from means in [0, 1]."""
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        for pixel in samples.transpose(1, 0, 2) / 255.0:
            _notebook_fit(pixel, rng)
    return float(NOTEBOOK_ITERATIONS)


def _notebook_fit(x: np.ndarray, rng: np.random.Generator) -> None:
    n = len(x)
    weights, means, covariances = [0.5, 0.5], rng.random((2, 3)), [np.eye(3), np.eye(3)]
    for _ in range(NOTEBOOK_ITERATIONS):
        joint = np.empty((n, 2))
        for k in range(2):
            density = multivariate_normal(means[k], covariances[k], allow_singular=True)
            for i in range(n):
                joint[i, k] = weights[k] * density.pdf(x[i])
        responsibilities = joint / joint.sum(axis=1, keepdims=True)
        for k in range(2):
            total = responsibilities[:, k].sum()
            if not total > 0:  # the notebook goes on with NaN
                return
            weights[k] = total / n
            means[k] = responsibilities[:, k] @ x / total
            covariances[k] = np.zeros((3, 3))
            for i in range(n):
                deviation = x[i] - means[k]
                covariances[k] = (
                    covariances[k] + responsibilities[i, k] * np.outer(deviation, deviation) / total
                )
