"""Plain sentences made from a run's figures: right in number, honest where there is nothing to say."""

from collections.abc import Mapping
from math import ceil
from typing import Any, NamedTuple

import pandas as pd

from bgsub.style import label
from bgsub.words import NBSP, count, duration, in_words, joined, number, percent

NOTEBOOK = "notebook"  # the model and the method that repeat the notebook
BLIND = 0.05  # a method that sees less of the person than this at the start is blind to them (metrics.md, 3)

Settings = Mapping[str, Mapping[str, Any]]

_KNOWN = {
    "config": "given in the config",
    "groundtruth": "known from the ground truth",
    "frames": "found in the frames themselves",
}


def run_sentence(fps: float, *, frames: int, train: int, test: int, height: int, width: int) -> str:
    """Say what the clip is and how it was split."""
    learned = "frame" if train == 1 else count(train, "frame")
    tested = "last one" if test == 1 else f"other {test:,}"
    return (
        f"The clip has {count(frames, 'frame')} of {width} by {height} pixels, shown at {fps:g} per second "
        "(which is how seconds are counted here); the methods learn the scene "
        f"from the first {learned} and are tested on the {tested}."
    )


def background_sentence(fits: pd.DataFrame) -> str:
    """Say how the notebook's background differs from the converged one."""
    rows = fits.set_index("model")
    if NOTEBOOK not in rows.index[1:]:
        return "The background is the image that a method takes for the empty scene."
    over = rows.loc[NOTEBOOK, "background_over_5"]
    if over == 0:
        return (
            "The notebook's background is nowhere more than 5 levels (of 255) off the one fitted to the end."
        )
    return (
        "The notebook's background is more than 5 levels (of 255) off the one fitted to the end "
        f"on {percent(over)} of the pixels."
    )


def foreground_sentence(area: pd.DataFrame) -> str:
    """Say what each method marks at the end of the clip."""
    last = area[area["frame"] == area["frame"].max()]
    shares = [f"{percent(row.foreground_share)} with {named(row.method)}" for row in last.itertuples()]
    return f"In the last frame, the share of the image marked as foreground is {joined(shares)}."


def still_sentence(absorption: pd.DataFrame) -> str:
    """Say from when on the person lies still, and how that and their place are known."""
    known = absorption[absorption["still_frame"].notna()]
    if known.empty:
        return "No person who lies still was found in this clip."
    first = known.iloc[0]
    when, where = _KNOWN[first["still_source"]], _KNOWN[first["region_source"]]
    text = f"The person lies still from frame {first['still_frame']:.0f} on ({when})"
    text = f"{text}." if when == where else f"{text}; where they lie is {where}."
    is_box = first["region_source"] == "config"
    return f"{text} The config gives a box, and all of it counts as the person." if is_box else text


def cost_sentence(seconds: Mapping[str, float]) -> str:
    """Say which step took longest."""
    if not seconds:
        return "No step was timed in this run."
    total, slowest = sum(seconds.values()), max(seconds, key=seconds.__getitem__)
    if len(seconds) == 1:
        return f"The one timed step, {slowest}, took {total:,.1f}{NBSP}s."
    share = percent(seconds[slowest] / total if total else 0)
    return (
        f"The {in_words(len(seconds))} timed steps took {total:,.1f}{NBSP}s in all; "
        f"the longest, {slowest}, took {seconds[slowest]:,.1f}{NBSP}s, which is {share}."
    )


def converged_answer(fits: pd.DataFrame, models: Settings) -> list[str]:
    """Answer the notebook's first remark: is the fit converged, and how far short did the notebook stop.

    Parameters
    ----------
    fits : DataFrame
        `fits.csv`, one row per model; the first is the reference that the others are measured against.
    models : mapping
        The config's settings of each model: tolerance, max_iterations.

    Returns
    -------
    list of str
        A paragraph per model, in the same order.
    """
    if fits.empty:
        return ["This run fitted no mixture, so there is no fit to judge."]
    rows = fits.set_index("model")
    paragraphs: list[str] = []
    for name, fit in rows.iterrows():
        settings, reference = models[name], not paragraphs
        said = []
        if settings["tolerance"] is not None:
            said.append(_converged(name, fit, settings, reference=reference))
        elif reference:
            said.append(_unchecked(name, settings))
        if not reference:
            said += _shortfall(name, fit, settings)
        said += _breakdown(fit)
        paragraphs.append(" ".join(said))
    return paragraphs


def mean_caveat(fits: pd.DataFrame, models: Settings) -> str | None:
    """Say why the mean log-likelihood of a model without a floor ends above the reference's, if it does."""
    means = dict(zip(fits["model"], fits["log_likelihood"], strict=True))
    reference = next(iter(means), None)
    if reference is None or models[reference]["covariance_floor"] is None:
        return None
    free = [name for name in means if models[name]["covariance_floor"] is None]
    above = [named(name) for name in free if means[name] > means[reference]]
    if not above:
        return None
    return (
        f"The mean of {joined(above)} ends above that of {named(reference)}, which does not make "
        "it the better fit: "
        "without a floor a Gaussian may shrink onto a few equal colours, where the likelihood grows without "
        "bound, and a few such pixels lift the mean."
    )


