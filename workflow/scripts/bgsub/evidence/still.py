"""Stillness: where in a clip somebody lies still, and since when.

Taken from the ground truth where there is one, else from the frames themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bgsub.errors import InputError
from bgsub.evidence.change import (
    ENDS,
    KERNEL,
    as_mask,
    changed,
    clean,
    gains_edges,
    largest,
    match_exposure,
    median_picture,
    small,
)
from bgsub.labels import FOREGROUND
from bgsub.masks.foreground import open_mask
from bgsub.progress import Progress

_STILL_CHANGE = 0.02  # share of a region that changes per frame, below which it is still ...
_STILL_FRAMES = 5  # ... if so many times in a row
_MOST = 0.85  # share of an object that must have come to rest for it to lie still


@dataclass(frozen=True)
class Still:
    """Where somebody lies still, since when, and how that is known.

    Attributes
    ----------
    frame : int
        First frame of stillness, 0-based.
    frame_source, region_source : str
        `config`, `groundtruth` or `frames`.
    region : (H, W) bool array, or (N, H, W) uint8 array
        One region for all frames, or the ground truth of each.
    """

    frame: int
    frame_source: str
    region: np.ndarray
    region_source: str

    def region_at(self, frame: int) -> np.ndarray:
        """Return where the person is at a frame, as an (H, W) bool array."""
        return self.region if self.region.ndim == 2 else self.region[frame] == FOREGROUND


def locate_still(
    frames: np.ndarray,
    *,
    groundtruth: np.ndarray | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress = iter,
) -> Still | None:
    """Find the still person by the best of what is known: config, ground truth, or the frames themselves.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB.
    groundtruth : (N, H, W) uint8 array, optional
        CDnet coding.
    settings : mapping, optional
        The clip's `still`: its `frame`, which is believed before all else, and its `region`
        [x, y, width, height] in pixels, believed where there is no ground truth. Both may be missing.
    progress : callable
        Wraps the frames, for example tqdm.

    Returns
    -------
    Still or None
        None if there is nobody who lies still.

    Raises
    ------
    InputError
        If a frame or region in the config lies outside the clip.
    """
    settings = settings or {}
    frame, frame_source = settings.get("frame"), "config"
    if frame is not None and not 0 <= frame < len(frames):
        raise InputError(f"still.frame: found {frame}, expected a frame of the clip, 0 to {len(frames) - 1}")
    region, region_source = None, "frames"
    if groundtruth is not None:
        region, region_source = groundtruth, "groundtruth"
    elif settings.get("region") is not None:
        region, region_source = _rectangle(settings["region"], frames.shape[1:3]), "config"

    if frame is None and groundtruth is not None:
        frame, frame_source = still_frame_from_groundtruth(progress(groundtruth)), "groundtruth"
        if frame is None:
            return None
    if frame is None or region is None:
        found = find_still_region(frames, progress)
        if found is None:
            return None
        if region is None:
            region = found[0]
        if frame is None:
            frame, frame_source = found[1], "frames"
    return Still(frame, frame_source, region, region_source)


def still_frame_from_groundtruth(groundtruth: Iterable[np.ndarray]) -> int | None:
    """First frame at which the person of a ground truth lies still.

    Parameters
    ----------
    groundtruth : iterable of (H, W) uint8 arrays
        CDnet coding, 255 is the person.

    Returns
    -------
    int or None
        First t, 0-based, from which the region changes by less than 2 % of its area per frame, five times in
        a row. None if it never does.
    """
    still, before = [], None
    for labels in groundtruth:
        person = labels == FOREGROUND
        if before is not None:
            area = np.count_nonzero(before)
            still.append(area > 0 and np.count_nonzero(before ^ person) < _STILL_CHANGE * area)
        before = person
    return _first_run(np.array(still, dtype=bool), _STILL_FRAMES)


def find_still_region(frames: np.ndarray, progress: Progress = iter) -> tuple[np.ndarray, int] | None:
    """Find what came into the picture and lies still until the end of the clip, without ground truth.

    The clip must begin without the person. What its last frames show and its first do not is a candidate.
    Light that changed is told from an object by the outline: an object brings edges with it, and one that
    left takes them away. Of the largest object, the part is kept that no longer changes once most of it has
    come to rest, so an arm that still moves is left out.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB; a memory map is read one frame at a time.
    progress : callable
        Wraps the frames, for example tqdm.

    Returns
    -------
    ((H, W) bool array, int) or None
        The region, and the first frame, 0-based, since when all of it has been still.
        None if nothing new lies still at the end.
    """
    if len(frames) < 2 * ENDS:
        return None
    end = median_picture(frames[-ENDS:])
    beginning = match_exposure(median_picture(frames[:ENDS]), end)
    newcomer = largest(clean(changed(beginning, end)), lambda region: gains_edges(region, beginning, end))
    if newcomer is None:
        return None
    settled = _settling_frames(progress(frames), end)
    frame = _still_since(settled[newcomer], len(frames))
    if frame is None:
        return None
    region = largest(open_mask(as_mask(newcomer & (settled <= frame)), KERNEL))
    if region is None:
        return None
    height, width = frames.shape[1:3]
    full = cv2.resize(as_mask(region), (width, height), interpolation=cv2.INTER_LINEAR)
    return full > FOREGROUND // 2, frame


def _rectangle(corners: Sequence[int], shape: tuple[int, int]) -> np.ndarray:
    """Return a rectangle [x, y, width, height] of an image of (height, width) `shape` as a region."""
    x, y, width, height = corners
    if min(x, y) < 0 or min(width, height) < 1 or x + width > shape[1] or y + height > shape[0]:
        raise InputError(
            f"still.region: found {list(corners)}, expected [x, y, width, height] inside the clip's "
            f"{shape[1]} x {shape[0]} pixels"
        )
    region = np.zeros(shape, dtype=bool)
    region[y : y + height, x : x + width] = True
    return region


def _settling_frames(frames: Iterable[np.ndarray], end: np.ndarray) -> np.ndarray:
    """Return for each pixel the frame since when it has looked as it does at the end."""
    settled = np.zeros(end.shape[:2], dtype=np.int32)
    for index, frame in enumerate(frames):
        settled[changed(match_exposure(small(frame), end), end)] = index + 1
    return settled


def _still_since(settled: np.ndarray, count: int) -> int | None:
    """Return the first frame with most pixels settled and under 2 % settling in each of the next five."""
    arrivals = np.bincount(settled, minlength=count + 1) / len(settled)
    calm = np.all(sliding_window_view(arrivals[1:count] < _STILL_CHANGE, _STILL_FRAMES), axis=1)
    still = calm & (np.cumsum(arrivals)[: len(calm)] >= _MOST)
    return int(np.argmax(still)) if still.any() else None


def _first_run(true: np.ndarray, length: int) -> int | None:
    """Return where the first run of `length` true values begins."""
    if len(true) < length:
        return None
    run = sliding_window_view(true, length).all(axis=1)
    return int(np.argmax(run)) if run.any() else None
