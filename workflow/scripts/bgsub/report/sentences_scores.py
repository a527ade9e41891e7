"""The scoreboard told in plain sentences, made from its figures."""

from collections.abc import Mapping, Sequence

import pandas as pd

from bgsub.evidence.uncertainty import RESAMPLES
from bgsub.masks.method import ADAPTIVE, FROZEN, PROTECTED, RECONSIDERING, Learns, Method
from bgsub.names import Name, capital
from bgsub.report.sentences_scene import PERSON, Subject
from bgsub.words import count, in_words, joined, percent, score_words

ALIKE = 0.005  # F-measures that differ by less are practically the same

# How methods learn: of several, and of one.
_MANNER = ("whose background is frozen or protected from the person",) * 2
_ADAPTIVE_MANNER = "that go on learning", "which goes on learning"
_RECONSIDERING_MANNER = (
    "that go on learning what they do not mark, and let go of mistakes",
    "which goes on learning what it does not mark, and lets go of mistakes",
)


def scoreboard_answer(
    scores: pd.DataFrame,
    differences: pd.DataFrame,
    learning: Mapping[str, Learns],
    retention: Mapping[str, float],
    names: Mapping[str, Name],
    subject: Subject = PERSON,
) -> list[str]:
    """Tell who scores best and worst and why, and who keeps the person who lies still.

    Parameters
    ----------
    learning : mapping of str to str
        How each method learns, see `masks.method`.
    retention : mapping of str to float
        From `absorption.csv`; NaN, or missing, where nobody lies still.
    subject : Subject
        What the ground truth shows.

    Returns
    -------
    list of str
        A paragraph each for the ranking, for the still person and for the shadows, as far as there is
        something to say.

    Claims
    ------
    "so there is nothing to score"
        no method has an F-measure, and none marks anything
    "so what a method marks there is wrong: "
        no method has an F-measure, and one or more mark something
    "practically level with it"
        methods are less than 0.005 behind the best
    "more than the choice of frames explains"
        the interval of the difference leaves out 0; 'no more than', if it holds 0; neither without
        an interval
    "The lowest, "
        there are three methods or more, and the last is at least 0.005 behind
    ": to go on learning everywhere is to lose the person"
        each frozen or protected method keeps more than any that goes on learning, and those less
        than half
    "Going on learning does not decide it alone"
        one that goes on learning keeps as much as one that does not
    "Of the hard shadow, "
        the ground truth labels hard shadow
    "Not a pixel of the hard shadow is taken for "
        it does, and no method marks any of it
    """
    ranked = _ranked(scores)
    if ranked.empty:
        nothing = "No scored frame shows anything that moves, "
        marked = dict(zip(scores["method"], scores["fpr"], strict=True))
        if not any(marked.values()):
            return [nothing + "and no method marks anything, so there is nothing to score."]
        shares = [f"{names[method].named} {percent(share)}" for method, share in marked.items()]
        return [f"{nothing}so what a method marks there is wrong: {joined(shares)} of the scored pixels."]
    said = [" ".join([_best(ranked, differences, names, subject), *_worst(ranked, names, subject)])]
    return said + _keeping(learning, retention, names) + _shadows(ranked, names, subject)


