"""Which class of bgsub.masks.methods a row of the section `methods` is checked against.

The row's family is told by the key that it has, the member of the family by the value of one key.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union

from pydantic import Discriminator, Tag

from bgsub.config.words import meant, shown
from bgsub.masks.method import Method
from bgsub.masks.methods import BACKGROUNDS, MODEL_RULES, SUBTRACTORS
from bgsub.masks.own import MadeElsewhere, OwnMethod

# By the key of the family: the key that tells its members apart, and they by its value; or the one member.
FAMILIES: dict[str, tuple[str, Mapping[str, type[Method]]] | type[Method]] = {
    "model": ("rule", MODEL_RULES),
    "background": ("background", BACKGROUNDS),
    "opencv": ("opencv", SUBTRACTORS),
    "python": OwnMethod,
    "masks": MadeElsewhere,
}


def method_classes() -> Iterator[tuple[str, type[Method]]]:
    """Yield every class of methods with the words that tell it from the others of its family."""
    for family, members in FAMILIES.items():
        if isinstance(members, tuple):
            yield from members[1].items()
        else:
            yield family, members


def class_of(row: Any) -> type[Method] | None:
    """Return the class that a row is to be checked against, or None if its keys do not tell."""
    families = [family for family in FAMILIES if isinstance(row, Mapping) and family in row]
    if len(families) != 1:
        return None
    members = FAMILIES[families[0]]
    if not isinstance(members, tuple):
        return members
    key, classes = members
    return classes.get(row[key]) if isinstance(row.get(key), str) else None


def family_problem(row: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """Say why a row's keys do not tell what it is, after the key whose value is wrong, if it is that."""
    families = [family for family in FAMILIES if family in row]
    if not families:
        close = next(filter(None, (meant(key, FAMILIES) for key in row)), "")
        return (), f"found {shown(row)}; expected one of the keys {', '.join(FAMILIES)}{close}"
    if len(families) > 1:
        return (), (
            f"found the keys {' and '.join(families)}; expected one of them: delete the others, or, as an"
            " overlay is merged into the rows that are there, give the method a name of its own"
        )
    key, classes = FAMILIES[families[0]]
    expected = f"expected one of {', '.join(classes)}"
    if key not in row:
        return (key,), f"missing; {expected}"
    return (key,), f"found {shown(row[key])}; {expected}{meant(row[key], classes)}"


def _tag(row: Any) -> str | None:
    found = class_of(row)
    return found and found.__name__


MethodRow = Annotated[
    Union[tuple(Annotated[kind, Tag(kind.__name__)] for _, kind in method_classes())],  # noqa: UP007 - no names yet
    Discriminator(_tag),
]
