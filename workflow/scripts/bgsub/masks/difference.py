"""The difference rule: how far each pixel of a frame is from an image of the background."""

from collections.abc import Callable

import cv2
import numpy as np

from bgsub.masks.foreground import temporal_median

# A decision rule with its model: from a frame (H, W, 3) uint8 RGB to the scores (H, W) of its pixels.
Score = Callable[[np.ndarray], np.ndarray]

_BAND_ROWS = 16  # rows differenced at a time: their float64 values stay in the processor's cache
_LEVELS = 255.0


def difference(background: np.ndarray) -> Score:
    """Score by the luma of the absolute difference to a background image: the notebook's rule, bit for bit.

    The difference of each channel is truncated to whole levels and the three are weighted to luma (0.299 red,
    0.587 green, 0.114 blue; rounded by OpenCV). A change of blue alone never exceeds 29 levels.

    Parameters
    ----------
    background : (H, W, 3) float array
        RGB in [0, 1]. A channel that is NaN counts as not different.

    Returns
    -------
    callable
        Scores are uint8, 8-bit levels.
    """
    levels = np.asarray(background, dtype=np.float64) * _LEVELS
    return lambda frame: cv2.cvtColor(_truncated_difference(frame, levels), cv2.COLOR_RGB2GRAY)


def _truncated_difference(frame: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return |frame - levels| as uint8, fractions cut off, computed in float64 as the rule is written."""
    truncated = np.empty(frame.shape, dtype=np.uint8)
    difference = np.empty((_BAND_ROWS, *frame.shape[1:]))
    for top in range(0, len(frame), _BAND_ROWS):
        band = slice(top, top + _BAND_ROWS)
        part = difference[: len(truncated[band])]
        np.subtract(frame[band], levels[band], out=part)
        np.abs(part, out=part)
        # C leaves the cast of NaN to uint8 undefined. This settles it as 0, and costs no time when there is
        # none.
        np.copyto(truncated[band], np.fmax(part, 0.0, out=part), casting="unsafe")
    return truncated


def difference_to_median(training: np.ndarray) -> Score:
    """Score by the luma of the absolute difference to the temporal median of (N, H, W, 3) training frames."""
    return difference(temporal_median(training) / 255)


def of_rounded(score: Score) -> Score:
    """Let a score of uint8 frames take frames of any levels, such as those in another exposure: rounded."""
    return lambda levels: score(cv2.convertScaleAbs(levels))
