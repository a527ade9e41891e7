"""OpenCV's background subtractors: methods that learn as they go and need no model.

Each repeats bit for bit: MOG2, MOG, GMG and CNT by themselves, KNN with OpenCV's seed set, GSOC and LSBP on
one thread.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt

from bgsub.errors import InputError
from bgsub.labels import FOREGROUND
from bgsub.masks.method import ADAPTIVE, FROZEN, PROTECTED, Learning, Method
from bgsub.names import DASHED, Look, Name
from bgsub.settings import MOST

if TYPE_CHECKING:  # OpenCV is loaded when a method runs, not when it is declared
    import cv2
    import numpy as np

    from bgsub.source.frames import Frames


MOG2_LOOK = Look("#D55E00")


@dataclass(frozen=True, kw_only=True)
class Subtractor(Method):
    """One of OpenCV's methods, which learns as it goes, from the first frame on."""

    opencv: str
    """The algorithm."""

    @property
    def learns(self) -> Learning:
        """It goes on learning, unless it says otherwise."""
        return ADAPTIVE

    def _derived_name(self, key: str, models: Mapping[str, Name]) -> Name:
        return Name(self.opencv.upper(), look=self.look)

    def create(self) -> "cv2.BackgroundSubtractor":
        """Make OpenCV's object with these settings."""
        raise NotImplementedError

    def masks(
        self,
        learned: "Frames",
        tested: "Frames",
        progress: Callable[[Iterable], Iterable] = iter,
    ) -> "Iterator[np.ndarray]":
        """Run the method over the training frames and then the test frames, and yield its masks of these.

        Parameters
        ----------
        learned, tested : (N, H, W, 3) and (T, H, W, 3) uint8 arrays
            RGB: the training frames, which teach the method, and the test frames.
        progress : callable
            Wraps the numbers of the frames that it sees, for example tqdm.

        Yields
        ------
        (H, W) uint8 array
            0 background, 127 shadow, 255 foreground; in the order of the frames.

        Raises
        ------
        InputError
            If the training frames are too few for the method to begin.
        """
        import numpy as np

        self._check_training(len(learned))
        subtractor = self.create()
        for seen in progress(range(len(learned) + len(tested))):
            testing = seen >= len(learned)
            frame = tested[seen - len(learned)] if testing else learned[seen]
            mask = self._mask(subtractor, np.ascontiguousarray(frame), seen, testing=testing)
            if testing:
                yield self.cleaned(mask)

    def _check_training(self, frames: int) -> None:
        """Refuse to begin with too few training frames."""

    def _mask(self, subtractor: Any, frame: "np.ndarray", seen: int, *, testing: bool) -> "np.ndarray":
        """Return the mask of a frame, after `seen` others, and learn from it."""
        return subtractor.apply(frame)


