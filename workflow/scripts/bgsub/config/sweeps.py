"""What the sweeps of the config add to its models and methods: variants that differ in one or two values.

A variant is a row like any other, made by the same rules; the comparison of all methods leaves it out. What
does not differ is shared: a variant whose values are those of the config is the method itself, one that
differs in its threshold has the model of the method. Only where a clip has training frames of its own choice
is every share of training frames a variant, since what it equals is then not the same for all clips.
"""

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bgsub.config.check import check
from bgsub.config.methods import MethodRow
from bgsub.config.sections import Split
from bgsub.config.words import at
from bgsub.errors import InputError
from bgsub.masks.methods import key_of_model
from bgsub.model.settings import Model

Row = dict[str, Any]

_NOTHING = object()


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A method with other values, as one point of a sweep's grid."""

    base: str  # the config's method that it varies
    values: Row  # what the sweep sets, by key, in the order of the config
    method: str  # its own name: that of `base` if nothing differs
    model: str | None  # name of its model, if it has one
    method_row: Row  # its settings
    model_row: Row | None  # those of its model
    train_fraction: float | None  # share of the frames that train, if it is not that of each clip


def variants_of(sweep: str, config: Mapping[str, Any]) -> list[Variant]:
    """Return the variants of a sweep in the order of its grid, the last key changing fastest.

    The config is checked, and its clips are those of the run. InputError if the sweep asks for a method,
    model, key or value that is not there or not allowed.
    """
    settings = config["sweeps"][sweep]
    place = ("sweeps", sweep)
    base, keys = settings["method"], settings["values"]
    check_known(base, config["methods"], "method", (*place, "method"))
    return [
        _variant(base, dict(zip(keys, point, strict=True)), (*place, "values"), config)
        for point in itertools.product(*keys.values())
    ]


def value_in_config(key: str, base: str, config: Mapping[str, Any]) -> Any:
    """Return what the config has where a sweep of a method sets a key; None if it has no such key."""
    section, _, name = key.rpartition(".")
    method = config["methods"][base]
    rows = {"": method, "settings": method.get("settings", {}), "split": config["split"]}
    rows["model"] = config["models"].get(method.get(key_of_model(method)), {})
    return rows[section].get(name)


def _variant(base: str, values: Row, place: tuple[str, ...], config: Mapping[str, Any]) -> Variant:
    """Return the variant of a method with the values of one point of the grid."""
    by_section: dict[str, Row] = {"": {}, "settings": {}, "model": {}, "split": {}}
    for swept, value in values.items():
        section, _, key = swept.rpartition(".")
        by_section[section][key] = value
    of_method, of_settings, of_model, of_split = by_section.values()
    plain = config["methods"][base]
    method, changes = _varied(plain, of_method, MethodRow, place)
    for key, value in of_settings.items():
        if "python" not in plain:
            raise InputError(f"{at(*place)}.settings.{key}: method '{base}' has no settings")
        if plain["settings"].get(key, _NOTHING) != value:
            changes[f"settings.{key}"] = value
        method["settings"] = method["settings"] | {key: value}

    fraction = None
    if of_split:
        split, changes_of_split = _varied(config["split"], of_split, Split, (*place, "split"))
        own = any({"train_fraction", "train"} & clip.keys() for clip in config["clips"].values())
        if changes_of_split or own:
            fraction = split["train_fraction"]
    shared = {} if fraction is None else {"train_fraction": fraction}

    name = model = None
    key_of_name = key_of_model(method)
    if key_of_name is None and of_model:
        raise InputError(f"{at(*place)}.model.{next(iter(of_model))}: method '{base}' has no model")
    if key_of_name is not None:
        name = method[key_of_name]
        check_known(name, config["models"], "model", (*place, key_of_name))
        model, changes_of_model = _varied(config["models"][name], of_model, Model, (*place, "model"))
        shared = changes_of_model | shared
        name = method[key_of_name] = variant_name(name, shared)
    return Variant(
        base=base,
        values=values,
        method=variant_name(base, changes | shared),
        model=name,
        method_row=method,
        model_row=model,
        train_fraction=fraction,
    )


def _varied(plain: Row, values: Row, kind: Any, place: tuple[str, ...]) -> tuple[Row, Row]:
    """Return a checked row with other values, and those of them that it does not have already."""
    row = check(plain | values, kind, place)
    return row, {key: row[key] for key in values if plain.get(key, _NOTHING) != row[key]}


def check_known(name: str, rows: Mapping[str, Any], what: str, place: tuple[str, ...]) -> None:
    """Raise InputError unless a row that is named somewhere in the config is there."""
    if name not in rows:
        raise InputError(f"{at(*place)}: unknown {what} '{name}'; expected one of {', '.join(rows)}")


def variant_name(name: str, changes: Mapping[str, Any]) -> str:
    """Return the name of a row with other values, such as gmm.threshold-30; without any, its own."""
    return ".".join([name, *(f"{key}-{_in_file_name(value)}" for key, value in sorted(changes.items()))])


def _in_file_name(value: Any) -> str:
    """Return a value as the config has it, fit for a file name."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", json.dumps(value).strip('"'))
