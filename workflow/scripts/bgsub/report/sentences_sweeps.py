"""What another value of a parameter would have done, in plain sentences made from the tables of sweeps."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from bgsub.names import Name
from bgsub.report.sentences_absorption import BLIND
from bgsub.report.sentences_scene import Span
from bgsub.report.sentences_scores import ALIKE
from bgsub.words import count, duration, in_words, joined, percent, score_words, value_words

Say = Callable[[float], str]

# What a sweep changes, by column of its table: how it is called, and how its values are said.
_MEASURES: dict[str, tuple[str, Say]] = {
    "f_measure": ("the F-measure", score_words),
    "retention": ("what stays visible of the person who lies still", percent),
}
_AREA: tuple[str, Say] = ("the share of the image that is marked", percent)
# The columns of a sweep's table that the page shows, where they are not empty.
_SHOWN: dict[str, tuple[str, Say]] = {
    "f_measure": ("F-measure", score_words),
    "precision": ("Precision", score_words),
    "recall": ("Recall", score_words),
    "retention": ("Still person kept", percent),
    "foreground_share": ("Image marked", percent),
}


def threshold_answer(thresholds: pd.DataFrame, names: Mapping[str, Name]) -> list[str]:
    """Say which methods lose most by the threshold that the config gives them, if any can be scored.

    Claims
    ------
    "The threshold of the config, "
        it costs some method 0.005 or more of its F-measure
    "the threshold of the config is as good as any"
        it costs a method less
    "A best threshold is chosen by the ground truth"
        there is a best threshold
    """
    here = thresholds[thresholds["configured"]].set_index("method")
    best = thresholds[thresholds["best"]].set_index("method")
    loss = (best["f_measure"] - here["f_measure"]).dropna().sort_values(ascending=False, kind="stable")
    if loss.empty:
        return []
    said = []
    losers = [method for method in loss.index if loss[method] >= ALIKE]
    if losers:
        row, bound = here.loc[losers[0]], best.loc[losers[0]]
        cost = "most" if len(losers) > 1 else score_words(loss[losers[0]])
        said.append(
            f"The threshold of the config, {row['threshold']:g}, costs {names[losers[0]].named} {cost}: its "
            f"F-measure is {score_words(row['f_measure'])}, and with {bound['threshold']:g}, the best for "
            f"this clip, it would be {score_words(bound['f_measure'])}."
        )
    if len(losers) > 1:
        others = [f"{names[method].named} {score_words(loss[method])}" for method in losers[1:]]
        others[0] = f"{names[losers[1]].named} loses {score_words(loss[losers[1]])}"
        said.append(f"By {'theirs' if len(others) > 1 else 'its own'}, {joined(others)}.")
    fine = [names[method].named for method in loss.index if loss[method] < ALIKE]
    if fine:
        said.append(f"With {joined(fine)} the threshold of the config is as good as any.")
    said.append("A best threshold is chosen by the ground truth, so it is a bound and not a forecast.")
    return [" ".join(said)]


def history_answer(
    history: pd.DataFrame, fps: float, span: Span | None, frames_seen: int | None
) -> list[str]:
    """Say which histories would have kept a still person, and how the prediction compares.

    Parameters
    ----------
    frames_seen : int or None
        That MOG2 has seen before; None if that cannot be said.

    Claims
    ------
    "no history tells them from the scene"
        MOG2 has seen no frame before they do
    " MOG2 keeps "
        half of what it saw at first stays until the stillness ends, with some history
    " does MOG2 keep "
        with none
    " it hardly sees the person when they come to rest"
        it marks less than 5 % of them at first, with some history
    " shorter than the recursion predicts"
        no measured half-life is longer than predicted
    " of what the recursion predicts."
        some are longer, some shorter
    " on a longer history changes nothing here"
        prediction, half-life and retention are those of the longest history
    """
    if history.empty or span is None:
        return []
    if frames_seen == 0:
        return ["The person lies there from its first frame on, and no history tells them from the scene."]
    rows = history.sort_values("history")
    seen = rows[rows["initial_share"] >= BLIND]
    kept, lost = seen[seen["half_life"].isna()], seen[seen["half_life"].notna()]
    said = [_keepers(rows, kept, lost, fps, span), *_blind(rows, seen), *_predicted(lost), *_plateau(rows)]
    return [" ".join(said)]


def sweep_sentence(table: pd.DataFrame, method: Name, keys: Sequence[str]) -> str:
    """Say between which values a sweep's measures run, and where they are highest.

    Parameters
    ----------
    table : DataFrame
        A sweep's table: `variant`, the parameters that vary, `frames` and the measures.
    keys : sequence of str
        The one or two parameters that vary, columns of the table.

    Claims
    ------
    "With "
        always
    """
    measures = {name: words for name, words in _MEASURES.items() if table[name].notna().any()}
    said = [_range(table, keys, *pair) for pair in (measures or {"foreground_share": _AREA}).items()]
    tried = f"{in_words(len(table))} {'pairs' if len(keys) == 2 else 'values'} of {joined(keys)}"
    if len(table) == 1:
        tried = f"one {'pair' if len(keys) == 2 else 'value'} of {joined(keys)}"
    return f"With {method.named}, over the {tried}, {joined(said)}."


def sweep_rows(table: pd.DataFrame, keys: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Put a sweep's table into words: its head, and a row for each variant; see `sweep_sentence`."""
    shown = {name: words for name, words in _SHOWN.items() if table[name].notna().any()}
    head = [*keys, *(title for title, _ in shown.values())]
    rows = [
        [
            *(value_words(row[key]) for key in keys),
            *(_or_dash(row[name], say) for name, (_, say) in shown.items()),
        ]
        for _, row in table.iterrows()
    ]
    return head, rows


