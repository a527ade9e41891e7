"""What the page shows of a clip, collected from its files: facts, sentences, tables, pictures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from bgsub.evidence.absorption import mog2_history_to_keep
from bgsub.evidence.costs import Cost
from bgsub.masks.method import ADAPTIVE, LEARNING_WORDS
from bgsub.masks.scored import ScoredMethod
from bgsub.names import Name
from bgsub.report import (
    sentences,
    sentences_absorption,
    sentences_cautions,
    sentences_convergence,
    sentences_scene,
    sentences_scores,
    sentences_sweeps,
    sentences_thresholds,
    sentences_worth,
)
from bgsub.report.alts import figure_alts
from bgsub.report.results import ClipResults, clip_facts, result_hashes, settings_words, source_facts
from bgsub.source.split import read_split
from bgsub.words import brief, count, duration, number, percent, score_words

# Figures that not every clip has, in words.
CHARTS = {
    "scores": "The methods ranked. A filled mark stands for a background that is frozen, a half-filled one "
    "for one that does not learn from what it marks, a hollow one for a method that goes on learning.",
    "curves": "What another threshold would have given, without fitting anything anew.",
    "agreement": "How far each pair of methods agrees. Methods that agree may still be wrong together.",
}


def clip_view(
    clip: ClipResults, truth_area: list[float] | None, inspected: int, commit: str | None
) -> dict[str, Any]:
    """Collect what the template shows of one clip.

    Parameters
    ----------
    truth_area : list of float or None
        The person's true share of each test frame.
    inspected : int
        Number of pixels that the inspector has.
    commit : str or None
        Of the code; see `sentences.repeat_sentence`.
    """
    fits, absorption, area, events = (
        clip.table(f"{name}.csv") for name in ("fits", "absorption", "area", "events")
    )
    scores, agreement, backgrounds = (
        clip.if_there(f"{name}.csv") for name in ("scores", "agreement", "backgrounds")
    )
    names, methods, trained_on = clip.names, clip.names.methods, clip.trained_on["title"]
    facts, hashes, split = clip_facts(clip), result_hashes(clip), read_split(clip.files["frames.csv"])
    height, width = facts["height"], facts["width"]
    span = sentences_scene.span_of(events, facts["frames"])
    subject = sentences_scene.MOVES if span is None else sentences_scene.PERSON
    region_source = next(iter(absorption["region_source"].dropna()), None)
    shown = {
        "comes": sentences_scene.somebody_comes(events),
        "lies": span is not None,
        "falls": sentences_scene.falls(events),
    }
    said = {
        "verdict": verdict(clip, absorption, area, scores, span),
        "setting": sentences.setting_sentence(split, trained_on, len(clip.methods)),
        "run": sentences.run_sentence(clip.rate, split, trained_on, height=height, width=width),
        "decoding": sentences.decoding_sentences(clip.record("decoding.json")),
        "pixel": sentences.pixel_sentence(inspected, height * width, differ=methods_differ(agreement)),
        "repeat": sentences.repeat_sentence(commit, len(hashes)),
        **converged_sentences(fits, clip),
        "absorbed": sentences_absorption.absorbed_answer(
            absorption,
            clip.learning,
            methods,
            outlooks(absorption, clip, facts["train"], span),
            fps=clip.fps,
            span=span,
        ),
        "worth": sentences_worth.worth_sentence(clip.if_there("worth.csv"), backgrounds, names),
        "audit": sentences_convergence.audit_sentence(clip.if_there("audit.csv"), names),
        "caveat": sentences_convergence.curve_caveats(fits, clip.models, names),
        "background": sentences_convergence.background_sentence(fits, clip.models, names, backgrounds),
        "foreground": sentences.foreground_sentence(
            area, names, truth_area[-1] if truth_area else None, subject.named
        ),
        "events": sentences_scene.events_sentence(
            events, span, times=len(clip.table("still.csv")), region_source=region_source, fps=clip.fps
        ),
        "history": about_table(
            clip,
            "history.csv",
            sentences_sweeps.history_answer,
            clip.fps,
            span,
            None if span is None else split.seen_before(span.start),
        ),
        "false_alarms": about_table(
            clip, "false_alarms.csv", sentences_thresholds.false_alarm_answer, methods
        ),
        "thresholds": about_table(clip, "thresholds.csv", sentences_sweeps.threshold_answer, methods),
        "scores": about_scores(clip, absorption, subject),
        "cost": sentences.cost_sentence(clip.costs),
    }
    return {
        "clip": clip,
        "title": clip.title or clip.name,
        "headline": sentences_scene.headline(**shown),
        "page_title": sentences_scene.page_title(comes=shown["comes"], lies=shown["lies"]),
        **shown,
        "subject": subject,
        "cautions": sentences_cautions.cautions(
            train=facts["train"],
            own=split.own_train,
            training=clip.table("training.csv"),
            events=events,
            area=area,
            names=methods,
            lies=shown["lies"],
            scored=scores is not None,
            region_source=region_source,
            rate=clip.rate,
        ),
        "facts": facts,
        "poster": clip.packed("poster")["image"],
        "source": source_facts(clip.record("source.json")),
        "key_figures": key_figures(fits, absorption, scores, clip),
        "moment": moment_view(clip),
        "sentences": said,
        "alts": figure_alts(said, fits, agreement, names),
        "fits": [
            row | {"checked": clip.models[row["model"]].tolerance is not None}
            for row in fits.to_dict("records")
        ],
        "still": bool(absorption["still_frame"].notna().any()),
        "predicted": bool(absorption["predicted"].notna().any()),
        "absorption": [absorption_row(row, clip) for row in absorption.to_dict("records")],
        "scores": None if scores is None else scores_rows(scores, clip),
        # Figures as the template comes to them, and those that are empty where nobody lies still.
        "shown": ["figures/absorption.png", "figures/history.png"],
        "charts": [(stem, words) for stem, words in CHARTS.items() if f"figures/{stem}.png" in clip.files],
        "sweeps": {
            sweep: sweep_view(clip.table(f"sweeps/{sweep}.csv"), methods[of["method"]], of["keys"])
            for sweep, of in clip.sweeps.items()
        },
        "settings": {
            "Models": {key: settings_words(asdict(model)) for key, model in clip.models.items()},
            "Methods": {key: settings_words(asdict(method)) for key, method in clip.methods.items()},
        },
        # Whether some slider's masks have their shadows from the configured threshold.
        "held": any(
            isinstance(method, ScoredMethod) and method.ignore_shadows for method in clip.methods.values()
        ),
        "costs": cost_rows(clip.costs),
        "compiled": any(cost.compiling for cost in clip.costs.values()),
        "compared": list(fits["model"][1:]),
        "hashes": hashes,
    }


def methods_differ(agreement: pd.DataFrame | None) -> bool:
    """Tell by `agreement.csv` whether some pixel is marked by one method and not by another."""
    return agreement is not None and bool((agreement["both"] < agreement["either"]).any())


def converged_sentences(fits: pd.DataFrame, clip: ClipResults) -> dict[str, list[str]]:
    """Tell of the reference and the notebook's model first, which is the answer, and then of the others."""
    said = sentences_convergence.converged_answer(fits, clip.models, clip.names)
    leading = {*fits["model"][:1], sentences_convergence.notebooks(clip.models)}
    too = [text for model, text in zip(fits["model"], said, strict=False) if model not in leading]
    return {"converged": [text for text in said if text not in too], "converged_too": too}


