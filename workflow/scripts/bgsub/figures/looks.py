"""What methods and models are called, and one look for each in every figure and page.

Apart from `style`, so that what only names a method need not load matplotlib.
"""

from collections.abc import Iterable
from typing import NamedTuple

TRUTH = "ground truth"


class Look(NamedTuple):
    """How one method is drawn: the dashes tell it apart where the colour cannot."""

    colour: str
    dashes: str | tuple[int, tuple[int, ...]]


# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), without its yellow, which is too faint on white,
# and three darker tones. A model has the colour of the method that is named after it.
_DASHED, _DOTTED = (0, (5, 2)), (0, (1, 1))
_LOOKS = {
    "em": Look("#0072B2", "-"),
    "gmm": Look("#0072B2", "-"),
    "auto": Look("#2f6f4f", (0, (3, 1, 1, 1))),
    "gmm_mahalanobis": Look("#7a5195", "-"),
    "notebook": Look("#E69F00", _DASHED),
    "mog2": Look("#D55E00", "-"),
    "mog2_frozen": Look("#CC79A7", "-"),
    "mog2_protected": Look("#8c564b", _DASHED),
    "median": Look("#56B4E9", _DASHED),
    "knn": Look("#009E73", "-"),
    TRUTH: Look("#1a1a1a", _DOTTED),
}
_SPARE = [
    Look(colour, dashes)
    for dashes in ((0, (3, 1, 1, 1)), _DASHED, "-", _DOTTED)
    for colour in ("#2f6f4f", "#7a5195", "#8c564b", "#CC79A7", "#009E73", "#56B4E9")
]


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Give each model or method its look: well-known names always the same, others by order of name.

    Parameters
    ----------
    names : iterable of str
        Models or methods. A figure passes all of its clip's, so that a method looks alike in all of them.
    """
    others = sorted(set(names) - _LOOKS.keys())
    spare = {name: _SPARE[index % len(_SPARE)] for index, name in enumerate(others)}
    return {name: _LOOKS.get(name) or spare[name] for name in names}


_LABELS = {
    "gmm": "GMM",
    "em": "GMM",
    "auto": "GMM by BIC",
    "gmm_mahalanobis": "GMM by Mahalanobis",
    "notebook": "notebook's GMM",
    "mog2": "MOG2",
    "mog2_frozen": "frozen MOG2",
    "mog2_protected": "protected MOG2",
    "mog": "MOG",
    "knn": "KNN",
    "median": "temporal median",
}


def label(name: str) -> str:
    """Name a method for people; an unknown one keeps the name the config gives it."""
    return _LABELS.get(name, name)