@dataclass(frozen=True, kw_only=True)
class Mog2(Subtractor):
    """A mixture of Gaussians whose size adapts (Zivkovic 2004)."""

    look: ClassVar[Look | None] = MOG2_LOOK

    opencv: Literal["mog2"]
    history: Annotated[int, Ge(1), Le(MOST)] = 500
    """Frames that its memory spans."""
    var_threshold: Annotated[float, Gt(0), Le(10**9)] = 16
    """Squared Mahalanobis distance that matches a component."""
    background_ratio: Annotated[float, Gt(0), Le(1)] = 0.9
    """Share of a pixel's weight that is background."""
    detect_shadows: bool = True
    """Whether shadows are marked as 127."""
    learning_rate: Literal["auto"] | Annotated[float, Gt(0), Lt(1)] = "auto"
    """Share of a new frame in the memory, between 0 and 1; auto is 1 / history, faster at first."""
    learning: Learning = ADAPTIVE
    """How it learns from test frames: adaptive, as before; frozen, not at all; protected, from what it does
    not call foreground."""

    @property
    def learns(self) -> Learning:
        """As the settings say."""
        return self.learning

    @property
    def is_the_notebooks(self) -> bool:
        """Whether it has the notebook's settings, which are not OpenCV's."""
        return (self.history, self.var_threshold) == (60, 32)

    def _derived_name(self, key: str, models: Mapping[str, Name]) -> Name:
        if self.learning == ADAPTIVE:
            name = super()._derived_name(key, models)
            if not self.is_the_notebooks:
                return name
            return Name(f"notebook's {name.label}", article=True, look=Look(MOG2_LOOK.colour, DASHED))
        look = {FROZEN: Look("#CC79A7"), PROTECTED: Look("#8c564b", DASHED)}[self.learning]
        return Name(f"{self.learning} MOG2", article=True, look=look)

    def create(self) -> "cv2.BackgroundSubtractorMOG2":
        """Make OpenCV's object with these settings."""
        import cv2

        mog2 = cv2.createBackgroundSubtractorMOG2(
            history=self.history, varThreshold=self.var_threshold, detectShadows=self.detect_shadows
        )
        mog2.setBackgroundRatio(self.background_ratio)
        return mog2

    def absorption(self, training: int) -> dict[str, Any] | None:
        """Read from OpenCV's object what decides how fast it absorbs a still object.

        Returns
        -------
        dict or None
            `history` (frames), `background_ratio`, `complexity_reduction` (shares), whatever defaults this
            version of OpenCV has; `learning_rate` (share per frame, None if it follows from the history) and
            `frozen_from` (frames that it learns from, None if it goes on). None if it is protected and so
            does not learn what it sees of a person.
        """
        if self.learning == PROTECTED:
            return None
        mog2 = self.create()
        return {
            "history": mog2.getHistory(),
            "background_ratio": mog2.getBackgroundRatio(),
            "complexity_reduction": mog2.getComplexityReductionThreshold(),
            "learning_rate": None if self.learning_rate == "auto" else self.learning_rate,
            "frozen_from": training if self.learning == FROZEN else None,
        }

    def _mask(self, subtractor: Any, frame: "np.ndarray", seen: int, *, testing: bool) -> "np.ndarray":
        """Return the mask of a frame, and learn from the frame as `learning` says.

        A protected MOG2 judges the frame first and then learns from what it did not call foreground. To feed
        it the mask of the frame before, in one pass, would not do: OpenCV calls foreground what it is told is
        foreground, so that a pixel once marked would stay so.
        """
        import cv2

        rate = -1.0 if self.learning_rate == "auto" else self.learning_rate
        if not testing or self.learning == ADAPTIVE:
            return subtractor.apply(frame, learningRate=rate)
        mask = subtractor.apply(frame, learningRate=0)
        if self.learning == PROTECTED:
            if rate < 0:  # OpenCV's own rate, which would count the frame twice
                rate = 1 / min(2 * (seen + 1), self.history)
            known = cv2.inRange(mask, FOREGROUND, FOREGROUND)
            # By keyword: as the second argument, the mask would be taken for the place to put the result.
            subtractor.apply(frame, knownForegroundMask=known, learningRate=rate)
        return mask


def with_history(methods: Mapping[str, Method]) -> str | None:
    """Return the key of the first MOG2 that another history would change: not where its rate is given."""
    mog2 = {key: method for key, method in methods.items() if isinstance(method, Mog2)}
    return next((key for key, method in mog2.items() if method.learning_rate == "auto"), None)


@dataclass(frozen=True, kw_only=True)
class Knn(Subtractor):
    """Nearest neighbours among samples kept per pixel (Zivkovic and van der Heijden 2006)."""

    look: ClassVar[Look | None] = Look("#009E73")

    opencv: Literal["knn"]
    history: Annotated[int, Ge(1), Le(MOST)] = 500
    """Frames that its memory spans."""
    dist2_threshold: Annotated[float, Gt(0), Le(10**9)] = 400
    """Squared distance within which a sample matches, squared 8-bit levels."""
    detect_shadows: bool = True
    """Whether shadows are marked as 127."""
    seed: Annotated[int, Ge(0), Le(MOST)] = 0
    """Of the samples it keeps."""

    def create(self) -> "cv2.BackgroundSubtractorKNN":
        """Make OpenCV's object with these settings, and seed OpenCV's random numbers."""
        import cv2

        cv2.setRNGSeed(self.seed)
        return cv2.createBackgroundSubtractorKNN(
            history=self.history, dist2Threshold=self.dist2_threshold, detectShadows=self.detect_shadows
        )


