"""What every method is: the way from a clip's frames to masks, with its settings and its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le

from bgsub.names import Look, Name
from bgsub.settings import Settings

if TYPE_CHECKING:
    import numpy as np

Learning = Literal["frozen", "protected", "adaptive"]
Learns = Learning | Literal["reconsidering", "own", "elsewhere"]

FROZEN: Learning = "frozen"  # learned once: nothing that stays is ever absorbed
PROTECTED: Learning = "protected"  # goes on learning, but not where it sees foreground
ADAPTIVE: Learning = "adaptive"  # goes on learning everywhere
# Goes on learning, but not where it sees foreground, and takes back some of that: a still person it keeps or
# not.
RECONSIDERING: Learns = "reconsidering"
# How these learn is not known here, so that nothing is said of it.
OWN: Learns = "own"
ELSEWHERE: Learns = "elsewhere"

LEARNING_WORDS: dict[str, str] = {
    FROZEN: "learned once, then frozen",
    PROTECTED: "learns around what it marks",
    ADAPTIVE: "goes on learning",
    RECONSIDERING: "goes on learning what it does not mark, and lets go of mistakes",
    OWN: "a method of yours",
    ELSEWHERE: "masks made elsewhere",
}


@dataclass(frozen=True, kw_only=True)
class Method(Settings):
    """A row of the config's section `methods`: its keys are the fields, checked when the config is read."""

    look: ClassVar[Look | None] = None  # that it prefers in figures

    label: str = ""
    """What figures and pages call it; by default what it does."""
    opening: Annotated[int, Ge(1), Le(99)] = 1
    """Size of the ellipse that opens the masks, pixels; 1 for none."""
    median: Literal[1, 3, 5, 7, 9, 11, 13, 15] = 1
    """Width of the square that the masks' median is taken over before they are opened, pixels; 1 for none."""

    @property
    def learns(self) -> Learns:
        """How it goes on learning its background once the training frames are over."""
        raise NotImplementedError

    def name(self, key: str, models: Mapping[str, Name]) -> Name:
        """Return what it is called, given its key in the config and the names of the models."""
        return Name(self.label, look=self.look) if self.label else self._derived_name(key, models)

    def _derived_name(self, key: str, models: Mapping[str, Name]) -> Name:
        """Name it by what it is; where no more is known of it, by its key, with which no sentence begins."""
        return Name(f"method {key}", article=True, look=self.look)

    def cleaned(self, mask: "np.ndarray") -> "np.ndarray":
        """Return a mask after the clean-up that the settings ask for; see `foreground.clean_mask`."""
        from bgsub.masks.foreground import clean_mask

        return clean_mask(mask, opening=self.opening, median=self.median)

    def absorption(self, training: int) -> dict[str, Any] | None:
        """Return what decides how fast it absorbs a still object, where theory tells.

        Parameters
        ----------
        training : int
            Number of training frames, after which a frozen method stops learning.

        Returns
        -------
        dict or None
            Arguments of `evidence.absorption.predict_absorption`; None if that does not describe it.
        """
        return None
