"""What figures and pages show beside models and methods, whose names are in `bgsub.names`.

Apart from `style`, so that what only names something need not load matplotlib.
"""

from typing import NamedTuple

from bgsub.model.constants import AT_FLOOR, CONSTANT, DEAD, RANK_DEFICIENT, UNDEFINED
from bgsub.names import DOTTED, Look, Name

TRUTH = Name("ground truth", look=Look("#1a1a1a", DOTTED))


class Flag(NamedTuple):
    """One cause in `flags` of model.npz: its bit, its colour on the map and its plain words."""

    bit: int
    colour: str
    words: str


# Where several apply, the map shows the first.
FLAGS = (
    Flag(UNDEFINED, "#D55E00", "the notebook's arithmetic breaks down (0/0)"),
    Flag(CONSTANT, "#1a1a1a", "constant: the same colour in every training frame"),
    Flag(DEAD, "#E69F00", "a Gaussian with fewer than 4 samples of its own"),
    Flag(RANK_DEFICIENT, "#CC79A7", "colours on a line or plane: no full covariance"),
    Flag(AT_FLOOR, "#56B4E9", "a Gaussian as narrow as the floor allows"),
)
