"""Which part of a mask is the background in less light, and lies as a shadow does.

Colour alone does not tell: a window or dark trousers are a darker background often enough. So a shadow has to
lie where shadows lie, with its rim on bare background, and a hard one (the sun's, a tenth of the light is
left) at the foot of what casts it. The limits were chosen on three clips, two of them real, and are no more
than that.
"""

from typing import NamedTuple

import cv2
import numpy as np

from bgsub.masks.foreground import majority
from bgsub.masks.light import explained_by_light
from bgsub.model.compiled import compiled


class _Kind(NamedTuple):
    """What makes a shadow of one kind."""

    darkest: float  # share of its light that the background keeps
    brightest: float
    contact: float  # share of its rim that lies on bare background
    depth: float  # how far within the object it may reach, share of the object's inner radius


_SOFT = _Kind(0.4, 0.95, 0.3, np.inf)
# Beyond .18 a limit of .25 took dark cars' roofs (F .838 instead of .862 on a clip of traffic), .4 took
# trousers.
_HARD = _Kind(0.03, 0.18, 0.1, 0.4)

_DEVIATIONS = 2.0  # of the background, that a shadow may differ from it but for the light ...
_LEVELS = 6.0  # ... and levels at most, as where a background varies much everything would fit
# Pixels, half the widths of windows. Where the picture is small, so are the shadows between limbs.
_HALF_WIDTHS, _HALF_WIDTHS_IN_SMALL = (2,), (2, 1)
_SMALL = 360  # pixels, height of a picture
_SMALLEST = 20  # pixels
_REST_MEDIAN = 3  # pixels, at most
_RIM = 4  # pixels, width of what is looked at around a shadow
_MARGIN = 8  # pixels around the mask's box that are looked at
_FORGETTING = 0.98  # share of the area of shadows seen so far that counts in the next frame

_DISC = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))


