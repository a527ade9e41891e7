"""What changed between two pictures of a room: somebody who came or went, told from light that changed.

Pictures are small floats in 8-bit levels, see `small`.
"""

from collections.abc import Callable

import cv2
import numpy as np

from bgsub.labels import FOREGROUND
from bgsub.masks.foreground import open_mask

ENDS = 5  # frames at either end of a clip whose median says what it began and ended with
KERNEL = 5  # pixels: specks and gaps narrower than this are cleaned away

_SIDE = 320  # pixels: the longer side of a small picture
_CHANGE = 30  # levels by which a changed pixel differs in some channel
_MIN_AREA = 0.003  # share of the image
_MIN_EDGE_GAIN = 1.5  # times that an object's outline is sharper in the picture that has it


def small(frame: np.ndarray) -> np.ndarray:
    """Return the frame as floats, with its longer side at most `_SIDE` pixels: less noise, less work."""
    scale = min(1.0, _SIDE / max(frame.shape[:2]))
    size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
    return cv2.resize(np.ascontiguousarray(frame), size, interpolation=cv2.INTER_AREA).astype(np.float32)


def median_picture(frames: np.ndarray) -> np.ndarray:
    """Return the median of frames as a small picture."""
    return np.median([small(frame) for frame in frames], axis=0).astype(np.float32)


def match_exposure(image: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Scale each channel by the median ratio to a reference, as cameras change their exposure."""
    return (image + 1) * np.median((reference + 1) / (image + 1), axis=(0, 1)) - 1


def changed(image: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Tell where two small pictures differ, as a bool array."""
    return np.abs(image - reference).max(axis=2) > _CHANGE


def clean(region: np.ndarray) -> np.ndarray:
    """Open and close a bool region; returns a mask."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (KERNEL, KERNEL))
    return cv2.morphologyEx(open_mask(as_mask(region), KERNEL), cv2.MORPH_CLOSE, kernel)


def largest(
    mask: np.ndarray, accept: Callable[[np.ndarray], bool] = lambda region: True
) -> np.ndarray | None:
    """Return the largest connected piece of a mask that is acceptable and not tiny."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    areas = stats[1:, cv2.CC_STAT_AREA]
    for index in np.argsort(-areas, kind="stable"):
        region = labels == index + 1
        if areas[index] >= _MIN_AREA * mask.size and accept(region):
            return region
    return None


def gains_edges(region: np.ndarray, beginning: np.ndarray, end: np.ndarray) -> bool:
    """Tell whether the region's outline is an edge of the end's picture rather than of the beginning's."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (KERNEL, KERNEL))
    outline = cv2.morphologyEx(as_mask(region), cv2.MORPH_GRADIENT, kernel) > 0
    return _gradient(end)[outline].mean() > _MIN_EDGE_GAIN * _gradient(beginning)[outline].mean()


def _gradient(image: np.ndarray) -> np.ndarray:
    grey = cv2.GaussianBlur(cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2GRAY), (0, 0), 1)
    return cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))


def as_mask(region: np.ndarray) -> np.ndarray:
    """Return a bool region as a uint8 mask."""
    return region.astype(np.uint8) * FOREGROUND
