"""From a score of every pixel to a foreground mask, and the masks' clean-up.

A decision rule (`masks.rules`) gives each pixel of a frame a score; a pixel is foreground where the score is
above a threshold. Masks are uint8: 0 background, 255 foreground.
"""

import functools
from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from bgsub.labels import FOREGROUND, SHADOW
from bgsub.sorting import sorting_network
from bgsub.source.frames import Frames, read_rows, row_bands

_SORTED_ROWS = 16  # of all frames at a time: few enough to stay in the processor's cache


def threshold_score(score: np.ndarray, threshold: float) -> np.ndarray:
    """Mark the pixels whose score is above a threshold.

    Parameters
    ----------
    score : (H, W) array
        Of any real dtype; NaN is not above anything.
    threshold : float
        In the unit of the score.

    Returns
    -------
    (H, W) uint8 array
        0 or 255.
    """
    return np.multiply(score > threshold, FOREGROUND, dtype=np.uint8)


def foreground_masks(
    frames: Iterable[np.ndarray],
    score: Callable[[np.ndarray], np.ndarray],
    threshold: float,
    *,
    opening: int = 1,
    median: int = 1,
    without_shadows: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Iterator[np.ndarray]:
    """Yield the foreground mask of each frame, in order.

    Parameters
    ----------
    frames : iterable of (H, W, 3) arrays
        RGB, as `score` takes them; a memory map is read one frame at a time.
    score : callable
        A decision rule with its model: takes a frame, returns an (H, W) array. See `masks.rules`.
    threshold : float
        In the unit of the score; foreground is above it.
    opening, median : int
        Clean-up of the masks, pixels; see `clean_mask`.
    without_shadows : callable, optional
        Takes a frame and its clean mask, and returns the mask without shadows.
    progress : callable
        Wraps the frames, for example tqdm.

    Yields
    ------
    (H, W) uint8 array
        0 or 255.
    """
    for frame in progress(frames):
        mask = clean_mask(threshold_score(score(frame), threshold), opening=opening, median=median)
        yield mask if without_shadows is None else without_shadows(frame, mask)


def temporal_median(frames: Frames) -> np.ndarray:
    """Median over time of each pixel and channel.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        Usually a memory map: a band of rows is read at a time.

    Returns
    -------
    (H, W, 3) float64 array
        8-bit levels, with halves where N is even; divide by 255 for `masks.difference.difference`.
    """
    median = np.empty(frames.shape[1:])
    for rows, samples in _sorted_rows(frames):
        median[rows] = _middle(samples)
    return median


def temporal_deviation(frames: Frames, median: np.ndarray) -> np.ndarray:
    """Median over time of each pixel's and channel's distance to its `temporal_median`.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        Read as by `temporal_median`.
    median : (H, W, 3) float64 array
        8-bit levels.

    Returns
    -------
    (H, W, 3) float64 array
        8-bit levels.
    """
    deviation = np.empty(frames.shape[1:])
    for rows, samples in _sorted_rows(frames):
        # Twice the median is whole.
        doubled = np.abs(2 * samples.astype(np.int16) - (2 * median[rows]).astype(np.int16))
        deviation[rows] = _middle(doubled) / 2
    return deviation


def _sorted_rows(frames: Frames) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield a few rows at a time, and a copy of them in all frames."""
    for band in row_bands(slice(0, frames.shape[1]), frames.shape, len(frames)):
        samples = read_rows(frames, band)
        for top in range(0, samples.shape[1], _SORTED_ROWS):
            part = samples[:, top : top + _SORTED_ROWS]
            yield slice(band.start + top, band.start + top + part.shape[1]), part


def _middle(samples: np.ndarray) -> np.ndarray:
    """Median over the first axis of integers; overwrites them.

    By a sorting network, whose comparisons are of whole images: faster than to sort each pixel.
    """
    images, spare = list(samples), np.empty_like(samples[0])
    for lower, upper in _comparisons(len(images)):
        np.minimum(images[lower], images[upper], out=spare)
        np.maximum(images[lower], images[upper], out=images[upper])
        images[lower], spare = spare, images[lower]
    return (images[(len(images) - 1) // 2].astype(np.float64) + images[len(images) // 2]) / 2


@functools.cache
def _comparisons(count: int) -> list[tuple[int, int]]:
    """Pairs of places to compare and exchange, in order, that sort `count` numbers."""
    lower, upper = sorting_network(count).tolist()
    return list(zip(lower, upper, strict=True))


def clean_mask(mask: np.ndarray, *, opening: int = 1, median: int = 1) -> np.ndarray:
    """Take a mask's median over squares, then open it.

    Parameters
    ----------
    mask : (H, W) uint8 array
        0, 127 or 255.
    opening : int
        Size of the kernel of `open_mask`, pixels.
    median : int
        Width of the square of `median_of_mask`, pixels, odd, at most 15.

    Returns
    -------
    (H, W) uint8 array
    """
    return open_mask(median_of_mask(mask, median), opening)


def median_of_mask(mask: np.ndarray, size: int) -> np.ndarray:
    """Fill holes and remove specks by the median over a square.

    Parameters
    ----------
    mask : (H, W) uint8 array
        0, 127 or 255.
    size : int
        Width of the square in pixels, odd, at most 15; 1 changes nothing. Beyond the border the mask's
        outermost pixels are repeated.

    Returns
    -------
    (H, W) uint8 array
        Equal to OpenCV's medianBlur, but by counts, which takes a tenth of the time: the median of three
        values is where most are foreground, and where most are foreground or shadow.
    """
    if size == 1:
        return mask
    foreground = majority(mask == FOREGROUND, size)
    shadow = majority(mask >= SHADOW, size)
    return np.maximum(foreground, np.minimum(shadow, np.uint8(SHADOW)))


def majority(marked: np.ndarray, size: int) -> np.ndarray:
    """Return 255 where most pixels of the square around are marked, (H, W) bool, else 0; see above."""
    count = cv2.boxFilter(
        marked.view(np.uint8), -1, (size, size), normalize=False, borderType=cv2.BORDER_REPLICATE
    )
    return cv2.threshold(count, size * size // 2, FOREGROUND, cv2.THRESH_BINARY)[1]


def open_mask(mask: np.ndarray, size: int) -> np.ndarray:
    """Remove specks by a morphological opening with an elliptic kernel.

    Parameters
    ----------
    mask : (H, W) array
        A mask, or the scores that one is made from: a mask of opened scores is the opened mask of the scores,
        since the opening is flat (threshold decomposition: Serra 1982, Image Analysis and Mathematical
        Morphology).
    size : int
        Width of the kernel in pixels, 3 in the notebook. OpenCV's 3 x 3 ellipse is a cross. 1 changes
        nothing.

    Returns
    -------
    (H, W) array of the same dtype
        Grey values are opened as such: a shadow (127) survives only where the kernel fits into shadow or
        foreground.
    """
    if size == 1:
        return mask
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
