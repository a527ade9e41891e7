"""Configs to check: a small one, and what an overlay makes of it."""

from copy import deepcopy
from typing import Any

SMALL = {
    "run": ["demo"],
    "clips": {"demo": {"source": {"synthetic": {}}, "groundtruth": "groundtruth/*.png"}},
    "models": {"em": {}, "notebook": {"start": "uniform", "tolerance": None}},
    "methods": {
        "gmm": {"model": "em", "rule": "difference", "threshold": 50, "opening": 3},
        "mog2": {"opencv": "mog2", "history": 60},
    },
}


def overlaid(changes: dict, base: dict = SMALL) -> dict[str, Any]:
    """Merge changes into a config as Snakemake merges config files."""
    result = deepcopy(base)
    for key, value in changes.items():
        nested = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = overlaid(value, result[key]) if nested else value
    return result
