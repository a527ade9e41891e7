"""OpenCV's background subtractors: methods that learn as they go and need no model.

Each repeats bit for bit: MOG2, MOG, GMG and CNT by themselves, KNN with OpenCV's seed set, GSOC and LSBP on
one thread.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np

from bgsub.errors import InputError
from bgsub.masks.foreground import FOREGROUND, open_mask

_ON_ONE_THREAD = ("gsoc", "lsbp")


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
        workflow/schemas/config.schema.yaml describes them.
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
