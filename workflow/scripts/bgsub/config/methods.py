"""Which class of bgsub.masks.methods a row of the section `methods` is checked against.

The row's family is told by the key that it has, the member of the family by the value of one key.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Discriminator, Tag

from bgsub.config.words import meant, shown
from bgsub.masks.method import Method
from bgsub.masks.methods import BACKGROUNDS, MODEL_RULES, SUBTRACTORS
from bgsub.masks.own import MadeElsewhere, OwnMethod
from bgsub.masks.posterior import Posterior

# By the key of a family: the key whose value tells its members apart, and these by the value.
FAMILIES: dict[str, tuple[str, Mapping[str, type[Method]]]] = {
    "model": ("rule", MODEL_RULES),
    "background": ("background", BACKGROUNDS),
    "opencv": ("opencv", SUBTRACTORS),
}
# Families of one member.
SINGLE: dict[str, type[Method]] = {"posterior": Posterior, "python": OwnMethod, "masks": MadeElsewhere}


def method_classes() -> Iterator[tuple[str, type[Method]]]:
    """Yield every class of methods with the word that tells it from the others."""
    for _, members in FAMILIES.values():
        yield from members.items()
    yield from SINGLE.items()


def class_of(row: Any) -> type[Method] | None:
    """Return the class that a row is to be checked against, or None if its keys do not tell."""
    families = _families(row) if isinstance(row, Mapping) else []
    if len(families) != 1:
        return None
    if families[0] in SINGLE:
        return SINGLE[families[0]]
    key, members = FAMILIES[families[0]]
    return members.get(row[key]) if isinstance(row.get(key), str) else None


def family_problem(row: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """Say why a row's keys do not tell what it is, after the key whose value is wrong, if it is that."""
    families = _families(row)
    known = [*FAMILIES, *SINGLE]
    if not families:
        close = next(filter(None, (meant(key, known) for key in row)), "")
        return (), f"found {shown(row)}; expected one of the keys {', '.join(known)}{close}"
    if len(families) > 1:
        return (), (
            f"found the keys {' and '.join(families)}; expected one of them: delete the others, or, as an"
            " overlay is merged into the rows that are there, give the method a name of its own"
        )
    key, members = FAMILIES[families[0]]
    expected = f"expected one of {', '.join(members)}"
    if key not in row:
        return (key,), f"missing; {expected}"
    return (key,), f"found {shown(row[key])}; {expected}{meant(row[key], members)}"


def _families(row: Mapping[str, Any]) -> list[str]:
    return [family for family in (*FAMILIES, *SINGLE) if family in row]


if TYPE_CHECKING:
    MethodRow = Method
else:
    MethodRow = Annotated[
        Union[tuple(Annotated[kind, Tag(kind.__name__)] for _, kind in method_classes())],  # noqa: UP007
        Discriminator(lambda row: getattr(class_of(row), "__name__", None)),
    ]
