"""The method that starts from a fitted mixture and goes on learning what it does not mark."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le

from bgsub.masks.method import RECONSIDERING, Learns, Method
from bgsub.names import Look, Name
from bgsub.settings import MOST

if TYPE_CHECKING:
    import numpy as np

    from bgsub.source.frames import Frames


@dataclass(frozen=True, kw_only=True)
class Posterior(Method):
    """A normal-inverse-Wishart posterior at every pixel; what it is and cannot do: docs/posterior.md."""

    look: ClassVar[Look | None] = Look("#882255")
    parts: ClassVar[tuple[str, ...]] = ("weights", "means", "covariances")  # that it reads of model.npz

    posterior: str
    """Name of the model it starts from."""
    threshold: Annotated[float, Gt(0)] = 6
    """Foreground above this, standard deviations; more where a pixel has learned little (Student's t), less,
    down to 3.5, where noise is large beside the light."""
    memory: Annotated[int, Ge(2), Le(MOST)] = 50
    """Frames that each pixel remembers: what it learned before fades."""
    median: Literal[1, 3, 5, 7, 9, 11, 13, 15] = 7
    stabilise: bool = True
    """Whether frames are moved to where the training frames were, if the camera shakes."""
    gain: bool = True
    """Whether frames are freed of changes of exposure and white balance."""
    ignore_shadows: bool = True
    """Whether the background in less light is background where it lies as a shadow does."""
    let_go: bool = True
    """Whether what was marked by mistake and stays the same becomes background."""

    @property
    def learns(self) -> Learns:
        """It learns what it does not mark, and some of what it does."""
        return RECONSIDERING

    def _derived_name(self, key: str, models: Mapping[str, Name]) -> Name:
        model = models[self.posterior]
        return Name(f"learning {model.label}", model.article, self.look)

    def masks(
        self,
        learned: "Frames",
        tested: "Frames",
        model: "Mapping[str, np.ndarray]",
        mixture: Mapping[str, Any],
        progress: Callable[[Iterable], Iterable] = iter,
        n_threads: int = 1,
    ) -> "Iterator[np.ndarray]":
        """Yield the masks of the test frames, in their order, one at a time.

        Parameters
        ----------
        learned, tested : (N, H, W, 3) and (T, H, W, 3) uint8 arrays
            RGB, the training frames and the test frames; usually memory maps.
        model : mapping
            The arrays of the model of the training frames that `parts` names.
        mixture : mapping
            The model's row in the config; see `learning.learn`.
        progress : callable
            Wraps the test frames, for example tqdm.
        n_threads : int
            Results do not depend on it.

        Yields
        ------
        (H, W) uint8 array
            0 or 255.
        """
        from bgsub.masks.bands import ahead
        from bgsub.masks.foreground import open_mask
        from bgsub.masks.learning import learn

        background = learn(self, learned, model, mixture, n_threads)
        # Their median was taken already, as shadows are looked for in what it leaves.
        masks = (open_mask(mask, self.opening) for mask in background.masks(progress(tested)))
        yield from ahead(masks, n_threads)
