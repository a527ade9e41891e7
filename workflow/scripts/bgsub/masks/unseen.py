"""The variance that no pixel's past shows: of rounding, and of what compression does to what stands still.

A codec repeats a block while little changes there, and then codes it anew: for long its pixels do not vary
at all, and then all of them are off by some levels. Their own past knows nothing of it, and neither does
their neighbours'. What all pixels together were off by of late does: a variance component, estimated by
scoring (Harville 1977, Maximum likelihood approaches to variance component estimation).
"""

from typing import NamedTuple

import numpy as np

from bgsub.masks.predictive import FLOOR, PRIOR_SAMPLES, Beliefs, Row
from bgsub.model.compiled import compiled, inlined

STEP = 2  # pixels, of the grid that is looked at
# Squared levels: four levels of deviation are what strong compression leaves (CRF 32 of H.264).
_MOST = np.float32(16)
_CAPPED = np.float32(16)  # variances that a pixel's square counts for at most: not all that is odd is noise
_FEWEST = 100  # such pixels, without which nothing is said
# Shares of the way to what was found. What a picture that is coded anew marks would not be learned, so that
# it is believed at once; and remembered as long as a pixel's past is by default.
_ONE, _THREE = np.float32(1), np.float32(3)
_RISING, _FALLING = np.float32(1 / 2), np.float32(1 / 50)


class Unseen(NamedTuple):
    """What the pixels of the grid say, (H / 2, W / 2) float32, squared levels."""

    variance: np.ndarray
    """What is believed of each, with the part that all have."""
    excess: np.ndarray
    """By how much the frame's square exceeds the variance without that part."""


def renewed(floor: np.float32, unseen: Unseen, background: np.ndarray) -> np.float32:
    """Return the variance that all pixels have beside what is believed of each.

    Parameters
    ----------
    floor : float32
        What it was before, squared levels.
    unseen : Unseen
        Of a frame that was not learned yet.
    background : (H, W) bool array
        Where the frame shows the background.

    Returns
    -------
    float32
        Squared levels, 1 to 16.
    """
    found, pixels = _mean_excess(unseen, background[::STEP, ::STEP])
    if pixels < _FEWEST:
        return floor
    share = _RISING if found > floor else _FALLING
    return np.float32(min(max(floor + share * np.float32(found - floor), FLOOR), _MOST))


@inlined
def measure_row(beliefs: Beliefs, row: Row, i: int, floor: np.float32, unseen: Unseen) -> None:
    """Ask the pixels of row `i`."""
    mean, scatter, samples, local, _ = beliefs
    levels, variance, excess, _, _ = row
    for j in range(samples.shape[1]):  # of all, as vector instructions take them together
        n = samples[i, j]
        own = scatter[0, i, j] + PRIOR_SAMPLES * local[0, i, j]
        own += scatter[2, i, j] + PRIOR_SAMPLES * local[2, i, j]
        own += scatter[5, i, j] + PRIOR_SAMPLES * local[5, i, j]
        own /= _THREE * (n + PRIOR_SAMPLES)
        d0 = levels[0, j] - mean[0, i, j]
        d1 = levels[1, j] - mean[1, i, j]
        d2 = levels[2, j] - mean[2, i, j]
        square = (d0 * d0 + d1 * d1 + d2 * d2) / (_THREE * (_ONE + _ONE / max(n, _ONE)))
        variance[j] = own + floor
        excess[j] = min(square, _CAPPED * variance[j]) - own
    for place in range(unseen.excess.shape[1]):
        unseen.variance[i // STEP, place] = variance[place * STEP]
        unseen.excess[i // STEP, place] = excess[place * STEP]


def _mean_excess(unseen: Unseen, background: np.ndarray) -> tuple[float, int]:
    """Return the mean of what the grid's background says, and of how many pixels it is.

    It is weighted by what a square tells: quiet pixels tell most.
    """
    sums = np.zeros((2, background.shape[1]))
    _add_rows(unseen, background, sums)
    total, weights = sums.cumsum(axis=1)[:, -1]  # not `sum`, whose order goes by the processor
    return total / max(weights, 1e-30), int(np.count_nonzero(background))


@compiled
def _add_rows(unseen: Unseen, background: np.ndarray, sums: np.ndarray) -> None:
    """Add what the background says, times its weight, and the weight to sums over columns."""
    for i in range(background.shape[0]):
        for j in range(background.shape[1]):
            variance = unseen.variance[i, j]
            weight = 1.0 / (variance * variance) if background[i, j] else 0.0
            sums[0, j] += weight * unseen.excess[i, j]
            sums[1, j] += weight
