"""Which of what a mask marks was marked by mistake and is background from now on.

What a method does not learn where it marks, it would mark for ever. So what lies before the background has a
Gaussian of its own at each pixel, and where that has stayed the same for long enough, one of three reasons
lets it take the background's place. A person who lies still has none of them:

- it appeared where nothing was that could have come there (a camera that was pushed, a lamp's reflection);
- the whole picture changed at once, and light explains it (a switched lamp);
- its rim is an edge of the background and not of the frame: what is marked is the hole that something left (a
  ghost: Cucchiara et al. 2003, Detecting moving objects, ghosts, and shadows in video streams).

A chair that a person has moved came as a person does: it stays marked, and only where it stood is let go.
"""

from typing import NamedTuple

import cv2
import numpy as np

from bgsub.masks.bands import Bands
from bgsub.masks.light import explained_by_light
from bgsub.masks.planes import marks_by_eight
from bgsub.model.compiled import compiled

IN_PLACE, LIGHT = 1, 2  # reasons
# Frames that something has to have stayed the same, by the reason. A person who walks in from behind a door
# appears in place too.
_AFTER = np.array([np.inf, 50, 5])
_GHOST_AFTER = 4

_RECENT = np.uint8(10)  # frames that a mark counts as something that may have moved
_REACH = 0.03  # how far, of the picture's diagonal
_CAME = 0.25  # share of its area that has to have been marked near by for something to have come from there
_SMALLEST = 25  # pixels of something that appeared
_MANY_PLACES = 3  # at which something appears at once: then nobody came in at the border either
_BORDER = 2  # pixels

_WHOLE = 0.25  # share of the picture, newly marked at once, that no person is
_MUCH = 0.05  # share of it that no person is at once, if light explains most of it
_WARM = -1.0  # log of blue over red, of a lamp's light
_MOST = 0.5  # share of it that light has to explain
_CHANGING = 15  # frames that a change of the whole picture may take
_DARKER, _BRIGHTER = 0.5, 2.0  # factors of light that explain one
_DEVIATIONS, _LEVELS = 2.0, 12.0  # that light may leave: of the background, and at most

_GHOSTS_EVERY = 3  # frames
_FAR = 4  # pixels, half of the step across the rim
_MARGIN = 8  # pixels around the mask's box that are looked at
_BARE = 0.5  # share of the rim that has to lie on bare background, so that it can be told whose edge it is
_FEWEST = 20  # such pixels: parts of a car that drives by seem still for some frames, too
_GHOSTS_EDGES, _OWN_EDGES = 0.4, 0.1  # shares of these: at least the background's edges, at most the frame's
_CLEARLY, _STEP = 2.0, 15.0  # an edge is one's own if this many times the other's, and so many levels more

_MISFIT = 3  # frames of having stayed the same that a colour costs which does not fit
_FIT = 9.0  # squared deviations
_LEARNED = 30.0  # frames that its mean and variance remember
_TRUSTED = np.float32(10)  # samples that it counts as where it becomes background

_SQUARE = np.ones((3, 3), np.uint8)


class Candidates(NamedTuple):
    """What lies before the background, per pixel."""

    mean: np.ndarray
    """(H, W, 3) float32, levels."""
    variance: np.ndarray
    """(H, W) float32, squared levels, mean over the channels."""
    same: np.ndarray
    """(H, W) float32, frames that it has stayed the same; 0 where nothing lies there."""
    reason: np.ndarray
    """(H, W) uint8, IN_PLACE or LIGHT; 0 for none."""


class View(NamedTuple):
    """A frame and what was made of it, all (H, W), of a picture in the background's place and exposure."""

    frame: np.ndarray  # (H, W, 3) float32, levels
    mean: np.ndarray  # (H, W, 3) float32, of the background
    spread: np.ndarray  # float32, standard deviation of the background, levels
    usual: np.ndarray  # bool, where a colour is learned if nothing is marked near by
    mask: np.ndarray  # uint8, 0 or 255
    near: np.ndarray  # uint8, not 0 where the mask is, or near by
    shadow: np.ndarray  # uint8, 0 or 1