def verdict(
    clip: ClipResults,
    absorption: pd.DataFrame,
    area: pd.DataFrame,
    scores: pd.DataFrame | None,
    span: sentences_scene.Span | None,
) -> str:
    """Say the result by what there is: somebody who lies still and was watched, else scores, else neither."""
    if span is not None and absorption["retention"].notna().any():
        return sentences_absorption.verdict(absorption, area, clip.names.methods, clip.fps, span)
    if scores is None:
        return sentences_scene.picture_verdict(span, scored=False)
    said = sentences_scores.score_verdict(scores, clip.names.methods)
    return said or sentences_scene.picture_verdict(span, scored=True, marked=scores["fpr"].gt(0).any())


def moment_view(clip: ClipResults) -> dict[str, Any]:
    """Read the telling moment's pictures, and say what each shows."""
    moment = clip.packed("moment")
    visible, area = (
        table[table["frame"] == moment["frame"]].set_index("method")
        for table in (clip.table("visible.csv"), clip.table("area.csv"))
    )
    for picture in moment["pictures"]:
        method = picture["method"]
        share = f"{percent(area.loc[method, 'foreground_share'])} of the picture"
        ghosts = area.loc[method, "ghost_share"]
        share += f", {percent(ghosts)} as ghosts" if ghosts > 0 else ""
        if method in visible.index:
            share = f"{percent(visible.loc[method, 'visible_share'])} of the person, {share}"
        picture |= {"label": clip.names.methods[method].label, "share": share}
    when, still = f"Frame {moment['frame']}", clip.table("absorption.csv")["still_frame"].max()
    if moment["frame"] >= still:
        when += f", {duration(moment['frame'] - still, clip.fps)} after the person came to rest"
    return moment | {"when": when}


def outlooks(
    absorption: pd.DataFrame, clip: ClipResults, train: int, span: sentences_scene.Span | None
) -> dict[str, sentences_absorption.Outlook]:
    """Work out, where a history decides the absorption, which one would have kept the person."""
    found = {}
    for row in absorption[absorption["predicted"].notna()].to_dict("records"):
        method = clip.methods[row["method"]]
        constants = method.absorption(train)
        if (
            span is None
            or constants is None
            or method.learns != ADAPTIVE
            or constants["learning_rate"] is not None
        ):
            continue
        ratio, seen = constants["background_ratio"], int(row["frames_seen"])
        least = mog2_history_to_keep(
            len(span), ratio, constants["complexity_reduction"], frames_seen=max(seen, 1)
        )
        found[row["method"]] = sentences_absorption.Outlook(constants["history"], ratio, least)
    return found


