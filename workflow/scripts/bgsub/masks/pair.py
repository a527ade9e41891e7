"""Which models and methods show what it is worth that a fit has converged."""

from collections.abc import Mapping
from typing import NamedTuple

from bgsub.masks.method import Method
from bgsub.masks.rules import ModelMethod
from bgsub.model.settings import Model


class Pair(NamedTuple):
    """Two models by their keys, and the methods that compare frames with the one and with the other.

    `reference` is fitted until it converges, `other` as in the notebook. `rules`: one method that reads the
    background image alone, and one that reads the covariances, as far as there are such.
    """

    reference: str
    other: str
    rules: tuple[str, ...]


def pair_of(models: Mapping[str, Model], methods: Mapping[str, Method]) -> Pair | None:
    """Choose the pair: the first model, if it is fitted until it converges, and the first of the notebook's.

    Returns
    -------
    Pair or None
        None without such models, or if no method compares frames with either of them.
    """
    reference = next(iter(models), None)
    other = next((key for key, model in models.items() if model.is_the_notebooks), None)
    if reference is None or other is None or models[reference].tolerance is None:
        return None
    # The notebook's own method first: what the page says of its masks is said of these.
    of_pair = {
        key: method
        for model in (other, reference)
        for key, method in methods.items()
        if isinstance(method, ModelMethod) and method.model == model
    }
    rules = [
        next((key for key, method in of_pair.items() if ("covariances" in method.parts) == uses), None)
        for uses in (False, True)
    ]
    found = tuple(key for key in rules if key is not None)
    return Pair(reference, other, found) if found else None
