"""What a method that is learned once knows of the empty scene, beside its rule.

Its colours, by which a frame is freed of changes of exposure, and how far they vary, by which shadows are
told; and covariances that know their neighbourhood. All of it is as in the posterior that goes on learning
(`masks.predictive`).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from bgsub.masks.foreground import temporal_deviation, temporal_median
from bgsub.masks.planes import pixels, planes
from bgsub.masks.predictive import FLOOR, beliefs_from
from bgsub.masks.shadows import ShadowFinder

_LEVELS = 255.0
_DEVIATIONS = 1.4826  # standard deviations of a Gaussian in its median absolute deviation


class Background(NamedTuple):
    """The empty scene, float32, in 8-bit levels."""

    mean: np.ndarray
    """(H, W, 3), RGB; in memory plane by plane."""
    spread: np.ndarray
    """(H, W): standard deviation of a channel, of all three together."""


def background_of_model(model: Mapping[str, np.ndarray], training: int) -> Background:
    """Take the heaviest component of a mixture for the empty scene.

    Parameters
    ----------
    model : mapping
        `weights`, `means` and `covariances`, as in model.npz.
    training : int
        Frames that it was fitted to.
    """
    beliefs = beliefs_from(model["weights"], model["means"], model["covariances"], training, np.inf)
    return Background(pixels(beliefs.mean), beliefs.spread())


def background_of_frames(training: np.ndarray) -> Background:
    """Take the temporal median of training frames, (N, H, W, 3) uint8, for the empty scene.

    The spread is by the median absolute deviation from it, which who walks by does not widen (Hampel 1974,
    The influence curve and its role in robust estimation).
    """
    median = temporal_median(training)
    deviation = _DEVIATIONS * temporal_deviation(training, median)
    spread = np.sqrt((deviation * deviation).mean(axis=-1) + FLOOR)
    return Background(pixels(planes(median.astype(np.float32))), spread.astype(np.float32))


def shadow_rule(background: Background, median: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return the function that takes the shadows out of a clip's masks, frame by frame in their order.

    Parameters
    ----------
    background : Background
    median : int
        Width of the square of the masks' median; see `ShadowFinder`.

    Returns
    -------
    callable
        Takes a frame (H, W, 3) in 8-bit levels and its clean mask, and returns the mask without shadows.
    """
    finder = ShadowFinder()

    def without_shadows(frame: np.ndarray, mask: np.ndarray) -> np.ndarray:
        levels = frame.astype(np.float32, copy=False)
        return finder.without_shadows(levels, background.mean, background.spread, mask, median)[0]

    return without_shadows


def pooled(model: Mapping[str, np.ndarray], training: int, strength: float) -> dict[str, np.ndarray]:
    """Draw the background component's covariance towards that of its neighbourhood.

    Parameters
    ----------
    model : mapping
        `weights`, `means` and `covariances`, as in model.npz.
    training : int
        Frames that it was fitted to.
    strength : float
        Samples that the neighbourhood counts as, above 0.

    Returns
    -------
    dict of str to ndarray
        The model, with (n S + strength L) / (n + strength) for the covariance S of each pixel's heaviest
        component: n are its samples, L is the covariance of the 5 x 5 pixels around, their scatter over their
        samples.

    Notes
    -----
    The posterior of a covariance whose prior is the conjugate one, the inverse Wishart distribution, with the
    scale of the data around: empirical Bayes (Haff 1980, Empirical Bayes estimation of the multivariate
    normal covariance matrix).
    """
    weights, covariances = model["weights"], model["covariances"].copy()
    beliefs = beliefs_from(weights, model["means"], covariances, training, np.inf)
    drawn = (beliefs.scatter + np.float32(strength) * beliefs.local) / (
        beliefs.samples + np.float32(strength)
    )
    heaviest = (weights.argmax(axis=0), *np.indices(weights.shape[1:]))
    for place, (row, column) in enumerate(zip(*np.tril_indices(3), strict=True)):
        for entry in {(row, column), (column, row)}:
            covariances[(*heaviest, *entry)] = drawn[place] / _LEVELS**2
    return {**model, "covariances": covariances}
