"""Methods that compare a score with a threshold, and the one of them that needs no model."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le

from bgsub.masks.method import FROZEN, Learning, Method
from bgsub.names import MEDIAN, Look, Name

if TYPE_CHECKING:
    import numpy as np

    from bgsub.masks.difference import Score

LEVELS = (0, 256, 1)  # thresholds of a sweep over 8-bit levels


@dataclass(frozen=True, kw_only=True)
class ScoredMethod(Method):
    """Compares frames with a background: a pixel is foreground where its score is above the threshold."""

    unit: ClassVar[str]  # of the score and its threshold, as a reader sees it
    decimals: ClassVar[int] = 1  # that a reader is told of a score
    # Thresholds of a sweep: first, one past the last, and step, from where nearly all is foreground to where
    # nearly nothing is.
    sweep: ClassVar[tuple[float, float, float]]

    threshold: float

    @property
    def learns(self) -> Learning:
        """It learns from the training frames alone."""
        return FROZEN

    def score(self, background: Any) -> "Score":
        """Return the function from a frame (H, W, 3) uint8 to its scores (H, W).

        Parameters
        ----------
        background
            What it compares frames with: for a `ModelMethod` the arrays of a model that `parts` names, else
            the training frames, (N, H, W, 3) uint8.
        """
        raise NotImplementedError

    def masks(
        self,
        frames: "Iterable[np.ndarray]",
        background: Any,
        progress: Callable[[Iterable], Iterable] = iter,
    ) -> "Iterator[np.ndarray]":
        """Yield the mask of each frame, (H, W) uint8, 0 or 255; see `score` and `foreground_masks`."""
        from bgsub.masks.foreground import foreground_masks

        score = self.score(background)
        return foreground_masks(
            frames,
            score,
            self.threshold,
            opening=self.opening,
            median=self.median,
            progress=progress,
        )


@dataclass(frozen=True, kw_only=True)
class DifferenceToMedian(ScoredMethod):
    """Luma of the absolute difference to the median of the training frames."""

    unit: ClassVar[str] = "levels"
    decimals: ClassVar[int] = 0
    sweep: ClassVar[tuple[float, float, float]] = LEVELS
    look: ClassVar[Look | None] = MEDIAN.look

    background: Literal["median"]
    """What the image is of the training frames."""
    rule: Literal["difference"] = "difference"
    """An image has no other rule."""
    threshold: Annotated[float, Ge(0), Le(255)] = 50
    """Foreground above this, 8-bit levels of luma."""

    def _derived_name(self, key: str, models: Mapping[str, Name]) -> Name:
        return MEDIAN

    def score(self, background: "np.ndarray") -> "Score":
        """Return the rule's score, uint8, by the training frames."""
        from bgsub.masks.difference import difference_to_median

        return difference_to_median(background)
