"""Events: in which frames the person enters, falls and lies still, and how that is known.

Taken from the config where it says so, else from the ground truth, else from the frames themselves.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bgsub.errors import InputError
from bgsub.evidence.change import changed, clean, match_exposure, median_picture, small
from bgsub.evidence.motion import stretches
from bgsub.evidence.scene import Scene, study
from bgsub.evidence.still import Still
from bgsub.labels import FOREGROUND
from bgsub.progress import Progress

EVENTS = ("enters", "falls", "still")  # in the order of time

_UNLABELLED = (85, 170)  # CDnet's codes for what nothing is said of
_AT_REST = 5  # frames whose median shows the person at rest
_LASTING = 5  # frames in a row in which somebody who enters is seen, where no ground truth tells
_HEAD = 0.05  # share of a region above its top edge, and below its bottom: a raised hand does not count
_FAST = 0.25  # of the fastest sinking of the top edge: slower, and the fall has not begun
_LEFTOVER = 0.25  # of the greatest height: what differs less from the person at rest is nearly there
_LOSS = 1 / 3  # of the person's height that a fall loses


@dataclass(frozen=True)
class Event:
    """Something that happens to the person.

    Attributes
    ----------
    event : str
        One of `EVENTS`.
    frame : int or None
        0-based: the first in which the person is seen, the last before they sink, the first of stillness.
        None where it happened at a time that cannot be told: somebody who is there from the first frame, or
        the first labelled one, has entered before.
    source : str
        `config`, `groundtruth` or `frames`.
    end : int or None
        The last frame of a fall, before stillness, and of stillness; None for an entrance, which has none.
    """

    event: str
    frame: int | None
    source: str
    end: int | None = None


def locate_events(
    frames: np.ndarray,
    still: Still | None,
    *,
    groundtruth: np.ndarray | None = None,
    settings: Mapping[str, int] | None = None,
    scene: Scene | None = None,
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
    scene : Scene, optional
        As `evidence.scene.study` found it, if that has been done.

    Returns
    -------
    list of Event
        In the order of `EVENTS`, without those that did not happen; an entrance that did, but not when, has
        no frame.

    Raises
    ------
    InputError
        If a frame in the config lies outside the clip.
    """
    events: dict[str, Event] = {}
    for event, frame in (settings or {}).items():
        if not 0 <= frame < len(frames):
            raise InputError(
                f"events.{event}: found {frame}, expected a frame of the clip, 0 to {len(frames) - 1}"
            )
        events[event] = Event(event, frame, "config")
    source = "frames" if groundtruth is None else "groundtruth"
    if "enters" not in events:
        if groundtruth is None:
            happened, first = enters_frame(_newcomers(frames, scene or study(frames, progress)), _LASTING)
        else:
            happened, first = enters_frame(_people(groundtruth, progress))
        if happened:
            events["enters"] = Event("enters", first, source)
    if still is not None:
        last = still.frames(len(frames))[-1]
        events["still"] = Event("still", still.frame, still.frame_source, last)
        if "falls" not in events:
            if groundtruth is None:
                extents = _extents_to_come(frames, still.frame, progress)
            else:
                people = progress(groundtruth[: still.frame + 1])
                extents = np.array([vertical_extent(labels == FOREGROUND) for labels in people])
            begins = falls_frame(extents)
            if begins is not None:
                events["falls"] = Event("falls", begins, source)
        if "falls" in events:
            events["falls"] = replace(events["falls"], end=max(still.frame - 1, events["falls"].frame or 0))
    return [events[event] for event in EVENTS if event in events]


def enters_frame(present: Iterable[bool | None], lasting: int = 1) -> tuple[bool, int | None]:
    """First frame from which on somebody is there, so many times in a row.

    Parameters
    ----------
    present : iterable of bool or None
        Whether somebody is there, frame by frame; None where that is not known.
    lasting : int
        Known frames in a row in which somebody has to be there.

    Returns
    -------
    bool
        Whether somebody is there at some time.
    int or None
        0-based. None if nobody comes, or if somebody is there from the first frame on of which it is known.
    """
    run, first = 0, None
    for frame, there in enumerate(present):
        if there is None:
            continue
        first = frame if first is None else first
        run = run + 1 if there else 0
        if run == lasting:
            start = frame + 1 - run
            return True, (start if start > first else None)
    return False, None


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
    begins, ends = stretches(sinking >= _FAST * sinking.max()).T
    falls = begins[top[ends] - top[begins] >= _LOSS * height[begins]]
    return int(falls[-1]) if len(falls) else None


def vertical_extent(region: np.ndarray) -> tuple[float, float]:
    """Rows from the top above and below which a twentieth of a region lies, (H, W) bool; NaN if empty."""
    area = region.sum(axis=1, dtype=np.int64)
    if not area.any():
        return np.nan, np.nan
    below = np.cumsum(area) / area.sum()
    return float(np.searchsorted(below, _HEAD)), float(np.searchsorted(below, 1 - _HEAD))


def _people(groundtruth: np.ndarray, progress: Progress) -> Iterator[bool | None]:
    for labels in progress(groundtruth):
        labelled = not np.isin(labels, _UNLABELLED).all()
        yield bool((labels == FOREGROUND).any()) if labelled else None


def _newcomers(frames: np.ndarray, scene: Scene) -> Iterator[bool]:
    """Tell of frame after frame whether it shows somebody."""
    for frame in range(len(frames)):
        lies = any(rest.start <= frame <= rest.end for rest in scene.rests)
        yield lies or scene.someone(frames, frame) is not None


def _extents_to_come(frames: np.ndarray, still: int, progress: Progress) -> np.ndarray:
    """Return from which row to which each frame differs from the person at rest, NaN where only little does.

    That is the better background to see a fall before: by then the camera has got used to what it sees, and
    one who lies still is part of it, so that what is left is the body where it is not yet.
    """
    rest = median_picture(small(frame) for frame in frames[still : still + _AT_REST])
    pictures = (match_exposure(small(frame), rest) for frame in progress(frames[: still + 1]))
    extents = np.array([vertical_extent(clean(changed(picture, rest)) > 0) for picture in pictures])
    heights = extents[:, 1] - extents[:, 0]
    if not np.isnan(heights).all():
        extents[heights < _LEFTOVER * np.nanmax(heights)] = np.nan
    return extents
