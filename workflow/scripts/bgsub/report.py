"""The report: one self-contained page over all clips of a run, put together from files."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bgsub import sentences
from bgsub.absorption import mog2_history_to_keep
from bgsub.files import atomic_path
from bgsub.sentences import NOTEBOOK
from bgsub.style import label
from bgsub.subtractors import mog2_constants
from bgsub.words import count, duration, number, percent

# The parts of a clip's section, by the end of their id.
PARTS = {
    "run": "What was run",
    "background": "The background",
    "converged": "Is it converged?",
    "foreground": "The foreground",
    "keeps": "Who keeps the person?",
    "cost": "What it cost",
}
_MIME = {".png": "image/png", ".mp4": "video/mp4"}


@dataclass(frozen=True)
class ClipResults:
    """One clip's results as the page needs them.

    Attributes
    ----------
    name : str
        The clip's name in the config.
    folder : Path
        `results/<clip>`, with source.json, frames.npy, frames.csv, train.mp4, fits.csv, area.csv,
        absorption.csv, comparison.mp4, methods/<method>/video.mp4, and in `figures/` backgrounds.png,
        convergence.png, area.png, absorption.png, masks.png, fit_<model>.png for each model and
        gap_<model>.png for each but the reference.
    title, licence, citation : str
        From the config; may be empty.
    models, methods : mapping
        The config's settings by name.
    fps : float
        Frames per second of the clip's videos.
    seconds : mapping of str to float
        Wall time by step, as `read_seconds` gives it.
    """

    name: str
    folder: Path
    title: str
    licence: str
    citation: str
    models: Mapping[str, Mapping[str, Any]]
    methods: Mapping[str, Mapping[str, Any]]
    fps: float
    seconds: Mapping[str, float]


def read_seconds(benchmarks: Mapping[str, Sequence[str | Path]]) -> dict[str, float]:
    """Add up the wall time of each step's jobs from Snakemake's benchmark files.

    Parameters
    ----------
    benchmarks : mapping of str to sequence of path-like
        By step, in the order to show; a step made of several jobs (tiles) has several files.

    Returns
    -------
    dict of str to float
        Seconds.
    """
    return {
        step: float(sum(pd.read_csv(path, sep="\t")["s"].mean() for path in paths))
        for step, paths in benchmarks.items()
    }


def render_report(
    clips: Sequence[ClipResults],
    destination: str | Path,
    *,
    template: str | Path,
    style: str | Path,
    versions: Mapping[str, str],
    command: str,
) -> None:
    """Write the page. The same results give the same bytes.

    Parameters
    ----------
    clips : sequence of ClipResults
        In the order to show.
    destination : path-like
        The page; written whole or not at all.
    template, style : path-like
        The page's Jinja2 template and its style sheet, which goes into the page.
    versions : mapping of str to str
        Version by name of software.
    command : str
        What repeats the run; may have several lines.
    """
    template = Path(template)
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["embed"] = embed
    environment.filters |= {
        "percent": percent,
        "number": number,
        "duration": duration,
        "label": label,
    }
    page = environment.get_template(template.name).render(
        clips=[clip_view(clip, f"clip-{index}") for index, clip in enumerate(clips, 1)],
        style=Markup(Path(style).read_text(encoding="utf-8")),  # noqa: S704 - a file of ours
        parts=PARTS,
        versions=versions,
        command=command,
    )
    with atomic_path(destination) as temporary:
        temporary.write_text(page, encoding="utf-8")


def embed(path: Path) -> str:
    """Return a picture or video as a data URI."""
    return f"data:{_MIME[path.suffix]};base64,{b64encode(path.read_bytes()).decode('ascii')}"


def clip_view(clip: ClipResults, anchor: str) -> dict[str, Any]:
    """Collect what the template shows of one clip: facts, sentences, tables and the paths of pictures.

    Parameters
    ----------
    clip : ClipResults
    anchor : str
        The id of the clip's section; those of its parts begin with it.
    """
    folder = clip.folder
    fits = pd.read_csv(folder / "fits.csv")
    absorption = pd.read_csv(folder / "absorption.csv")
    area = pd.read_csv(folder / "area.csv")
    subsets = pd.read_csv(folder / "frames.csv")["subset"]
    frames = np.load(folder / "frames.npy", mmap_mode="r")
    facts = {
        "frames": len(subsets),
        "train": int((subsets == "train").sum()),
        "test": int((subsets == "test").sum()),
        "height": frames.shape[1],
        "width": frames.shape[2],
    }
    return {
        "clip": clip,
        "anchor": anchor,
        "title": clip.title or clip.name,
        "facts": facts,
        "source": source_facts(json.loads((folder / "source.json").read_text(encoding="utf-8"))),
        "key_figures": key_figures(fits, absorption, clip),
        "said": {
            "run": sentences.run_sentence(clip.fps, **facts),
            "converged": sentences.converged_answer(fits, clip.models),
            "absorbed": sentences.absorbed_answer(
                absorption,
                clip.methods,
                outlooks(absorption, clip, facts["frames"]),
                fps=clip.fps,
                frames=facts["frames"],
            ),
            "caveat": sentences.mean_caveat(fits, clip.models),
            "background": sentences.background_sentence(fits),
            "foreground": sentences.foreground_sentence(area),
            "still": sentences.still_sentence(absorption),
            "cost": sentences.cost_sentence(clip.seconds),
        },
        "fits": [
            row | {"checked": clip.models[row["model"]]["tolerance"] is not None}
            for row in fits.to_dict("records")
        ],
        "still": bool(absorption["still_frame"].notna().any()),
        "absorption": [absorption_row(row, clip.fps) for row in absorption.to_dict("records")],
        "slowest": max([*clip.seconds.values(), 0.1]),
        "figures": folder / "figures",
        "compared": list(fits["model"][1:]),
    }


def outlooks(absorption: pd.DataFrame, clip: ClipResults, frames: int) -> dict[str, sentences.Outlook]:
    """Work out, for each method that has a predicted absorption, which history would have kept the person."""
    found = {}
    for row in absorption[absorption["predicted"].notna()].to_dict("records"):
        constants = mog2_constants(clip.methods[row["method"]])
        ratio, still = constants["background_ratio"], int(row["still_frame"])
        least = mog2_history_to_keep(
            frames - still, ratio, constants["complexity_reduction"], frames_seen=max(still, 1)
        )
        found[row["method"]] = sentences.Outlook(ratio, least)
    return found


def absorption_row(row: Mapping[str, Any], fps: float) -> dict[str, Any]:
    """Put a row of absorption.csv into words; what is empty there has a word of its own."""

    def words(value: float, otherwise: str) -> str:
        return otherwise if pd.isna(value) else duration(value, fps)

    half = "none"
    if pd.notna(row["censored_at"]):
        half = f"not within {duration(row['censored_at'], fps)}"
    if row["initial_share"] < sentences.BLIND:
        half = "blind from the start"
    return {
        **row,
        "half_life_words": words(row["half_life"], half) if row["initial_share"] >= sentences.BLIND else half,
        "vanish_words": words(row["vanish"], "never"),
        "predicted_words": words(row["predicted"], "\N{EN DASH}"),
    }


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
        share = percent(models.loc[reference, "converged"])
        share = share.replace("more than ", ">").replace("less than ", "<")
        figures.append((share, "of the pixels' fits have converged"))
    if NOTEBOOK in models.index[1:] and models.loc[NOTEBOOK, "gap_median"] > 0:
        gap = number(models.loc[NOTEBOOK, "gap_median"])
        figures.append((f"{gap} nats", "per sample: how far short the notebook's typical pixel stops"))
    for name, row in methods[methods["still_frame"].notna()].iterrows():
        kept = (
            percent(row["retention"]),
            f"of the person who lies still stays visible with {sentences.named(name)}",
        )
        if pd.notna(row["half_life"]) and pd.notna(row["predicted"]):
            half = count(row["half_life"], "frame")
            figures.append((half, f"until {label(name)} has lost half of the person who lies still"))
        elif pd.notna(row["predicted"]) or reference == clip.methods[name].get("model", ""):
            figures.append(kept)
    return sorted(figures, key=lambda figure: figure[1].startswith("of the person"))
