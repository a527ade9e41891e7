"""Methods that compare a score with a threshold, and the one of them that needs no model."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le

from bgsub.masks.method import FROZEN, Learning, Method
from bgsub.names import MEDIAN, Look, Name

if TYPE_CHECKING:
    import numpy as np

    from bgsub.masks.background import Background
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
    gain: bool = False
    """Whether frames are freed of changes of exposure and white balance."""
    ignore_shadows: bool = False
    """Whether the background in less light is background where it lies as a shadow does."""

    @property
    def learns(self) -> Learning:
        """It learns from the training frames alone."""
        return FROZEN

    @property
    def reach(self) -> int:
        """How far around a pixel, in pixels, the frames that a method learns from decide its score."""
        return 0

    @property
    def by_pixel(self) -> bool:
        """Whether a pixel's score depends on nothing but its own colours."""
        return not self.gain and self.reach == 0

    def false_alarm_rate(self, samples: "np.ndarray") -> "np.ndarray | None":
        """Tell how often a background colour passes the threshold, by theory; None where there is none.

        Parameters
        ----------
        samples : (P,) float array
            Training samples of the background at each pixel.

        Returns
        -------
        (P,) float array or None
            Shares in [0, 1].
        """
        return None

    def score(self, background: Any, training: int) -> "Score":
        """Return the function from a frame (H, W, 3) uint8 to its scores (H, W).

        Parameters
        ----------
        background
            What it compares frames with: for a `ModelMethod` the arrays of a model that `parts` names, else
            the training frames, (N, H, W, 3) uint8.
        training : int
            Number of training frames.

        Returns
        -------
        callable
            A score at or below the threshold may be given too high, but not above it.
        """
        compare = self.compare(background, training)
        if not self.gain:
            return compare
        from bgsub.masks.exposure import in_exposure_of

        mean = self.scene(background, training).mean
        return lambda frame: compare(in_exposure_of(mean, frame))

    def masks(
        self,
        frames: "Iterable[np.ndarray]",
        background: Any,
        training: int,
        progress: Callable[[Iterable], Iterable] = iter,
    ) -> "Iterator[np.ndarray]":
        """Yield the mask of each frame, (H, W) uint8, 0 or 255; see `score` and `foreground_masks`."""
        from bgsub.masks.foreground import foreground_masks

        without_shadows, seen = None, progress(frames)
        if self.gain or self.ignore_shadows:
            from bgsub.masks.background import shadow_rule
            from bgsub.masks.exposure import in_exposure_of

            scene = self.scene(background, training)
            seen = map(partial(in_exposure_of, scene.mean), seen) if self.gain else seen
            without_shadows = shadow_rule(scene, self.median) if self.ignore_shadows else None
        return foreground_masks(
            seen,
            self.compare(background, training),
            self.threshold,
            opening=self.opening,
            median=self.median,
            without_shadows=without_shadows,
        )

    def compare(self, background: Any, training: int) -> "Score":
        """Return the rule's score: `score`, but of frames in the background's exposure already, if `gain`."""
        raise NotImplementedError

    def scene(self, background: Any, training: int) -> "Background":
        """Return what is known of the empty scene, in whose exposure frames are compared."""
        raise NotImplementedError


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

    def compare(self, background: "np.ndarray", training: int) -> "Score":
        """Return the difference to the median, uint8."""
        from bgsub.masks.difference import difference_to_median, of_rounded

        score = difference_to_median(background)
        return of_rounded(score) if self.gain else score

    def scene(self, background: "np.ndarray", training: int) -> "Background":
        """Return the median and the deviations from it."""
        from bgsub.masks.background import background_of_frames

        return background_of_frames(background)
