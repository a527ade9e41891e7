"""Decision rules: how unlike the background each pixel of a frame is, by a model's measure.

A rule takes a model and gives a function from a frame, (H, W, 3) uint8 RGB, to its scores, (H, W). In all of
them higher means less like the background, and a pixel is foreground where its score is above the method's
threshold, which has the score's unit:

=============  =====================================================================  ========================
rule           score                                                                  unit
=============  =====================================================================  ========================
`difference`   luma of the absolute difference to the background image                8-bit levels, 0 to 255
`mahalanobis`  Mahalanobis distance to the background component                       standard deviations
`component`    log odds of the likeliest other component against the background one   nats
`likelihood`   negative log-likelihood under the whole mixture                        nats, colours in [0, 1]
=============  =====================================================================  ========================

The background component is the heaviest. The rules themselves are in `difference` and `densities`, which load
OpenCV and the compiler: here they are imported when they are asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le

from bgsub.masks.scored import LEVELS, DifferenceToMedian, ScoredMethod
from bgsub.names import Look, Name

if TYPE_CHECKING:
    import numpy as np

    from bgsub.masks.difference import Score


@dataclass(frozen=True, kw_only=True)
class ModelMethod(ScoredMethod):
    """Compares frames with a model."""

    parts: ClassVar[tuple[str, ...]] = ("weights", "means", "covariances")  # that it reads of model.npz
    by: ClassVar[str]  # how, after the model's label; empty for the rule that goes without saying

    model: str
    """Name of the model."""
    rule: str
    """How frames are compared with the model."""

    def _derived_name(self, key: str, models: Mapping[str, Name]) -> Name:
        model = models[self.model]
        return Name(f"{model.label} by {self.by}", model.article, self.look) if self.by else model


@dataclass(frozen=True, kw_only=True)
class Difference(ModelMethod):
    """Luma of the absolute difference to the background image."""

    unit: ClassVar[str] = "levels"
    decimals: ClassVar[int] = 0
    sweep: ClassVar[tuple[float, float, float]] = LEVELS
    parts: ClassVar[tuple[str, ...]] = ("weights", "means")
    by: ClassVar[str] = ""

    rule: Literal["difference"]
    threshold: Annotated[float, Ge(0), Le(255)] = 50
    """Foreground above this, 8-bit levels of luma."""

    def score(self, background: "Mapping[str, np.ndarray]") -> "Score":
        """Return the rule's score, uint8, by a model."""
        from bgsub.masks.difference import difference
        from bgsub.model.convergence import background_image

        return difference(background_image(background["weights"], background["means"]))


@dataclass(frozen=True, kw_only=True)
class Mahalanobis(ModelMethod):
    """Mahalanobis distance to the heaviest component, the background."""

    unit: ClassVar[str] = "SD"
    sweep: ClassVar[tuple[float, float, float]] = (0, 50, 0.25)
    by: ClassVar[str] = "Mahalanobis"
    look: ClassVar[Look | None] = Look("#7a5195")

    rule: Literal["mahalanobis"]
    threshold: Annotated[float, Gt(0)] = 6
    """Foreground above this, standard deviations."""
    ignore_shadows: bool = False
    """Whether the background in less light, down to half, is background."""

    def score(self, background: "Mapping[str, np.ndarray]") -> "Score":
        """Return the rule's score, float64, by a model."""
        from bgsub.masks.densities import mahalanobis

        return mahalanobis(background, self.ignore_shadows)


@dataclass(frozen=True, kw_only=True)
class Component(ModelMethod):
    """Log odds of the likeliest other component against the background."""

    unit: ClassVar[str] = "nats"
    sweep: ClassVar[tuple[float, float, float]] = (-50, 200, 1)
    by: ClassVar[str] = "component"

    rule: Literal["component"]
    threshold: float = 0
    """Foreground above this, nats; 0 is the label that predict gives."""

    def score(self, background: "Mapping[str, np.ndarray]") -> "Score":
        """Return the rule's score, float64, by a model."""
        from bgsub.masks.densities import component

        return component(background)


@dataclass(frozen=True, kw_only=True)
class Likelihood(ModelMethod):
    """Negative log-likelihood under the whole mixture."""

    unit: ClassVar[str] = "nats"
    sweep: ClassVar[tuple[float, float, float]] = (-12, 200, 0.5)
    by: ClassVar[str] = "likelihood"

    rule: Literal["likelihood"]
    threshold: float = 0
    """Foreground above this, nats; 0 where all colours being equally likely explains it as well."""

    def score(self, background: "Mapping[str, np.ndarray]") -> "Score":
        """Return the rule's score, float64, by a model."""
        from bgsub.masks.densities import likelihood

        return likelihood(background)


BACKGROUNDS = {"median": DifferenceToMedian}
MODEL_RULES: dict[str, type[ModelMethod]] = {
    "difference": Difference,
    "mahalanobis": Mahalanobis,
    "component": Component,
    "likelihood": Likelihood,
}


def scored_method(row: Mapping[str, Any]) -> ScoredMethod:
    """Return the method that a checked row of the config with a `model` or a `background` describes."""
    if "background" in row:
        return BACKGROUNDS[row["background"]](**row)
    return MODEL_RULES[row["rule"]](**row)
