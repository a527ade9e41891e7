"""What a run is about: its config, checked, with the clips of its tables and the variants of its sweeps."""

import difflib
import fnmatch
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgsub.config.check import check
from bgsub.config.files import Located, check_files_apart, check_method_files, check_name, check_source
from bgsub.config.sections import Config
from bgsub.config.sweeps import Row, Variant, check_known, variants_of
from bgsub.config.tables import read_clip_table
from bgsub.config.training import check_training, trained_on
from bgsub.config.words import at
from bgsub.errors import InputError
from bgsub.masks.methods import key_of_model
from bgsub.names import OVERALL
from bgsub.source.addresses import shown


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A config made out."""

    config: dict[str, Any]
    """Every section, with defaults: the clips to be processed, and those that only train for them; models and
    methods, those of variants too."""
    known: dict[str, Any]
    """Every clip that can be run, of the config and of its tables."""
    clips: list[str]
    """Names of the clips to be processed."""
    scenes: dict[str, Any]
    """The clips of the table of scenes, by name."""
    models: list[str]
    """Names of the models that are compared, which leaves out those of variants."""
    methods: list[str]
    """Likewise of the methods."""
    variants: dict[str, list[Variant]]
    """The variants of each sweep."""
    fractions: dict[str, float]
    """The share of training frames of those models and methods that have one of their own."""
    addresses: dict[str, str]
    """Whole addresses, which may hold secrets, by the variables of the environment that stand for them in
    `known` and in `config`: Snakemake keeps what it passes to jobs."""


def read_experiment(config: Mapping[str, Any], home: Path, located: Located = str) -> Experiment:
    """Check a config and make out what it asks for.

    Parameters
    ----------
    config : mapping
        As read from YAML files; what is null in it is left out.
    home : Path
        Folder of the workflow, which has its own clip tables.
    located : callable
        From a path in the config to where it is; see `bgsub.config.files`.

    Raises
    ------
    InputError
        One line about the first thing that is wrong.
    """
    checked = check(without_null(config), Config)
    known = checked["clips"]
    scenes = read_clip_table(checked["scenes"], home, located, "scenes") if "scenes" in checked else {}
    known = scenes | _of_tables(checked["clip_tables"], home, located) | known
    null = {name for name, clip in (config.get("clips") or {}).items() if clip is None}  # of a table too
    known = {name: clip for name, clip in known.items() if name not in null}
    run = clips_to_run(checked["run"], known)
    scenes = {name: known[name] for name in scenes if name in known}
    for name, clip in scenes.items():
        if "groundtruth" not in clip:
            raise InputError(
                f"scenes: the clip '{name}' of {checked['scenes']} has no groundtruth; expected label images"
                " to score with"
            )
    for name in [*run, *scenes]:
        check_training(name, known)
    others = [trained_on(name, known) for name in [*run, *scenes] if trained_on(name, known) not in scenes]
    checked["clips"] = {name: known[name] for name in dict.fromkeys([*run, *others])}
    for name, clip in (checked["clips"] | scenes).items():
        check_name(name)
        check_source(clip["source"], name, located)
        _check_order(name, clip)
        if clip.get("category") == OVERALL:
            raise InputError(
                f"{at('clips', name)}.category: found '{OVERALL}', the mean over all categories; rename it"
            )
    check_files_apart({name: clip["source"] for name, clip in (checked["clips"] | scenes).items()})
    addresses: dict[str, str] = {}
    for clip in known.values():
        url = clip["source"].get("url", "")
        if url != shown(url):
            variable = f"CLIP_URL_{hashlib.sha256(url.encode()).hexdigest()[:8]}"  # too short to find it by
            addresses[variable] = url
            clip["source"] |= {"url": shown(url), "variable": variable}
    for section in ("models", "methods"):
        for name, row in checked[section].items():
            # Snakemake's report has labels in a script element, which </script> would end.
            if "<" in row.get("label", ""):
                raise InputError(f"{at(section, name)}.label: found '<'; expected a label without it")
    for name, method in checked["methods"].items():
        check_method_files(method, name, run, located)
        if key := key_of_model(method):
            check_known(method[key], checked["models"], "model", ("methods", name, key))
    variants = {sweep: variants_of(sweep, checked) for sweep in checked["sweeps"]}
    sections, fractions = _with_variants(checked, variants)
    return Experiment(
        config=checked | sections,
        known=known,
        clips=run,
        scenes=scenes,
        models=list(checked["models"]),
        methods=list(checked["methods"]),
        variants=variants,
        fractions=fractions,
        addresses=addresses,
    )


def _check_order(name: str, clip: Mapping[str, Any]) -> None:
    """Raise InputError unless what a clip tells of a person is in the order of time."""
    told = {f"events.{key}": clip.get("events", {}).get(key) for key in ("enters", "falls")}
    told["still.frame"] = clip.get("still", {}).get("frame")
    frames = [(key, frame) for key, frame in told.items() if frame is not None]
    for (before, first), (after, later) in itertools.pairwise(frames):
        if later < first:
            raise InputError(
                f"{at('clips', name)}.{after}: found {later}, which is before {before}, {first}; expected the"
                " order of time: a person enters, falls and lies still"
            )


def _of_tables(tables: list[str], home: Path, located: Located) -> dict[str, Any]:
    """Return the clips of tables, none of which may be in two."""
    clips: dict[str, Any] = {}
    found_in: dict[str, str] = {}
    for table in tables:
        rows = read_clip_table(table, home, located)
        if both := next((name for name in rows if name in clips), None):
            raise InputError(f"clip_tables: '{both}' is in {found_in[both]} and in {table}; rename one")
        clips |= rows
        found_in |= dict.fromkeys(rows, table)
    return clips


def without_null(config: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what an overlay has set to null: sections, clips and their keys, models, methods, sweeps."""
    left = {key: section for key, section in config.items() if section is not None}
    for section in ("clips", "models", "methods", "sweeps"):
        if isinstance(left.get(section), Mapping):
            left[section] = {name: row for name, row in left[section].items() if row is not None}
    if isinstance(left.get("clips"), Mapping):
        left["clips"] = {name: _keys_that_are_set(clip) for name, clip in left["clips"].items()}
    return left


