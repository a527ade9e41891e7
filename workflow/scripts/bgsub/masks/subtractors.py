"""OpenCV's background subtractors: methods that learn as they go and need no model.

Each repeats bit for bit: MOG2, MOG, GMG and CNT by themselves, KNN with OpenCV's seed set, GSOC and LSBP on
one thread.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from bgsub.errors import InputError
from bgsub.masks.foreground import FOREGROUND, open_mask
from bgsub.masks.method import ADAPTIVE, Learning, Method

_ON_ONE_THREAD = ("gsoc", "lsbp")


@dataclass(frozen=True, kw_only=True)
class Subtractor(Method):
    """One of OpenCV's methods, which learns as it goes, from the first frame on."""

    opencv: str
    """The algorithm."""


@dataclass(frozen=True, kw_only=True)
class Mog2(Subtractor):
    """A mixture of Gaussians whose size adapts (Zivkovic 2004)."""

    opencv: Literal["mog2"]
    history: Annotated[int, Ge(1)] = 500
    """Frames that its memory spans."""
    var_threshold: Annotated[float, Gt(0)] = 16
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


@dataclass(frozen=True, kw_only=True)
class Knn(Subtractor):
    """Nearest neighbours among samples kept per pixel (Zivkovic and van der Heijden 2006)."""

    opencv: Literal["knn"]
    history: Annotated[int, Ge(1)] = 500
    """Frames that its memory spans."""
    dist2_threshold: Annotated[float, Gt(0)] = 400
    """Squared distance within which a sample matches, squared 8-bit levels."""
    detect_shadows: bool = True
    """Whether shadows are marked as 127."""
    seed: Annotated[int, Ge(0)] = 0
    """Of the samples it keeps."""


@dataclass(frozen=True, kw_only=True)
class Mog(Subtractor):
    """A mixture of Gaussians (KaewTraKulPong and Bowden 2001), of opencv-contrib."""

    opencv: Literal["mog"]
    history: Annotated[int, Ge(1)] = 200
    """Frames that its memory spans."""


@dataclass(frozen=True, kw_only=True)
class Gmg(Subtractor):
    """Histograms of colours and Bayes' rule (Godbehere et al. 2012), of opencv-contrib."""

    opencv: Literal["gmg"]
    initialization_frames: Annotated[int, Ge(1)] = 20
    """Frames before its first mask, no more than train; OpenCV's own default is 120."""
    decision_threshold: Annotated[float, Ge(0), Le(1)] = 0.8
    """Probability above which a pixel is foreground."""


@dataclass(frozen=True, kw_only=True)
class Cnt(Subtractor):
    """Counts how long a colour stays, of opencv-contrib."""

    opencv: Literal["cnt"]
    min_stability: Annotated[int, Ge(1)] = 15
    """Frames that a colour stays before it is background."""
    max_stability: Annotated[int, Ge(1)] = 900
    """Frames of stability that a pixel is credited with at most."""


@dataclass(frozen=True, kw_only=True)
class Gsoc(Subtractor):
    """Samples with counts of their matches (Google Summer of Code 2017), of opencv-contrib."""

    opencv: Literal["gsoc"]


@dataclass(frozen=True, kw_only=True)
class Lsbp(Subtractor):
    """Local SVD binary patterns (Guo et al. 2016), of opencv-contrib."""

    opencv: Literal["lsbp"]


