"""What fits of tiles add up to: the likelihood by iteration, and the background image."""

from dataclasses import dataclass

import numpy as np

from bgsub.model.constants import TRAJECTORY_UNIT


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Totals over pixels by iteration, in integers, so that the sum over tiles is exact in any order."""

    log_likelihood: np.ndarray
    """(T + 1,) int64, sum over all pixels of the log-likelihood after t M-steps, in 2^-24 nats per sample. A
    pixel that stopped keeps its last value."""
    converged: np.ndarray
    """(T + 1,) int64, number of pixels that had converged after t M-steps."""
    pixels: int
    """Number of pixels."""


def trajectory_rows(trajectory: Trajectory) -> list[dict[str, float]]:
    """Rows of convergence.csv, up to the last iteration that changed anything.

    They have `iteration`, `log_likelihood` (mean over pixels, nats per sample), `gain` (of this iteration, 0
    at the first row) and `converged` (share of pixels).
    """
    log_likelihood = trajectory.log_likelihood / TRAJECTORY_UNIT / trajectory.pixels
    converged = trajectory.converged / trajectory.pixels
    changed = (np.diff(trajectory.log_likelihood) != 0) | (np.diff(trajectory.converged) != 0)
    last = np.flatnonzero(changed)[-1] + 1 if changed.any() else 0
    gain = np.diff(log_likelihood, prepend=log_likelihood[0])
    columns = range(last + 1), log_likelihood.tolist(), gain.tolist(), converged.tolist()
    names = "iteration", "log_likelihood", "gain", "converged"
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=False)]


def background_image(weights: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Mean of each pixel's heaviest component: (H, W, C) float64, in the units of the means.

    Weights are (K, H, W), means (K, H, W, C). Of equal weights the first component wins,
    where a fit has put the narrowest.
    """
    heaviest = weights.argmax(axis=0)
    return np.take_along_axis(means, heaviest[np.newaxis, ..., np.newaxis], axis=0)[0]
