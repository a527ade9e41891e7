"""Which frames of a clip tell the result: one by itself, and a few in a row."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from bgsub.evidence.metrics import crowded
from bgsub.labels import FOREGROUND

if TYPE_CHECKING:
    import pandas as pd

_SEVERAL = 1 / 3  # of the methods: what fewer of them mark are specks, or a picture that one fills
_AFTER = 8  # frames after the person came to rest, when a fast learner has let them go


class Moment(NamedTuple):
    """A frame, and the two methods whose masks of it tell the story: by what is measured best and worst."""

    frame: int
    best: str
    worst: str


def most_telling(
    absorption: "pd.DataFrame",
    area: "pd.DataFrame",
    test: Sequence[int],
    *,
    last_still: int | None = None,
    scores: "pd.DataFrame | None" = None,
    truth_area: Sequence[float] | None = None,
) -> Moment:
    """Choose the moment that the result shows best in.

    Parameters
    ----------
    absorption, area : DataFrame
        `absorption.csv` and `area.csv`. A method that marks much of the picture is no one to tell by.
    test : sequence of int
        The test frames, ascending.
    last_still : int, optional
        Last frame of stillness; by default the last test frame.
    scores : DataFrame, optional
        `scores.csv`, of a clip with ground truth.
    truth_area : sequence of float, optional
        Share of each test frame that is there by the ground truth.

    Returns
    -------
    Moment
        Who keeps most of a still person and who keeps least, soon after they came to rest. Without one, who
        scores best and worst, where the ground truth shows most. Without scores nothing can be told: the
        middle of the test frames, and the first and the last method.
    """
    known = absorption[absorption["still_frame"].notna() & absorption["retention"].notna()]
    if known.empty:
        names, frame = list(absorption["method"]), test[len(test) // 2]
        if scores is not None and scores["f_measure"].notna().any():
            judged = scores[scores["f_measure"].notna()]
            names = list(judged.sort_values("f_measure", ascending=False, kind="stable")["method"])
        if truth_area and max(truth_area) > 0:
            frame = test[truth_area.index(max(truth_area))]
        return Moment(frame, names[0], names[-1])
    clear = known[~known["method"].isin(crowded(known, area))]
    ranked = (known if clear.empty else clear).sort_values("retention", ascending=False, kind="stable")
    still = max(int(known["still_frame"].iloc[0]), test[0])
    last = test[-1] if last_still is None else min(last_still, test[-1])
    after = min(still + _AFTER, last)
    frame = min(test, key=lambda tested: abs(tested - after))  # nearest, as some may be training frames
    return Moment(frame, ranked["method"].iloc[0], ranked["method"].iloc[-1])


def window(where: np.ndarray, least: float = 1 / 3, margin: float = 0.08) -> tuple[slice, slice]:
    """Choose the part of a picture that something is in.

    Parameters
    ----------
    where : (H, W) bool array
        What is to be in it; without anything, it is the whole picture.
    least : float
        Share of the picture's height and width that it has at least.
    margin : float
        Share of the picture's height and width that is left around what is in it, as far as there is some.

    Returns
    -------
    rows, columns : slice
        In the picture's proportions.
    """
    if not where.any():
        return slice(0, where.shape[0]), slice(0, where.shape[1])
    left, top, width, height = cv2.boundingRect(where.astype(np.uint8))
    share = max(height / where.shape[0] + 2 * margin, width / where.shape[1] + 2 * margin, least)

    def part(start: int, extent: int, side: int) -> slice:
        size = round(min(share, 1.0) * side)
        first = min(max(round((2 * start + extent - size) / 2), 0), side - size)
        return slice(first, first + size)

    return part(top, height, where.shape[0]), part(left, width, where.shape[1])


def telling_part(
    moments: Iterable[Sequence[np.ndarray]], there: Iterable[np.ndarray] = ()
) -> tuple[slice, slice]:
    """Choose the part of the picture in which a third of the methods mark something at some moment.

    Parameters
    ----------
    moments : iterable of sequence of (H, W) uint8 arrays
        For each moment the masks of all methods.
    there : iterable of (H, W) bool arrays
        What is there by the ground truth, which is to be seen too.

    Returns
    -------
    rows, columns : slice
        As from `window`.
    """
    marked = [np.mean([mask == FOREGROUND for mask in masks], axis=0) >= _SEVERAL for masks in moments]
    return window(np.logical_or.reduce([*marked, *there]))


def in_a_row(test_frames: Sequence[int], still_frame: int | None) -> dict[int, str]:
    """Choose a few frames: start, just before and after the person lies still, and the end.

    Parameters
    ----------
    test_frames : sequence of int
        The frames that have masks, ascending.
    still_frame : int or None
        From when on the person lies still; without it, moments are spread evenly.

    Returns
    -------
    dict of int to str
        Frame to title, ascending.
    """
    if still_frame is None:
        last_place = len(test_frames) - 1
        frames = sorted({test_frames[round(last_place * step / 6)] for step in range(7)})
        return {frame: f"frame {frame}" for frame in frames}
    wanted = {test_frames[0]: "first test", test_frames[-1]: "last"}
    wanted |= {still_frame + after: f"still {after:+d}" for after in (-10, -4, 1, 5, 10, 30)}
    known = set(test_frames)
    return {frame: f"{words}\nframe {frame}" for frame, words in sorted(wanted.items()) if frame in known}