def _keys_that_are_set(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: _keys_that_are_set(inner) for key, inner in value.items() if inner is not None}


def clips_to_run(patterns: list[str], clips: Mapping[str, Any]) -> list[str]:
    """Return the names of the clips that `run` asks for, in its order."""
    names: dict[str, None] = {}
    for pattern in patterns:
        found = fnmatch.filter(clips, pattern)
        if not found:
            close = difflib.get_close_matches(pattern, clips, 3) or list(clips)[:3]
            raise InputError(
                f"run: unknown clip '{pattern}'; expected names of the section clips, such as"
                f" {', '.join(close)}"
            )
        names |= dict.fromkeys(found)
    return list(names)


def _with_variants(config: Mapping[str, Any], variants: Mapping[str, list[Variant]]) -> tuple[Row, Row]:
    """Return the models and methods with the variants behind them, and the `fractions` of `Experiment`."""
    sections = {"models": dict(config["models"]), "methods": dict(config["methods"])}
    fractions: dict[str, float | None] = dict.fromkeys([*config["models"], *config["methods"]])
    for sweep, points in variants.items():
        for point in points:
            rows = [("methods", point.method, point.method_row)]
            if point.model is not None and point.model_row is not None:
                rows.append(("models", point.model, point.model_row))
            for section, name, row in rows:
                same = sections[section].setdefault(name, row) == row
                if not same or fractions.setdefault(name, point.train_fraction) != point.train_fraction:
                    raise InputError(
                        f"sweeps.{sweep}: its variant '{name}' has the name of another row; rename that row"
                    )
    return sections, {name: fraction for name, fraction in fractions.items() if fraction is not None}
