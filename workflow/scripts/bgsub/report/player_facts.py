"""What the player's and the inspector's scripts need besides their own data."""

from typing import Any

import pandas as pd

from bgsub.figures.looks import FLAGS
from bgsub.masks.method import Method
from bgsub.masks.scored import ScoredMethod
from bgsub.names import Name
from bgsub.report import sentences_scene
from bgsub.report.player import CODES
from bgsub.report.results import ClipResults, clip_facts
from bgsub.words import EVENT_WORDS


def player_facts(clip: ClipResults, truth_area: list[float] | None) -> dict[str, Any]:
    """Collect what the player's and the inspector's scripts need besides their own data."""
    area, events = clip.table("area.csv"), clip.table("events.csv")
    frames = range(int(area["frame"].min()), int(area["frame"].max()) + 1)
    span = sentences_scene.span_of(events, clip_facts(clip)["frames"])
    known = events[events["frame"].notna()]
    marks = [{"frame": int(row.frame), "label": EVENT_WORDS[row.event]} for row in known.itertuples()]
    if span is not None and not span.to_the_end:
        marks.append({"frame": span.end + 1, "label": "stirs"})
    shares = area.pivot_table("foreground_share", "frame", "method")
    truth = None if truth_area is None else pd.Series(truth_area, shares.index)
    methods = clip.names.methods
    return {
        "methods": [_shown(key, name) | _threshold(clip.methods[key]) for key, name in methods.items()],
        "models": [_shown(key, name) for key, name in clip.names.models.items()],
        "codes": list(CODES),
        "flags": [[flag.bit, flag.words] for flag in FLAGS],
        "area": {name: _by_frame(shares[name].round(6), frames) for name in clip.methods},
        "truth_area": None if truth is None else _by_frame(truth, frames),
        "test": [frames[0], frames[-1]],
        "events": marks,
        "fps": clip.fps,
        "opening": clip.packed("moment")["frame"],
        "visible": visible_shares(clip),
        "subject": (sentences_scene.MOVES if span is None else sentences_scene.PERSON).named,
    }


def visible_shares(clip: ClipResults) -> dict[str, dict[str, float]]:
    """Share of the still person that each method of the telling moment marks, by frame."""
    visible = clip.table("visible.csv")
    told = [picture["method"] for picture in clip.packed("moment")["pictures"]]
    return {
        method: {str(row.frame): round(row.visible_share, 6) for row in rows.itertuples()}
        for method, rows in visible[visible["method"].isin(told)].groupby("method")
    }


def _by_frame(shares: pd.Series, frames: range) -> list[float | None]:
    """Return shares for each of some frames in a row, None for those that train."""
    return [None if pd.isna(share) else share for share in shares.reindex(frames)]


def _shown(key: str, name: Name) -> dict[str, str]:
    return {"name": key, "label": name.label, "colour": name.colour, "dashes": name.dash_array}


def _threshold(method: Method) -> dict[str, Any]:
    """Say what a method's score is compared with, and how a reader is told of it."""
    if not isinstance(method, ScoredMethod):
        return {}
    return {"threshold": method.threshold, "unit": method.unit, "decimals": method.decimals}
