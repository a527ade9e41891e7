"""The pages: one per clip, and one over all clips. The same results give the same bytes."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bgsub.evidence.metrics import crowded
from bgsub.files import write_text
from bgsub.names import Name
from bgsub.report.embed import embed_picture, embed_source, embed_video, picture_size
from bgsub.report.glossary import Glossary
from bgsub.report.payload import to_json
from bgsub.report.player_facts import player_facts
from bgsub.report.results import ClipResults, method_words
from bgsub.report.sentences import over_clips_sentence
from bgsub.report.sentences_scene import headline, page_title
from bgsub.report.views import clip_view
from bgsub.words import brief, count, duration, number, score_words

GLOSSARY = "../../docs/glossary.md"  # from the templates
# Of what a clip's page tells the overview: one that is made in another way is not read.
SUMMARY_VERSION = 2
MOST_PICTURES = 24  # clips that the overview shows pictures of; with more it would be too large
OVERVIEW_STYLES = ("page.css", "folds.css", "overview.css", "print.css")
STYLES = ("page.css", "player.css", "folds.css", "print.css")
SCRIPTS = (
    "data.js",
    "paint.js",
    "curves.js",
    "player.js",
    "hero.js",
    "live.js",
    "inspector.js",
    "folds.js",
    "main.js",
)


def render_page(
    clip: ClipResults,
    page: str | Path,
    watch: str | Path,
    summary: str | Path,
    *,
    templates: str | Path,
    versions: Mapping[str, str],
    command: str,
    commit: str | None = None,
) -> None:
    """Write a clip's page, its player alone in small, and what the overview says of it.

    Parameters
    ----------
    clip : ClipResults
    page, watch : path-like
        The page, and the small player; each written whole or not at all.
    summary : path-like
        JSON: name, title, facts, comes, lies, falls, cautions, verdict, moment, and of each method label,
        article, settings, area, half-life, retention, whether it fills much of the picture, F-measure.
    templates : path-like
        Folder of the templates, style sheets and scripts.
    versions : mapping of str to str
        Version by name of software.
    command : str
        What repeats the run; may have several lines.
    commit : str, optional
        Of the workflow's code.
    """
    player, small, live, inspector = (
        Markup(clip.files[f"page/{name}.json"].read_text(encoding="utf-8"))  # noqa: S704 - made by to_json
        for name in ("player", "player_small", "live", "inspector")
    )
    truth_area = json.loads(player)["truth_area"]
    inspected = json.loads(inspector)["arrays"]["pixels.low"]["shape"][0]
    view = clip_view(clip, truth_area, inspected, commit)
    both: dict[str, Any] = {"view": view, "facts": player_facts(clip, truth_area)}
    whole = both | {"player": player, "live": live, "inspector": inspector}
    whole |= {"versions": versions, "command": command, "commit": commit}
    write_page(page, Path(templates), "page.html.j2", STYLES, SCRIPTS, whole)
    alone = both | {"player": small, "inspector": None}
    write_page(watch, Path(templates), "watch.html.j2", STYLES, SCRIPTS, alone)
    write_text(summary, json.dumps(summary_of(clip, view), indent=1) + "\n")


def summary_of(clip: ClipResults, view: Mapping[str, Any]) -> dict[str, Any]:
    """Choose what the overview says of a clip."""
    area = clip.table("area.csv")
    last = area[area["frame"] == area["frame"].max()].set_index("method")["foreground_share"]
    scored = {row["method"]: row["f_measure"] for row in view["scores"] or []}
    rows = {row["method"]: row for row in view["absorption"] if view["still"]}
    full = crowded(clip.table("absorption.csv"), area) if rows else {}
    methods = []
    for name in clip.methods:
        row = rows.get(name, {})
        methods.append(
            {
                "method": name,
                "label": clip.names.methods[name].label,
                "article": clip.names.methods[name].article,
                "settings": method_words(clip, name),
                "area": float(last[name]),
                "half_life": row.get("half_life_words"),
                "retention": _number(row.get("retention")),
                "crowded": name in full,
                "f_measure": _number(scored.get(name)),
            }
        )
    return {
        "version": SUMMARY_VERSION,
        "name": clip.name,
        **{key: view[key] for key in ("title", "facts", "comes", "lies", "falls")},
        "cautions": [caution._asdict() for caution in view["cautions"]],
        "verdict": view["sentences"]["verdict"],
        "moment": view["moment"],
        "methods": methods,
    }


def render_overview(
    summaries: Sequence[Mapping[str, Any]],
    page: str | Path,
    *,
    templates: str | Path,
    ranks: str | Path | None = None,
) -> None:
    """Write the page over all clips: a row and a card for each, with a link to the clip's own page beside it.

    Parameters
    ----------
    summaries : sequence of mapping
        As `render_page` wrote them, in any order; those that another version wrote are left out, and counted.
    page : path-like
        `results/report.html`; the clips' pages are `<clip>/report.html`, seen from it.
    templates : path-like
        Folder of the templates, style sheets and scripts.
    ranks : path-like, optional
        Picture of the ranks of the run's methods, shown where there are several clips.
    """
    readable = [summary for summary in summaries if summary.get("version") == SUMMARY_VERSION]
    clips = sorted(readable, key=lambda summary: summary["name"])
    methods = methods_over_clips(clips)
    watched = sum(any(row["retention"] is not None for row in clip["methods"]) for clip in clips)
    kept = {name: row["retention"] for name, row in methods.items() if row["clips"] == watched > 0}
    names = {name: Name(row["label"], row["article"]) for name, row in methods.items()}
    full = [name for name in kept if methods[name]["crowded"]]
    shown = {
        "clips": clips,
        "rows": [clip_row(clip) for clip in clips],
        **overview_heads(clips),
        "unread": len(summaries) - len(clips),
        "pictures": len(clips) <= MOST_PICTURES,
        "methods": methods.values(),
        "sentence": over_clips_sentence(kept, watched, names, full),
        "ranks": ranks,
    }
    write_page(page, Path(templates), "overview.html.j2", OVERVIEW_STYLES, ["overview.js"], shown)


def overview_heads(summaries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Head the overview by what is true of all its clips."""
    lies, falls = (bool(summaries) and all(clip[key] for clip in summaries) for key in ("lies", "falls"))
    comes = not summaries or any(clip["comes"] for clip in summaries)
    head = headline(comes=comes, lies=lies, falls=falls)
    return {"headline": head, "page_title": page_title(comes=comes, lies=lies)}


