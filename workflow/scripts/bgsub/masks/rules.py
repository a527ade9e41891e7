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

The background component is the heaviest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from bgsub.files import read_arrays
from bgsub.masks.difference import Score, difference
from bgsub.masks.method import Method
from bgsub.model.convergence import background_image


@dataclass(frozen=True, kw_only=True)
class ScoredMethod(Method):
    """Compares frames with a background: a pixel is foreground where its score is above the threshold."""

    unit: ClassVar[str]  # of the score and its threshold, as a reader sees it

    threshold: float


@dataclass(frozen=True, kw_only=True)
class DifferenceToMedian(ScoredMethod):
    """Luma of the absolute difference to the median of the training frames."""

    unit: ClassVar[str] = "levels"

    background: Literal["median"]
    """What the image is of the training frames."""
    rule: Literal["difference"] = "difference"
    """An image has no other rule."""
    threshold: Annotated[float, Ge(0), Le(255)] = 50
    """Foreground above this, 8-bit levels of luma."""


@dataclass(frozen=True, kw_only=True)
class ModelMethod(ScoredMethod):
    """Compares frames with a model."""

    model: str
    """Name of the model."""
    rule: str
    """How frames are compared with the model."""


@dataclass(frozen=True, kw_only=True)
class Difference(ModelMethod):
    """Luma of the absolute difference to the background image."""

    unit: ClassVar[str] = "levels"

    rule: Literal["difference"]
    threshold: Annotated[float, Ge(0), Le(255)] = 50
    """Foreground above this, 8-bit levels of luma."""


@dataclass(frozen=True, kw_only=True)
class Mahalanobis(ModelMethod):
    """Mahalanobis distance to the heaviest component, the background."""

    unit: ClassVar[str] = "SD"

    rule: Literal["mahalanobis"]
    threshold: Annotated[float, Gt(0)] = 6
    """Foreground above this, standard deviations."""
    ignore_shadows: bool = False
    """Whether the background in less light, down to half, is background."""


@dataclass(frozen=True, kw_only=True)
class Component(ModelMethod):
    """Log odds of the likeliest other component against the background."""

    unit: ClassVar[str] = "nats"

    rule: Literal["component"]
    threshold: float = 0
    """Foreground above this, nats; 0 is the label that predict gives."""


@dataclass(frozen=True, kw_only=True)
class Likelihood(ModelMethod):
    """Negative log-likelihood under the whole mixture."""

    unit: ClassVar[str] = "nats"

    rule: Literal["likelihood"]
    threshold: float = 0
    """Foreground above this, nats; 0 where all colours being equally likely explains it as well."""


def score_by(settings: Mapping[str, Any], model: Mapping[str, np.ndarray]) -> Score:
    """Return the score that a method's rule gives with a fitted mixture.

    Parameters
    ----------
    settings : mapping
        The method's row in the config: its `rule` (`difference`, `mahalanobis`, `component` or `likelihood`),
        and for `mahalanobis` whether to `ignore_shadows`.
    model : mapping of ndarray
        `weights` (K, H, W), `means` (K, H, W, 3) in [0, 1], `covariances` (K, H, W, 3, 3), as in model.npz.

    Returns
    -------
    callable
        From a frame (H, W, 3) uint8 to its scores (H, W): uint8 for `difference`, else float64.

    Raises
    ------
    KeyError
        If there is no such rule; the config's schema is where a user meets this.
    """
    rule = settings["rule"]
    if rule == "difference":
        return difference(background_image(model["weights"], model["means"]))
    from bgsub.masks import densities  # here, as it loads the compiler, which the rule above does without

    if rule == "mahalanobis":
        return densities.mahalanobis(model, settings["ignore_shadows"])
    return {"component": densities.component, "likelihood": densities.likelihood}[rule](model)


def score_by_file(settings: Mapping[str, Any], file: str | Path) -> Score:
    """Return the score that a method's rule gives with the mixture in a `model.npz`; see `score_by`."""
    needed = ("weights", "means") if settings["rule"] == "difference" else ("weights", "means", "covariances")
    return score_by(settings, read_arrays(file, *needed))