def _or_dash(value: float, say: Say) -> str:
    return "\N{EN DASH}" if pd.isna(value) else say(value)


def _range(table: pd.DataFrame, keys: Sequence[str], name: str, words: tuple[str, Say]) -> str:
    what, say = words
    known = table[table[name].notna()].sort_values(name, kind="stable")
    low, high = known.iloc[0], known.iloc[-1]
    if say(low[name]) == say(high[name]):
        return f"{what} is {say(low[name])}{' throughout' if len(known) > 1 else ''}"
    ends = [f"{say(row[name])} ({_values(row, keys)})" for row in (low, high)]
    return f"{what} runs from {ends[0]} to {ends[1]}"


def _values(row: pd.Series, keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {value_words(row[key])}" for key in keys)


def _keepers(rows: pd.DataFrame, kept: pd.DataFrame, lost: pd.DataFrame, fps: float, still: Span) -> str:
    span, what = _span(rows["history"]), f"half of what it first saw of the person {still.until}"
    tried = f"the {in_words(len(rows))} histories tried, {span},"
    if len(rows) == 1:
        does = "keeps" if len(kept) else "does not keep"
        text = f"With the one history tried, {span}, MOG2 {does} {what}"
    elif len(kept):
        text = f"Of {tried} MOG2 keeps {what} with {_list(kept['history'])}"
    else:
        text = f"With none of {tried} does MOG2 keep {what}"
    if len(kept) or lost.empty:
        return f"{text}."
    half = "half-life" if len(lost) == 1 else "longest half-life"
    return f"{text}; the {half} is {duration(lost['half_life'].max(), fps)}."


def _blind(rows: pd.DataFrame, seen: pd.DataFrame) -> list[str]:
    blind = rows.drop(seen.index)
    if blind.empty:
        return []
    return [f"With {_list(blind['history'])} it hardly sees the person when they come to rest."]


def _predicted(lost: pd.DataFrame) -> list[str]:
    """Compare the half-lives that were measured with those predicted."""
    if lost.empty:
        return []
    early = lost["predicted"] - lost["half_life"]
    low, high = int(early.min()), int(early.max())
    what = "half-life measured is" if len(lost) == 1 else "half-lives measured are"
    if low == high == 0:
        return [f"The {what} what the recursion predicts."]
    if low >= 0:
        by = count(high, "frame") if low == high else f"{low} to {count(high, 'frame')}"
        return [f"The {what} shorter than the recursion predicts, by {by}."]
    by = count(max(high, -low), "frame")
    return [f"The {what} within {by} of what the recursion predicts."]


def _plateau(rows: pd.DataFrame) -> list[str]:
    """Say from which history on a longer one changes nothing, as the clip ends before its start-up does."""
    measured = rows[["predicted", "half_life", "retention"]]
    last = measured.iloc[-1]
    as_last = (measured.eq(last) | measured.isna() & last.isna()).all(axis=1)
    plateau = rows[as_last[::-1].cummin()[::-1]]
    if len(plateau) == 1:
        return []
    since = count(plateau.iloc[0]["history"], "frame")
    return [
        f"From {since} on a longer history changes nothing here: OpenCV learns faster at the start of a "
        "clip, whatever the history."
    ]


def _span(values: pd.Series) -> str:
    low, high = int(values.min()), int(values.max())
    return count(high, "frame") if low == high else f"{low} to {count(high, 'frame')}"


def _list(values: pd.Series) -> str:
    return joined([f"{value:.0f}" for value in values])
