"""What to mind about a clip before anything else is read: a title and a sentence for each caution."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from bgsub.names import Name
from bgsub.report.sentences_scene import learning_warning, training_warning
from bgsub.source.rate import Rate
from bgsub.words import count, percent

# With 20 samples a pixel's own background passes 6 estimated standard deviations once in 1,700 times, with 10
# once in 80: 3 (n + 1) / (n - 3) F(3, n - 3), as in `masks.densities.mahalanobis`.
FEW = 20


class Caution(NamedTuple):
    """What to mind, in a few words and in a sentence or more."""

    title: str
    words: str


def cautions(
    *,
    train: int,
    own: Sequence[int],
    training: pd.DataFrame,
    events: pd.DataFrame,
    area: pd.DataFrame,
    names: Mapping[str, Name],
    lies: bool,
    scored: bool,
    region_source: str | None,
    rate: Rate,
) -> list[Caution]:
    """Collect what to mind about a clip.

    Parameters
    ----------
    train : int
        Number of training frames.
    own : sequence of int
        Their places in the clip, ascending; none if they are of another clip.
    lies : bool
        Whether somebody lies still, and is measured.
    scored : bool
        Whether the clip has ground truth.
    region_source : str or None
        How it is known where the person lies.

    Claims
    ------
    "A camera that moves"
        one frame in ten is off the view of the middle one by more than a still camera's
    " in the training frames"
        `training.csv` finds something there, or a person who lies still is there while the methods learn;
        nothing tells a person from a chair, so that where nobody lies still it is "something"
    "A ghost"
        a method marks what only the background image holds
    "Few training frames"
        there are fewer than 20
    "A box for the person"
        somebody lies still where the config's `region` says
    "Unknown rate"
        neither the config nor the file tells it
    "No ground truth"
        the clip has none
    """
    warning = training_warning(training, lies=lies) or learning_warning(events, own)
    who = "Somebody" if lies else "Something"
    found = [
        _camera(training, scored=scored),
        Caution(f"{who} in the training frames", warning) if warning else None,
        _ghosts(area, names),
        _few_frames(train),
        _box(region_source) if lies else None,
        _rate(rate),
        None if scored else Caution("No ground truth", "Nothing says which pixels are right."),
    ]
    return [caution for caution in found if caution]


def _camera(training: pd.DataFrame, *, scored: bool) -> Caution | None:
    """Warn of a camera that moves."""
    offset = training.iloc[0]["view_offset"]
    if pd.isna(offset):
        return None
    words = (
        f"In one frame in ten the view seems to be {offset:.0f} pixels or more off that in the middle of the "
        "clip: a background that does not follow marks edges"
    )
    doubt = ", and what is said of who is seen in the frames may be the camera's doing"
    return Caution("A camera that moves", f"{words}{'' if scored else doubt}.")


def _few_frames(train: int) -> Caution | None:
    """Warn of few training frames, below `FEW`."""
    if train >= FEW:
        return None
    frames = "one frame" if train == 1 else count(train, "frame")
    words = (
        f"The scene is learned from {frames}: how much a pixel varies by itself is hardly known from that."
    )
    return Caution("Few training frames", words)


def _ghosts(area: pd.DataFrame, names: Mapping[str, Name]) -> Caution | None:
    """Warn of ghosts, where some method marks any."""
    worst = area.loc[area["ghost_share"].idxmax()]
    if not worst["ghost_share"] > 0:
        return None
    words = (
        f"Up to {percent(worst['ghost_share'])} of the picture (with {names[worst['method']].named}, frame "
        f"{worst['frame']}) is marked where the background image seems to hold what is no longer there."
    )
    return Caution("A ghost", words)


def _rate(rate: Rate) -> Caution | None:
    """Say that seconds are assumed, where nothing tells the rate."""
    if rate.known_by != "nothing":
        return None
    fps = f"{float(rate.fps):.4g}"
    words = f"Nothing tells how fast the clip was recorded: seconds are counted at {fps} frames each."
    return Caution("Unknown rate", words)


def _box(region_source: str | None) -> Caution | None:
    """Say that a box stands for the person, where the config gave one."""
    if region_source != "config":
        return None
    words = "Where the person lies is a box from the config, and all of it counts as the person."
    return Caution("A box for the person", words)