def absorption_row(row: Mapping[str, Any], clip: ClipResults) -> dict[str, Any]:
    """Put a row of absorption.csv into words; what is empty there has a word of its own."""

    def words(value: float, otherwise: str) -> str:
        return otherwise if pd.isna(value) else duration(value, clip.fps)

    half = "none"
    if pd.notna(row["censored_at"]):
        half = f"over {duration(row['censored_at'], clip.fps)}"
    blind = row["initial_share"] < sentences_absorption.BLIND
    return {
        **row,
        "learns": LEARNING_WORDS[clip.learning[row["method"]]],
        "half_life_words": "blind from the start" if blind else words(row["half_life"], half),
        "vanish_words": words(row["vanish"], "never"),
        "predicted_words": words(row["predicted"], "\N{EN DASH}"),
    }


def about_table(clip: ClipResults, table: str, say: Callable[..., list[str]], *more: Any) -> list[str]:
    """Say something about a table that not every clip has."""
    rows = clip.if_there(table)
    return [] if rows is None else say(rows, *more)


def sweep_view(table: pd.DataFrame, method: Name, keys: Sequence[str]) -> dict[str, Any]:
    """Put a sweep's table into words, given its method and the parameters that vary."""
    head, rows = sentences_sweeps.sweep_rows(table, keys)
    return {"sentence": sentences_sweeps.sweep_sentence(table, method, keys), "head": head, "rows": rows}


def about_scores(clip: ClipResults, absorption: pd.DataFrame, subject: sentences_scene.Subject) -> list[str]:
    """Tell how the methods score by the ground truth, or without one how far they agree."""
    scores, agreement = clip.if_there("scores.csv"), clip.if_there("agreement.csv")
    if scores is not None:
        said = sentences_scores.scoreboard_answer(
            scores,
            clip.table("differences.csv"),
            clip.learning,
            absorption.set_index("method")["retention"].to_dict(),
            clip.names.methods,
            subject,
        )
        cleaned = sentences_scores.clean_up_sentence(clip.methods, clip.names.methods)
        return [*said, cleaned, *filter(None, [sentences_scores.interval_sentence(scores)])]
    unknown = "This clip has no ground truth, so no mask can be called right."
    if agreement is None or len(clip.methods) < 2:
        return [unknown]
    return [f"{unknown} {sentences_scores.agreement_sentence(agreement, clip.names.methods)}"]


def scores_rows(scores: pd.DataFrame, clip: ClipResults) -> list[dict[str, Any]]:
    """Rank the methods by F-measure, and say how each learns."""
    ranked = scores.sort_values("f_measure", ascending=False, na_position="last", kind="stable")
    return [
        row | {"learns": LEARNING_WORDS[clip.learning[row["method"]]]} for row in ranked.to_dict("records")
    ]


def cost_rows(costs: Mapping[str, Cost]) -> list[dict[str, Any]]:
    """Put costs beside the share of the largest one that they are."""
    slowest = max([*(cost.seconds for cost in costs.values()), 0.1])
    largest = max([*(cost.memory or 0 for cost in costs.values()), 0.1])
    return [
        {
            "step": step,
            **cost._asdict(),
            "seconds_share": cost.seconds / slowest,
            "memory_share": (cost.memory or 0) / largest,
        }
        for step, cost in costs.items()
    ]


def key_figures(
    fits: pd.DataFrame, absorption: pd.DataFrame, scores: pd.DataFrame | None, clip: ClipResults
) -> list[tuple[str, str]]:
    """Choose the few figures that stand large above the answers, each with what it means."""
    figures, names = [], clip.names.methods
    models, methods = fits.set_index("model"), absorption.set_index("method")
    reference = next(iter(models.index), None)
    if reference is not None and clip.models[reference].tolerance is not None:
        figures.append((brief(models.loc[reference, "converged"]), "of the pixels' fits have converged"))
    notebook = sentences_convergence.notebooks(clip.models)
    if notebook is not None and models.loc[notebook, "gap_median"] > 0:
        gap = number(models.loc[notebook, "gap_median"])
        figures.append((f"{gap} nats", "per sample: how far short the notebook's typical pixel stops"))
    seen = methods[methods["still_frame"].notna() & (methods["initial_share"] >= sentences_absorption.BLIND)]
    for key, row in seen[seen["half_life"].notna()].iterrows():
        if clip.learning[key] == ADAPTIVE:
            half = count(row["half_life"], "frame")
            figures.append((half, f"until {names[key].named} has lost half of the person who lies still"))
            break
    first = next(iter(clip.methods))
    if first in seen.index:
        kept = percent(seen.loc[first, "retention"])
        figures.append((kept, f"of the person who lies still stays visible with {names[first].named}"))
    if seen.empty and scores is not None and scores["f_measure"].count() > 1:
        ranked = scores[scores["f_measure"].notna()].sort_values("f_measure", kind="stable")
        for words, place in (("highest", -1), ("lowest", 0)):
            score, named = ranked["f_measure"].iloc[place], names[ranked["method"].iloc[place]].named
            figures.append((score_words(score), f"is the {words} F-measure, that of {named}"))
    return figures