def _converged(name: str, fit: pd.Series, settings: Mapping[str, Any], *, reference: bool) -> str:
    """Say on how many pixels a model with a stopping rule converged, how soon, and what of the rest."""
    share, pixels = float(fit["converged"]), count(fit["pixels"], "pixel")
    where = {0.0: f"none of the {pixels}", 1.0: f"all {pixels}"}.get(
        share, f"{percent(share)} of the {pixels}"
    )
    who = "EM" if reference else f'the model "{name}"'
    text = f"{who} converged on {where}"
    if share > 0:
        median, most = count(fit["iterations_median"], "iteration"), ceil(fit["iterations_p90"])
        text += f"; half of all pixels took at most {median}, nine in ten at most {most}"
    if reference:
        verdict = (
            "Yes" if share >= 0.99 else "Almost" if share >= 0.9 else "Only in part" if share > 0 else "No"
        )
        text = f"{verdict}: {text}."
    else:
        text = f"{text[0].upper()}{text[1:]}."
    return text if share == 1 else f"{text} {_rest(1 - share, float(fit['at_limit']), settings)}"


def _rest(left: float, at_limit: float, settings: Mapping[str, Any]) -> str:
    stopped = f"stopped by the limit of {count(settings['max_iterations'], 'iteration')}"
    without = "ended without a fit that can be judged"
    if at_limit <= 0:
        return f"The rest, {percent(left)}, {without}."
    if left - at_limit < 1e-6:
        return f"The rest, {percent(left)}, were {stopped}."
    return f"Of the rest, {percent(at_limit)} of all were {stopped} and {percent(left - at_limit)} {without}."


def _unchecked(name: str, settings: Mapping[str, Any]) -> str:
    rounds = (
        f"{in_words(settings['max_iterations'])} iteration{'' if settings['max_iterations'] == 1 else 's'}"
    )
    return f'The model "{name}" stops after {rounds} without a check, so nothing says whether it converged.'


def _shortfall(name: str, fit: pd.Series, settings: Mapping[str, Any]) -> list[str]:
    """Say how far a model's likelihood and background lie from the reference's."""
    who, verb = f'The model "{name}"', "leaves"
    if name == NOTEBOOK and settings["tolerance"] is None:
        one = settings["max_iterations"] == 1
        who = f"The notebook's {in_words(settings['max_iterations'])} iteration{'' if one else 's'}"
        verb = "leaves" if one else "leave"
    median, tenth, share = fit["gap_median"], fit["gap_p90"], fit["gap_over_0.01"]
    if pd.isna(median) or fit["undefined"] == 1:
        return [f"{who} cannot be compared with it: no pixel has a defined fit in both."]
    unit = "nats per sample"
    if share == 0:
        likelihood = f"{who} {verb} no pixel more than 0.01 {unit} below that fit."
    elif median > 0.01:
        likelihood = (
            f"{who} {verb} the typical pixel {number(median)} {unit} below that fit and one pixel in ten "
            f"{number(tenth)} or more; {percent(share)} of the pixels fall short by more than 0.01."
        )
    else:
        likelihood = (
            f"{who} {verb} {percent(share)} of the pixels more than 0.01 {unit} below that fit; "
            "the typical pixel is not short of it."
        )
    mean, over = number(fit["background_difference_mean"]), fit["background_over_5"]
    most = "nowhere more than 5" if over == 0 else f"more than 5 on {percent(over)} of the pixels"
    return [likelihood, f"Its background image is off by {mean} levels (of 255) on average, and by {most}."]


def _breakdown(fit: pd.Series) -> list[str]:
    if not fit["undefined"] > 0:
        return []
    where = percent(fit["undefined"])
    return [
        f"On {where} of the pixels its arithmetic breaks down (0/0), and it has no estimate of its own there."
    ]


class Outlook(NamedTuple):
    """What MOG2's recursion says beyond absorption.csv.

    `background_ratio` is the share of the weight that is background, and `least_history` the least history
    (frames) that keeps the person to the end of the clip; None if none does.
    """

    background_ratio: float
    least_history: int | None


