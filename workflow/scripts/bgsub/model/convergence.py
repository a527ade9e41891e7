"""Evidence of convergence: trajectories of the likelihood, and tables and maps that sum up a fit."""

from dataclasses import dataclass

import numpy as np

from bgsub.model.constants import (
    AT_FLOOR,
    CLOSE_ENOUGH,
    CONSTANT,
    DEAD,
    LEVELS,
    RANK_DEFICIENT,
    TRAJECTORY_UNIT,
    UNDEFINED,
)


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
        The arrays of model.npz: `weights` (K, H, W), `means` (K, H, W, C), `covariances` (K, H, W, C, C),
        `log_likelihood` (H, W) nats per sample, `n_iter`, `converged`, `flags` (H, W). `reference` is the
        converged model of the same frames; its covariances and iterations are not read.

    Returns
    -------
    dict
        The columns of fits.csv. `converged` and `at_limit` are shares: at the limit are pixels that took all
        the iterations they were allowed and did not converge. Gaps are the reference's log-likelihood minus
        this model's, over the pixels where both are defined; NaN if none is. Means leave out pixels with a
        NaN. Background differences are per pixel the largest over the channels, in 8-bit levels.
        `constant`, `rank_deficient`, `at_floor`, `dead` and `undefined` are shares of all pixels,
        `not_finite` is the number of pixels with a NaN or an infinity.
    """
    n_iter, converged, flags = model["n_iter"], model["converged"], model["flags"]
    likelihood, best = model["log_likelihood"], reference["log_likelihood"]
    finite = np.isfinite(likelihood)
    defined = (((flags | reference["flags"]) & UNDEFINED) == 0) & finite & np.isfinite(best)
    gap = (best - likelihood)[defined] if defined.any() else np.full(1, np.nan)
    difference = 255.0 * np.abs(
        background_image(model["weights"], model["means"])
        - background_image(reference["weights"], reference["means"])
    ).max(axis=-1)
    difference = difference[np.isfinite(difference)] if np.isfinite(difference).any() else np.zeros(1)
    return {
        "model": name,
        "pixels": int(n_iter.size),
        "iterations_median": float(np.median(n_iter)),
        "iterations_p90": float(np.quantile(n_iter, 0.9)),
        "iterations_max": int(n_iter.max()),
        "converged": float(converged.mean()),
        "at_limit": float((~converged & ((flags & UNDEFINED) == 0)).mean()),
        "log_likelihood": float(likelihood[finite].mean()) if finite.any() else float("nan"),
        "gap_median": float(np.median(gap)),
        "gap_p90": float(np.quantile(gap, 0.9)),
        f"gap_over_{CLOSE_ENOUGH:g}": float((gap > CLOSE_ENOUGH).mean()),
        "background_difference_mean": float(difference.mean()),
        "background_over_5": float((difference > 5).mean()),
        "constant": _share(flags, CONSTANT),
        "rank_deficient": _share(flags, RANK_DEFICIENT),
        "at_floor": _share(flags, AT_FLOOR),
        "dead": _share(flags, DEAD),
        "undefined": _share(flags, UNDEFINED),
        "not_finite": int(not_finite(model).sum()),
    }


def not_finite(model: dict[str, np.ndarray]) -> np.ndarray:
    """Pixels (H, W) at which any parameter or likelihood of a model is NaN or infinite."""
    bad = ~np.isfinite(model["log_likelihood"])
    for name in ("weights", "means", "covariances"):
        finite = np.isfinite(model[name])
        if not finite.all():
            others = tuple(axis for axis in range(finite.ndim) if axis not in (1, 2))
            bad |= ~finite.all(axis=others)
    return bad


def parameter_maps(model: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what a model found at each pixel, beside its background colour.

    Parameters
    ----------
    model : dict of ndarray
        Arrays of model.npz: `weights` (K, H, W), `covariances` (K, H, W, C, C), C = 1 or 3, in [0, 1] units.

    Returns
    -------
    dict of str to ndarray (H, W)
        `components` (those with a weight), `heaviest_weight` and `narrowest`: the smallest standard deviation
        of any component in any direction, 8-bit levels.
    """
    weights = model["weights"]
    present = weights > 0
    variance = np.where(present, smallest_eigenvalues(model["covariances"]), np.inf).min(axis=0)
    return {
        "components": np.count_nonzero(present, axis=0),
        "heaviest_weight": weights.max(axis=0),
        "narrowest": LEVELS * np.sqrt(np.maximum(variance, 0.0)),
    }


def smallest_eigenvalues(matrices: np.ndarray) -> np.ndarray:
    """Smallest eigenvalue of symmetric matrices (..., C, C), C = 1 or 3, to about 1e-8 of the largest.

    In closed form, 20 times as fast as LAPACK (Smith 1961, Eigenvalues of a symmetric 3 x 3 matrix).
    """
    if matrices.shape[-1] == 1:
        return matrices[..., 0, 0]
    a11, a12, a13 = matrices[..., 0, 0], matrices[..., 0, 1], matrices[..., 0, 2]
    a22, a23, a33 = matrices[..., 1, 1], matrices[..., 1, 2], matrices[..., 2, 2]
    mean = (a11 + a22 + a33) / 3
    b11, b22, b33 = a11 - mean, a22 - mean, a33 - mean
    off_diagonal = a12**2 + a13**2 + a23**2
    spread = np.sqrt((b11**2 + b22**2 + b33**2 + 2 * off_diagonal) / 6)
    half_determinant = (
        b11 * (b22 * b33 - a23**2) - a12 * (a12 * b33 - a23 * a13) + a13 * (a12 * a23 - b22 * a13)
    ) / 2
    cube = spread**3
    cosine = np.divide(half_determinant, cube, out=np.ones_like(spread), where=cube > 0)
    angle = np.arccos(np.clip(cosine, -1, 1)) / 3
    return mean + 2 * spread * np.cos(angle + 2 * np.pi / 3)


def _share(flags: np.ndarray, bit: int) -> float:
    """Share of the pixels whose flags have `bit`."""
    return float(((flags & bit) != 0).mean())
