"""The variance that no pixel's past shows: of rounding, and of what compression does to what stands still.

A codec repeats a block while little changes there, and then codes it anew: for long its pixels do not vary
at all, and then all of them are off by some levels. Their own past knows nothing of it, and neither does
their neighbours'. What all pixels together were off by of late does: a variance component, estimated by
scoring (Harville 1977, Maximum likelihood approaches to variance component estimation).
"""

import numpy as np

from bgsub.masks.predictive import DIAGONAL, FLOOR, PRIOR_SAMPLES, Beliefs
from bgsub.model.compiled import compiled

# Squared levels: four levels of deviation are what strong compression leaves (CRF 32 of H.264).
_MOST = np.float32(16)
_CAPPED = np.float32(16)  # variances that a pixel's square counts for at most: not all that is odd is noise
_STEP = 2  # pixels, of the grid that is looked at
_FEWEST = 100  # such pixels, without which nothing is said
# Shares of the way to what was found. What a picture that is coded anew marks would not be learned, so that
# it is believed at once; and remembered as long as a pixel's past is by default.
_RISING, _FALLING = np.float32(1 / 2), np.float32(1 / 50)


def renewed(floor: np.float32, beliefs: Beliefs, colours: np.ndarray, background: np.ndarray) -> np.float32:
    """Return the variance that all pixels have beside what is believed of each.

    Parameters
    ----------
    floor : float32
        What it was before, squared levels.
    beliefs : Beliefs
        Before the frame was learned.
    colours : (3, H, W) float32 array
        The frame, 8-bit levels.
    background : (H, W) bool array
        Where it shows the background.

    Returns
    -------
    float32
        Squared levels, 1 to 16.
    """
    found, pixels = _excess(beliefs, colours, background, floor)
    if pixels < _FEWEST:
        return floor
    share = _RISING if found > floor else _FALLING
    return np.float32(min(max(floor + share * np.float32(found - floor), FLOOR), _MOST))


@compiled
def _excess(
    beliefs: Beliefs, colours: np.ndarray, background: np.ndarray, floor: np.float32
) -> tuple[float, int]:
    """Return by how much squares exceed the variances, and of how many pixels.

    The mean is weighted by what a square tells: quiet pixels tell most.
    """
    mean, scatter, samples, local = beliefs.mean, beliefs.scatter, beliefs.samples, beliefs.local
    total, weights, pixels = 0.0, 0.0, 0
    for i in range(0, background.shape[0], _STEP):
        for j in range(0, background.shape[1], _STEP):
            if not background[i, j]:
                continue
            n = samples[i, j]
            own, square = np.float32(0), np.float32(0)
            for place in DIAGONAL:
                own += scatter[place, i, j] + PRIOR_SAMPLES * local[place, i, j]
            for c in range(3):
                step = colours[c, i, j] - mean[c, i, j]
                square += step * step
            own /= np.float32(3) * (n + PRIOR_SAMPLES)
            square /= np.float32(3) * (np.float32(1) + np.float32(1) / max(n, np.float32(1)))
            variance = own + floor
            weight = 1.0 / (variance * variance)
            total += weight * (min(square, _CAPPED * variance) - own)
            weights += weight
            pixels += 1
    return total / max(weights, 1e-30), pixels