def absorbed_answer(
    absorption: pd.DataFrame,
    methods: Settings,
    outlooks: Mapping[str, Outlook],
    *,
    fps: float,
    frames: int,
) -> list[str]:
    """Answer the notebook's second remark: how fast does MOG2 absorb the still person, why, and who does not.

    Parameters
    ----------
    absorption : DataFrame
        `absorption.csv`, one row per method.
    methods : mapping
        The config's settings of each method: `opencv` for OpenCV's, `model` for the frozen ones, history.
    outlooks : mapping of str to Outlook
        For each method that has a predicted absorption.
    fps : float
        Frames per second.
    frames : int
        Frames of the clip.

    Returns
    -------
    list of str
        A paragraph per method that goes on learning, and one for the frozen ones.
    """
    known = absorption[absorption["still_frame"].notna()]
    if known.empty:
        return ["No person who lies still was found in this clip, so there is no absorption to measure."]
    rows = known.set_index("method")
    paragraphs = []
    for name in (name for name in rows.index if "opencv" in methods[name]):
        row = rows.loc[name]
        said = [_blind(name, row) or _absorbed(name, row, fps)]
        if name in outlooks:
            said += _why(name, row, methods[name]["history"], outlooks[name], fps, frames)
        paragraphs.append(" ".join(said))
    frozen = [name for name in rows.index if "opencv" not in methods[name]]
    if frozen:
        paragraphs.append(" ".join(_kept(rows.loc[frozen], fps)))
    return paragraphs


def _blind(name: str, row: pd.Series) -> str | None:
    if row["initial_share"] >= BLIND:
        return None
    late = int(row["watched_from"] - row["still_frame"])
    if late > 0:
        return (
            f"{_subject(name)} marks {percent(row['initial_share'])} of the body when the test frames begin, "
            f"{count(late, 'frame')} after the person came to rest, so a half-life cannot be seen."
        )
    return (
        f"{_subject(name)} hardly sees the person when they come to rest: it marks "
        f"{percent(row['initial_share'])} of the body then, so a half-life would mean nothing."
    )


def _absorbed(name: str, row: pd.Series, fps: float) -> str:
    who = _subject(name)
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
    return f"{text}, and all but the last 5{NBSP}% within {duration(row['vanish'], fps)}."


def _why(name: str, row: pd.Series, history: int, outlook: Outlook, fps: float, frames: int) -> list[str]:
    """Explain the absorption by MOG2's weights, and say what history would have kept the person."""
    who, still = label(name), int(row["still_frame"])
    seen, asked = count(still, "frame"), count(history, "frame")
    early = 2 * (still + 1) < history  # OpenCV's rate at its nth frame is 1 / min(2n, history)
    rate = f"after only {seen} it learns faster than its history of {asked} asks for" if early else ""
    rate = rate or f"it has a history of {asked}"
    ratio, predicted = percent(outlook.background_ratio), duration(row["predicted"], fps)
    said = [
        f"It lets go by design: {rate}, and what stays counts as background once the old background's weight "
        f"has fallen below {ratio}. {who}'s own recursion puts that at {predicted}."
    ]
    if row["half_life"] < row["predicted"] and row["initial_share"] >= BLIND:
        said.append("A body fades sooner where it had covered the pixel before it came to rest.")
    left = frames - still
    to_the_end = f"for the {count(left, 'frame')} to the end of the clip"
    if row["predicted"] >= left:
        said.append(f"The clip ends before that, {duration(left, fps)} after the person came to rest.")
    elif outlook.least_history is not None:
        least = count(outlook.least_history, "frame")
        said.append(f"To keep the person {to_the_end}, it would need a history of at least {least}.")
    else:
        said.append(
            f"No history, however long, keeps the person {to_the_end}: having seen only {seen} before, "
            f"{who} would still learn at its fast starting rate."
        )
    return said


def _kept(rows: pd.DataFrame, fps: float) -> list[str]:
    """Say what the methods with a frozen background keep; those that keep the person share a sentence."""
    said = []
    keepers = rows[rows["half_life"].isna() & (rows["initial_share"] >= BLIND)]
    if len(keepers):
        kept = [f"{percent(row['retention'])} with {named(name)}" for name, row in keepers.iterrows()]
        watched = duration(keepers["censored_at"].iloc[0], fps)
        said.append(
            "A background that was learned once and then frozen keeps the person: the share of the body that"
            f" stays visible on average (the retention) is {joined(kept)}, and the {watched} to the end of "
            "the clip bring no half-life."
        )
    for name, row in rows.drop(keepers.index).iterrows():
        said.append(_blind(name, row) or _lost(name, row, fps))
    return said


def _lost(name: str, row: pd.Series, fps: float) -> str:
    half, kept = duration(row["half_life"], fps), percent(row["retention"])
    return (
        f"{_subject(name)} is frozen, yet loses half of the person within {half}; "
        f"on average it keeps {kept} of the body."
    )


def named(name: str) -> str:
    """Name a method within a sentence."""
    return f"the {label(name)}" if name in ("gmm", "em", NOTEBOOK) else label(name)


def _subject(name: str) -> str:
    """Name a method at the start of a sentence."""
    words = named(name)
    return f"{words[0].upper()}{words[1:]}"