def _ranked(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[scores["f_measure"].notna()].sort_values("f_measure", ascending=False, kind="stable")


def score_verdict(scores: pd.DataFrame, names: Mapping[str, Name]) -> str | None:
    """Say who scores best and worst, and how the first method listed does; None if nothing was scored.

    Claims
    ------
    "By the ground truth all methods are practically level"
        best and worst are less than 0.005 apart
    " sees it best, with an F-measure of "
        they are farther apart
    """
    ranked = _ranked(scores)
    if ranked.empty:
        return None
    first, last = ranked.iloc[0], ranked.iloc[-1]
    best, worst = (score_words(row["f_measure"]) for row in (first, last))
    if len(ranked) == 1:
        return f"By the ground truth, the F-measure of {names[first['method']].named} is {best}."
    if first["f_measure"] - last["f_measure"] < ALIKE:
        scores_said = f"F-measures of {worst} to {best}" if worst != best else f"an F-measure of {best}"
        return f"By the ground truth all methods are practically level, with {scores_said}."
    said = (
        f"By the ground truth {names[first['method']].named} sees it best, with an F-measure of {best}, and "
        f"{names[last['method']].named} worst, with {worst}."
    )
    listed = next(iter(names))
    of_listed = ranked.loc[ranked["method"] == listed, "f_measure"]
    if of_listed.empty or listed in (first["method"], last["method"]):
        return said
    return f"{said} That of {names[listed].named} is {score_words(of_listed.iloc[0])}."


def clean_up_sentence(methods: Mapping[str, Method], names: Mapping[str, Name]) -> str:
    """Say how masks were cleaned, as scores of masks with another clean-up do not compare methods alone.

    Claims
    ------
    "All masks are "
        all methods have one clean-up
    "Masks are "
        they have several
    """
    by_words: dict[str, list[str]] = {}
    for key, method in methods.items():
        by_words.setdefault(_clean_up(method), []).append(names[key].named)
    most = max(by_words, key=lambda words: len(by_words[words]))
    if len(by_words) == 1:
        return f"All masks are {most}."
    others = [
        f"those of {joined(named)}, which are {words}" for words, named in by_words.items() if words != most
    ]
    return f"Masks are {most}, but for {', and for '.join(others)}."


def _clean_up(method: Method) -> str:
    median, opening = method.median, method.opening
    said = [f"medians over {median} by {median} pixels"] * (median > 1)
    said += [f"opened by an ellipse of {opening} pixels"] * (opening > 1)
    return joined(said) if said else "left as they are"


def interval_sentence(scores: pd.DataFrame) -> str | None:
    """Say what the intervals are, and what they are not; None where there are no scores to have any.

    Claims
    ------
    "The intervals hold"
        some method has an F-measure, and frames enough were scored
    """
    if scores["f_measure"].isna().all():
        return None
    first = scores.iloc[0]
    frames = count(first["frames"], "scored frame")
    if pd.isna(first["block_length"]):
        return f"With {frames} there are too few to say how far a score depends on them."
    length = first["block_length"]
    drawn = "one by one"
    if length > 1:
        drawn = f"in runs of {length:.0f}, since frames that follow each other are alike"
    return (
        f"The intervals hold 95 % of the F-measures of {RESAMPLES:,} clips drawn from the {frames} {drawn}. "
        "They say how far a score hangs on which frames of this clip were scored, not what it would be on "
        "another clip."
    )


def agreement_sentence(agreement: pd.DataFrame, names: Mapping[str, Name]) -> str:
    """Say which methods agree most and least, where there is no ground truth to judge them by.

    Claims
    ------
    " agree most, with an F-measure of "
        two pairs of methods or more mark something
    "The agreement of "
        one pair does
    "No two methods mark anything"
        none does
    """
    pairs = agreement[agreement["f_measure"].notna()].sort_values("f_measure", kind="stable")
    caveat = "Methods that agree may still be wrong together."
    if pairs.empty:
        return "No two methods mark anything, so there is no agreement to measure."
    most = pairs.iloc[-1]
    closest = _pair(most, names)
    if len(pairs) == 1:
        return f"The agreement of {closest}, as an F-measure, is {score_words(most['f_measure'])}. {caveat}"
    least = pairs.iloc[0]
    return (
        f"The masks of {closest} agree most, with an F-measure of {score_words(most['f_measure'])} between "
        f"them; those of {_pair(least, names)} agree least, with "
        f"{score_words(least['f_measure'])}. {caveat}"
    )


def _pair(row: pd.Series, names: Mapping[str, Name]) -> str:
    return f"{names[row['method']].named} and {names[row['other']].named}"


def _best(
    ranked: pd.DataFrame, differences: pd.DataFrame, names: Mapping[str, Name], subject: Subject
) -> str:
    first = ranked.iloc[0]
    text = f"The {'highest' if len(ranked) > 1 else 'one'} F-measure, {_with_interval(first)}, is that of "
    text += f"{names[first['method']].named}: {_found_and_right(first, subject)}."
    if len(ranked) == 1:
        return text
    second = ranked.iloc[1]
    gap = first["f_measure"] - second["f_measure"]
    close = ranked[first["f_measure"] - ranked["f_measure"] < ALIKE].iloc[1:]
    if len(close):
        level = joined([names[method].named for method in close["method"]])
        verb = "is practically level with it" if len(close) == 1 else "are practically level with it"
        return f"{text} With {joined([score_words(score) for score in close['f_measure']])}, {level} {verb}."
    verdict = {
        None: "",
        True: ", more than the choice of frames explains",
        False: ", no more than the choice of frames explains",
    }[_is_sure(differences, first["method"], second["method"])]
    return f"{text} Next, {score_words(gap)} behind{verdict}, comes {names[second['method']].named}."


def _worst(ranked: pd.DataFrame, names: Mapping[str, Name], subject: Subject) -> list[str]:
    last = ranked.iloc[-1]
    if len(ranked) < 3 or last["f_measure"] > ranked.iloc[0]["f_measure"] - ALIKE:
        return []
    if last["recall"] <= last["precision"]:
        why = f"misses {percent(1 - last['recall'])} of {subject.pixels}"
    else:
        why = f"is wrong about {percent(1 - last['precision'])} of what it marks"
    who = names[last["method"]].named
    return [f"The lowest, {score_words(last['f_measure'])}, is that of {who}, which {why}."]


def _keeping(
    learning: Mapping[str, Learns], retention: Mapping[str, float], names: Mapping[str, Name]
) -> list[str]:
    """Say what methods keep of the still person, by how they learn."""
    kept = {method: share for method, share in retention.items() if pd.notna(share)}
    said = _keeping_by_learning(kept, learning, names)
    others = {method: share for method, share in kept.items() if learning[method] == RECONSIDERING}
    if others:
        lying = "of the person who lies still " if not said else ""
        said.append(f"{capital(_group(others, _RECONSIDERING_MANNER, names))} {_keep(others, lying)}.")
    return [" ".join(said)] if said else []


def _keeping_by_learning(
    kept: Mapping[str, float], learning: Mapping[str, Learns], names: Mapping[str, Name]
) -> list[str]:
    """Compare what frozen or protected and what adaptive methods keep."""
    adaptive = {method: share for method, share in kept.items() if learning[method] == ADAPTIVE}
    steady = {method: share for method, share in kept.items() if learning[method] in (FROZEN, PROTECTED)}
    told = [
        f"{_group(shares, manner, names)} {_keep(shares)}"
        for shares, manner in ((steady, _MANNER), (adaptive, _ADAPTIVE_MANNER))
        if shares
    ]
    both = f"Of the person who lies still, {', and '.join(told)}."
    if len(told) < 2:
        return [both] if told else []
    if min(steady.values()) > max(adaptive.values()):
        former = "The former keeps" if len(steady) == 1 else "Each of the former keeps"
        latter = "the latter" if len(adaptive) == 1 else "any of the latter"
        loses = ": to go on learning everywhere is to lose the person" if max(adaptive.values()) < 0.5 else ""
        return [f"{both} {former} more than {latter}{loses}."]
    exceptions = [names[method].named for method, share in adaptive.items() if share >= min(steady.values())]
    weakest = names[min(steady, key=steady.__getitem__)].named
    verb = "keeps" if len(exceptions) == 1 else "keep"
    return [
        f"{both} Going on learning does not decide it alone: {joined(exceptions)} {verb} as much as "
        f"{weakest}, or more."
    ]


def _group(shares: Mapping[str, float], manner: tuple[str, str], names: Mapping[str, Name]) -> str:
    of_several, of_one = manner
    if len(shares) == 1:
        return f"{names[next(iter(shares))].named}, {of_one},"
    return f"the {in_words(len(shares))} methods {of_several}"


def _keep(shares: Mapping[str, float], of: str = "") -> str:
    low, high = percent(min(shares.values())), percent(max(shares.values()))
    if len(shares) == 1:
        return f"keeps {low} {of}visible on average"
    kept = low if low == high else f"{low} to {high}"
    return f"keep {kept} {of}visible on average"


def _shadows(ranked: pd.DataFrame, names: Mapping[str, Name], subject: Subject) -> list[str]:
    known = ranked[ranked["shadow_error"].notna()]
    if known.empty:
        return []
    most = known.loc[known["shadow_error"].idxmax()]
    if most["shadow_error"] == 0:
        return [f"Not a pixel of the hard shadow is taken for {subject.named}."]
    share = percent(most["shadow_error"])
    if len(known) == 1:
        return [f"Of the hard shadow, {share} is taken for {subject.named}."]
    return [
        f"Of the hard shadow, {names[most['method']].named} takes most for {subject.named}: {share} of it."
    ]


def _with_interval(row: pd.Series) -> str:
    if pd.isna(row["f_low"]):
        return score_words(row["f_measure"])
    return f"{score_words(row['f_measure'])} ({score_words(row['f_low'])} to {score_words(row['f_high'])})"


def _found_and_right(row: pd.Series, subject: Subject) -> str:
    return (
        f"it finds {percent(row['recall'])} of {subject.pixels}, and {percent(row['precision'])} of what "
        f"it marks is {subject.named}"
    )


def _is_sure(differences: pd.DataFrame, method: str, other: str) -> bool | None:
    """Tell whether the interval of a pair's difference leaves out 0; None if there is no interval."""
    pair: Sequence[str] = (method, other)
    rows = differences[differences["method"].isin(pair) & differences["other"].isin(pair)]
    if rows.empty or rows[["low", "high"]].isna().to_numpy().any():
        return None
    return bool(rows.iloc[0]["low"] > 0 or rows.iloc[0]["high"] < 0)
