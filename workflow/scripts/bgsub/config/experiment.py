"""What a run is about: its config, checked, with the clips of its tables and the variants of its sweeps."""

import difflib
import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bgsub.config.check import check
from bgsub.config.files import Located, check_method_files, check_source
from bgsub.config.sections import Config
from bgsub.config.sweeps import Row, Variant, check_known, variants_of
from bgsub.config.tables import read_clip_table
from bgsub.config.words import at
from bgsub.errors import InputError
from bgsub.masks.methods import key_of_model
from bgsub.names import OVERALL


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A config made out."""

    config: dict[str, Any]
    """Every section, with defaults: the clips to be processed; models and methods, those of variants too."""
    known: dict[str, Any]
    """Every clip that can be run, of the config and of its tables."""
    models: list[str]
    """Names of the models that are compared, which leaves out those of variants."""
    methods: list[str]
    """Likewise of the methods."""
    variants: dict[str, list[Variant]]
    """The variants of each sweep."""
    fractions: dict[str, float]
    """The share of training frames of those models and methods that have one of their own."""


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
    for table in checked["clip_tables"]:
        known = read_clip_table(table, home, located) | known
    checked["clips"] = {name: known[name] for name in clips_to_run(checked["run"], known)}
    for name, clip in checked["clips"].items():
        check_source(clip["source"], name, located)
        if clip.get("category") == OVERALL:
            raise InputError(
                f"{at('clips', name)}.category: found '{OVERALL}', the mean over all categories; rename it"
            )
    for section in ("models", "methods"):
        for name, row in checked[section].items():
            # Snakemake's report has labels in a script element, which </script> would end.
            if "<" in row.get("label", ""):
                raise InputError(f"{at(section, name)}.label: found '<'; expected a label without it")
    for name, method in checked["methods"].items():
        check_method_files(method, name, checked["clips"], located)
        if key := key_of_model(method):
            check_known(method[key], checked["models"], "model", ("methods", name, key))
    variants = {sweep: variants_of(sweep, checked) for sweep in checked["sweeps"]}
    sections, fractions = _with_variants(checked, variants)
    return Experiment(
        config=checked | sections,
        known=known,
        models=list(checked["models"]),
        methods=list(checked["methods"]),
        variants=variants,
        fractions=fractions,
    )


def without_null(config: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what an overlay has set to null: sections, and clips, models, methods and sweeps."""
    left = {key: section for key, section in config.items() if section is not None}
    for section in ("clips", "models", "methods", "sweeps"):
        if isinstance(left.get(section), Mapping):
            left[section] = {name: row for name, row in left[section].items() if row is not None}
    return left


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