class LettingGo:
    """Follows what masks mark from frame to frame.

    Parameters
    ----------
    shape : (int, int)
        Height and width.
    bands : Bands
        Results do not depend on these.
    """

    def __init__(self, shape: tuple[int, int], bands: Bands) -> None:
        self.candidates = Candidates(
            np.zeros((*shape, 3), np.float32),
            np.zeros(shape, np.float32),
            np.zeros(shape, np.float32),
            np.zeros(shape, np.uint8),
        )
        self._bands = bands
        self._recent = np.zeros(shape, np.uint8)  # frames that a pixel's last mark counts for still
        self._reach = max(3, round(_REACH * float(np.hypot(*shape))))
        self._frames = 0
        self._changes_until = 0
        self._moving = np.zeros(shape, np.bool_)  # where something moved before the whole picture changed

    def mistakes(self, view: View) -> np.ndarray:
        """Return where the mask is mistaken, (H, W) bool; then `take` what lies there."""
        new, candidates, recent = np.empty_like(view.mask), self.candidates, self._recent

        def follow(rows: slice) -> None:
            _follow(view, candidates, recent, rows.start, rows.stop, new, *marks_by_eight(new.shape[1]))

        self._bands.each(follow)
        if self._frames > 0:
            self._look_for_light(view, new)
            self._look_for_what_appeared(new)
        np.maximum(recent - (recent > 0), view.mask & _RECENT, out=recent)
        mistakes, places = np.zeros(new.shape, np.bool_), np.flatnonzero(candidates.reason > 0)
        mistakes.put(places, candidates.same.take(places) >= _AFTER[candidates.reason.take(places)])
        if self._frames % _GHOSTS_EVERY == 0:
            self._add_ghosts(view, mistakes)
        self._frames += 1
        return mistakes

    def take(self, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.float32]:
        """Return mean (P, 3), variance (P,) and samples of what lies at some pixels, and forget it there."""
        mean, variance, same, reason = self.candidates
        same[rows, columns] = 0
        reason[rows, columns] = 0
        return mean[rows, columns], variance[rows, columns], _TRUSTED

    def _look_for_light(self, view: View, new: np.ndarray) -> None:
        """Give what is newly marked the reason LIGHT, for some frames after the whole picture has changed."""
        area, changing = cv2.countNonZero(new), self._frames < self._changes_until
        if area <= _MUCH * new.size and not changing:
            return
        limit = np.minimum(np.float32(_DEVIATIONS) * view.spread, np.float32(_LEVELS))
        explained, light = explained_by_light(view.frame, view.mean, view.mask, limit, redder=_WARM)
        explained &= (light > _DARKER) & (light < _BRIGHTER)
        if not changing:
            if area <= _WHOLE * new.size and (explained & (new > 0)).sum() < _MOST * area:
                return
            self._changes_until = self._frames + _CHANGING
            kernel = np.ones((2 * self._reach + 1,) * 2, np.uint8)
            self._moving = cv2.dilate(self._recent, kernel) > 0
        self.candidates.reason[explained & ~self._moving] = LIGHT

    def _look_for_what_appeared(self, new: np.ndarray) -> None:
        """Give what is newly marked, and cannot have come from anywhere, the reason IN_PLACE."""
        if cv2.countNonZero(new) < _SMALLEST:
            return
        height, width = new.shape
        left, top, box_width, box_height = cv2.boundingRect(new)
        part = new[top : top + box_height, left : left + box_width]
        count, label, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
        inside, at_border = [], []
        inside_area = border_area = 0
        for region in range(1, count):
            x, y, w, h, area = stats[region].tolist()
            if area < _SMALLEST:
                continue
            shape = label[y : y + h, x : x + w] == region
            x, y = x + left, y + top
            reach = self._recent[
                max(0, y - self._reach) : y + h + self._reach, max(0, x - self._reach) : x + w + self._reach
            ]
            if np.count_nonzero(reach) >= _CAME * area:
                continue
            to_border = min(x, y, width - x - w, height - y - h)
            if area < _WHOLE * new.size and to_border <= _BORDER:
                at_border.append((y, x, shape))
                border_area += area
            else:
                inside.append((y, x, shape))
                inside_area += area
        nobody_came = len(inside) >= _MANY_PLACES and inside_area >= border_area
        for y, x, shape in inside + at_border * nobody_came:
            reason = self.candidates.reason[y : y + shape.shape[0], x : x + shape.shape[1]]
            reason[shape & (reason == 0)] = IN_PLACE

    def _add_ghosts(self, view: View, mistakes: np.ndarray) -> None:
        """Add the regions that have stayed the same and whose rim is the background's."""
        left, top, width, height = cv2.boundingRect(view.mask)
        box = (
            slice(max(0, top - _MARGIN), top + height + _MARGIN),
            slice(max(0, left - _MARGIN), left + width + _MARGIN),
        )
        marked = view.mask[box]
        same = (marked > 0) & (self.candidates.same[box] >= _GHOST_AFTER)
        still = cv2.morphologyEx(same.astype(np.uint8), cv2.MORPH_OPEN, _SQUARE)
        if not still.any():
            return
        count, label = cv2.connectedComponents(still)
        rims = _Rims(*np.zeros((4, count), np.int64))
        inwards = cv2.blur(still.astype(np.float32), (7, 7))
        _compare_edges(label, inwards, marked, view.frame[box], view.mean[box], rims)
        ghost = (
            (rims.bare >= np.maximum(_FEWEST, _BARE * rims.pixels))
            & (rims.of_background >= _GHOSTS_EDGES * rims.bare)
            & (rims.of_frame <= _OWN_EDGES * rims.bare)
        )
        mistakes[box] |= ghost[label] & (still > 0)


