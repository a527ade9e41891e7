"""What every method is: the way from a clip's frames to masks, with its settings and its words."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge

from bgsub.settings import Settings

Learning = Literal["frozen", "protected", "adaptive"]

FROZEN: Learning = "frozen"  # learned once: nothing that stays is ever absorbed
PROTECTED: Learning = "protected"  # goes on learning, but not where it sees foreground
ADAPTIVE: Learning = "adaptive"  # goes on learning everywhere


@dataclass(frozen=True, kw_only=True)
class Method(Settings):
    """A row of the config's section `methods`: its keys are the fields, checked when the config is read."""

    label: str = ""
    """What figures and pages call it; by default what it does."""
    opening: Annotated[int, Ge(1)] = 1
    """Size of the ellipse that opens the masks, pixels; 1 for none."""
