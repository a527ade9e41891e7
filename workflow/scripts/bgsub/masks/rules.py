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

The background component is the heaviest, of equally heavy ones the narrowest. The rules themselves are in
`difference` and `densities`, which load OpenCV and the compiler: here they are imported when they are asked
for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le

from bgsub.masks.scored import LEVELS, DifferenceToMedian, ScoredMethod
from bgsub.names import Look, Name

if TYPE_CHECKING:
    import numpy as np

    from bgsub.masks.background import Background
    from bgsub.masks.difference import Score

MODEL_PARTS = ("weights", "means", "covariances")  # what a rule may read of model.npz


@dataclass(frozen=True, kw_only=True)
class ModelMethod(ScoredMethod):
    """Compares frames with a model."""

    by: ClassVar[str]  # how, after the model's label; empty for the rule that goes without saying

    model: str
    """Name of the model."""
    rule: str
    """How frames are compared with the model."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What it reads of model.npz."""
        return MODEL_PARTS

    def scene(self, background: "Mapping[str, np.ndarray]", training: int) -> "Background":
        """Return the heaviest component."""
        from bgsub.masks.background import background_of_model

        return background_of_model(background, training)

    def _derived_name(self, key: str, models: Mapping[str, Name]) -> Name:
        model = models[self.model]
        return Name(f"{model.label} by {self.by}", model.article, self.look) if self.by else model


@dataclass(frozen=True, kw_only=True)
class Difference(ModelMethod):
    """Luma of the absolute difference to the background image."""

    unit: ClassVar[str] = "levels"
    decimals: ClassVar[int] = 0
    sweep: ClassVar[tuple[float, float, float]] = LEVELS
    by: ClassVar[str] = ""

    rule: Literal["difference"]
    threshold: Annotated[float, Ge(0), Le(255)] = 50
    """Foreground above this, 8-bit levels of luma."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What it reads of model.npz: the rule itself needs no covariances."""
        return MODEL_PARTS if self.gain or self.ignore_shadows else MODEL_PARTS[:2]

    def compare(self, background: "Mapping[str, np.ndarray]", training: int) -> "Score":
        """Return the difference to the heaviest component's mean, uint8."""
        from bgsub.masks.difference import difference, of_rounded
        from bgsub.model.convergence import background_image

        score = difference(background_image(background["weights"], background["means"]))
        return of_rounded(score) if self.gain else score


@dataclass(frozen=True, kw_only=True)
class DensityMethod(ModelMethod):
    """Asks how likely a colour is by the model's Gaussians."""

    pooling: Annotated[float, Ge(0), Le(100)] = 0
    """Samples that the covariance of the 5 x 5 pixels around counts as, a prior of the own; 0 for none."""
    neighbours: bool = False
    """Whether what any of the 3 x 3 models around takes for background is that: for jitter and leaves."""

    @property
    def reach(self) -> int:
        """How far around a pixel, in pixels, the frames that a method learns from decide its score."""
        return (2 if self.pooling else 0) + (1 if self.neighbours else 0)

    def compare(self, background: "Mapping[str, np.ndarray]", training: int) -> "Score":
        """Return the rule's score, float64, by the model, pooled if it is to be."""
        if self.pooling:
            from bgsub.masks.background import pooled

            background = pooled(background, training, self.pooling)
        return self._density(background, self.threshold if self.neighbours else None)

    def _density(self, model: "Mapping[str, np.ndarray]", neighbours_above: float | None) -> "Score":
        """Return the rule's score; see `masks.densities`."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Mahalanobis(DensityMethod):
    """Mahalanobis distance to the heaviest component, the background."""

    unit: ClassVar[str] = "SD"
    sweep: ClassVar[tuple[float, float, float]] = (0, 50, 0.25)
    by: ClassVar[str] = "Mahalanobis"
    look: ClassVar[Look | None] = Look("#7a5195")

    rule: Literal["mahalanobis"]
    threshold: Annotated[float, Gt(0)] = 6
    """Foreground above this, standard deviations."""

    def false_alarm_rate(self, samples: "np.ndarray") -> "np.ndarray | None":
        """Tell how often a background colour passes the threshold: the tail of Hotelling's distribution.

        Of a Gaussian whose mean is estimated from n samples, and its covariance from m = n + `pooling`, the
        squared distances of others follow 3 (n + 1) / n m / (m - 3) F(3, m - 3): with a prior, this is what
        the predictive distribution says, which allows for neighbours that differ. Where m is 3 or less, there
        is no covariance to speak of, and everything may pass. None with `neighbours`, for which there is no
        theory.
        """
        if self.neighbours:
            return None
        import numpy as np
        from scipy.special import fdtrc

        n, m = samples, samples + self.pooling
        freedom = np.maximum(m - 3, 1e-3)
        scale = 3 * (n + 1) / np.maximum(n, 1e-9) * m / freedom
        return np.where(m <= 3, 1.0, fdtrc(3, freedom, self.threshold**2 / scale))

    def _density(self, model: "Mapping[str, np.ndarray]", neighbours_above: float | None) -> "Score":
        from bgsub.masks.densities import mahalanobis

        return mahalanobis(model, neighbours_above=neighbours_above)


@dataclass(frozen=True, kw_only=True)
class Component(DensityMethod):
    """Log odds of the likeliest other component against the background."""

    unit: ClassVar[str] = "nats"
    sweep: ClassVar[tuple[float, float, float]] = (-50, 200, 1)
    by: ClassVar[str] = "component"

    rule: Literal["component"]
    threshold: float = 0
    """Foreground above this, nats; 0 is the label that predict gives."""

    def _density(self, model: "Mapping[str, np.ndarray]", neighbours_above: float | None) -> "Score":
        from bgsub.masks.densities import component

        return component(model, neighbours_above=neighbours_above)


@dataclass(frozen=True, kw_only=True)
class Likelihood(DensityMethod):
    """Negative log-likelihood under the whole mixture."""

    unit: ClassVar[str] = "nats"
    sweep: ClassVar[tuple[float, float, float]] = (-12, 200, 0.5)
    by: ClassVar[str] = "likelihood"

    rule: Literal["likelihood"]
    threshold: float = 0
    """Foreground above this, nats; 0 where all colours being equally likely explains it as well."""

    def _density(self, model: "Mapping[str, np.ndarray]", neighbours_above: float | None) -> "Score":
        from bgsub.masks.densities import likelihood

        return likelihood(model, neighbours_above=neighbours_above)


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
