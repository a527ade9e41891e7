"""The order of models and methods, of which the first has a meaning."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def in_order_of(file: str | Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Put the rows of a config into the order of the config file that it extends, and new ones behind them.

    Snakemake merges the other way round: to change a key of a method would make it the first one.
    """
    known = yaml.safe_load(Path(file).read_bytes())
    ordered = dict(config)
    for section in ("models", "methods", "sweeps"):
        first, rows = (found.get(section) for found in (known if isinstance(known, dict) else {}, config))
        if isinstance(first, Mapping) and isinstance(rows, Mapping):
            ordered[section] = {name: rows[name] for name in [*first, *rows] if name in rows}
    return ordered