def opencv_masks(
    frames: np.ndarray,
    settings: Mapping[str, Any],
    *,
    test: range,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Iterator[np.ndarray]:
    """Run an OpenCV method over all frames in order and yield its masks of the test frames.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB. The frames before the test frames teach the method.
    settings : mapping
        The method's row in the config: `opencv` names the method, `opening` is the size of the elliptic
        kernel of the clean-up in pixels (1 for none), and the rest are the method's own parameters, as
        docs/config.md describes them.
    test : range
        The frames whose masks are yielded, such as `range(44, 110)`.
    progress : callable
        Wraps the frame indices, for example tqdm.

    Yields
    ------
    (H, W) uint8 array
        0 background, 127 shadow, 255 foreground; in the order of the frames.

    Raises
    ------
    InputError
        If the training frames are too few for the method to begin.
    """
    needed = settings.get("initialization_frames", 0)
    if needed > test.start:
        raise InputError(
            f"{settings['opencv']}: initialization_frames is {needed}, but there are only {test.start}"
            " training frames; lower it, or raise split.train_fraction"
        )
    subtractor = create_subtractor(settings)
    for index in progress(range(test.stop)):
        frame = np.ascontiguousarray(frames[index])
        if settings["opencv"] == "mog2":
            mask = _apply_mog2(subtractor, frame, index, settings, testing=index in test)
        elif settings["opencv"] in _ON_ONE_THREAD:
            with _one_thread():
                mask = subtractor.apply(frame)
        else:
            mask = subtractor.apply(frame)
        if index in test:
            yield open_mask(mask, settings["opening"])


def create_subtractor(settings: Mapping[str, Any]) -> cv2.BackgroundSubtractor:
    """Make the OpenCV object that a method's settings describe; for KNN, OpenCV's random numbers are seeded.

    Parameters
    ----------
    settings : mapping
        As for `opencv_masks`.

    Returns
    -------
    cv2.BackgroundSubtractor

    Raises
    ------
    KeyError
        If a setting is missing or the method is unknown; the config's schema is where a user meets this.
    """
    return _CREATORS[settings["opencv"]](settings)


def mog2_constants(settings: Mapping[str, Any]) -> dict[str, float | None] | None:
    """Read from OpenCV's object what decides how fast MOG2 absorbs a still object.

    Parameters
    ----------
    settings : mapping
        As for `opencv_masks`.

    Returns
    -------
    dict or None
        `history` (frames), `background_ratio`, `complexity_reduction` (shares) and `learning_rate` (share per
        frame, None if it follows from the history): arguments of `evidence.absorption.mog2_absorption`,
        whatever defaults this version of OpenCV has. None for a method that they do not describe: another
        one than MOG2, or one that is protected and so does not learn what it sees of a person.
    """
    if settings.get("opencv") != "mog2" or settings["learning"] == "protected":
        return None
    mog2 = create_subtractor(settings)
    rate = settings["learning_rate"]
    return {
        "history": mog2.getHistory(),
        "background_ratio": mog2.getBackgroundRatio(),
        "complexity_reduction": mog2.getComplexityReductionThreshold(),
        "learning_rate": None if rate == "auto" else rate,
    }


def _apply_mog2(
    mog2: cv2.BackgroundSubtractorMOG2,
    frame: np.ndarray,
    index: int,
    settings: Mapping[str, Any],
    testing: bool,
) -> np.ndarray:
    """Return the mask of a frame, and learn from the frame as the settings' `learning` says.

    A protected MOG2 judges the frame first and then learns from what it did not call foreground. To feed it
    the mask of the frame before, in one pass, would not do: OpenCV calls foreground what it is told is
    foreground, so that a pixel once marked would stay so.
    """
    rate = -1.0 if settings["learning_rate"] == "auto" else settings["learning_rate"]
    if not testing or settings["learning"] == "adaptive":
        return mog2.apply(frame, learningRate=rate)
    mask = mog2.apply(frame, learningRate=0)
    if settings["learning"] == "protected":
        if rate < 0:  # OpenCV's own rate, which would count the frame twice
            rate = 1 / min(2 * (index + 1), settings["history"])
        # By keyword: as the second argument, the mask would be taken for the place to put the result.
        mog2.apply(frame, knownForegroundMask=cv2.inRange(mask, FOREGROUND, FOREGROUND), learningRate=rate)
    return mask


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let OpenCV use one thread, as the results of GSOC and LSBP depend on how threads take turns."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _create_mog2(settings: Mapping[str, Any]) -> cv2.BackgroundSubtractorMOG2:
    mog2 = cv2.createBackgroundSubtractorMOG2(
        history=settings["history"],
        varThreshold=settings["var_threshold"],
        detectShadows=settings["detect_shadows"],
    )
    mog2.setBackgroundRatio(settings["background_ratio"])
    return mog2


def _create_knn(settings: Mapping[str, Any]) -> cv2.BackgroundSubtractorKNN:
    cv2.setRNGSeed(settings["seed"])
    return cv2.createBackgroundSubtractorKNN(
        history=settings["history"],
        dist2Threshold=settings["dist2_threshold"],
        detectShadows=settings["detect_shadows"],
    )


def _create_gmg(settings: Mapping[str, Any]) -> cv2.BackgroundSubtractor:
    return cv2.bgsegm.createBackgroundSubtractorGMG(
        initializationFrames=settings["initialization_frames"],
        decisionThreshold=settings["decision_threshold"],
    )


def _create_cnt(settings: Mapping[str, Any]) -> cv2.BackgroundSubtractor:
    return cv2.bgsegm.createBackgroundSubtractorCNT(
        minPixelStability=settings["min_stability"], maxPixelStability=settings["max_stability"]
    )


_CREATORS = {
    "mog2": _create_mog2,
    "knn": _create_knn,
    "mog": lambda settings: cv2.bgsegm.createBackgroundSubtractorMOG(history=settings["history"]),
    "gmg": _create_gmg,
    "cnt": _create_cnt,
    "gsoc": lambda settings: cv2.bgsegm.createBackgroundSubtractorGSOC(),
    "lsbp": lambda settings: cv2.bgsegm.createBackgroundSubtractorLSBP(),
}
