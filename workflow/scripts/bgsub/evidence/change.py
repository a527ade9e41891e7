"""What differs between two pictures of a room, and in which of them an object is.

Pictures are small (see `small`), uint8, RGB. Light that changed is told from an object by the outline: the
picture that holds the object has edges there, the other one goes on as around it.
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from bgsub.labels import FOREGROUND
from bgsub.masks.foreground import open_mask

KERNEL = 5  # pixels: specks and gaps narrower than this are cleaned away

_SIDE = 240  # pixels: the longer side of a small picture
_CHANGE = 30  # levels by which a changed pixel differs in some channel
_MIN_AREA = 0.003  # share of the image
_SUBSET = (slice(None, None, 4), slice(None, None, 4))  # pixels enough to tell exposure or noise by


def small(frame: np.ndarray) -> np.ndarray:
    """Return the frame with a longer side of `_SIDE` pixels: less noise and work, and kernels that fit."""
    scale = _SIDE / max(frame.shape[:2])
    size = (max(round(frame.shape[1] * scale), 1), max(round(frame.shape[0] * scale), 1))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(frame), size, interpolation=how)


def median_picture(pictures: Iterable[np.ndarray]) -> np.ndarray:
    """Return the median of small pictures, each with the exposure of the first."""
    first, *others = pictures
    return np.median([first, *(match_exposure(other, first) for other in others)], axis=0).astype(np.uint8)


def match_exposure(image: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Scale each channel by the median ratio to a reference, as cameras change their exposure."""
    seen, wanted = (picture[_SUBSET].astype(np.float32) + 1 for picture in (image, reference))
    gain = np.median(wanted / seen, axis=(0, 1))
    levels = (np.arange(256, dtype=np.float32)[:, np.newaxis] + 1) * gain - 1
    return cv2.LUT(image, np.clip(levels.round(), 0, 255).astype(np.uint8)[np.newaxis])


def difference(image: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the largest difference of any channel, as an (H, W) uint8 array."""
    red, green, blue = cv2.split(cv2.absdiff(image, reference))
    return cv2.max(cv2.max(red, green), blue)


def changed(image: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Tell where two small pictures differ, as a bool array."""
    return difference(image, reference) > _CHANGE


def typical(levels: np.ndarray) -> float:
    """Return the median of an (H, W) image, from some of its pixels."""
    return float(np.median(levels[_SUBSET]))


def clean(region: np.ndarray) -> np.ndarray:
    """Open and close a bool region; returns a mask."""
    return cv2.morphologyEx(open_mask(as_mask(region), KERNEL), cv2.MORPH_CLOSE, ellipse(KERNEL))


def solid(mask: np.ndarray, gap: int) -> np.ndarray:
    """Close a mask's gaps up to `gap` pixels, also those towards the image's edge, and fill its holes."""
    padded = cv2.copyMakeBorder(mask, gap, gap, gap, gap, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, ellipse(gap))[gap:-gap, gap:-gap]
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros_like(mask), outlines, -1, FOREGROUND, cv2.FILLED)


def largest(mask: np.ndarray) -> np.ndarray | None:
    """Return the largest connected piece of a mask as a bool region, or None if it is tiny."""
    return next(pieces(mask), None)


def pieces(mask: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the connected pieces of a mask that are not tiny as bool regions, the largest first."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    areas = stats[1:, cv2.CC_STAT_AREA]
    for index in np.argsort(-areas, kind="stable"):
        if areas[index] < _MIN_AREA * mask.size:
            return
        yield labels == index + 1


def edge_gain(region: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    """Return how many times sharper a region's outline is in the picture after than in the one before."""
    around = outline(region)
    return float(gradient(after)[around].mean() / max(gradient(before)[around].mean(), 1e-6))


def outline(region: np.ndarray, width: int = KERNEL) -> np.ndarray:
    """Return the pixels along the border of a bool region, as a bool array."""
    return cv2.morphologyEx(as_mask(region), cv2.MORPH_GRADIENT, ellipse(width)) > 0


def gradient(image: np.ndarray) -> np.ndarray:
    """Return how steep a picture's luma is, as an (H, W) float32 array."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1)
    return cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))


def ellipse(size: int) -> np.ndarray:
    """Return a kernel of OpenCV's morphology."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))


def as_mask(region: np.ndarray) -> np.ndarray:
    """Return a bool region as a uint8 mask."""
    return region.astype(np.uint8) * FOREGROUND
