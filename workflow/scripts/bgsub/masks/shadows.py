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
from bgsub.model.compiled import compiled
from bgsub.model.numerics import exp, log


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
_OWN = 12.0  # and the pixel by itself: its square times this, for 3 channels
_BLUER = 0.5  # log of blue over red, of the light in a shadow: the sky's
_GREEN = 0.15  # log, how far green may be off the mean of the channels
# Pixels, half the widths of windows. Where the picture is small, so are the shadows between limbs.
_HALF_WIDTHS, _HALF_WIDTHS_IN_SMALL = (2,), (2, 1)
_SMALL = 360  # pixels, height of a picture
# A window of 3 x 3 is explained by chance more often, by dark cars for one: it finds light shadows only.
_LOG_OF_LIGHTEST = float(np.log(0.6))
_WINDOW_SHARE = 0.46  # of a window that has to be marked
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
        left, top, width, height = cv2.boundingRect(mask)
        if width == 0:
            return mask, shadow
        box = (
            slice(max(0, top - _MARGIN), top + height + _MARGIN),
            slice(max(0, left - _MARGIN), left + width + _MARGIN),
        )
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
        radius = np.zeros(count, np.float32)
        np.maximum.at(radius, objects[marked > 0].astype(np.intp), depth[marked > 0])
        shadows = np.zeros_like(marked)
        area = np.zeros(2)
        for place, kind in enumerate((_SOFT, _HARD)):
            in_range = explained & (light >= kind.darkest) & (light < kind.brightest)
            alike = in_range.astype(np.uint8)
            if kind.depth < 1:
                alike[depth > np.float32(kind.depth) * radius[objects]] = 0
            if not alike.any():
                continue
            regions, believed = _in_contact(alike, marked, kind.contact)
            area[place] = ((alike > 0) & believed[regions]).sum()
            if kind is _HARD and self._seen[1] + area[1] < self._seen[0] + area[0]:
                continue
            shadows |= (believed[regions] & (alike > 0)).astype(np.uint8)
        self._seen = _FORGETTING * self._seen + area
        return shadows


