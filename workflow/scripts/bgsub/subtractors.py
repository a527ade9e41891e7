"""OpenCV's background subtractors: methods that learn as they go and need no model."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import cv2
import numpy as np

from bgsub.foreground import open_mask


def opencv_masks(
    frames: np.ndarray,
    settings: Mapping[str, Any],
    *,
    keep: Collection[int],
    progress: Callable[[Iterable], Iterable] = iter,
) -> Iterator[np.ndarray]:
    """Run an OpenCV method over all frames in order and yield its masks of some of them.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB. Every frame teaches the method, also those whose mask is not kept.
    settings : mapping
        The method's row in the config. `opencv` names the method (`mog2`), `opening` is the size of the
        elliptic kernel of the clean-up in pixels (1 for none), and the rest are the method's own parameters;
        for mog2 `history` (frames), `var_threshold` (squared standard deviations) and `detect_shadows`.
    keep : collection of int
        Indices of the frames whose masks are yielded, such as `range(44, 110)`.
    progress : callable
        Wraps the frame indices, for example tqdm.

    Yields
    ------
    (H, W) uint8 array
        0 background, 127 shadow, 255 foreground; in the order of the frames.
    """
    subtractor = create_subtractor(settings)
    for index in progress(range(len(frames))):
        mask = subtractor.apply(np.ascontiguousarray(frames[index]))
        if index in keep:
            yield open_mask(mask, settings["opening"])


def create_subtractor(settings: Mapping[str, Any]) -> cv2.BackgroundSubtractor:
    """Make the OpenCV object that a method's settings describe.

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


def mog2_constants(settings: Mapping[str, Any]) -> dict[str, float]:
    """Read from OpenCV's object what decides how fast MOG2 absorbs a still object.

    Parameters
    ----------
    settings : mapping
        As for `opencv_masks`, of a method `opencv: mog2`.

    Returns
    -------
    dict
        `history` (frames), `background_ratio` and `complexity_reduction` (shares): the arguments of
        `bgsub.absorption.mog2_absorption`, whatever defaults this version of OpenCV has.
    """
    mog2 = create_subtractor(settings)
    return {
        "history": mog2.getHistory(),
        "background_ratio": mog2.getBackgroundRatio(),
        "complexity_reduction": mog2.getComplexityReductionThreshold(),
    }


def _create_mog2(settings: Mapping[str, Any]) -> cv2.BackgroundSubtractorMOG2:
    return cv2.createBackgroundSubtractorMOG2(
        history=settings["history"],
        varThreshold=settings["var_threshold"],
        detectShadows=settings["detect_shadows"],
    )


_CREATORS = {"mog2": _create_mog2}
