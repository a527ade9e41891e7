"""What the page shows of a clip, collected from its files: facts, sentences, tables, pictures."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bgsub.evidence.absorption import mog2_history_to_keep
from bgsub.evidence.costs import Cost
from bgsub.figures.looks import Look, label, looks
from bgsub.masks.learning import ADAPTIVE, learning_of
from bgsub.masks.subtractors import mog2_constants
from bgsub.report import scores_sentences, sentences, sentences_absorption, sentences_sweeps
from bgsub.report.payload import as_text
from bgsub.report.player import encode_picture
from bgsub.report.sentences import NOTEBOOK
from bgsub.words import EVENT_WORDS, brief, count, duration, number, percent

LEARNING_WORDS = {
    "frozen": "learned once, then frozen",
    "protected": "learns around what it marks",
    "adaptive": "goes on learning",
}
# Figures that not every clip has: what they show, for the eye and for those who cannot see them.
CHARTS = {
    "scores": (
        "Methods ranked by F-measure, with recall, precision and what is left of the still person",
        "The methods ranked. A filled mark stands for a background that is frozen, a half-filled one for "
        "one that is protected from the person, a hollow one for a method that goes on learning.",
    ),
    "curves": (
        "Precision and recall of each method with a threshold, for all thresholds",
        "What another threshold would have given, without fitting anything anew.",
    ),
    "agreement": (
        "A matrix of how far each pair of methods agrees",
        "How far each pair of methods agrees. Methods that agree may still be wrong together.",
    ),
}
# Results whose checksums the page tells, where they exist.
HASHED = ("frames.npy", "fits.csv", "area.csv", "absorption.csv")


@dataclass(frozen=True)
class ClipResults:
    """One clip's results as its page needs them.

    Attributes
    ----------
    name : str
        The clip's name in the config.
    folder : Path
        `results/<clip>`, with what `workflow/rules/report.smk` lists as input of the page. Of `scores.csv`,
        `agreement.csv` and `backgrounds.csv` and their figures the page shows those in `extras`.
    title, annotation, licence, citation : str
        From the config; may be empty.
    models, methods : mapping
        The config's settings by name.
    fps : float
        Frames per second of the clip's videos.
    costs : mapping of str to Cost
        By step.
    extras : frozenset of str
        Names of files in `folder` that not every clip has.
    """

    name: str
    folder: Path
    title: str
    annotation: str
    licence: str
    citation: str
    models: Mapping[str, Mapping[str, Any]]
    methods: Mapping[str, Mapping[str, Any]]
    fps: float
    costs: Mapping[str, Cost]
    extras: frozenset[str] = field(default_factory=frozenset)

    def table(self, name: str) -> pd.DataFrame:
        """Read one of the clip's tables."""
        return pd.read_csv(self.folder / name)

    def if_there(self, name: str) -> pd.DataFrame | None:
        """Read a table that not every clip has."""
        return self.table(name) if name in self.extras else None


def clip_view(
    clip: ClipResults, truth_area: list[float] | None, inspected: int, commit: str | None
) -> dict[str, Any]:
    """Collect what the template shows of one clip.

    Parameters
    ----------
    clip : ClipResults
    truth_area : list of float or None
        The person's true share of each test frame.
    inspected : int
        Number of pixels that the inspector has.
    commit : str or None
        Of the code; see `sentences.repeat_sentence`.
    """
    fits, absorption, area = (clip.table(f"{name}.csv") for name in ("fits", "absorption", "area"))
    scores = clip.if_there("scores.csv")
    facts, hashes = clip_facts(clip), result_hashes(clip)
    return {
        "clip": clip,
        "title": clip.title or clip.name,
        "facts": facts,
        "poster": poster_of(clip),
        "source": source_facts(json.loads((clip.folder / "source.json").read_text(encoding="utf-8"))),
        "key_figures": key_figures(fits, absorption, clip),
        "moment": moment_view(clip),
        "said": {
            "verdict": sentences_absorption.verdict(absorption, area, clip.fps),
            "run": sentences.run_sentence(clip.fps, **facts),
            "pixel": sentences.pixel_sentence(inspected, facts["height"] * facts["width"]),
            "repeat": sentences.repeat_sentence(commit, len(hashes)),
            "converged": sentences.converged_answer(fits, clip.models),
            "absorbed": sentences_absorption.absorbed_answer(
                absorption,
                clip.methods,
                outlooks(absorption, clip, facts["frames"]),
                fps=clip.fps,
                frames=facts["frames"],
            ),
            "audit": sentences.audit_sentence(clip.if_there("audit.csv")),
            "caveat": sentences.curve_caveats(fits, clip.models),
            "background": sentences.background_sentence(fits, clip.if_there("backgrounds.csv")),
            "foreground": sentences.foreground_sentence(area, truth_area[-1] if truth_area else None),
            "events": sentences_absorption.events_sentence(clip.table("events.csv"), absorption),
            "history": said_of(clip, "history.csv", sentences_sweeps.history_answer, clip.fps),
            "thresholds": said_of(clip, "thresholds.csv", sentences_sweeps.threshold_answer),
            "scores": scores_said(clip, absorption),
            "cost": sentences.cost_sentence(clip.costs),
        },
        "fits": [
            row | {"checked": clip.models[row["model"]]["tolerance"] is not None}
            for row in fits.to_dict("records")
        ],
        "still": bool(absorption["still_frame"].notna().any()),
        "absorption": [absorption_row(row, clip) for row in absorption.to_dict("records")],
        "scores": None if scores is None else scores_rows(scores, clip),
        "charts": [(stem, *words) for stem, words in CHARTS.items() if f"figures/{stem}.png" in clip.extras],
        "sweeps": {
            Path(file).stem: sweep_view(clip.table(file), clip.methods)
            for file in sorted(clip.extras)
            if re.fullmatch(r"sweeps/.*\.csv", file)
        },
        "costs": cost_rows(clip.costs),
        "compared": list(fits["model"][1:]),
        "leading": [place for place, model in enumerate(fits["model"]) if place == 0 or model == NOTEBOOK],
        "hashes": hashes,
    }