def clip_row(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Choose what the overview's table says of a clip: what happens, who is best by what is measured."""
    happens = "nobody lies still" if summary["comes"] else "nobody is seen to come in"
    if summary["lies"]:
        happens = "falls and lies still" if summary["falls"] else "lies still"
    best = {}
    for key in ("f_measure", "retention"):
        clear = [row for row in summary["methods"] if not row["crowded"]] or summary["methods"]
        known = [row for row in clear if row[key] is not None]
        best[key] = max(known, key=lambda row: row[key], default=None)
    return {
        "name": summary["name"],
        "title": summary["title"],
        "frames": summary["facts"]["frames"],
        "happens": happens,
        "warnings": [caution["title"] for caution in summary["cautions"]],
        "best": best["f_measure"],
        "keeper": best["retention"],
    }


def methods_over_clips(summaries: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Average each method over the clips that it ran on: retention of the still person, and F-measure.

    A method that other settings had on other clips has a row for each of its settings.
    """
    rows: dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]] = {}
    for summary in summaries:
        for row in summary["methods"]:
            rows.setdefault((row["method"], row["settings"]), []).append((summary["name"], row))
    alike = Counter(method for method, _ in rows)
    found = {}
    for (method, _), of in rows.items():
        clip, first = of[0]
        label = first["label"] if alike[method] == 1 else f"{first['label']} (as on {clip})"
        found[label] = {
            "label": label,
            "article": first["article"],
            "crowded": any(row["crowded"] for _, row in of),
        }
        for key, clips in (("retention", "clips"), ("f_measure", "scored")):
            known = [row[key] for _, row in of if row[key] is not None]
            found[label] |= {clips: len(known), key: sum(known) / len(known) if known else None}
    return found


def write_page(
    page: str | Path,
    templates: Path,
    template: str,
    styles: Sequence[str],
    scripts: Sequence[str],
    shown: Mapping[str, Any],
) -> None:
    """Fill a template with what is shown, with style sheets and scripts of its folder in the page itself."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    glossary = Glossary(templates / GLOSSARY)
    environment.globals |= {
        "term": glossary.link,
        "linked": glossary.linked,
        "embed_picture": embed_picture,
        "embed_video": embed_video,
        "picture_size": picture_size,
    }
    environment.filters |= {
        "brief": _or_dash(brief),
        "number": _or_dash(number),
        "two_digits": _or_dash("{:.2f}".format),
        "duration": duration,
        "count": count,
        "share3": _or_dash(score_words),
        "json": lambda value: Markup(to_json(value)),  # noqa: S704 - no `<` is left in it
    }
    style, script = (embed_source(*(templates / name for name in names)) for names in (styles, scripts))
    text = environment.get_template(template).render(style=style, script=script, **shown)
    write_text(page, text)


def _or_dash(say: Callable[[float], str]) -> Callable[[float | None], str]:
    """Say a figure, and a dash where there is none."""
    return lambda value: "\N{EN DASH}" if value is None or value != value else say(value)


def _number(value: float | None) -> float | None:
    """Return a number for JSON, None for one that is not there."""
    return None if value is None or value != value else float(value)
