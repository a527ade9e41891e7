"""Which frames train and which are tested: `frames.csv`, which every later step takes them from."""

import csv
import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bgsub.errors import InputError
from bgsub.files import whole_file, write_table

# Four samples span a full 3 x 3 covariance (n samples have rank n - 1), and a mixture has at least two.
MINIMUM_TRAINING_FRAMES = 8

COLUMNS = ("frame", "name", "subset", "clip")


class Split(NamedTuple):
    """Who trains and who is tested."""

    train: list[int]  # places in the clip `trained_on`, in the order in which methods see them
    test: list[int]  # places in the clip itself, ascending
    clip: str
    trained_on: str  # name of the clip whose frames train: the same, or another one of the same camera

    @property
    def own_train(self) -> list[int]:
        """Those of the clip's own frames that train."""
        return self.train if self.trained_on == self.clip else []

    @property
    def is_head(self) -> bool:
        """Whether the clip's own first frames train, so that methods see its frames as they come."""
        return self.own_train == list(range(len(self.train)))

    def watched_from(self, frame: int) -> "Split":
        """Return the split with all frames from one on as test frames, if methods see them as they come."""
        own = self.own_train
        if frame >= len(own) or not self.is_head:
            return self
        return self._replace(train=own[:frame], test=own[frame:] + self.test)

    def seen_before(self, frame: int) -> int | None:
        """Count what a method has seen before a frame of the clip: all training frames, then test frames.

        None if it has seen the frame itself or later ones before, in training, and not as they come: where
        training frames lie behind test frames.
        """
        own = self.own_train
        if own and own[-1] >= frame and not self.is_head:
            return None
        if frame < len(own):
            return frame
        return len(self.train) + sum(place < frame for place in self.test)


def runs(places: Sequence[int]) -> list[range]:
    """Return ascending places as ranges that follow each other without a gap."""
    cuts = [i for i, (one, other) in enumerate(itertools.pairwise(places), 1) if other != one + 1]
    bounds = itertools.pairwise([0, *cuts, len(places)])
    return [range(places[first], places[stop - 1] + 1) for first, stop in bounds if stop > first]


def train_count(total: int, train_fraction: float) -> int:
    """Return how many of `total` frames are for training: the first floor(total * train_fraction).

    The same as `sklearn.model_selection.train_test_split(train_size=train_fraction, shuffle=False)`.
    """
    return math.floor(total * train_fraction)


def training_places(
    settings: Mapping[str, Any], clip: str, total: int, scored_from: int | None = None
) -> list[int]:
    """Return which of a clip's own frames train.

    Parameters
    ----------
    settings : mapping
        One of `train_fraction`, the share of the frames, from the first on; `frames`, ranges
        [first, one past the last], in order and apart (`config.training` sees to it); `until`:
        `temporal_roi`.
    clip, total : str, int
        Its name, for messages, and the number of its frames.
    scored_from : int, optional
        The first frame of the temporal region of interest, for `until`.

    Raises
    ------
    InputError
        If a range ends past the clip, fewer than `MINIMUM_TRAINING_FRAMES` are for training, or none is left
        for testing.
    """
    if "frames" in settings:
        for first, stop in settings["frames"]:
            if stop > total:
                raise InputError(
                    f"clips.{clip}.train.frames: found [{first}, {stop}] for a clip of {total} frames;"
                    f" expected ranges that stop at {total} at most"
                )
        places = [place for first, stop in settings["frames"] for place in range(first, stop)]
        found, remedy = f"clips.{clip}.train.frames chooses {len(places)} of {total} frames", "choose more"
    elif "until" in settings:
        if scored_from is None:
            raise ValueError("until without the first scored frame")
        places = list(range(scored_from))
        found = f"clips.{clip}.train.until: {len(places)} of {total} frames are before the first scored one"
        remedy = "choose others by train.frames"
    else:
        fraction = settings["train_fraction"]
        places = list(range(train_count(total, fraction)))
        found = f"train_fraction {fraction} of {total} frames leaves {len(places)} for training"
        remedy = "raise split.train_fraction, or the clip's own, or take a longer clip"
    if len(places) < MINIMUM_TRAINING_FRAMES:
        raise InputError(f"{found}, expected at least {MINIMUM_TRAINING_FRAMES}: {remedy}")
    if len(places) >= total:
        raise InputError(f"{found} and none for testing: leave some")
    return places


def own_split(names: Sequence[str], clip: str, train: Sequence[int]) -> list[tuple[int, str, str, str]]:
    """Return the rows of `frames.csv` where frames of the clip itself train, at the given places."""
    training = set(train)
    return [(place, name, "train" if place in training else "test", clip) for place, name in enumerate(names)]


def split_by_other(
    names: Sequence[str],
    clip: str,
    other_names: Sequence[str],
    other: str,
    sizes: tuple[tuple[int, ...], tuple[int, ...]],
) -> list[tuple[int, str, str, str]]:
    """Return the rows of `frames.csv` where all frames of another clip train, and all of this are tested.

    Parameters
    ----------
    names, clip, other_names, other
        Names of this clip's frames and its own, and likewise of the other.
    sizes : pair of (int, int)
        Height and width of this clip's frames and of the other's.

    Raises
    ------
    InputError
        If the sizes differ, or the other clip has fewer than `MINIMUM_TRAINING_FRAMES`.
    """
    own, theirs = (f"{width} x {height}" for height, width in sizes)
    if own != theirs:
        raise InputError(
            f"clips.{clip}.train.clip: '{other}' has frames of {theirs} pixels, but those of '{clip}' have"
            f" {own}; expected a clip of the same camera, of the same size"
        )
    if len(other_names) < MINIMUM_TRAINING_FRAMES:
        raise InputError(
            f"clips.{clip}.train.clip: '{other}' has {len(other_names)} frames, expected at least"
            f" {MINIMUM_TRAINING_FRAMES}: take a longer clip"
        )
    trains = [(place, name, "train", other) for place, name in enumerate(other_names)]
    return trains + [(place, name, "test", clip) for place, name in enumerate(names)]


def write_split(destination: str | Path, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Write `frames.csv`: frame (from 0), name, subset (train or test).

    Where another clip trains there is a fourth column, the clip that each frame is of.
    """
    columns = COLUMNS if len({clip for *_, clip in rows}) > 1 else COLUMNS[:-1]
    write_table(destination, [dict(zip(columns, row, strict=False)) for row in rows], columns)


def read_split(table: str | Path) -> Split:
    """Return the split that `write_split` wrote; without the names of clips, where there is but one."""
    train, test = _subsets(table)
    return Split(
        [int(row["frame"]) for row in train],
        [int(row["frame"]) for row in test],
        test[0].get("clip", ""),
        train[0].get("clip", ""),
    )


def read_names(table: str | Path) -> list[str]:
    """Return the names of all frames of the clip, in order, from what `write_split` wrote."""
    train, test = _subsets(table)
    own = train if train[0].get("clip") == test[0].get("clip") else []
    return [row["name"] for row in sorted([*own, *test], key=lambda row: int(row["frame"]))]


def _subsets(table: str | Path) -> list[list[dict[str, str]]]:
    """Read the rows that train and those that test, of one clip each; InputError if the table is cut."""
    with whole_file(table), Path(table).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
        subsets = [[row for row in rows if row["subset"] == subset] for subset in ("train", "test")]
        clips = [{row.get("clip", "") for row in subset} for subset in subsets]
        if sum(map(len, subsets)) < len(rows) or any(len(names) != 1 for names in clips):
            raise ValueError("a row is cut")
    return subsets
