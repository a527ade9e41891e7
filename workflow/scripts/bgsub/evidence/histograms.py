"""Histograms of a decision rule's scores against ground truth: its counts at every threshold in one pass."""

import itertools
from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from bgsub.labels import FOREGROUND, HARD_SHADOW, MOTION, STATIC
from bgsub.masks.foreground import open_mask
from bgsub.model.compiled import compiled

_CELLS = 4  # that a search over thresholds has for each of them
_NEGATIVE, _POSITIVE, _UNSCORED = range(3)
_CLASSES = np.full(256, _UNSCORED, np.uint16)
_CLASSES[[STATIC, HARD_SHADOW, MOTION]] = _NEGATIVE, _NEGATIVE, _POSITIVE


class ScoreHistogram:
    """Pixels by the score that a rule gives them, in frames that are added one by one.

    The counts are exactly those of the masks of `masks.foreground.foreground_masks` at each threshold, also
    with their clean-up: to open the scores, or to take their median, does so to the masks of all thresholds
    (see `open_mask`).

    Parameters
    ----------
    thresholds : (T,) array
        Ascending, in the unit of the score.
    roi : (H, W) bool array, optional
        The region of interest; by default the whole frame.

    Attributes
    ----------
    edges : (T + 1,) float array
        Minus infinity and the thresholds, ascending. Bin i holds the scores above edges[i] and up to
        edges[i + 1], so a mask made with the threshold edges[i] marks the bins from i on.
    positives, negatives : (T + 1,) int64 array
        Pixels that are motion (255) in the ground truth, and those that are static or hard shadow (0, 50).

    Raises
    ------
    ValueError
        If the thresholds do not ascend.
    """

    def __init__(self, thresholds: np.ndarray, roi: np.ndarray | None = None) -> None:
        self.edges = np.concatenate([[-np.inf], np.asarray(thresholds, np.float64)])
        if not (np.diff(self.edges) > 0).all():
            raise ValueError("thresholds do not ascend")
        self._pixels = np.zeros((3, len(self.edges)), np.int64)
        self.positives, self.negatives = self._pixels[_POSITIVE], self._pixels[_NEGATIVE]
        self._outside = None if roi is None else ~roi

    def add(self, passed: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Add a frame of `passed_thresholds`, and return its pixels by bin, (T + 1,) int64.

        `labels` is its label image in CDnet coding, (H, W) uint8: other labels than 0, 50 and 255 are not
        scored, nor is a frame without.
        """
        bins = len(self.edges)
        if labels is None:
            return np.bincount(passed.ravel(), minlength=bins)
        classes = cv2.LUT(np.ascontiguousarray(labels), _CLASSES)
        if self._outside is not None:
            classes[self._outside] = _UNSCORED
        places = cv2.add(passed, classes * np.uint16(bins))
        pixels = np.bincount(places.ravel(), minlength=3 * bins).reshape(3, bins)
        self._pixels += pixels
        return pixels.sum(axis=0)


def passed_thresholds(
    frames: Iterable[np.ndarray],
    score: Callable[[np.ndarray], np.ndarray],
    thresholds: np.ndarray,
    *,
    opening: int = 1,
    median: int = 1,
    without_shadows: tuple[float, Iterable[np.ndarray]] | None = None,
) -> Iterator[np.ndarray]:
    """Yield how many thresholds the cleaned score of each pixel is above: the masks of all in one picture.

    Parameters
    ----------
    frames : iterable of (H, W, 3) uint8 arrays
        RGB.
    score : callable
        A decision rule with its model, see `masks.rules`.
    thresholds : (T,) array
        Ascending, in the unit of the score, such as `numpy.arange(*method.sweep)`.
    opening, median : int
        Clean-up of the masks, pixels; see `masks.foreground.clean_mask`.
    without_shadows : (float, iterable of (H, W) uint8 arrays), optional
        For a method that takes shadows out of its masks: its own threshold, one of `thresholds`, and its
        masks of the frames. What is a shadow in them is background at every threshold; at its own, the
        picture is exactly that of the masks.

    Yields
    ------
    (H, W) uint16 array
        Above i where the mask with the i-th threshold is foreground.

    Raises
    ------
    ValueError
        If there are not as many masks as frames.
    """
    own, masks = (0.0, itertools.repeat(None)) if without_shadows is None else without_shadows
    place = int(np.searchsorted(thresholds, own))
    for frame, mask in zip(frames, masks, strict=without_shadows is not None):
        # To clean the scores would give the same, as this count rises with them, but floats take longer.
        passed = open_mask(_median(thresholds_passed(score(frame), thresholds), median), opening)
        if mask is not None:
            hold_to(passed, mask, place)
        yield passed


def hold_to(passed: np.ndarray, mask: np.ndarray, place: int) -> None:
    """Change clean counts (H, W), in place, so that they agree with the mask of the threshold at `place`.

    Shadows were taken out of the mask, (H, W) uint8: what is one in it is background at every threshold.
    """
    passed[(mask != FOREGROUND) & (passed > place)] = 0
    passed[(mask == FOREGROUND) & (passed <= place)] = place + 1


def _median(passed: np.ndarray, size: int) -> np.ndarray:
    """Take the median of counts (H, W) uint16 over squares, as `median_of_mask` does of masks.

    OpenCV has it for bytes. A median goes with every function that never falls, so with the parts of a count
    that lie within 0 to 255, 255 to 510 and so on; and these add up to it.
    """
    if size == 1:
        return passed
    median = np.zeros_like(passed)
    for below in range(0, max(int(passed.max()), 1), 255):
        part = np.clip(passed, below, below + 255) - np.uint16(below)
        median += cv2.medianBlur(part.astype(np.uint8), size)
    return median


def thresholds_passed(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Count the thresholds that each score (H, W) is above, 0 to T, as uint16; NaN is above none.

    `thresholds` (T,) float64 ascend, at most 20,000 of them.
    """
    if scores.dtype == np.uint8:
        return cv2.LUT(scores, np.searchsorted(thresholds, np.arange(256)).astype(np.uint16))
    passed = np.empty(scores.shape, np.uint16)
    cells = _CELLS * len(thresholds)
    scale = cells / (np.ptp(thresholds) or 1.0)
    starts = np.searchsorted(np.trunc((thresholds - thresholds[0]) * scale), np.arange(cells + 1))
    _count_below(np.ravel(scores), thresholds, starts, scale, passed.reshape(-1))
    return passed


@compiled
def _count_below(
    scores: np.ndarray, thresholds: np.ndarray, starts: np.ndarray, scale: float, passed: np.ndarray
) -> None:
    """Fill `passed` with the number of thresholds below each score.

    Between the first and the last threshold are cells, `scale` of them to a unit. `starts` counts the
    thresholds in the cells below each, so only those in the score's own cell are left to compare.
    """
    for place in range(len(scores)):
        score, count = scores[place], 0
        if score > thresholds[0]:
            count = starts[int(min((score - thresholds[0]) * scale, len(starts) - 1.0))]
            while count < len(thresholds) and thresholds[count] < score:
                count += 1
        passed[place] = count
