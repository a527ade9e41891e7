"""What became of the person who lies still, in plain sentences made from absorption.csv."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from bgsub.evidence.absorption import VANISHED
from bgsub.evidence.metrics import crowded
from bgsub.masks.method import FROZEN, PROTECTED, Learning, Learns
from bgsub.names import Name, capital
from bgsub.report.sentences_scene import Span
from bgsub.words import NBSP, count, duration, joined, percent

MOST = 0.5  # share of the person above which they are said to be kept
BLIND = VANISHED  # a method that sees less of the person than this at the start is blind to them

_ALWAYS_THERE = "The person lies there from its first frame on, so that to it they are a part of the scene."


class Outlook(NamedTuple):
    """What MOG2's recursion says beyond absorption.csv.

    `history` (frames) is the method's own, `background_ratio` the share of the weight that is background, and
    `least_history` the least history that keeps the person to the end of the clip; None if none does.
    """

    history: int
    background_ratio: float
    least_history: int | None


def absorbed_answer(
    absorption: pd.DataFrame,
    learning: Mapping[str, Learns],
    names: Mapping[str, Name],
    outlooks: Mapping[str, Outlook],
    *,
    fps: float,
    span: Span | None,
) -> list[str]:
    """Answer the notebook's second remark: how fast does MOG2 absorb the still person, why, and who does not.

    Parameters
    ----------
    learning : mapping of str to str
        How each method learns, see `masks.method`.
    outlooks : mapping of str to Outlook
        For each method that has a predicted absorption.

    Returns
    -------
    list of str
        A paragraph per method that goes on learning or of which that is not known, one for the frozen ones,
        and one for those that learn only around what they mark.

    Claims
    ------
    "Nobody was found to lie still in this clip"
        `events.csv` has no stillness
    "when no method was tested: no absorption can be measured"
        nobody lies still in a frame that was tested
    " loses half of the person within "
        less than half of what a method saw at first is marked before the stillness ends
    "keeps at least half of what it saw of the person at first"
        that is not so
    "hardly sees the person when they come to rest"
        it marks less than 5 % of the body then, and was watched from then on
    "It lets go by design"
        the method is a MOG2 whose recursion predicts it, and it saw the person come
    "The person lies there from its first frame on"
        it is such a MOG2, and did not
    "A body fades sooner where it had covered the pixel"
        it fades sooner than predicted
    "To keep the person "
        some history would have kept them until the stillness ends
    "No history, however long"
        none would have
    "A background that was learned once and then frozen keeps"
        of frozen methods that keep half of what they saw at first
    "Learning only from what it does not mark keeps"
        of protected ones, likewise
    "what it first saw of the person"
        some of these mark less than half of the body on average
    ", yet loses half of the person within "
        of a frozen or protected method that does not keep them
    """
    known = absorption[absorption["still_frame"].notna()]
    if span is None:
        return ["Nobody was found to lie still in this clip, so there is no absorption to measure."]
    if known.empty:
        return [f"Somebody lies still {span.when}, when no method was tested: no absorption can be measured."]
    rows = known.set_index("method")
    paragraphs = []
    for method, row in rows.iterrows():
        if learning[method] in (FROZEN, PROTECTED):
            continue
        said = [_blind(names[method], row) or _absorbed(names[method], row, fps)]
        watched_at_once = row["watched_from"] <= row["still_frame"]
        never_saw = row["initial_share"] < BLIND and watched_at_once  # and so did not forget
        if method in outlooks and not never_saw:
            said += _why(row, outlooks[method], fps, span) if row["frames_seen"] else [_ALWAYS_THERE]
        paragraphs.append(" ".join(said))
    for kind in (FROZEN, PROTECTED):
        of_kind = [method for method in rows.index if learning[method] == kind]
        if of_kind:
            paragraphs.append(" ".join(_kept(rows.loc[of_kind], kind, names, fps, span)))
    return paragraphs


def verdict(
    absorption: pd.DataFrame, area: pd.DataFrame, names: Mapping[str, Name], fps: float, span: Span
) -> str:
    """Say who keeps most of the person, what becomes of them with who keeps least, and who marks too much.

    The first method listed is always spoken of. Some method is to have watched the person.

    Claims
    ------
    "Every method keeps "
        each method that watched keeps half of what it saw at first until the stillness ends
    " has lost half of the person after "
        some method does not; told of the one that keeps least
    "no method keeps at least half of what it saw of them"
        none does
    "and no method marks more than "
        every method marks less than 5 % of the body at first
    " of the picture since then, and that "
        a method marks more than a quarter of the picture since they came to rest; it is left out of
        the comparison
    "Where they lie is an estimate"
        no ground truth and no config tells where, so that it was found in the frames
    """
    known = absorption[absorption["still_frame"].notna() & absorption["retention"].notna()]
    if (known["initial_share"] < BLIND).all():
        most = percent(known["initial_share"].max())
        text = f"Somebody lies still {span.when}, and no method marks more than {most} of them at first."
        return " ".join([text, *_estimated(known)])
    full = {name: share for name, share in crowded(known, area).items() if name in set(known["method"])}
    judged = known if len(full) == len(known) else known[~known["method"].isin(full)]
    text, named = _judged(judged, names, fps, span)
    said, first = [text], next(iter(names))
    for _, row in judged[judged["method"] == first].iterrows():
        if first not in named:
            said.append(f"{_outcome(names[first], row, fps)}.")
    if full:
        who = capital(joined([names[method].named for method in full]))
        fill, mark = ("fills", "it marks") if len(full) == 1 else ("fill", "they mark")
        shares = joined([percent(share) for share in full.values()])
        said.append(
            f"{who} {fill} {shares} of the picture since then, and that {mark} the person, too, says little."
        )
    return " ".join([*said, *_estimated(known)])


def _estimated(known: pd.DataFrame) -> list[str]:
    """Say that shares of a person are rough where only the frames tell where they lie."""
    if not (known["region_source"] == "frames").any():
        return []
    return ["Where they lie is an estimate from the frames, and so is each share of them."]


def _judged(known: pd.DataFrame, names: Mapping[str, Name], fps: float, span: Span) -> tuple[str, set[str]]:
    """Compare the methods; also return those that are named."""
    rows = known.set_index("method").sort_values("retention", ascending=False, kind="stable")
    kept = rows["half_life"].isna() & (rows["initial_share"] >= BLIND)
    keepers, losers = rows[kept], rows[~kept]
    if losers.empty:
        best = keepers.index[0]
        text = (
            f"Every method keeps {_what_is_kept(keepers)} who lies still {span.until}; {names[best].named} "
            f"shows most of them, {percent(keepers.loc[best, 'retention'])} on average."
        )
        return text, {best}
    worst = losers.index[-1]
    text = _fate(names[worst], losers.iloc[-1], fps)
    if keepers.empty:
        return f"{text}, and no method keeps at least half of what it saw of them {span.until}.", {worst}
    best = keepers.index[0]
    shown = percent(keepers.loc[best, "retention"])
    return f"{text}; {names[best].named} still shows {shown} of them on average, {span.until}.", {best, worst}


def _outcome(name: Name, row: pd.Series, fps: float) -> str:
    """Say what a method keeps of the person, or what becomes of them."""
    if pd.notna(row["half_life"]) or row["initial_share"] < BLIND:
        return _fate(name, row, fps)
    return f"{name.subject} shows {percent(row['retention'])}"


def _fate(name: Name, row: pd.Series, fps: float) -> str:
    """Say what becomes of the person with a method, as the first half of a sentence."""
    who, seen = name.subject, percent(row["initial_share"])
    if row["initial_share"] >= BLIND:
        return f"{who} has lost half of the person after {duration(row['half_life'], fps)} of lying still"
    late = int(row["watched_from"] - row["still_frame"])
    if late <= 0:
        return f"{who} hardly sees the person when they come to rest, {seen} of the body"
    after = f"{duration(late, fps)} after they came to rest"
    return f"{who} marks {seen} of the person in the first frame tested since, {after}"


def _blind(name: Name, row: pd.Series) -> str | None:
    if row["initial_share"] >= BLIND:
        return None
    seen, late = percent(row["initial_share"]), int(row["watched_from"] - row["still_frame"])
    if late > 0:
        return (
            f"{name.subject} marks {seen} of the body in the first frame tested since, "
            f"{count(late, 'frame')} after the person came to rest, so a half-life cannot be seen."
        )
    return (
        f"{name.subject} hardly sees the person when they come to rest: it marks {seen} of the body then, so "
        "a half-life would mean nothing."
    )


def _absorbed(name: Name, row: pd.Series, fps: float) -> str:
    who = name.subject
    if pd.isna(row["half_life"]):
        watched, kept = duration(row["censored_at"], fps), percent(row["retention"])
        return (
            f"{who} keeps at least half of what it saw of the person at first for all of the {watched} that "
            f"they lie still; {kept} of the body stays visible on average."
        )
    half = duration(row["half_life"], fps)
    text = f"{who} loses half of the person within {half} of lying still (the half-life)"
    if pd.isna(row["vanish"]):
        return f"{text}."
    return f"{text}, and all but the last {100 * VANISHED:.0f}{NBSP}% within {duration(row['vanish'], fps)}."


def _why(row: pd.Series, outlook: Outlook, fps: float, span: Span) -> list[str]:
    """Explain the absorption by MOG2's weights, and say what history would have kept the person."""
    before = int(row["frames_seen"])
    seen, asked = count(before, "frame"), count(outlook.history, "frame")
    early = 2 * (before + 1) < outlook.history  # OpenCV's rate at its nth frame is 1 / min(2n, history)
    rate = f"it has a history of {asked}"
    if early:
        rate = f"after only {seen} it learns faster than its history of {asked} asks for"
    ratio, predicted = percent(outlook.background_ratio), duration(row["predicted"], fps)
    said = [
        f"It lets go by design: {rate}, and what stays counts as background once the old background's weight "
        f"has fallen below {ratio}. Its own recursion puts that at {predicted}."
    ]
    if row["half_life"] < row["predicted"] and row["initial_share"] >= BLIND:
        said.append("A body fades sooner where it had covered the pixel before it came to rest.")
    left = len(span)
    to_the_end = f"for the {count(left, 'frame')} {span.until}"
    if row["predicted"] >= left:
        ends = "The clip ends" if span.to_the_end else "They stir"
        said.append(f"{ends} before that, {duration(left, fps)} after the person came to rest.")
    elif outlook.least_history is not None:
        least = count(outlook.least_history, "frame")
        said.append(f"To keep the person {to_the_end}, it would need a history of at least {least}.")
    else:
        said.append(
            f"No history, however long, keeps the person {to_the_end}: having seen only {seen} before, "
            "it would still learn at its fast starting rate."
        )
    return said


