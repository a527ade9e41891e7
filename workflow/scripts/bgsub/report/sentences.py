"""Plain sentences made from a run's figures: right in number, honest where there is nothing to say."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bgsub.evidence.costs import Cost
from bgsub.evidence.metrics import CROWDED
from bgsub.names import Name, Names, capital
from bgsub.source.rate import Rate
from bgsub.source.split import Split, runs
from bgsub.words import NBSP, count, in_words, joined, percent

_MOST_STRETCHES = 3  # that a sentence lists


def run_sentence(rate: Rate, split: Split, trained_on: str, *, height: int, width: int) -> str:
    """Say what the clip is, how fast it runs, and what trained; `trained_on` is that clip's title, or "".

    Claims
    ------
    "The clip has"
        always
    """
    frames = len(split.own_train) + len(split.test)
    learned, tested = training_words(split, trained_on)
    return (
        f"The clip has {count(frames, 'frame')} of {width} by {height} pixels, {rate_words(rate)}. "
        f"The methods learn the scene from {learned} and are tested on {tested}."
    )


def setting_sentence(split: Split, title: str, methods: int) -> str:
    """Say what the experiment is: what the scene is learned from, what is tested, and how many methods.

    Claims
    ------
    "methods learn the scene from"
        always
    """
    learned, tested = training_words(split, title)
    if methods == 1:
        return f"One method learns the scene from {learned} and is watched on {tested}."
    return (
        f"{capital(in_words(methods))} methods learn the scene from {learned} and are compared on {tested}."
    )


def rate_words(rate: Rate) -> str:
    """Say at how many frames per second a clip was recorded, how that is known, and what follows.

    Claims
    ------
    "as its file says"
        the file tells its rate, and the clip's `fps` in the config does not
    "as the config says"
        the config gives the clip's `fps`; what the file says is told where it differs
    "whose rate is not known"
        neither tells it, so that `video.fps` stands in
    """
    fps = f"{float(rate.fps):.4g} per second"
    if rate.known_by == "nothing":
        return f"whose rate is not known: they are shown, and seconds are counted, as if there were {fps}"
    if rate.known_by == "file":
        return f"{fps} as its file says, which is how seconds are counted here"
    other = ""
    if rate.of_file is not None and f"{float(rate.of_file):.4g} per second" != fps:
        other = f", and not {float(rate.of_file):.4g} as its file says"
    return f"{fps} as the config says{other}, which is how seconds are counted here"


def training_words(split: Split, title: str = "") -> tuple[str, str]:
    """Say which frames train and which are tested.

    Claims
    ------
    "of another clip"
        the clip's `train` names another clip
    """
    train, test = len(split.train), len(split.test)
    if split.trained_on != split.clip:
        of = f"{split.trained_on} ({title})" if title else split.trained_on
        return f"all {count(train, 'frame')} of another clip, {of},", "all frames of this one"
    if split.is_head:
        first = "frame" if train == 1 else count(train, "frame")
        return f"the first {first}", "the last one" if test == 1 else f"the other {test:,}"
    stretches = runs(split.train)
    where = joined([f"{stretch[0]} to {stretch[-1]}" for stretch in stretches])
    if len(stretches) > _MOST_STRETCHES:
        where = f"{split.train[0]} to {split.train[-1]}, in {in_words(len(stretches))} stretches"
    return f"frames {where} ({train:,})", "the other one" if test == 1 else f"the other {test:,}"


def decoding_sentences(decoding: Mapping[str, Any]) -> list[str]:
    """Say what went wrong when the clip was decoded, given its decoding.json; nothing if all went well.

    Claims
    ------
    "was reported to go wrong"
        the decoder found errors in some frames
    "The file says that it has"
        it says another number of frames than were decoded
    """
    frames, expected, damaged = (decoding[key] for key in ("frames", "expected", "damaged"))
    told = []
    if damaged:
        where = count(damaged, "frame") if damaged != frames else f"all {count(frames, 'frame')}"
        said = f" It said first: {decoding['first_error']}" if decoding["first_error"] else ""
        told.append(
            f"Decoding {where} of {frames:,} was reported to go wrong, so parts of them may be made up.{said}"
        )
    if expected is not None and expected != frames:
        told.append(f"The file says that it has {count(expected, 'frame')}, and {frames:,} were decoded.")
    return [*told, *decoding["notes"]]


def foreground_sentence(
    area: pd.DataFrame, names: Names, truth: float | None = None, there: str = "the person"
) -> str:
    """Say what the methods mark at the end of the clip, and what is there, if that is known (a share).

    A share of 0 says nothing: a frame without labels has it too.

    Claims
    ------
    "In the last frame, the share of the image marked as foreground"
        some method marks something in it
    "In the last frame no method marks anything"
        none does
    " covers "
        the ground truth shows something in the last frame
    """
    last = area[area["frame"] == area["frame"].max()].sort_values("foreground_share", kind="stable")
    shares = [
        f"{percent(row.foreground_share)} with {names.methods[row.method].named}" for row in last.itertuples()
    ]
    covers = "" if not truth else f"; {there} covers {percent(truth)} of it"
    if not last["foreground_share"].any():
        return f"In the last frame no method marks anything{covers}."
    said = f"runs from {shares[0]} to {shares[-1]}" if len(shares) > 2 else f"is {joined(shares)}"
    return f"In the last frame, the share of the image marked as foreground {said}{covers}."


def cost_sentence(costs: Mapping[str, Cost]) -> str:
    """Say which step took longest, which held the most memory, and how long was compiled besides.

    Claims
    ------
    "No step was timed in this run."
        no step has all its benchmarks
    "timed steps took"
        of the steps that have all their benchmarks, without compiling
    "and the most memory"
        some job ran for long enough to be measured
    "went into compiling"
        a job's log tells that it compiled
    """
    if not costs:
        return "No step was timed in this run."
    compiling = sum(cost.compiling for cost in costs.values())
    once = f" Another {compiling:,.1f}{NBSP}s went into compiling, which a machine does once."
    return f"{_longest(costs)}{once if compiling > 0 else ''}"


def _longest(costs: Mapping[str, Cost]) -> str:
    total = sum(cost.seconds for cost in costs.values())
    slowest = max(costs, key=lambda step: costs[step].seconds)
    longest = costs[slowest].seconds
    if len(costs) == 1:
        return f"The one timed step, {slowest}, took {total:,.1f}{NBSP}s."
    text = (
        f"The {in_words(len(costs))} timed steps took {total:,.1f}{NBSP}s of computing in all; the longest, "
        f"{slowest}, took {longest:,.1f}{NBSP}s, which is {percent(longest / total if total else 0)}"
    )
    measured = {step: cost.memory for step, cost in costs.items() if cost.memory is not None}
    if not measured:
        return f"{text}."
    largest = max(measured, key=measured.__getitem__)
    return f"{text}, and the most memory, {measured[largest]:,.0f}{NBSP}MB, was held by {largest}."


def pixel_sentence(inspected: int, pixels: int, *, differ: bool) -> str:
    """Say how many of a clip's pixels the page's inspector has, and which it begins with.

    Claims
    ------
    "Each pixel learns on its own"
        always
    "beginning with the one that the methods disagree about most"
        two methods differ at some pixel
    """
    which = "all" if inspected == pixels else f"{inspected:,} of"
    first = ", beginning with the one that the methods disagree about most" if differ else ""
    return (
        f"Each pixel learns on its own; {which} the clip's {count(pixels, 'pixel')} can be looked into "
        f"here{first}."
    )


def repeat_sentence(commit: str | None, results: int) -> str:
    """Say what a repeated run gives again, of so many results whose checksums the page tells.

    The commit has `-dirty` at its end if files differed from it, and is None outside of a repository.

    Claims
    ------
    "At commit"
        the code is that of a commit
    "The code differed from its commit"
        some file differed
    "The code was in no repository"
        no commit is known
    """
    same = (
        f"the same source, settings and versions give the {count(results, 'result')} listed below again, "
        "byte for byte; only the seconds and megabytes differ."
    )
    if commit is None:
        return f"The code was in no repository, so no commit names it; with the same code, {same}"
    if commit.endswith("-dirty"):
        return f"The code differed from its commit in changes of this run's own; with these too, {same}"
    return f"At commit {commit[:7]}, {same}"


def over_clips_sentence(
    kept: Mapping[str, float], clips: int, names: Mapping[str, Name], full: Sequence[str] = ()
) -> str:
    """Say which method keeps most of the still person over several clips, which least, and the first listed.

    Parameters
    ----------
    kept : mapping of str to float
        Mean retention by method, over the clips in which a person lies still, of those that watched them all.
    clips : int
        The number of these clips.
    full : sequence of str
        Methods that fill much of the picture in one of the clips, see `evidence.metrics.crowded`: they are
        passed over, unless there is no other.

    Claims
    ------
    "in which a person lies still, "
        of methods that watched every clip in which somebody lies still
    "Not counted "
        a method marks more than a quarter of the picture in one of them, and others do not
    "No method watched all"
        somebody lies still, but no method watched each of these clips
    "In none of these clips is anybody known to lie still"
        no method watched anybody lie still
    """
    if not kept and clips:
        return f"No method watched all {count(clips, 'clip')} in which a person lies still."
    if not kept:
        return "In none of these clips is anybody known to lie still while the methods are tested."
    clear = {name: share for name, share in kept.items() if name not in full} or kept
    most, least = (choose(clear, key=clear.__getitem__) for choose in (max, min))
    over = "In the one clip" if clips == 1 else f"On average over the {count(clips, 'clip')}"
    shown = f"{percent(clear[most])} of them visible"
    said = f"{over} in which a person lies still, {names[most].named} keeps {shown}"
    said += "." if clear[most] == clear[least] else f", and {names[least].named} {percent(clear[least])}."
    passed = [names[method].named for method in kept if method not in clear]
    first = next(iter(kept))
    if first in clear and first not in (most, least):
        said += f" {names[first].subject} keeps {percent(clear[first])}."
    if passed:
        are, fill = ("is", "which fills") if len(passed) == 1 else ("are", "which fill")
        said += (
            f" Not counted {are} {joined(passed)}, {fill} more than {percent(CROWDED)} of the picture in one "
            "of these clips: that a person is within such a mask says little."
        )
    return said
