"""Which frames of a clip tell the result: one by itself, and a few in a row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from bgsub.evidence.metrics import crowded

if TYPE_CHECKING:
    import pandas as pd

_AFTER = 8  # frames after the person came to rest, when a fast learner has let them go


class Moment(NamedTuple):
    """A frame, and the two methods whose masks of it tell the story: who keeps most, and who keeps least."""

    frame: int
    keeps: str
    loses: str


def most_telling(absorption: "pd.DataFrame", area: "pd.DataFrame", test: range) -> Moment:
    """Choose the moment that the result shows best in.

    Parameters
    ----------
    absorption, area : DataFrame
        `absorption.csv` and `area.csv`. A method that marks much of the picture is no one to tell by.
    test : range
        The test frames.

    Returns
    -------
    Moment
        Without a still person: the middle of the test frames, and the first and the last method.
    """
    known = absorption[absorption["still_frame"].notna() & absorption["retention"].notna()]
    if known.empty:
        names = list(absorption["method"])
        return Moment(test[len(test) // 2], names[0], names[-1])
    clear = known[~known["method"].isin(crowded(known, area))]
    ranked = (known if clear.empty else clear).sort_values("retention", ascending=False, kind="stable")
    still = max(int(known["still_frame"].iloc[0]), test[0])
    return Moment(min(still + _AFTER, test[-1]), ranked["method"].iloc[0], ranked["method"].iloc[-1])


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
    first, last = test_frames[0], test_frames[-1]
    if still_frame is None:
        frames = sorted({round(first + (last - first) * step / 6) for step in range(7)})
        return {frame: f"frame {frame}" for frame in frames}
    wanted = {first: "first test", last: "last"}
    wanted |= {still_frame + after: f"still {after:+d}" for after in (-10, -4, 1, 5, 10, 30)}
    known = set(test_frames)
    return {frame: f"{words}\nframe {frame}" for frame, words in sorted(wanted.items()) if frame in known}
