"""All methods there are, and which of them a row of the config asks for.

A row is of the family whose key it has: `model` (with a `rule`), `background`, `opencv`, `python` or `masks`.
"""

from collections.abc import Mapping
from typing import Any

from bgsub.masks.method import Method
from bgsub.masks.own import MadeElsewhere, OwnMethod
from bgsub.masks.rules import Component, Difference, DifferenceToMedian, Likelihood, Mahalanobis
from bgsub.masks.subtractors import Cnt, Gmg, Gsoc, Knn, Lsbp, Mog, Mog2

# By the key that tells the family, what tells its members apart: the value of a key, or nothing.
MODEL_RULES = {
    "difference": Difference,
    "mahalanobis": Mahalanobis,
    "component": Component,
    "likelihood": Likelihood,
}
BACKGROUNDS = {"median": DifferenceToMedian}
SUBTRACTORS = {"mog2": Mog2, "knn": Knn, "mog": Mog, "gmg": Gmg, "cnt": Cnt, "gsoc": Gsoc, "lsbp": Lsbp}


def method_of(row: Mapping[str, Any]) -> Method:
    """Return the method that a checked row of the config describes."""
    if "opencv" in row:
        return SUBTRACTORS[row["opencv"]](**row)
    if "background" in row:
        return BACKGROUNDS[row["background"]](**row)
    if "python" in row:
        return OwnMethod(**row)
    if "masks" in row:
        return MadeElsewhere(**row)
    return MODEL_RULES[row["rule"]](**row)