def clip_facts(clip: ClipResults) -> dict[str, int]:
    """Count a clip's frames, and those of its two parts, and tell its size in pixels."""
    subsets = clip.table("frames.csv")["subset"]
    _, height, width, _ = np.load(clip.folder / "frames.npy", mmap_mode="r").shape
    train, test = (int((subsets == part).sum()) for part in ("train", "test"))
    return {"frames": len(subsets), "train": train, "test": test, "height": height, "width": width}


def poster_of(clip: ClipResults) -> str:
    """Return a small picture of the middle training frame, WebP in base64."""
    middle = clip_facts(clip)["train"] // 2
    frame = np.load(clip.folder / "frames.npy", mmap_mode="r")[middle]
    height, width = frame.shape[:2]
    return as_text(encode_picture(frame, (480, round(480 * height / width)), 60))


def player_facts(clip: ClipResults, truth_area: list[float] | None) -> dict[str, Any]:
    """Collect what the player's and the inspector's scripts need besides their own data."""
    area, events = clip.table("area.csv"), clip.table("events.csv")
    first, last = int(area["frame"].min()), int(area["frame"].max())
    shares = {name: rows.sort_values("frame")["foreground_share"] for name, rows in area.groupby("method")}
    opening = json.loads((clip.folder / "page/moment.json").read_text(encoding="utf-8"))["frame"]
    return {
        "methods": [
            {
                "name": name,
                "rule": clip.methods[name].get("rule"),
                "threshold": clip.methods[name].get("threshold"),
            }
            | _look(name, look)
            for name, look in looks(clip.methods).items()
        ],
        "models": [{"name": name} | _look(name, look) for name, look in looks(clip.models).items()],
        "area": {name: [round(share, 6) for share in shares[name]] for name in clip.methods},
        "truth_area": truth_area,
        "test": [first, last],
        "events": [{"frame": row.frame, "label": EVENT_WORDS[row.event]} for row in events.itertuples()],
        "fps": clip.fps,
        "opening": opening,
    }


def _look(name: str, look: Look) -> dict[str, str]:
    dashes = "" if isinstance(look.dashes, str) else " ".join(str(2 * part) for part in look.dashes[1])
    return {"label": label(name), "colour": look.colour, "dashes": dashes}


def moment_view(clip: ClipResults) -> dict[str, Any]:
    """Read the telling moment's pictures, and say what each shows."""
    moment = json.loads((clip.folder / "page/moment.json").read_text(encoding="utf-8"))
    visible, area = clip.table("visible.csv"), clip.table("area.csv")
    still = clip.table("absorption.csv")["still_frame"].dropna()
    after = duration(moment["frame"] - int(still.iloc[0]), clip.fps) if len(still) else ""
    for picture in moment["pictures"]:
        here = visible[(visible["method"] == picture["method"]) & (visible["frame"] == moment["frame"])]
        image = area.loc[(area["method"] == picture["method"]) & (area["frame"] == moment["frame"])]
        share = f"{percent(image['foreground_share'].iloc[0])} of the picture"
        if len(here):
            share = f"{percent(here['visible_share'].iloc[0])} of the person, {share}"
        picture |= {"label": label(picture["method"]), "share": share}
    when = f"frame {moment['frame']}" + (f", {after} after the person came to rest" if after else "")
    return moment | {"when": when}


def outlooks(
    absorption: pd.DataFrame, clip: ClipResults, frames: int
) -> dict[str, sentences_absorption.Outlook]:
    """Work out, where a history decides the absorption, which one would have kept the person."""
    found = {}
    for row in absorption[absorption["predicted"].notna()].to_dict("records"):
        settings = clip.methods[row["method"]]
        constants = mog2_constants(settings)
        if learning_of(settings) != ADAPTIVE or constants["learning_rate"] is not None:
            continue
        ratio, still = constants["background_ratio"], int(row["still_frame"])
        least = mog2_history_to_keep(
            frames - still, ratio, constants["complexity_reduction"], frames_seen=max(still, 1)
        )
        found[row["method"]] = sentences_absorption.Outlook(ratio, least)
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
        "learns": LEARNING_WORDS[learning_of(clip.methods[row["method"]])],
        "half_life_words": "blind from the start" if blind else words(row["half_life"], half),
        "vanish_words": words(row["vanish"], "never"),
        "predicted_words": words(row["predicted"], "\N{EN DASH}"),
    }


