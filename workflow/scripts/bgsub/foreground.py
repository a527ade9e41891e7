"""From a frame and a background image to a foreground mask, and the masks' clean-up.

Masks are uint8: 0 background, 255 foreground.
"""

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

FOREGROUND = 255

_BAND_ROWS = 16  # rows differenced at a time: their float64 values stay in the processor's cache
_BAND_BYTES = 32 * 2**20  # of frames held at a time by the median


def difference_mask(frame: np.ndarray, background: np.ndarray, threshold: int = 50) -> np.ndarray:
    """Mark the pixels that differ from the background image by more than a grey level.

    The absolute difference of each channel is truncated to whole levels, the three are weighted to luma
    (0.299 red, 0.587 green, 0.114 blue; rounded by OpenCV) and compared with the threshold: the notebook's
    rule, bit for bit.

    Parameters
    ----------
    frame : (H, W, 3) uint8 array
        RGB.
    background : (H, W, 3) float array
        RGB in [0, 1]. A channel that is NaN counts as not different.
    threshold : int
        Grey level in 0..255 that a foreground pixel must exceed.

    Returns
    -------
    (H, W) uint8 array
        0 or 255.
    """
    return _threshold_luma(_truncated_difference(frame, _levels(background)), threshold)


def difference_masks(
    frames: Iterable[np.ndarray],
    background: np.ndarray,
    threshold: int = 50,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Iterator[np.ndarray]:
    """Yield the `difference_mask` of each frame, in order.

    Parameters
    ----------
    frames : iterable of (H, W, 3) uint8 arrays
        RGB; a memory map is read one frame at a time.
    background, threshold
        As for `difference_mask`.
    progress : callable
        Wraps the frames, for example tqdm.

    Yields
    ------
    (H, W) uint8 array
    """
    levels = _levels(background)
    for frame in progress(frames):
        yield _threshold_luma(_truncated_difference(frame, levels), threshold)


def temporal_median(frames: np.ndarray) -> np.ndarray:
    """Median over time of each pixel and channel.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        Usually a memory map: a band of rows is read at a time.

    Returns
    -------
    (H, W, 3) float64 array
        8-bit levels, with halves where N is even; divide by 255 for `difference_mask`.
    """
    count, height, width, channels = frames.shape
    rows = max(1, _BAND_BYTES // (count * width * channels))
    median = np.empty((height, width, channels))
    for top in range(0, height, rows):
        np.median(frames[:, top : top + rows], axis=0, out=median[top : top + rows])
    return median


def open_mask(mask: np.ndarray, size: int) -> np.ndarray:
    """Remove specks by a morphological opening with an elliptic kernel.

    Parameters
    ----------
    mask : (H, W) uint8 array
    size : int
        Width of the kernel in pixels, 3 in the notebook. OpenCV's 3 x 3 ellipse is a cross. 1 changes
        nothing.

    Returns
    -------
    (H, W) uint8 array
        Grey values are opened as such: a shadow (127) survives only where the kernel fits into shadow or
        foreground.
    """
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))


def _levels(background: np.ndarray) -> np.ndarray:
    return np.asarray(background, dtype=np.float64) * 255.0


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


def _threshold_luma(difference: np.ndarray, threshold: int) -> np.ndarray:
    luma = cv2.cvtColor(difference, cv2.COLOR_RGB2GRAY)
    return cv2.threshold(luma, threshold, FOREGROUND, cv2.THRESH_BINARY)[1]
