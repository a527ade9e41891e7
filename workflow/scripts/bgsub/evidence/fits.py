"""Tables and maps that sum up a fit: how it went, and what it found at each pixel."""

import numpy as np

from bgsub.model.constants import AT_FLOOR, CLOSE_ENOUGH, CONSTANT, DEAD, LEVELS, RANK_DEFICIENT, UNDEFINED
from bgsub.model.convergence import background_image

_ROWS = 8  # of an image, worked on together: few enough for the processor's cache
_FLAGS = {
    "constant": CONSTANT,
    "rank_deficient": RANK_DEFICIENT,
    "at_floor": AT_FLOOR,
    "dead": DEAD,
    "undefined": UNDEFINED,
}


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
        **{name: float(((flags & bit) != 0).mean()) for name, bit in _FLAGS.items()},
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
    """Return maps (H, W) of what a model found at each pixel, beside its background colour.

    From `weights` (K, H, W) and `covariances` (K, H, W, C, C), C = 1 or 3, in [0, 1] units: `components`
    (those with a weight), `heaviest_weight` and `narrowest`, the smallest standard deviation of any component
    in any direction, 8-bit levels.
    """
    weights = model["weights"]
    present = weights > 0
    bands = np.array_split(model["covariances"], -(-weights.shape[1] // _ROWS), axis=1)
    variance = np.concatenate([smallest_eigenvalues(band) for band in bands], axis=1)
    variance = np.where(present, variance, np.inf).min(axis=0)
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
