"""How often a threshold lets background pass: by theory, and in training frames left out of the fit."""

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from bgsub.evidence.audit import ANOTHER_COLOUR
from bgsub.labels import HARD_SHADOW, MOTION, UNKNOWN
from bgsub.masks.rules import MODEL_PARTS
from bgsub.masks.scored import ScoredMethod
from bgsub.model.fit import mixture_of
from bgsub.source.frames import Frames

COLUMNS = ("method", "threshold", "expected", "measured", "colours", "fitted")
_PIXELS = 1000  # that are looked at
_BLOCKS = 4  # of the training frames, each left out once
_BYTES = 2**28  # of the pixels' surroundings in all frames, at most; fewer pixels if need be


def background_pixels(training: Frames, labels: Frames | None, seed: int) -> np.ndarray:
    """Draw pixels that nothing covers in the training frames.

    Parameters
    ----------
    training : (N, H, W, 3) uint8 array
    labels : (N, H, W) uint8 array, optional
        Ground truth in CDnet's coding.
    seed : int

    Returns
    -------
    (P, 2) int array
        Rows and columns of those of 1000 pixels (or of all, if the image has fewer) whose colour is never
        over 30 levels from its temporal median in a channel, and never labelled as anything but static.
    """
    _, height, width, _ = training.shape
    pixels = np.sort(
        np.random.default_rng(seed).choice(height * width, min(_PIXELS, height * width), replace=False)
    )
    rows, columns = np.divmod(pixels, width)
    colours = np.stack([frame[rows, columns] for frame in training]).astype(np.int16)
    covered = (np.abs(colours - np.median(colours, axis=0)) > ANOTHER_COLOUR).any(axis=(0, 2))
    if labels is not None:
        known = np.stack([image[rows, columns] for image in labels])
        covered |= np.isin(known, (HARD_SHADOW, UNKNOWN, MOTION)).any(axis=0)
    return np.stack([rows, columns], axis=1)[~covered]


def false_alarms(
    method: ScoredMethod,
    training: Frames,
    pixels: np.ndarray,
    model: Mapping[str, Any] | None,
    background: Any,
) -> dict[str, Any]:
    """Measure how often a background colour passes a method's threshold, by theory and left out.

    The training frames are cut into four stretches. Each is left out once: what the method compares with is
    learned from the others, and judges its colours.

    Parameters
    ----------
    method : ScoredMethod
    training : (N, H, W, 3) uint8 array
        The training frames, N >= 8; read one at a time.
    pixels : (P, 2) int array
        Rows and columns of background pixels; see `background_pixels`.
    model : mapping or None
        How the method's model is fitted, as in the config; None for a method without one.
    background
        What the method compares frames with, learned from all training frames: for its exposure.

    Returns
    -------
    dict
        A row of `false_alarms.csv`: `method` is missing; `threshold`; `expected` and `measured` shares of
        the background's colours that pass it, before the clean-up and the shadow rule (None where there is no
        theory, or no pixel); the number of `colours` judged, and of frames that each fit had at least
        (`fitted`).
    """
    stretches = np.array_split(np.arange(len(training)), _BLOCKS)
    fitted = len(training) - max(map(len, stretches))
    row: dict[str, Any] = {"threshold": method.threshold, "expected": None, "measured": None}
    if not len(pixels):
        return row | {"colours": 0, "fitted": fitted}
    size = 2 * method.reach + 1
    bytes_each = len(training) * size * size * 3 * (5 if method.gain else 1)
    pixels = pixels[:: -(-len(pixels) * bytes_each // _BYTES)]
    raw, seen = _patches(method, training, pixels, background)
    passed, expected = [], []
    for stretch in stretches:
        learned = np.delete(raw, stretch, axis=0)
        against: Any = learned
        if model is not None:
            fit = mixture_of(model).fit(learned)
            against = dict(zip(MODEL_PARTS, (fit.weights_, fit.means_, fit.covariances_), strict=True))
            samples = fit.weights_.max(axis=0)[method.reach :: size, method.reach] * len(learned)
            rate = method.false_alarm_rate(samples)
            if rate is not None:
                expected.append(len(stretch) / len(training) * float(np.nanmean(rate)))
        score = method.compare(against, len(learned))
        judged = [score(seen[place])[method.reach :: size, method.reach] for place in stretch]
        passed.append(np.stack(judged) > method.threshold)
    row["expected"] = sum(expected) if expected else None
    row["measured"] = float(np.concatenate(passed).mean())
    return row | {"colours": len(training) * len(pixels), "fitted": fitted}


def _patches(
    method: ScoredMethod, training: Frames, pixels: np.ndarray, background: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Cut the surroundings of the pixels out of all frames, and put them below each other.

    Returns the frames as they are, (N, P * size, size, 3) uint8, for a method that sees `reach` pixels around
    each; and as the method compares them, without their gain if it takes that out.
    """
    reach, size = method.reach, 2 * method.reach + 1
    offsets = np.arange(size)
    rows = (pixels[:, :1] + offsets).reshape(-1, 1)
    columns = np.repeat(pixels[:, 1:] + offsets, size, axis=0)

    def cut(frame: np.ndarray) -> np.ndarray:
        # Beyond the border as the neighbourhood's covariance has it.
        around = cv2.copyMakeBorder(frame, *(reach,) * 4, cv2.BORDER_REFLECT)
        return around[rows, columns]

    raw = np.stack([cut(np.ascontiguousarray(frame)) for frame in training])
    if not method.gain:
        return raw, raw
    from bgsub.masks.exposure import in_exposure_of

    mean = method.scene(background, len(training)).mean
    return raw, np.stack([cut(in_exposure_of(mean, np.asarray(frame))) for frame in training])