_KEEPS: dict[Learning, str] = {
    FROZEN: "A background that was learned once and then frozen keeps",
    PROTECTED: "Learning only from what it does not mark keeps",
}


def _kept(rows: pd.DataFrame, kind: Learning, names: Mapping[str, Name], fps: float, span: Span) -> list[str]:
    """Say what the methods that should keep the person keep; those that do share a sentence."""
    said = []
    keepers = rows[rows["half_life"].isna() & (rows["initial_share"] >= BLIND)]
    if len(keepers):
        keepers = keepers.sort_values("retention", kind="stable")
        kept = [
            f"{percent(row['retention'])} with {names[method].named}" for method, row in keepers.iterrows()
        ]
        shares = f"is {joined(kept)}" if len(kept) <= 2 else f"runs from {kept[0]} to {kept[-1]}"
        watched = duration(keepers["censored_at"].iloc[0], fps)
        said.append(
            f"{_KEEPS[kind]} {_what_is_kept(keepers)} for the {watched} {span.until}: the share of the body "
            f"that stays visible on average (the retention) {shares}."
        )
    for method, row in rows.drop(keepers.index).iterrows():
        said.append(_blind(names[method], row) or _lost(names[method], row, kind, fps))
    return said


def _what_is_kept(keepers: pd.DataFrame) -> str:
    """Say that the person is kept only where most of them is: who saw little at first keeps little."""
    return "the person" if (keepers["retention"] >= MOST).all() else "what it first saw of the person"


def _lost(name: Name, row: pd.Series, kind: Learning, fps: float) -> str:
    half, kept = duration(row["half_life"], fps), percent(row["retention"])
    return (
        f"{name.subject} is {kind}, yet loses half of the person within {half}; "
        f"on average it keeps {kept} of the body."
    )