def said_of(clip: ClipResults, table: str, say: Callable[..., list[str]], *more: Any) -> list[str]:
    """Say something about a table that not every clip has."""
    rows = clip.if_there(table)
    return [] if rows is None else say(rows, *more)


def sweep_view(table: pd.DataFrame, methods: Iterable[str]) -> dict[str, Any]:
    """Put a sweep's table into words. A variant has the name of its method, a dot and what differs."""
    variant = f"{table['variant'].iloc[0]}."
    method = max((name for name in methods if variant.startswith(f"{name}.")), key=len)
    head, rows = sentences_sweeps.sweep_rows(table)
    return {"said": sentences_sweeps.sweep_sentence(table, method), "head": head, "rows": rows}


def scores_said(clip: ClipResults, absorption: pd.DataFrame) -> list[str]:
    """Tell how the methods score by the ground truth, or without one how far they agree."""
    scores, agreement = clip.if_there("scores.csv"), clip.if_there("agreement.csv")
    if scores is not None:
        learning = {name: learning_of(settings) for name, settings in clip.methods.items()}
        kept = absorption.set_index("method")["retention"].to_dict()
        said = scores_sentences.scoreboard_answer(scores, clip.table("differences.csv"), learning, kept)
        return [*said, scores_sentences.interval_sentence(scores)]
    unknown = "This clip has no ground truth, so no mask can be called right."
    if agreement is None or len(clip.methods) < 2:
        return [unknown]
    return [f"{unknown} {scores_sentences.agreement_sentence(agreement)}"]


def scores_rows(scores: pd.DataFrame, clip: ClipResults) -> list[dict[str, Any]]:
    """Rank the methods by F-measure, and say how each learns."""
    ranked = scores.sort_values("f_measure", ascending=False, na_position="last", kind="stable")
    return [
        row | {"learns": LEARNING_WORDS[learning_of(clip.methods[row["method"]])]}
        for row in ranked.to_dict("records")
    ]


def settings_words(settings: Mapping[str, Any]) -> str:
    """List a model's or method's settings, those first that say what it is."""
    kinds = ("opencv", "learning", "background", "model", "rule", "components", "start")
    keys = [key for key in kinds if key in settings] + [key for key in settings if key not in kinds]
    said = {key: "none" if settings[key] is None else str(settings[key]).lower() for key in keys}
    return ", ".join(f"{key} {value}" for key, value in said.items())


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


def result_hashes(clip: ClipResults) -> dict[str, str]:
    """SHA-256 of the results that a repeated run must give again, by name."""
    names = [name for name in HASHED if (clip.folder / name).is_file()]
    names += [f"models/{model}/model.npz" for model in clip.models]
    names += [f"methods/{method}/masks.npz" for method in clip.methods]
    hashes = {}
    for name in names:
        with (clip.folder / name).open("rb") as file:
            hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes


def source_facts(source: Mapping[str, Any]) -> dict[str, str]:
    """Say in words where a clip came from, given its source.json."""
    address = source["address"]
    if isinstance(address, Mapping):
        address = ", ".join(f"{key} {value}" for key, value in sorted(address.items()))
    kinds = {
        "synthetic": "drawn by this workflow",
        "gdrive": "Google Drive, file id",
        "url": "downloaded from",
        "path": "local",
    }
    return {
        "origin": f"{kinds[source['kind']]}: {address}",
        "file": f"{Path(source['file']).name} ({source['bytes'] / 1e6:,.1f} MB)",
        "sha256": source["sha256"],
    }


def key_figures(fits: pd.DataFrame, absorption: pd.DataFrame, clip: ClipResults) -> list[tuple[str, str]]:
    """Choose the few figures that stand large above the answers, each with what it means."""
    figures = []
    models, methods = fits.set_index("model"), absorption.set_index("method")
    reference = next(iter(models.index), None)
    if reference is not None and clip.models[reference]["tolerance"] is not None:
        figures.append((brief(models.loc[reference, "converged"]), "of the pixels' fits have converged"))
    if NOTEBOOK in models.index[1:] and models.loc[NOTEBOOK, "gap_median"] > 0:
        gap = number(models.loc[NOTEBOOK, "gap_median"])
        figures.append((f"{gap} nats", "per sample: how far short the notebook's typical pixel stops"))
    seen = methods[methods["still_frame"].notna() & (methods["initial_share"] >= sentences_absorption.BLIND)]
    for name, row in seen[seen["half_life"].notna()].iterrows():
        if learning_of(clip.methods[name]) == ADAPTIVE:
            half = count(row["half_life"], "frame")
            figures.append((half, f"until {label(name)} has lost half of the person who lies still"))
            break
    for name, row in seen.iterrows():
        if clip.methods[name].get("model") == reference:
            kept = f"of the person who lies still stays visible with {sentences.named(name)}"
            figures.append((percent(row["retention"]), kept))
            break
    return figures
