"""Events: in which frames the person enters, falls and lies still, and how that is known.

Taken from the config where it says so, else from the ground truth, else from the frames themselves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bgsub.errors import InputError
from bgsub.evidence.change import (
    ENDS,
    changed,
    clean,
    gains_edges,
    largest,
    match_exposure,
    median_picture,
    small,
)
from bgsub.evidence.still import Still
from bgsub.labels import FOREGROUND
from bgsub.progress import Progress

EVENTS = ("enters", "falls", "still")  # in the order of time

_LASTING = 5  # frames in a row for which somebody who enters is there
_HEAD = 0.05  # share of a region above its top edge, and below its bottom: a raised hand does not count
_FAST = 0.25  # of the fastest sinking of the top edge: slower, and the fall has not begun
_LOSS = 1 / 3  # of the person's height that a fall loses


@dataclass(frozen=True)
class Event:
    """Something that happens to the person.

    Attributes
    ----------
    event : str
        One of `EVENTS`.
    frame : int
        0-based: the first in which the person is seen, the last before they sink, the first of stillness.
    source : str
        `config`, `groundtruth` or `frames`.
    """

    event: str
    frame: int
    source: str


def locate_events(
    frames: np.ndarray,
    still: Still | None,
    *,
    groundtruth: np.ndarray | None = None,
    settings: Mapping[str, int] | None = None,
    progress: Progress = iter,
) -> list[Event]:
    """Find when the person enters, falls and lies still by the best of what is known.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB.
    still : Still or None
        As `locate_still` found it. Nobody falls who does not lie still later.
    groundtruth : (N, H, W) uint8 array, optional
        CDnet coding.
    settings : mapping, optional
        The clip's `events` in the config: frames of `enters` and `falls`, which are believed before all else.
    progress : callable
        Wraps the frames, for example tqdm.

    Returns
    -------
    list of Event
        In the order of `EVENTS`, without those that cannot be told.

    Raises
    ------
    InputError
        If a frame in the config lies outside the clip.
    """
    known: dict[str, tuple[int | None, str]] = {}
    if still is not None:
        known["still"] = (still.frame, still.frame_source)
    for event, frame in (settings or {}).items():
        if not 0 <= frame < len(frames):
            raise InputError(
                f"events.{event}: found {frame}, expected a frame of the clip, 0 to {len(frames) - 1}"
            )
        known[event] = (frame, "config")
    source = "frames" if groundtruth is None else "groundtruth"
    if "enters" not in known:
        present = _newcomers(frames, progress) if groundtruth is None else _people(groundtruth, progress)
        known["enters"] = (enters_frame(present), source)
    if "falls" not in known and still is not None:
        measure = _extent_to_come(frames) if groundtruth is None else _extent_of_person
        until = (frames if groundtruth is None else groundtruth)[: still.frame + 1]
        known["falls"] = (falls_frame(np.array([measure(picture) for picture in progress(until)])), source)
    in_order = ((event, *known[event]) for event in EVENTS if event in known)
    return [Event(event, frame, source) for event, frame, source in in_order if frame is not None]


def enters_frame(present: Iterable[bool]) -> int | None:
    """First frame from which on somebody is there five times in a row.

    Parameters
    ----------
    present : iterable of bool
        Whether somebody is there, frame by frame.

    Returns
    -------
    int or None
        0-based. None if nobody comes, or if somebody is there from the first frame on.
    """
    run = 0
    for frame, there in enumerate(present):
        run = run + 1 if there else 0
        if run == _LASTING:
            return frame + 1 - run or None
    return None


def falls_frame(extents: np.ndarray) -> int | None:
    """Frame in which a fall begins: the last before the top edge of the person sinks.

    It sinks fast as long as it sinks at a quarter of its greatest speed or more. The fall is the last such
    descent that loses a third of the height that the person had before it.

    Parameters
    ----------
    extents : (T, 2) float array
        Top and bottom row of the person, frame by frame, as `vertical_extent` gives them; NaN where nobody
        is.

    Returns
    -------
    int or None
        0-based. None if nothing sinks so far.
    """
    if len(extents) < 2:
        return None
    # The median of three frames leaves out a single one in which something else was seen.
    padded = np.pad(extents[:, 0], 1, mode="edge")
    top = np.median(sliding_window_view(padded, 3), axis=1)
    height = extents[:, 1] - extents[:, 0]
    sinking = np.nan_to_num(np.diff(top))
    if sinking.max() <= 0:
        return None
    fast = np.concatenate(([False], sinking >= _FAST * sinking.max(), [False]))
    begins, ends = np.flatnonzero(np.diff(fast.astype(np.int8))).reshape(-1, 2).T
    falls = begins[top[ends] - top[begins] >= _LOSS * height[begins]]
    return int(falls[-1]) if len(falls) else None


def vertical_extent(region: np.ndarray) -> tuple[float, float]:
    """Rows above and below which a twentieth of a region lies, from the top; NaN if it is empty.

    Parameters
    ----------
    region : (H, W) bool array
    """
    area = region.sum(axis=1, dtype=np.int64)
    if not area.any():
        return np.nan, np.nan
    below = np.cumsum(area) / area.sum()
    return float(np.searchsorted(below, _HEAD)), float(np.searchsorted(below, 1 - _HEAD))


def _people(groundtruth: np.ndarray, progress: Progress) -> Iterator[bool]:
    return ((labels == FOREGROUND).any() for labels in progress(groundtruth))


def _newcomers(frames: np.ndarray, progress: Progress) -> Iterator[bool]:
    """Tell of frame after frame whether it shows somebody who was not there at the beginning."""
    beginning, end = median_picture(frames[:ENDS]), median_picture(frames[-ENDS:])
    if _newcomer(end, beginning) is not None:  # who was there at the beginning, and has left that place
        return iter(())
    return (_newcomer(beginning, small(frame)) is not None for frame in progress(frames))


def _extent_of_person(labels: np.ndarray) -> tuple[float, float]:
    return vertical_extent(labels == FOREGROUND)


def _extent_to_come(frames: np.ndarray) -> Callable[[np.ndarray], tuple[float, float]]:
    """Return what measures from which row to which a frame differs from the end of the clip.

    The end is the better background to see a fall before: by then the camera has got used to what it sees,
    and one who lies still is part of it, so that what is left is the body where it is not yet.
    """
    end = median_picture(frames[-ENDS:])
    return lambda frame: vertical_extent(clean(changed(match_exposure(small(frame), end), end)) > 0)


def _newcomer(before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
    """Region of the largest object that one picture has and another has not."""
    before = match_exposure(before, after)
    return largest(clean(changed(before, after)), lambda region: gains_edges(region, before, after))