class ShadowFinder:
    """Takes shadows out of masks; remembers which kind of shadows a scene has."""

    def __init__(self) -> None:
        self._seen = np.zeros(2)  # area of soft and of hard shadows, fading

    def without_shadows(
        self, frame: np.ndarray, mean: np.ndarray, spread: np.ndarray, mask: np.ndarray, median: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a mask without its shadows, and these.

        Parameters
        ----------
        frame, mean : (H, W, 3) float32 arrays
            A frame and its background, 8-bit levels.
        spread : (H, W) float32 array
            Standard deviation of the background, levels.
        mask : (H, W) uint8 array
            0 or 255.
        median : int
            Width of the window of the mask's median, pixels, for what is left of the mask.

        Returns
        -------
        mask, shadow : (H, W) uint8 arrays
            0 or 255, and 0 or 1.

        Notes
        -----
        One light makes shadows of one depth: hard ones are believed where the scene's were hard so far.
        """
        shadow = np.zeros_like(mask)
        if not mask.any():
            return mask, shadow
        box = _box_around(mask, _MARGIN)
        marked = np.ascontiguousarray(mask[box])
        halves = _HALF_WIDTHS_IN_SMALL if len(mask) < _SMALL else _HALF_WIDTHS
        found = self._shadows(frame[box], mean[box], spread[box], marked, halves)
        if not found.any():
            return mask, shadow
        rest = np.where(found > 0, np.uint8(0), marked)
        # What is left between a shadow and the floor is a sliver; a median as wide as the mask's would fill
        # the shadow between limbs again.
        close = cv2.dilate(found, _DISC) > 0
        rest = np.where(close, cv2.morphologyEx(rest, cv2.MORPH_OPEN, _DISC), rest)
        rest = majority(rest > 0, min(median, _REST_MEDIAN))
        cleared = mask.copy()
        cleared[box] = rest
        shadow[box] = (marked > 0) & (rest == 0)
        return cleared, shadow

    def _shadows(
        self,
        frame: np.ndarray,
        mean: np.ndarray,
        spread: np.ndarray,
        marked: np.ndarray,
        halves: tuple[int, ...],
    ) -> np.ndarray:
        """Return where shadows are in a part of the image, 0 or 1."""
        limit = np.minimum(np.float32(_DEVIATIONS) * spread, np.float32(_LEVELS))
        explained, light = explained_by_light(frame, mean, marked, limit, halves=halves)
        depth = cv2.distanceTransform(marked, cv2.DIST_L2, 3)
        count, objects = cv2.connectedComponents(marked)
        shadows = np.zeros_like(marked)
        area = np.zeros(2)
        for place, kind in enumerate((_SOFT, _HARD)):
            in_range = explained & (light >= kind.darkest) & (light < kind.brightest)
            alike = in_range.view(np.uint8)
            if kind.depth < 1:
                _keep_shallow(alike, objects, depth, np.float32(kind.depth), np.zeros(count, np.float32))
            if not alike.any():
                continue
            shadow = _in_contact(alike, marked, kind.contact)
            area[place] = cv2.countNonZero(shadow)
            if kind is _HARD and self._seen[1] + area[1] < self._seen[0] + area[0]:
                continue
            shadows |= shadow
        self._seen = _FORGETTING * self._seen + area
        return shadows


def _box_around(mask: np.ndarray, margin: int) -> tuple[slice, slice]:
    """Return the rows and columns of the box that holds what is not 0, and a margin around it."""
    left, top, width, height = cv2.boundingRect(mask)
    return (
        slice(max(0, top - margin), top + height + margin),
        slice(max(0, left - margin), left + width + margin),
    )


def _in_contact(alike: np.ndarray, marked: np.ndarray, contact: float) -> np.ndarray:
    """Return 1 in the regions of `alike` of whose rim enough is bare, else 0."""
    kept = np.zeros_like(alike)
    box = _box_around(alike, _RIM + 1)
    alike, marked = np.ascontiguousarray(alike[box]), marked[box]
    distance, nearest = cv2.distanceTransformWithLabels(
        1 - alike, cv2.DIST_C, 3, labelType=cv2.DIST_LABEL_CCOMP
    )
    _keep_in_contact(alike, marked, distance, nearest, contact, np.zeros((3, nearest.max() + 1), np.int64))
    kept[box] = alike
    return kept


@compiled
def _keep_shallow(
    alike: np.ndarray, objects: np.ndarray, depth: np.ndarray, share: np.float32, radius: np.ndarray
) -> None:
    """Take out what lies deeper in its object than a share of its `radius`, which is 0 so far."""
    for i in range(alike.shape[0]):
        for j in range(alike.shape[1]):
            radius[objects[i, j]] = max(radius[objects[i, j]], depth[i, j])
    for i in range(alike.shape[0]):
        for j in range(alike.shape[1]):
            if depth[i, j] > share * radius[objects[i, j]]:
                alike[i, j] = 0


@compiled
def _keep_in_contact(
    alike: np.ndarray,
    marked: np.ndarray,
    distance: np.ndarray,
    regions: np.ndarray,
    contact: float,
    counts: np.ndarray,
) -> None:
    """Take out the regions of whose rim too little is bare.

    `counts` (3, regions), 0 so far, takes those of each region: its pixels, those of the rim around it, and
    those of these that are not marked.
    """
    size, rim, bare = counts[0], counts[1], counts[2]
    for i in range(alike.shape[0]):
        for j in range(alike.shape[1]):
            region = regions[i, j]
            if alike[i, j]:
                size[region] += 1
            elif distance[i, j] <= _RIM:
                rim[region] += 1
                bare[region] += marked[i, j] == 0
    for i in range(alike.shape[0]):
        for j in range(alike.shape[1]):
            region = regions[i, j]
            if size[region] < _SMALLEST or bare[region] / max(rim[region], 1) < contact:
                alike[i, j] = 0