@dataclass(frozen=True, kw_only=True)
class Mog(Subtractor):
    """A mixture of Gaussians (KaewTraKulPong and Bowden 2001), of opencv-contrib."""

    opencv: Literal["mog"]
    history: Annotated[int, Ge(1), Le(MOST)] = 200
    """Frames that its memory spans."""

    def create(self) -> "cv2.BackgroundSubtractor":
        """Make OpenCV's object with these settings."""
        import cv2

        return cv2.bgsegm.createBackgroundSubtractorMOG(history=self.history)


@dataclass(frozen=True, kw_only=True)
class Gmg(Subtractor):
    """Histograms of colours and Bayes' rule (Godbehere et al. 2012), of opencv-contrib."""

    opencv: Literal["gmg"]
    initialization_frames: Annotated[int, Ge(1), Le(MOST)] = 20
    """Frames before its first mask, no more than train; OpenCV's own default is 120."""
    decision_threshold: Annotated[float, Ge(0), Le(1)] = 0.8
    """Probability above which a pixel is foreground."""

    def create(self) -> "cv2.BackgroundSubtractor":
        """Make OpenCV's object with these settings."""
        import cv2

        return cv2.bgsegm.createBackgroundSubtractorGMG(
            initializationFrames=self.initialization_frames, decisionThreshold=self.decision_threshold
        )

    def _check_training(self, frames: int) -> None:
        if self.initialization_frames > frames:
            raise InputError(
                f"{self.opencv}: initialization_frames is {self.initialization_frames}, but there are only"
                f" {frames} training frames; lower it, or have more frames train"
            )


@dataclass(frozen=True, kw_only=True)
class Cnt(Subtractor):
    """Counts how long a colour stays, of opencv-contrib."""

    opencv: Literal["cnt"]
    min_stability: Annotated[int, Ge(1), Le(MOST)] = 15
    """Frames that a colour stays before it is background."""
    max_stability: Annotated[int, Ge(1), Le(MOST)] = 900
    """Frames of stability that a pixel is credited with at most."""

    def create(self) -> "cv2.BackgroundSubtractor":
        """Make OpenCV's object with these settings."""
        import cv2

        return cv2.bgsegm.createBackgroundSubtractorCNT(
            minPixelStability=self.min_stability, maxPixelStability=self.max_stability
        )


@dataclass(frozen=True, kw_only=True)
class OnOneThread(Subtractor):
    """One whose results depend on how threads take turns."""

    def _mask(self, subtractor: Any, frame: "np.ndarray", seen: int, *, testing: bool) -> "np.ndarray":
        with _one_thread():
            return super()._mask(subtractor, frame, seen, testing=testing)


@dataclass(frozen=True, kw_only=True)
class Gsoc(OnOneThread):
    """Samples with counts of their matches (Google Summer of Code 2017), of opencv-contrib."""

    opencv: Literal["gsoc"]

    def create(self) -> "cv2.BackgroundSubtractor":
        """Make OpenCV's object with these settings."""
        import cv2

        return cv2.bgsegm.createBackgroundSubtractorGSOC()


@dataclass(frozen=True, kw_only=True)
class Lsbp(OnOneThread):
    """Local SVD binary patterns (Guo et al. 2016), of opencv-contrib."""

    opencv: Literal["lsbp"]

    def create(self) -> "cv2.BackgroundSubtractor":
        """Make OpenCV's object with these settings."""
        import cv2

        return cv2.bgsegm.createBackgroundSubtractorLSBP()


SUBTRACTORS: dict[str, type[Subtractor]] = {
    "mog2": Mog2,
    "knn": Knn,
    "mog": Mog,
    "gmg": Gmg,
    "cnt": Cnt,
    "gsoc": Gsoc,
    "lsbp": Lsbp,
}


def subtractor(row: Mapping[str, Any]) -> Subtractor:
    """Return the method that a checked row of the config with the key `opencv` describes."""
    return SUBTRACTORS[row["opencv"]](**row)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let OpenCV use one thread."""
    import cv2

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