class _Rims(NamedTuple):
    """Counts of the pixels of each region's rim, (regions,) int64."""

    pixels: np.ndarray
    bare: np.ndarray  # with bare background beside them
    of_frame: np.ndarray  # of these, where the edge is clearly the frame's
    of_background: np.ndarray


@compiled
def _follow(
    view: View,
    candidates: Candidates,
    recent: np.ndarray,
    first: int,
    last: int,
    new: np.ndarray,
    busy: np.ndarray,
    eights: np.ndarray,
) -> None:
    """Learn what lies at each marked pixel; `new` is 1 where nothing was marked lately, else 0.

    A pixel that is not marked, nor near to a mark, but not learned either would never be: it is followed
    likewise, and let go as what appeared in place. The last two are `marks_by_eight`.
    """
    mean, variance, same, reason = candidates
    width = new.shape[1]
    for i in range(first, last):
        for j in range(width):  # without branches: so most pixels, which are background, take no time
            marked = view.mask[i, j] > 0
            untold = (view.near[i, j] == 0) & (view.shadow[i, j] == 0)
            odd = ~marked & ~view.usual[i, j] & untold
            new[i, j] = marked & (recent[i, j] == 0)
            busy[j] = marked | odd << 1 | (same[i, j] > 0) << 2
        for j in range(width):
            if eights[j // 8] == 0 or not busy[j]:
                continue
            marked, odd = busy[j] & 1, busy[j] & 2
            if not marked and not odd:
                if same[i, j] > 0:
                    same[i, j] -= 1
                    if same[i, j] <= 0:
                        same[i, j] = 0
                        reason[i, j] = 0
                continue
            distance = 0.0
            for c in range(3):
                step = view.frame[i, j, c] - mean[i, j, c]
                distance += step * step
            distance /= 3
            if same[i, j] > 0 and distance < _FIT * variance[i, j]:
                same[i, j] += 1
                rate = 1 / min(same[i, j], _LEARNED)
                for c in range(3):
                    mean[i, j, c] += rate * (view.frame[i, j, c] - mean[i, j, c])
                variance[i, j] += rate * (max(distance, 1.0) - variance[i, j])
            else:
                same[i, j] -= _MISFIT
                if same[i, j] <= 0:
                    reason[i, j] = 0
                    same[i, j] = 1
                    variance[i, j] = 2 * view.spread[i, j] * view.spread[i, j]
                    for c in range(3):
                        mean[i, j, c] = view.frame[i, j, c]
            if odd and reason[i, j] == 0:
                reason[i, j] = IN_PLACE


@compiled
def _compare_edges(
    label: np.ndarray,
    inwards: np.ndarray,
    marked: np.ndarray,
    frame: np.ndarray,
    mean: np.ndarray,
    rims: _Rims,
) -> None:
    """Count along the rim of each region whose the step across it is, where bare background lies outside.

    `inwards` is a smooth picture of the regions, whose gradient points into them.
    """
    for i in range(_FAR + 1, label.shape[0] - _FAR - 1):
        for j in range(_FAR + 1, label.shape[1] - _FAR - 1):
            region = label[i, j]
            if region == 0 or (label[i - 1, j] and label[i + 1, j] and label[i, j - 1] and label[i, j + 1]):
                continue
            rims.pixels[region] += 1
            along_y = inwards[i + 1, j] - inwards[i - 1, j]
            along_x = inwards[i, j + 1] - inwards[i, j - 1]
            steepness = np.sqrt(along_x * along_x + along_y * along_y)
            if steepness < 1e-6:
                continue
            y, x = round(_FAR * along_y / steepness), round(_FAR * along_x / steepness)
            if label[i + y, j + x] != region or marked[i - y, j - x]:
                continue
            of_frame = of_background = 0.0
            for c in range(3):
                of_frame += abs(_around(frame, i + y, j + x, c) - _around(frame, i - y, j - x, c))
                of_background += abs(_around(mean, i + y, j + x, c) - _around(mean, i - y, j - x, c))
            rims.bare[region] += 1
            if of_frame > _CLEARLY * of_background + _STEP:
                rims.of_frame[region] += 1
            if of_background > _CLEARLY * of_frame + _STEP:
                rims.of_background[region] += 1


@compiled
def _around(image: np.ndarray, i: int, j: int, c: int) -> float:
    """Average a channel over the 3 x 3 pixels around one."""
    total = 0.0
    for y in range(i - 1, i + 2):
        for x in range(j - 1, j + 2):
            total += image[y, x, c]
    return total / 9
