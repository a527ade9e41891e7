"""Motion: where one frame of a clip differs from the next by more than noise, and when little does.

Frames are seen as small pictures (`evidence.change.small`).
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bgsub.evidence.change import KERNEL, as_mask, difference, ellipse, match_exposure, small, solid, typical
from bgsub.masks.foreground import open_mask
from bgsub.progress import Progress

CALM = 0.12  # of the way from the least to the most motion: below it is calm ...
WAKE = 15  # frames before a calm stretch (or after) whose motion shows what came to rest (or rose)
GAP = 35  # pixels: as wide as a leg or a trunk, of which only the outline seems to move
SHORTEST = 10  # frames: less is a pause

_PICTURES = 32  # spread over a clip are kept, or one every ...
_SPACING = (1, 50)  # ... so many frames, at least and at most
_NOISE = 4.0  # times the median difference of two frames in a row ...
_LEAST = 8.0  # ... and at least so many levels: a pixel that differs by more moves
_RESTLESS = 0.5  # share of the frames: what moves more often is a fan or a tree
_SMOOTH = 5  # ... in the median of so many frames, as videos flicker at their key frames
_ABOUT = 6  # frames about one, in two of which a pixel must move to be counted as moving
_STIR = 10  # frames that may interrupt a calm stretch


@dataclass
class Motion:
    """Motion of a clip, and some of its pictures.

    Attributes
    ----------
    pictures : dict of int to (h, w, 3) uint8 array
        Small pictures by frame, spread over the clip.
    packed : list of uint8 arrays
        For each frame the bits of where it differs from the one before.
    counts : (h, w) int32 array
        In how many frames each pixel moves.
    """

    shape: tuple[int, int]
    pictures: dict[int, np.ndarray] = field(default_factory=dict)
    packed: list[np.ndarray] = field(default_factory=list)
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def steady(self) -> np.ndarray:
        """Tell which pixels do not move all the time."""
        return self.counts <= _RESTLESS * len(self.packed)

    def at(self, frame: int) -> np.ndarray:
        """Tell which pixels of a frame differ from the one before, as an (h, w) bool array."""
        bits = np.unpackbits(self.packed[frame], count=self.shape[0] * self.shape[1])
        return bits.reshape(self.shape).view(bool)

    def times(self, frames: range) -> np.ndarray:
        """Count the frames in which each pixel moves, but for those that always do."""
        total = np.zeros(self.shape, np.int32)
        for frame in frames:
            total += self.at(frame)
        return total * self.steady()

    def energy(self, region: np.ndarray) -> np.ndarray:
        """Return which share of a region moves, frame by frame, smoothed."""
        inside = region & self.steady()
        moves = [int(np.count_nonzero(self.at(frame) & inside)) for frame in range(len(self.packed))]
        if len(moves) > 1:
            moves[0] = moves[1]  # the first has none before it
        shares = np.array(moves) / max(int(np.count_nonzero(region)), 1)
        padded = np.pad(shares, _SMOOTH // 2, mode="edge")
        return np.median(sliding_window_view(padded, _SMOOTH), axis=1)

    def ever(self, frames: range) -> np.ndarray:
        """Return where something moves at some time from some frames on, filled, as an (h, w) bool array."""
        return self._filled(range(max(frames.start, 1), min(frames.stop + WAKE, len(self.packed))))

    def movers(self, frame: int) -> np.ndarray:
        """Return where something moves about a frame, filled, as an (h, w) bool array."""
        first = max(min(frame - 2, len(self.packed) - _ABOUT), 1)
        return self._filled(range(first, min(first + _ABOUT, len(self.packed))))

    def _filled(self, frames: range) -> np.ndarray:
        seen = open_mask(as_mask(self.times(frames) >= 2), 3)
        return cv2.dilate(solid(seen, GAP), ellipse(KERNEL)) > 0


def watch(frames: np.ndarray, progress: Progress = iter) -> Motion:
    """Go through the frames of a clip and note what moves."""
    count = len(frames)
    spacing = int(np.clip(count // _PICTURES, *_SPACING))
    level = max(_LEAST, _NOISE * _noise(frames))
    before: np.ndarray | None = None
    motion = Motion(small(frames[0]).shape[:2])
    motion.counts = np.zeros(motion.shape, np.int32)
    for index, frame in enumerate(progress(frames)):
        picture = small(frame)
        if index % spacing == spacing // 2 or index in (0, count - 1):
            motion.pictures[index] = picture
        moves = np.zeros(motion.shape, bool)
        if before is not None:
            moves = difference(match_exposure(picture, before), before) > level
        motion.packed.append(np.packbits(moves))
        motion.counts += moves
        before = picture
    return motion


def calm_stretches(energy: np.ndarray) -> list[range]:
    """Return stretches of frames with little motion, the longest first.

    Parameters
    ----------
    energy : (N,) float array
        Share that moves, frame by frame.
    """
    least = np.percentile(energy, 5)
    calm = energy <= least + CALM * (energy.max() - least)
    found: list[range] = []
    for start, stop in stretches(calm).tolist():
        if found and start - found[-1].stop <= _STIR:
            start = found.pop().start
        found.append(range(start, stop))
    return sorted((s for s in found if len(s) >= SHORTEST), key=len, reverse=True)


def stretches(true: np.ndarray) -> np.ndarray:
    """Return where runs of true values start and stop, an (S, 2) array of places."""
    return np.flatnonzero(np.diff(true, prepend=False, append=False)).reshape(-1, 2)


def _noise(frames: np.ndarray) -> float:
    """Return the median difference of frames in a row, in levels."""
    starts = np.unique(np.linspace(0, max(len(frames) - 2, 0), 16).astype(int))
    pairs = ((small(frames[i]), small(frames[min(i + 1, len(frames) - 1)])) for i in starts.tolist())
    return float(np.median([typical(difference(match_exposure(one, two), two)) for one, two in pairs]))
