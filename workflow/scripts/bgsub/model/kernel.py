"""What the compiled fit of a band of pixels takes and fills, as named tuples, which numba knows, too."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Colours = NDArray[np.uint8]


class FitSettings(NamedTuple):
    """How EM runs.

    Attributes
    ----------
    start : int
        A value of `model.starts.STARTS`.
    seed : int
        Of the random starts.
    tolerance : float
        Gain in nats per sample below which a pixel stops; negative means never.
    max_iterations : int
        Largest number of M-steps.
    floor : float
        Smallest eigenvalue of a covariance, squared levels; 0 means none.
    """

    start: int
    seed: int
    tolerance: float
    max_iterations: int
    floor: float


class Fit(NamedTuple):
    """Arrays (.., P, ..) of the mixtures at P pixels; see the attributes of `model.gmm.PixelMixture`."""

    weights: Floats
    means: Floats
    covariances: Floats
    log_likelihood: Floats
    n_iter: NDArray[np.int32]
    converged: NDArray[np.bool_]
    flags: NDArray[np.uint8]


class Steps(NamedTuple):
    """Sums over a band's pixels, per iteration, (max_iterations + 1,).

    Attributes
    ----------
    gains : int64
        Change of the summed log-likelihood, 2^-24 nats per sample.
    converged_at : int64
        Number of pixels that converged there.
    """

    gains: Integers
    converged_at: Integers


def new_fit(components: int, pixels: int, channels: int) -> Fit:
    """Return room for a fit."""
    return Fit(
        weights=np.empty((components, pixels)),
        means=np.empty((components, pixels, channels)),
        covariances=np.empty((components, pixels, channels, channels)),
        log_likelihood=np.empty(pixels),
        n_iter=np.empty(pixels, dtype=np.int32),
        converged=np.empty(pixels, dtype=np.bool_),
        flags=np.empty(pixels, dtype=np.uint8),
    )


def new_steps(max_iterations: int) -> Steps:
    """Return sums of nothing."""
    return Steps(
        gains=np.zeros(max_iterations + 1, dtype=np.int64),
        converged_at=np.zeros(max_iterations + 1, dtype=np.int64),
    )
