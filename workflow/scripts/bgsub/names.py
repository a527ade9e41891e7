"""What models and methods are called, and one look for each, the same in every table, figure and sentence.

A name follows from what a model or a method is, never from its key in the config: two that would be called
alike have their keys in brackets.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from bgsub.masks.method import Method
    from bgsub.model.settings import Model


class Look(NamedTuple):
    """How something is drawn: the dashes tell it apart where the colour cannot."""

    colour: str  # "#rrggbb"
    dashes: tuple[int, ...] = ()  # lengths of dash, gap, dash, ...; empty for a solid line


DASHED, DOTTED, DASH_DOTTED = (5, 2), (1, 1), (3, 1, 1, 1)

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), without its yellow, which is too faint on white,
# and three darker tones. Some kinds have a look of their own; these are for all others.
_SPARE = [
    Look(colour, dashes)
    for dashes in (DASH_DOTTED, DASHED, (), DOTTED)
    for colour in ("#2f6f4f", "#7a5195", "#8c564b", "#CC79A7", "#009E73", "#56B4E9")
]


@dataclass(frozen=True)
class Name:
    """What one model or method is called and how it is drawn."""

    label: str  # by itself: in a table, a legend, under a picture
    article: bool = False  # whether it has one within a sentence: the GMM, but MOG2
    look: Look | None = None  # the one that its kind prefers; None takes a spare one

    @property
    def named(self) -> str:
        """The name within a sentence."""
        return f"the {self.label}" if self.article else self.label

    @property
    def subject(self) -> str:
        """The name at the start of a sentence."""
        return capital(self.named)

    @property
    def colour(self) -> str:
        """Colour as `#rrggbb`."""
        return self._drawn.colour

    @property
    def line(self) -> str | tuple[int, tuple[int, ...]]:
        """The line's style as matplotlib wants it."""
        return (0, self._drawn.dashes) if self._drawn.dashes else "-"

    @property
    def dash_array(self) -> str:
        """The line's style as SVG wants it, for lines two pixels wide."""
        return " ".join(str(2 * length) for length in self._drawn.dashes)

    @property
    def _drawn(self) -> Look:
        return self.look or _SPARE[0]


# The image that stands beside the backgrounds of the models, and the method that compares frames with it.
MEDIAN = Name("temporal median", article=True, look=Look("#56B4E9", DASHED))


UNCATEGORISED = "uncategorised"  # the category of clips whose config names none
OVERALL = "overall"  # in place of a category: the mean over all of them


@dataclass(frozen=True)
class Names:
    """The names of a run, by the keys of the config."""

    models: Mapping[str, Name]
    methods: Mapping[str, Name]


def names_of(models: Mapping[str, "Model"], methods: Mapping[str, "Method"]) -> Names:
    """Name all models and methods of a run: of two that prefer the same look the first one has it."""
    of_models = _settled({key: model.name for key, model in models.items()}, taken=())
    looks = [name.look for name in of_models.values() if name.look]
    preferred = {key: method.name(key, of_models) for key, method in methods.items()}
    return Names(of_models, _settled(preferred, looks))


def as_params(names: Mapping[str, Name]) -> dict[str, dict[str, Any]]:
    """Return names as dicts, lists and texts, which a rule can have as a parameter."""
    return {key: {**asdict(name), "look": list(name.look or ())} for key, name in names.items()}


def from_params(params: Mapping[str, Mapping[str, Any]]) -> dict[str, Name]:
    """Return the names that `as_params` gave."""
    return {key: _name(**name) for key, name in params.items()}


def capital(words: str) -> str:
    """Begin a sentence with these words."""
    return f"{words[0].upper()}{words[1:]}"


def _settled(names: Mapping[str, Name], taken: Iterable[Look]) -> dict[str, Name]:
    """Tell equal names apart: by their keys in brackets, and by a look for each.

    A spare look is one that nothing else has or prefers, in the colour that is the rarest so far.
    """
    alike = Counter(name.label for name in names.values())
    preferred = {name.look for name in names.values() if name.look}
    colours = Counter(look.colour for look in preferred)
    spare = [look for look in _SPARE if look not in preferred.union(taken)]
    used: set[Look] = set()
    settled = {}
    for key, name in names.items():
        look = name.look
        if look is None or look in used:
            look = min(spare or _SPARE, key=lambda look: colours[look.colour])
            spare = [other for other in spare if other != look]
            colours[look.colour] += 1
        used.add(look)
        label = name.label if alike[name.label] == 1 else f"{name.label} ({key})"
        settled[key] = replace(name, label=label, look=look)
    return settled


def _name(label: str, article: bool, look: tuple[str, Iterable[int]]) -> Name:
    colour, dashes = look
    return Name(label, article, Look(colour, tuple(dashes)))