def _in_contact(alike: np.ndarray, marked: np.ndarray, contact: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest region of each pixel, and of each region whether enough of its rim is bare."""
    distance, regions = cv2.distanceTransformWithLabels(
        1 - alike, cv2.DIST_C, 3, labelType=cv2.DIST_LABEL_CCOMP
    )
    rim = (distance > 0) & (distance <= _RIM)
    count = regions.max() + 1
    size = np.bincount(regions[alike > 0], minlength=count)
    bare = np.bincount(regions[rim & (marked == 0)], minlength=count)
    share = bare / np.maximum(np.bincount(regions[rim], minlength=count), 1)
    return regions, (size >= _SMALLEST) & (share >= contact)


def explained_by_light(
    frame: np.ndarray,
    mean: np.ndarray,
    marked: np.ndarray,
    limit: np.ndarray,
    *,
    halves: tuple[int, ...] = _HALF_WIDTHS,
    redder: float = -0.08,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the marked pixels that are the background in another light.

    Of the nine windows, such as of 5 x 5, that hold a pixel and are 0 or 2 pixels off it, the one counts that
    one factor a channel explains best (as in Kuwahara et al.'s filter, 1976: a window across an outline
    explains nothing). The pixel has to fit these factors too, and the light's colour to be grey or bluer.

    Parameters
    ----------
    frame, mean : (H, W, 3) float32 arrays
        8-bit levels.
    marked : (H, W) uint8 array
        Not 0 where it is marked; windows hold marked pixels only.
    limit : (H, W) float32 array
        Largest difference that the light leaves, root mean square, levels.
    halves : tuple of int
        Half the widths of the windows, pixels: those of a later one count where no earlier one explains.
    redder : float
        Least log of blue over red, of the light.

    Returns
    -------
    explained : (H, W) bool array
    light : (H, W) float32 array
        Geometric mean of the factors, 0 where it is not explained.
    """
    light = np.zeros(marked.shape, np.float32)
    explained = np.zeros(marked.shape, np.bool_)
    for half in halves:
        residual = np.full(marked.shape, np.inf, np.float32)
        factors = np.zeros((*marked.shape, 3), np.float32)
        _fit_windows(frame, mean, marked, half, residual, factors)
        _choose_windows(frame, mean, marked, limit, half, redder, residual, factors, explained, light)
    return explained, light


@compiled
def _fit_windows(
    frame: np.ndarray,
    mean: np.ndarray,
    marked: np.ndarray,
    half: int,
    residual: np.ndarray,
    factors: np.ndarray,
) -> None:
    """Fit a factor a channel to the window around every pixel; `residual` is the mean square that is left.

    The sums run: columns of 2 half + 1 are kept, and so many of these added up. They are of whole levels or
    nearly, in float64.
    """
    height, width = marked.shape
    columns = np.zeros((width, 16))  # count, then by channel: frame, mean, their squares and product
    window = np.zeros(16)
    fewest = _WINDOW_SHARE * (2 * half + 1) ** 2
    for i in range(-half, height):
        for row, sign in ((i + half, 1.0), (i - half - 1, -1.0)):
            if row < 0 or row >= height:
                continue
            for j in range(width):
                if marked[row, j]:
                    columns[j, 0] += sign
                    for c in range(3):
                        now, before = np.float64(frame[row, j, c]), np.float64(mean[row, j, c])
                        columns[j, 1 + c] += sign * now
                        columns[j, 4 + c] += sign * before
                        columns[j, 7 + c] += sign * now * now
                        columns[j, 10 + c] += sign * now * before
                        columns[j, 13 + c] += sign * before * before
        if i < 0:
            continue
        window[:] = 0.0
        for j in range(-half, width):
            for q in range(16):
                if j + half < width:
                    window[q] += columns[j + half, q]
                if j - half - 1 >= 0:
                    window[q] -= columns[j - half - 1, q]
            if j < 0 or window[0] < fewest:
                continue
            left = 0.0
            for c in range(3):
                factor = (window[1 + c] + 1) / (window[4 + c] + 1)
                left += window[7 + c] - 2 * factor * window[10 + c] + factor * factor * window[13 + c]
                factors[i, j, c] = factor
            residual[i, j] = left / (3 * (window[0] - 1))


@compiled
def _choose_windows(
    frame: np.ndarray,
    mean: np.ndarray,
    marked: np.ndarray,
    limit: np.ndarray,
    half: int,
    redder: float,
    residual: np.ndarray,
    factors: np.ndarray,
    explained: np.ndarray,
    light: np.ndarray,
) -> None:
    height, width = marked.shape
    for i in range(height):
        for j in range(width):
            if marked[i, j] == 0 or explained[i, j]:
                continue
            y, z = i, j
            for a in (i - half, i, i + half):
                for b in (j - half, j, j + half):
                    inside = 0 <= a < height and 0 <= b < width
                    if inside and residual[a, b] < residual[y, z]:
                        y, z = a, b
            most = np.float64(limit[i, j]) * limit[i, j]
            if not residual[y, z] <= most:
                continue
            own = 0.0
            for c in range(3):
                rest = frame[i, j, c] - factors[y, z, c] * mean[i, j, c]
                own += rest * rest
            if own >= _OWN * most:
                continue
            red, green, blue = (
                log(max(factors[y, z, 0], 1e-3)),
                log(max(factors[y, z, 1], 1e-3)),
                log(max(factors[y, z, 2], 1e-3)),
            )
            middle = (red + green + blue) / 3
            bright_enough = half > 1 or middle > _LOG_OF_LIGHTEST
            if bright_enough and redder < blue - red < _BLUER and abs(green - middle) < _GREEN:
                explained[i, j] = True
                light[i, j] = exp(middle)
