"""Evidence of convergence: trajectories of the likelihood, and tables that sum up a fit."""

from dataclasses import dataclass

import numpy as np

from bgsub.em import AT_FLOOR, CONSTANT, DEAD, RANK_DEFICIENT, TRAJECTORY_UNIT, UNDEFINED


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Totals over pixels by iteration, in integers, so that the sum over tiles is exact in any order.

    Attributes
    ----------
    log_likelihood : ndarray (T + 1,) int64
        Sum over all pixels of the log-likelihood after t M-steps, in 2^-24 nats per sample. A pixel that
        stopped keeps its last value.
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


def summarise_fit(
    name: str, model: dict[str, np.ndarray], reference: dict[str, np.ndarray]
) -> dict[str, str | int | float]:
    """One row of fits.csv: how a model's fit went, and how far it is from the reference model's.

    Parameters
    ----------
    name : str
        The model's name.
    model, reference : dict of ndarray
        The arrays of model.npz: `weights` (K, H, W), `means` (K, H, W, C), `log_likelihood` (H, W) nats per
        sample, `n_iter`, `converged`, `flags` (H, W). `reference` is the converged model of the same frames.

    Returns
    -------
    dict
        The columns of fits.csv. `converged` and `at_limit` are shares: at the limit are pixels that took all
        the iterations they were allowed and did not converge. Gaps are the reference's log-likelihood minus
        this model's, over the pixels where both are defined. Background differences are per pixel the largest
        over the channels, in 8-bit levels. `constant`, `rank_deficient`, `at_floor`, `dead` and `undefined`
        are shares of all pixels.
    """
    n_iter, converged, flags = model["n_iter"], model["converged"], model["flags"]
    defined = ((flags | reference["flags"]) & UNDEFINED) == 0
    gap = (reference["log_likelihood"] - model["log_likelihood"])[defined]
    if not gap.size:
        gap = np.zeros(1)
    difference = 255.0 * np.abs(
        background_image(model["weights"], model["means"])
        - background_image(reference["weights"], reference["means"])
    ).max(axis=-1)
    return {
        "model": name,
        "pixels": int(n_iter.size),
        "iterations_median": float(np.median(n_iter)),
        "iterations_p90": float(np.quantile(n_iter, 0.9)),
        "iterations_max": int(n_iter.max()),
        "converged": float(converged.mean()),
        "at_limit": float((~converged & ((flags & UNDEFINED) == 0)).mean()),
        "log_likelihood": float(model["log_likelihood"].mean()),
        "gap_median": float(np.median(gap)),
        "gap_p90": float(np.quantile(gap, 0.9)),
        "gap_over_0.01": float((gap > 0.01).mean()),
        "background_difference_mean": float(difference.mean()),
        "background_over_5": float((difference > 5).mean()),
        "constant": _share(flags, CONSTANT),
        "rank_deficient": _share(flags, RANK_DEFICIENT),
        "at_floor": _share(flags, AT_FLOOR),
        "dead": _share(flags, DEAD),
        "undefined": _share(flags, UNDEFINED),
    }


def _share(flags: np.ndarray, bit: int) -> float:
    """Share of the pixels whose flags have `bit`."""
    return float(((flags & bit) != 0).mean())
