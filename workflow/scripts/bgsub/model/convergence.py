"""What fits of tiles add up to: the likelihood by iteration, and the background image."""

from dataclasses import dataclass

import numpy as np

from bgsub.model.constants import TRAJECTORY_UNIT


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Totals over pixels by iteration, in integers, so that the sum over tiles is exact in any order.

    Attributes
    ----------
    log_likelihood : ndarray (T + 1,) int64
        Sum over all pixels of the log-likelihood after t M-steps, in 2^-24 nats per sample. A pixel that
        stopped keeps its last value. Of a fit of `each` pixel (P, T + 1).
    converged : ndarray (T + 1,) int64
        Number of pixels that had converged after t M-steps.
    pixels : int
        Number of pixels.
    """

    log_likelihood: np.ndarray
    converged: np.ndarray
    pixels: int

    def __add__(self, other: "Trajectory") -> "Trajectory":
        """Trajectory of both sets of pixels together, for the same largest number of iterations."""
        return Trajectory(
            self.log_likelihood + other.log_likelihood,
            self.converged + other.converged,
            self.pixels + other.pixels,
        )


def trajectory_rows(trajectory: Trajectory) -> list[dict[str, float]]:
    """Rows of convergence.csv.

    Returns
    -------
    list of dict
        `iteration`, `log_likelihood` (mean over pixels, nats per sample), `gain` (of this iteration, 0 at the
        first row) and `converged` (share of pixels), up to the last iteration that changed anything.
    """
    log_likelihood = trajectory.log_likelihood / TRAJECTORY_UNIT / trajectory.pixels
    converged = trajectory.converged / trajectory.pixels
    changed = (np.diff(trajectory.log_likelihood) != 0) | (np.diff(trajectory.converged) != 0)
    last = np.flatnonzero(changed)[-1] + 1 if changed.any() else 0
    gain = np.diff(log_likelihood, prepend=log_likelihood[0])
    return [
        {
            "iteration": t,
            "log_likelihood": float(log_likelihood[t]),
            "gain": float(gain[t]),
            "converged": float(converged[t]),
        }
        for t in range(last + 1)
    ]


def background_image(weights: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Mean of each pixel's heaviest component.

    Parameters
    ----------
    weights : ndarray (K, H, W)
    means : ndarray (K, H, W, C), in [0, 1]

    Returns
    -------
    ndarray (H, W, C) float64, in [0, 1]. Of equal weights the first component wins.
    """
    heaviest = weights.argmax(axis=0)
    return np.take_along_axis(means, heaviest[np.newaxis, ..., np.newaxis], axis=0)[0]
