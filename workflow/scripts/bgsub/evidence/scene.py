"""What the frames alone tell of a clip: what the empty room looks like, who is in it, and who comes to rest.

A moving person is where one frame differs from the next by more than noise. Where nobody moves, pictures of
the same clip show the room, and their median over the whole clip is the room without those who walk through
it, even if somebody is there from the first frame to the last. What then lies still is what has come to rest
and is not that room. No method's masks and no training frames are needed.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bgsub.evidence.camera import MOVES, view_offset
from bgsub.evidence.change import (
    KERNEL,
    as_mask,
    changed,
    clean,
    edge_gain,
    ellipse,
    gradient,
    largest,
    match_exposure,
    median_picture,
    outline,
    pieces,
    small,
    solid,
)
from bgsub.evidence.motion import CALM, GAP, SHORTEST, WAKE, Motion, calm_stretches, watch
from bgsub.masks.foreground import open_mask
from bgsub.progress import Progress

_AVERAGED = 32  # pictures make that of the room
_RUN = 5  # frames in a row that are calm when stillness begins
_FIDGETS = 0.08  # share of a region that moves between frames: who moves more does not lie still
_NEAR = 7  # pixels around that motion
_UNLIKE = 0.2  # share of where something moved that must differ for it to be another place or posture
_JOINED = 15  # pixels: parts of an object that are no farther apart than this are one
_STAYS = 0.5  # share of a region that must look as it does at rest
_UPRIGHT = 1.5  # times taller than wide: who stands or sits does not lie
_LEFT = 0.6  # edge gain below which a region shows where somebody was rather than is
_OBJECT = 1.15  # edge gain of what has moved in over pictures without it
_CLEAR = 2.0  # edge gain of an object of which that is not known


@dataclass(frozen=True)
class Rest:
    """Something that moved in, or will move away, and lies still.

    Attributes
    ----------
    start, end : int
        First and last frame of stillness, 0-based.
    region : (h, w) bool array
        Where, in a small picture.
    picture : (h, w, 3) uint8 array
        What it looks like.
    """

    start: int
    end: int
    region: np.ndarray
    picture: np.ndarray


@dataclass(frozen=True)
class Scene:
    """What the frames of a clip tell.

    Attributes
    ----------
    motion : Motion
        Where and when it moves.
    rests : list of Rest
        In the order of time.
    background : (h, w, 3) uint8 array
        The room as a small picture, as empty as the clip shows it.
    known : (h, w) bool array
        Where that has been seen.
    view_offset : float
        See `evidence.camera.view_offset`.
    """

    motion: Motion
    rests: list[Rest]
    background: np.ndarray
    known: np.ndarray
    view_offset: float

    @property
    def camera_moves(self) -> bool:
        """Whether the camera moves, so that what differs from the room need not be somebody."""
        return self.view_offset >= MOVES

    def whole(self, rest: Rest) -> np.ndarray:
        """Return all of what rests, (h, w) bool: also what of it moved little before it came to rest.

        That is what differs from the empty room and hangs together with the part that was seen to move. Where
        that is more than twice as much, light or another object is taken in, and the part stands for it.
        """
        new = clean(changed(match_exposure(self.background, rest.picture), rest.picture) & self.known)
        found = [region for region in pieces(new) if (region & rest.region).any()]
        grown = np.logical_or.reduce([rest.region, *found])
        return grown if np.count_nonzero(grown) <= 2 * np.count_nonzero(rest.region) else rest.region

    def held(self, picture: np.ndarray, moving: np.ndarray, gain: float = _LEFT) -> np.ndarray | None:
        """Return where a picture holds what the empty room does not.

        Parameters
        ----------
        picture : (h, w, 3) uint8 array
            A small picture.
        moving : (h, w) bool array
            Where something moves at about that time; elsewhere light is told from an object by the outline.
        gain : float
            Least edge gain where something moves.

        Returns
        -------
        (h, w) bool array or None
            None if there is nothing.
        """
        room = match_exposure(self.background, picture)
        found = [
            region
            for region in pieces(clean(changed(picture, room) & self.known))
            if edge_gain(region, room, picture) > (gain if moving[region].mean() > 0.5 else _CLEAR)
        ]
        return np.logical_or.reduce(found) if found else None

    def empty_stretch(self, shortest: int) -> range | None:
        """Return the longest stretch of frames in which nobody is seen, of at least `shortest`, or None."""
        best: range = range(0)
        start: int | None = None
        last = 0
        for frame, picture in sorted(self.motion.pictures.items()):
            rests = any(rest.start <= frame <= rest.end for rest in self.rests)
            if rests or self.held(picture, self.motion.movers(frame)) is not None:
                start = None
                continue
            start, last = (frame if start is None else start), frame
            best = max(best, range(start, last + 1), key=len)
        return best if len(best) >= shortest else None

    def someone(self, frames: np.ndarray, index: int) -> np.ndarray | None:
        """Return where a frame of the clip holds what the empty room does not, or None."""
        return self.held(small(frames[index]), self.motion.movers(index))


def study(frames: np.ndarray, progress: Progress = iter) -> Scene:
    """Find the room and what lies still in it.

    A memory map of (N, H, W, 3) uint8 RGB is read once, frame by frame, and a little around each stillness.
    """
    motion = watch(frames, progress)
    busy = {frame: motion.movers(frame) for frame in motion.pictures}
    rests: list[Rest] = []
    for calm in calm_stretches(motion.energy(np.ones(motion.shape, bool))):
        if any(rest.start <= calm[-1] and rest.end >= calm[0] for rest in rests):
            continue
        rest = _rest(frames, motion, busy, calm)
        if rest is not None and rest.end - rest.start + 1 >= SHORTEST:
            rests.append(rest)
    rests.sort(key=lambda rest: rest.start)
    for rest in rests:
        around = cv2.dilate(as_mask(rest.region), ellipse(2 * KERNEL + 1)) > 0
        for frame in busy:
            if rest.start <= frame <= rest.end:
                busy[frame] = busy[frame] | around
    background, known = _room(motion.pictures, busy)
    return Scene(motion, rests, background, known, view_offset(motion.pictures))


def _rest(frames: np.ndarray, motion: Motion, busy: dict[int, np.ndarray], calm: range) -> Rest | None:
    """Find what came to rest before a calm stretch, or rises after it, and for how long it does."""
    samples = [small(frames[i]) for i in np.linspace(calm[0], calm[-1], 7).astype(int).tolist()]
    picture = median_picture(samples)
    same = np.mean([~changed(match_exposure(sample, picture), picture) for sample in samples], axis=0)
    first, count = calm[0], len(frames)
    span = range(max(1, first - WAKE), first + 1) if first > _RUN else range(calm.stop, calm.stop + WAKE)
    moved = clean(motion.times(range(span.start, min(span.stop, count))) >= 2)
    near = cv2.dilate(solid(moved, GAP), ellipse(_NEAR)) > 0
    others = _elsewhen(motion.pictures, calm, moved > 0, picture)
    if len(others) < 2:
        return None
    background, known = _room(others, busy)
    background = match_exposure(background, picture)
    new = changed(background, picture) & known & near & (same >= 0.7)
    region = _outlined(new, known, background, picture)
    if region is None or not _is_object(region, background, others, picture) or is_upright(region):
        return None
    return _when(motion, calm, region, picture)


def _elsewhen(
    pictures: dict[int, np.ndarray], calm: range, region: np.ndarray, picture: np.ndarray
) -> dict[int, np.ndarray]:
    """Return the pictures of other times than a calm stretch and what it goes on in, but for stirs."""
    unlike = [
        frame
        for frame, other in pictures.items()
        if frame not in calm and _differs(match_exposure(other, picture), picture, region) >= _UNLIKE
    ]
    last = max((frame for frame in unlike if frame < calm.start), default=-1)
    first = min((frame for frame in unlike if frame >= calm.stop), default=max(pictures) + 1)
    return {frame: other for frame, other in pictures.items() if not last < frame < first}


def _differs(image: np.ndarray, picture: np.ndarray, region: np.ndarray) -> float:
    return float(changed(image, picture)[region].mean()) if region.any() else 0.0


def _outlined(
    new: np.ndarray, known: np.ndarray, background: np.ndarray, picture: np.ndarray
) -> np.ndarray | None:
    """Return the largest region of what is new, without the gaps at whose border it ends.

    A gap is part of the object if it has no such border: then somebody was there before, in the same colour.
    """
    whole = solid(open_mask(as_mask(new), KERNEL), _JOINED) > 0
    here, there = gradient(picture), gradient(background)
    count, gaps = cv2.connectedComponents(open_mask(as_mask(whole & ~new), 3))
    for index in range(1, count):
        gap = gaps == index
        around = outline(gap)
        if known[gap].mean() > 0.5 and here[around].mean() > there[around].mean():
            whole &= ~gap
    return largest(open_mask(as_mask(whole), 3))


def _is_object(
    region: np.ndarray, background: np.ndarray, others: dict[int, np.ndarray], picture: np.ndarray
) -> bool:
    gains = [edge_gain(region, match_exposure(other, picture), picture) for other in others.values()]
    return edge_gain(region, background, picture) > _LEFT and float(np.percentile(gains, 80)) > _OBJECT


def is_upright(region: np.ndarray) -> bool:
    """Tell whether a region is so much taller than wide that who is there does not lie."""
    _, _, width, height = cv2.boundingRect(as_mask(region))
    return height > _UPRIGHT * width


def _when(motion: Motion, calm: range, region: np.ndarray, picture: np.ndarray) -> Rest | None:
    """Follow a region from a calm stretch to where it begins and ends to look as it does there."""
    away = [
        frame
        for frame, other in motion.pictures.items()
        if _differs(match_exposure(other, picture), picture, region) >= 1 - _STAYS
    ]
    middle = calm[len(calm) // 2]
    earliest = max((frame for frame in away if frame < middle), default=None)
    latest = min((frame for frame in away if frame > middle), default=None)
    around = cv2.dilate(as_mask(region), ellipse(2 * KERNEL + 1)) > 0
    energy = motion.energy(around)
    least = np.median(energy[calm.start : calm.stop])
    if least > _FIDGETS:
        return None
    still = np.asarray(energy <= least + CALM * (energy.max() - least))
    runs = np.asarray(sliding_window_view(still, _RUN).all(axis=1))  # of frames like the one before
    start, end = 0, len(still) - 1
    if earliest is not None:
        begins = np.flatnonzero(runs[earliest + 1 :])
        if not len(begins):
            return None
        start = earliest + int(begins[0])
    if latest is not None:
        ends = np.flatnonzero(runs[: max(latest - _RUN + 2, 0)])
        if not len(ends):
            return None
        end = int(ends[-1]) + _RUN - 1
    return Rest(start, end, region, picture)


def _room(pictures: dict[int, np.ndarray], busy: dict[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the median of pictures where nobody moves or lies, and where that is known."""
    spread = np.unique(np.linspace(0, len(pictures) - 1, _AVERAGED).astype(int))
    chosen = np.array(sorted(pictures))[spread].tolist()
    reference = pictures[chosen[len(chosen) // 2]]
    stack = np.stack([match_exposure(pictures[frame], reference) for frame in chosen])
    hidden = np.stack([busy[frame] for frame in chosen])
    stack[hidden] = 255  # sorted to the end, where they are not counted
    stack.sort(axis=0)
    seen = len(chosen) - np.count_nonzero(hidden, axis=0)
    middle = np.take_along_axis(stack, np.maximum(seen - 1, 0)[np.newaxis, ..., np.newaxis] // 2, axis=0)[0]
    return np.where(seen[..., np.newaxis] > 0, middle, reference), seen > 0
