"""The difference rule: how far each pixel of a frame is from an image of the background."""

from collections.abc import Callable

import cv2
import numpy as np

from bgsub.masks.foreground import temporal_median

# A decision rule with its model: from a frame (H, W, 3) uint8 RGB to the scores (H, W) of its pixels.
Score = Callable[[np.ndarray], np.ndarray]

_LEVELS = 255.0
_ROUNDING = 1e-12  # levels; differences of up to 255 are rounded to 3e-14


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
    # A whole number f lies above b by f - ceil b whole levels, and below it by floor b - f; in saturating
    # subtraction one of the two is 0. Nothing lies above 255 or below 0, which stand in for NaN.
    ceiling = np.nan_to_num(np.clip(np.ceil(levels), 0.0, _LEVELS), nan=_LEVELS).astype(np.uint8)
    whole = np.nan_to_num(np.clip(np.floor(levels), 0.0, _LEVELS), nan=0.0).astype(np.uint8)
    # Just beside a whole number, the rule's own subtraction rounds.
    distance = np.abs(levels - np.rint(levels))
    beside = np.nonzero((distance > 0.0) & (distance < _ROUNDING))

    def score(frame: np.ndarray) -> np.ndarray:
        truncated = cv2.max(cv2.subtract(frame, ceiling), cv2.subtract(whole, frame))
        if beside[0].size:
            truncated[beside] = np.abs(frame[beside] - levels[beside])
        return cv2.cvtColor(truncated, cv2.COLOR_RGB2GRAY)

    return score


def difference_to_median(training: np.ndarray) -> Score:
    """Score by the luma of the absolute difference to the temporal median of (N, H, W, 3) training frames."""
    return difference(temporal_median(training) / 255)


def of_rounded(score: Score) -> Score:
    """Let a score of uint8 frames take frames of any levels, such as those in another exposure: rounded."""
    return lambda levels: score(cv2.convertScaleAbs(levels))
