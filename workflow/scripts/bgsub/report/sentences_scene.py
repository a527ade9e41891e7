"""What happens in a clip, in plain sentences, and what may be said of it: claims are made of these facts."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bgsub.source.split import MINIMUM_TRAINING_FRAMES
from bgsub.words import NBSP, count, joined, percent

_KNOWN = {
    "config": "given in the config",
    "groundtruth": "known from the ground truth",
    "frames": "seen in the frames",
}
_THERE_FROM = {
    "groundtruth": "somebody is there from the first labelled frame on",
    "frames": "somebody seems to be there from the first frame",
}

_ANOTHER_CLIP = "A recording without anybody, by the same camera, would help: train: {clip: its name}."


@dataclass(frozen=True)
class Span:
    """The frames in which the person lies still.

    Attributes
    ----------
    start, end : int
        First and last frame, 0-based.
    frames : int
        Frames of the clip.
    """

    start: int
    end: int
    frames: int

    @property
    def to_the_end(self) -> bool:
        """Whether the person lies still to the end of the clip."""
        return self.end >= self.frames - 1

    @property
    def when(self) -> str:
        """Say from when to when."""
        return f"from frame {self.start} {'on' if self.to_the_end else f'to {self.end}'}"

    @property
    def until(self) -> str:
        """Say up to when, of somebody who has come to rest."""
        return "to the end of the clip" if self.to_the_end else f"until they stir at frame {self.end + 1}"

    def __len__(self) -> int:
        """Count the frames."""
        return self.end + 1 - self.start


@dataclass(frozen=True)
class Subject:
    """What a clip shows that methods are to mark, as sentences call it."""

    named: str
    pixels: str


PERSON = Subject("the person", "the person's pixels")
MOVES = Subject("what moves", "the pixels of what moves")  # of which nothing says that it is a person


def span_of(events: pd.DataFrame, frames: int) -> Span | None:
    """Return when the person lies still in a clip of so many frames; None if nobody does."""
    still = events[events["event"] == "still"]
    if still.empty:
        return None
    start, end = still.iloc[0][["frame", "end"]]
    return Span(int(start), frames - 1 if pd.isna(end) else int(end), frames)


def falls(events: pd.DataFrame) -> bool:
    """Tell whether somebody falls and lies still then."""
    return {"falls", "still"} <= set(events["event"])


def somebody_comes(events: pd.DataFrame) -> bool:
    """Tell whether somebody or something comes in, lies still, or is there from the first frame."""
    return not {"enters", "still"}.isdisjoint(events["event"])


def headline(*, comes: bool, lies: bool, falls: bool) -> str:
    """Head a page by what its clip shows.

    Claims
    ------
    "Nobody is seen to come in. What do the methods mark?"
        there is neither an entrance nor a stillness
    "What moves, and which method sees it?"
        nobody was found to lie still, but somebody or something comes in
    "A person "
        somebody lies still; that they fall is said where a fall was found before
    """
    if not comes:
        return "Nobody is seen to come in. What do the methods mark?"
    if not lies:
        return "What moves, and which method sees it?"
    return f"A person {'falls and lies' if falls else 'lies'} still. Who still sees them?"


def page_title(*, comes: bool, lies: bool) -> str:
    """Title a page, before the clip's own title.

    Claims
    ------
    "Who still sees the person?"
        somebody lies still
    "Which method sees what moves?"
        nobody was found to, but somebody or something comes in
    "What is marked where nobody comes?"
        nobody is seen to come in
    """
    if not comes:
        return "What is marked where nobody comes?"
    return "Who still sees the person?" if lies else "Which method sees what moves?"


def events_sentence(
    events: pd.DataFrame,
    span: Span | None,
    *,
    times: int = 1,
    region_source: str | None = None,
    fps: float | None = None,
) -> str:
    """Say when the person enters, falls and lies still, and where, and how that is known.

    Parameters
    ----------
    times : int
        How often somebody lies still.
    region_source : str, optional
        How it is known where the person lies: `config`, `groundtruth` or `frames`.
    fps : float, optional
        To tell seconds since the clip's first frame too.

    Claims
    ------
    "enters at frame "
        the config, the ground truth or the frames tell an entrance; the first labelled frame is
        none
    "begins to fall at frame "
        a fall is known, likewise
    "The person"
        somebody is known to fall or to lie still
    "Somebody or something"
        nobody is
    "cannot be told"
        somebody is there from the first frame, or the first labelled one
    "Nobody is seen to enter."
        there is neither an entrance nor a stillness
    "Nobody was found to lie still in this clip."
        there is no stillness
    "No fall was found before that."
        there is a stillness without a fall
    "the longest is the one that is measured"
        there are several stillnesses
    "Where they lie is "
        the place is known in another way than the moment
    "The config gives a box for where they lie"
        the config's `still` has a `region`
    """
    known = events.set_index("event")
    words = {
        "enters": "enters at frame {:.0f}",
        "falls": "begins to fall at frame {:.0f}",
        "still": f"lies still {span.when}" if span else "",
    }
    told = known[known["frame"].notna()]
    sources = told["source"].unique()
    parts = []
    for event, row in told.iterrows():
        notes = [f"{row['frame'] / fps:.1f}{NBSP}s"] if fps else []
        notes += [_KNOWN[row["source"]]] if len(sources) > 1 else []
        note = f" ({'; '.join(notes)})" if notes else ""
        parts.append(f"{words[str(event)].format(row['frame'])}{note}")
    # Nothing says that who or what comes in is a person, unless they fall or lie still.
    who = "The person" if {"falls", "still"} & set(told.index) else "Somebody or something"
    known_by = f"; this is {_KNOWN[sources[0]]}" if len(sources) == 1 else ""
    said = [f"{who} {joined(parts)}{known_by}."] if parts else []
    said += _entrance(known, span)
    if span is None:
        said.append("Nobody was found to lie still in this clip.")
        return " ".join(said)
    if "falls" not in known.index:
        said.append("No fall was found before that.")
    if times > 1:
        said.append(f"Somebody lies still {count(times, 'time')}; the longest is the one that is measured.")
    return " ".join([*said, *_place(known.loc["still", "source"], region_source)])


def _entrance(known: pd.DataFrame, span: Span | None) -> list[str]:
    """Say what is not known of the entrance."""
    if "enters" not in known.index:
        return ["Nobody is seen to enter."] if span is None else ["When they enter could not be told."]
    enters = known.loc["enters"]
    if pd.notna(enters["frame"]):
        return []
    there = _THERE_FROM[enters["source"]]
    if span is None:
        there = there.replace("somebody", "somebody or something")
    return [f"When {'the first enters' if span is None else 'they enter'} cannot be told: {there}."]


def _place(frame_source: str, region_source: str | None) -> list[str]:
    """Say how it is known where the person lies, unless it is known as the moment is."""
    if region_source is None:
        return []
    said = []
    if region_source != frame_source:
        said.append(f"Where they lie is {_KNOWN[region_source]}.")
    if region_source == "config":
        said.append("The config gives a box for where they lie, and all of it counts as the person.")
    return said


def training_warning(training: pd.DataFrame, *, lies: bool) -> str | None:
    """Warn of somebody in the training frames, and say what to do; None if nobody is seen there.

    Where somebody lies still, and is measured, it is somebody; else it may be something.

    Claims
    ------
    "The background images seem to hold "
        `training.csv` finds somebody in the background image of the training frames
    ", which is not counted as the person"
        somebody lies still, and is measured
    "the training frames would hold nobody"
        a smaller `train_fraction` would leave them out
    "Nobody is seen from frame "
        none would, but a stretch of the clip is empty
    """
    row = training.iloc[0]
    if not row["held"] > 0:
        return None
    who = "somebody" if lies else "somebody or something"
    uncounted = ", which is not counted as the person" if lies else ""
    return (
        f"The background images seem to hold {who} on {percent(row['held'])} of the picture: once that place "
        f"is bare, a method that does not go on learning marks a ghost there{uncounted}. {_remedy(row)}"
    )


def learning_warning(events: pd.DataFrame, train: Sequence[int]) -> str | None:
    """Warn of a person who is there while the methods learn; None if none is known to be.

    Parameters
    ----------
    train : sequence of int
        Places of the training frames in the clip, ascending; none if they are of another clip.

    Claims
    ------
    "while the methods learn"
        somebody who lies still enters before the last training frame, or is there from the first
    "to which they are a part of the scene then"
        they lie still in more than half of the training frames
    "They move, and no background "
        they do not, and `training.csv` finds nobody in the background image
    " only frames before that would train."
        there are enough of these
    """
    known = events.set_index("event")
    if not len(train) or not {"enters", "still"} <= set(known.index):
        return None
    enters, still = known.loc["enters", "frame"], known.loc["still", "frame"]
    if still <= train[-1]:
        end = known.loc["still", "end"]
        lying = sum(still <= frame and not frame > end for frame in train)
        so = ", to which they are a part of the scene then" if lying > len(train) / 2 else ""
        return (
            f"The person lies still from frame {still:.0f} on, while the methods learn, to frame "
            f"{train[-1]}{so}. {_ANOTHER_CLIP}"
        )
    if pd.notna(enters) and enters > train[-1]:
        return None
    when = "is there from the first frame on" if pd.isna(enters) else f"enters at frame {enters:.0f}"
    said = (
        f"The person {when}, while the methods learn, to frame {train[-1]}. They move, and no background "
        "image seems to hold them."
    )
    if pd.isna(enters) or enters < MINIMUM_TRAINING_FRAMES:
        return said
    return f"{said} With train: {{frames: [[0, {enters:.0f}]]}} only frames before that would train."


def _remedy(row: pd.Series) -> str:
    """Say which training frames hold nobody."""
    if pd.notna(row["train_fraction"]):
        return f"With train_fraction: {row['train_fraction']:g} the training frames would hold nobody."
    if pd.notna(row["empty_start"]):
        start, end = int(row["empty_start"]), int(row["empty_end"])
        return (
            f"Nobody is seen from frame {start} to {end}: "
            f"with train: {{frames: [[{start}, {end + 1}]]}} these would train."
        )
    return _ANOTHER_CLIP


def picture_verdict(span: Span | None, *, scored: bool, marked: bool = False) -> str:
    """Say what can be said where no method was seen to keep or to lose anybody, and none is scored.

    Claims
    ------
    "nothing tells who keeps them"
        somebody lies still when no method was tested, and nothing is scored
    "no method marks anything in one"
        nobody lies still, and of what is scored nothing moves, and nothing is `marked`
    "so what a method marks there is wrong"
        the same, and something is
    "this page shows what each method marks, not which is right"
        nobody lies still, and there is no ground truth
    """
    if span is not None:
        return f"Somebody lies still {span.when}, when no method was tested: nothing tells who keeps them."
    if scored and marked:
        return (
            "Nobody was found to lie still, and no scored frame shows anything that moves, so what a method "
            "marks there is wrong."
        )
    if scored:
        return (
            "Nobody was found to lie still, no scored frame shows anything that moves, and no method marks "
            "anything in one."
        )
    return (
        "Nobody was found to lie still, and this clip has no ground truth: this page shows what each method "
        "marks, not which is right."
    )
