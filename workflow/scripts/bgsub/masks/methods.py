"""All methods there are, and which of them a row of the config asks for.

A row is of the family whose key it has: `model` (with a `rule`), `background`, `opencv`, `posterior`,
`python` or `masks`.
"""

from collections.abc import Mapping
from typing import Any

from bgsub.masks.method import Method
from bgsub.masks.own import MadeElsewhere, OwnMethod
from bgsub.masks.posterior import Posterior
from bgsub.masks.rules import BACKGROUNDS, MODEL_RULES, scored_method
from bgsub.masks.subtractors import SUBTRACTORS, subtractor

__all__ = ["BACKGROUNDS", "MODEL_RULES", "SUBTRACTORS", "key_of_model", "method_of"]


def method_of(row: Mapping[str, Any]) -> Method:
    """Return the method that a checked row of the config describes."""
    if "opencv" in row:
        return subtractor(row)
    if "posterior" in row:
        return Posterior(**row)
    if "python" in row:
        return OwnMethod(**row)
    if "masks" in row:
        return MadeElsewhere(**row)
    return scored_method(row)


def key_of_model(row: Mapping[str, Any]) -> str | None:
    """Return the key by which a row names the model that its method needs; None if it needs none."""
    return next((key for key in ("model", "posterior") if key in row), None)
