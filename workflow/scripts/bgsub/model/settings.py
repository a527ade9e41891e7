"""What a model is: a row of the config's section `models`, with what follows from its settings."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from bgsub.names import DASH_DOTTED, DASHED, Look, Name
from bgsub.settings import MOST, Settings


@dataclass(frozen=True, kw_only=True)
class Model(Settings):
    """A per-pixel Gaussian mixture and how it is fitted."""

    components: Literal["auto"] | Annotated[int, Ge(1), Le(5)] = 2
    """Gaussians per pixel, 1 to 5; or auto, as many as BIC takes best."""
    max_components: Annotated[int, Ge(1), Le(5)] = 2
    """Most that auto tries."""
    start: Literal["split", "random", "uniform"] = "split"
    """Where the iteration begins."""
    tolerance: Annotated[float, Gt(0)] | None = 1e-6
    """Gain in nats per sample below which a pixel has converged; null never stops."""
    max_iterations: Annotated[int, Ge(1), Le(10**6)] = 300
    """Limit."""
    covariance_floor: Annotated[float, Gt(0), Le(255**2)] | None = 1.0
    """Smallest variance in any direction, squared 8-bit levels; null sets none."""
    seed: Annotated[int, Ge(0), Le(MOST)] = 0
    """Of random starts."""
    label: str = ""
    """What figures and pages call it; by default how it is fitted."""

    @property
    def most_components(self) -> int:
        """Gaussians that a pixel may have, at most."""
        return self.max_components if self.components == "auto" else self.components

    @property
    def is_the_notebooks(self) -> bool:
        """Whether it is fitted as in the notebook: from uniform draws, without a check or a floor."""
        return self.start == "uniform" and self.tolerance is None and self.covariance_floor is None

    @property
    def name(self) -> Name:
        """What it is called, unless another model is called the same."""
        derived = Name("GMM", article=True, look=Look("#0072B2"))
        if self.is_the_notebooks:
            derived = Name("notebook's GMM", article=True, look=Look("#E69F00", DASHED))
        elif self.components == "auto":
            derived = Name("GMM by BIC", article=True, look=Look("#2f6f4f", DASH_DOTTED))
        return Name(self.label, look=derived.look) if self.label else derived
