"""Stillness: where in a clip somebody lies still, from when to when.

Taken from the config where it says so, else from the ground truth, else from the frames themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from bgsub.errors import InputError
from bgsub.evidence.change import as_mask
from bgsub.evidence.scene import Rest, Scene, is_upright, study
from bgsub.labels import FOREGROUND
from bgsub.progress import Progress
from bgsub.source.rate import Rate

STILL_COLUMNS = ("start", "end", "region", "known_by")
TIMED_COLUMNS = ("start", "end", "seconds", "region", "known_by", "rate_known_by")

_STILL_CHANGE = 0.02  # share of a region that changes per frame, below which it is still ...
_STILL_FRAMES = 5  # ... if so many times in a row
_STAYS = 0.5  # share of a region that must stay covered for the same stillness to go on


@dataclass(frozen=True)
class Still:
    """Where somebody lies still, from when to when, and how that is known.

    Attributes
    ----------
    frame : int
        First frame of stillness, 0-based.
    frame_source, region_source : str
        `config`, `groundtruth` or `frames`.
    region : (H, W) bool array, or (N, H, W) uint8 array
        One region for all frames, or the ground truth of each.
    end : int or None
        Last frame of stillness; None if it lasts to the end of the clip.
    """

    frame: int
    frame_source: str
    region: np.ndarray
    region_source: str
    end: int | None = None

    def region_at(self, frame: int) -> np.ndarray:
        """Return where the person is at a frame, as an (H, W) bool array."""
        return self.region if self.region.ndim == 2 else self.region[frame] == FOREGROUND

    def lasts(self, frame: int) -> bool:
        """Tell whether the person lies still at a frame."""
        return self.frame <= frame and (self.end is None or frame <= self.end)

    def frames(self, count: int) -> range:
        """Return the frames of stillness in a clip of so many frames."""
        return range(self.frame, count if self.end is None else min(self.end + 1, count))


def locate_still(
    frames: np.ndarray,
    *,
    groundtruth: np.ndarray | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress = iter,
) -> Still | None:
    """Find the longest stillness of a clip, as `locate_stills` does; None if there is none."""
    known: dict[str, Any] = {"groundtruth": groundtruth, "settings": settings, "progress": progress}
    return longest(locate_stills(frames, **known), len(frames))


def longest(stills: Iterable[Still], count: int) -> Still | None:
    """Return the longest of several stillnesses in a clip of so many frames, the first of equals."""
    return max(stills, key=lambda still: len(still.frames(count)), default=None)


def locate_stills(
    frames: np.ndarray,
    *,
    groundtruth: np.ndarray | None = None,
    settings: Mapping[str, Any] | None = None,
    scene: Scene | None = None,
    progress: Progress = iter,
) -> list[Still]:
    """Find when and where somebody lies still by the best of what is known.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB.
    groundtruth : (N, H, W) uint8 array, optional
        CDnet coding.
    settings : mapping, optional
        The clip's `still`: its `frame`, which is believed before all else, and its `region`
        [x, y, width, height] in pixels, believed where there is no ground truth. Both may be missing.
    scene : Scene, optional
        As `evidence.scene.study` found it, if that has been done.

    Returns
    -------
    list of Still
        In the order of time; empty if nobody lies still.

    Raises
    ------
    InputError
        If a frame or region in the config lies outside the clip.
    """
    settings = settings or {}
    start = settings.get("frame")
    if start is not None and not 0 <= start < len(frames):
        raise InputError(f"still.frame: found {start}, expected a frame of the clip, 0 to {len(frames) - 1}")
    box = None
    if groundtruth is None and settings.get("region") is not None:
        box = _rectangle(settings["region"], frames.shape[1:3])

    if groundtruth is not None:
        spans = still_spans(progress(groundtruth))
        found = [Still(first, "groundtruth", groundtruth, "groundtruth", last) for first, last in spans]
    else:
        scene = scene or study(frames, progress)
        size = frames.shape[2], frames.shape[1]
        found = [_of_rest(rest, scene.whole(rest), size, box) for rest in scene.rests]
    if start is None:
        return found
    # The config says when it begins; its end, and a region that it does not say, are those of what is found.
    same = next((still for still in found if still.end is not None and still.end > start), None)
    if groundtruth is not None:
        region, source = groundtruth, "groundtruth"
    elif box is not None:
        region, source = box, "config"
    elif same is not None:
        region, source = same.region, same.region_source
    else:
        return []
    return [Still(start, "config", region, source, same.end if same else len(frames) - 1)]


def still_spans(groundtruth: Iterable[np.ndarray]) -> list[tuple[int, int]]:
    """First and last frames between which the person of a ground truth lies still.

    It begins where the region changes by less than 2 % of its area per frame, five times in a row, and is not
    upright. It ends with the last frame before which that was so, before less than half of the place where
    the person lay is covered: to stir is not to get up.

    Parameters
    ----------
    groundtruth : iterable of (H, W) uint8 arrays
        CDnet coding, 255 is the person.

    Returns
    -------
    list of (int, int)
        0-based, in the order of time.
    """
    spans: list[tuple[int, int]] = []
    before: np.ndarray | None = None
    place: np.ndarray | None = None  # where the person lay when the present stillness began
    calm = 0  # times in a row
    for frame, labels in enumerate(groundtruth):
        person = labels == FOREGROUND
        area = 0 if before is None else np.count_nonzero(before)
        still = before is not None and area > 0 and np.count_nonzero(before ^ person) < _STILL_CHANGE * area
        calm = calm + 1 if still else 0
        if place is not None and np.count_nonzero(place & person) < _STAYS * np.count_nonzero(place):
            place = None
        if calm >= _STILL_FRAMES:
            if place is not None:
                spans[-1] = (spans[-1][0], frame)
            elif not is_upright(person):
                place = person
                spans.append((frame - _STILL_FRAMES, frame))
        before = person
    return spans


def still_rows(stills: Sequence[Still], count: int) -> list[dict[str, Any]]:
    """Rows of `still_frames.csv`, one for each stillness, of a clip of `count` frames.

    Returns
    -------
    list of dict
        `start`, `end` (first and last frame, 0-based), `region` (box around the person:
        "left top width height" in pixels) and `known_by` (how the start is known).
    """
    rows = []
    for still in stills:
        span = still.frames(count)
        region = as_mask(still.region_at(span[len(span) // 2]))
        box = " ".join(map(str, cv2.boundingRect(region)))
        values = (span[0], span[-1], box, still.frame_source)
        rows.append(dict(zip(STILL_COLUMNS, values, strict=True)))
    return rows


def timed(rows: Sequence[Mapping[Any, Any]], rate: Rate) -> list[dict[Any, Any]]:
    """Rows of `still.csv`: those of `still_rows`, the `seconds` that each lasts, and `rate_known_by`."""
    return [
        {
            **row,
            "seconds": float((row["end"] - row["start"] + 1) / rate.fps),
            "rate_known_by": rate.known_by,
        }
        for row in rows
    ]


def _of_rest(rest: Rest, whole: np.ndarray, size: tuple[int, int], box: np.ndarray | None) -> Still:
    if box is not None:
        return Still(rest.start, "frames", box, "config", rest.end)
    region = cv2.resize(as_mask(whole), size, interpolation=cv2.INTER_LINEAR) > FOREGROUND // 2
    return Still(rest.start, "frames", region, "frames", rest.end)


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
