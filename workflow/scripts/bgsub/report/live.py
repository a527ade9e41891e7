"""What the page's sliders show: a method's masks at many thresholds, and MOG2's with many histories.

The masks of all thresholds are one picture: for each pixel, how many of the thresholds its cleaned score is
above. The clean-up of a mask goes with the threshold (see `masks.foreground.open_mask`), so the page compares
this picture with the slider's place, and has the very mask that a run with this threshold makes; but of a
method that takes out shadows, those of the configured threshold (see `evidence.histograms.hold_to`).
"""

import itertools
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import cv2
import numpy as np

from bgsub.evidence.cdnet import Scope
from bgsub.evidence.curves import ThresholdCurve, threshold_curve
from bgsub.evidence.histograms import ScoreHistogram, passed_thresholds
from bgsub.evidence.metrics import foreground_share
from bgsub.evidence.scores import Counts, Measures, count_frame, measure
from bgsub.masks.mask_file import Masks
from bgsub.masks.scored import ScoredMethod
from bgsub.masks.subtractors import Mog2
from bgsub.progress import Progress
from bgsub.report.payload import as_text, pack_arrays, pack_runs
from bgsub.report.player import Shown, mask_codes, scaled_codes
from bgsub.source.frames import Frames
from bgsub.words import score_words

BYTES = 3_000_000  # of all sliders' pictures together, before base64
_PLACES = 40  # of a slider, about
_REACH = 4  # times the configured threshold, and the part of it, that a slider goes to
_LEAST = 4  # places that are left below the configured threshold and the best one
_SCALES = (1, 2, 4, 8)  # that pictures are made smaller by
_SAMPLE = 8  # pictures that sizes are estimated from
_LEVEL = 6  # of deflate: 8 takes twice as long to save fifteen bytes in a thousand
_SAID = ("f_measure", "precision", "recall")


class Budget(NamedTuple):
    """How a slider's pictures are made to fit: without so many of the lowest places, and so much smaller."""

    dropped: int
    scale: int


def thresholds_tried(method: ScoredMethod) -> np.ndarray:
    """Return the thresholds of the method's sweep and its own, (T,) float64, ascending."""
    return np.union1d(np.arange(*method.sweep, dtype=float), method.threshold)


def slider_thresholds(method: ScoredMethod, best: float | None = None) -> np.ndarray:
    """Choose the thresholds of a slider from those of the method's sweep.

    The one with the highest F-measure, `best`, is among them, where it is known, and the configured one. They
    ascend, (T,) float64, T at most 255: closer to each other the lower they are, a quarter to four times the
    configured one; for scores that may be negative, evenly over the sweep.
    """
    own, tried = method.threshold, thresholds_tried(method)
    if tried[0] >= 0 and own > 0:
        wanted = np.geomspace(own / _REACH, min(own * _REACH, tried[-1]), _PLACES)
    else:
        wanted = np.linspace(tried[0], tried[-1], _PLACES)
    near = tried[np.abs(tried[:, np.newaxis] - wanted).argmin(axis=0)]
    return np.union1d(near, [own] if best is None else [own, best])


def pack_thresholds(
    name: str,
    method: ScoredMethod,
    tested: Frames,
    test: Sequence[int],
    score: Callable[[np.ndarray], np.ndarray],
    shown: Shown,
    *,
    masks: Masks | None = None,
    truth: np.ndarray | None = None,
    scope: Scope | None = None,
    budget: int = BYTES,
    progress: Progress = iter,
) -> tuple[dict[str, Any], ThresholdCurve | None]:
    """Pack a slider over the thresholds of a method, and score all thresholds of its sweep in the same pass.

    Takes the method's key, the method, the test frames, their places in the clip, its score with what it
    compares frames with, right from the lowest of `thresholds_tried` on, and which frames the player shows;
    the masks of a method that takes shadows out of them (see `evidence.histograms.hold_to`), label images of
    the clip in CDnet coding, and where and when it is scored. `budget` is bytes, before base64.

    Returns
    -------
    slider : dict
        `method`, `kind`, `unit`; `values`, the thresholds; places in it of the `configured` and the `best`
        (None without ground truth); `said`, F-measure, precision and recall of each in words, or None;
        `area`, the marked share of each test frame, (T, test frames), from `pack_arrays`; `scale`, how much
        smaller the pictures are than the player's; and `levels`, for each shown frame in base64 a zlib stream
        of bytes: the number of these thresholds that a pixel's score is above.
    curve : ThresholdCurve or None
        With ground truth, the scores at all thresholds tried.
    """
    tried, wanted = thresholds_tried(method), set(shown.frames)
    histogram = ScoreHistogram(tried, None if scope is None else scope.roi)
    areas, pictures = [], []
    of_frames = passed_thresholds(
        progress(tested),
        score,
        tried,
        opening=method.opening,
        median=method.median,
        without_shadows=None if masks is None else (method.threshold, masks.of(test)),
    )
    for frame, passed in zip(test, of_frames, strict=True):
        labels = None if truth is None or scope is None or frame not in scope.frames else truth[frame]
        counts = histogram.add(passed, labels)
        areas.append(counts[::-1].cumsum()[::-1][1:] / passed.size)
        if frame in wanted:
            pictures.append(scaled_codes(passed, shown.size))
    curve = None
    if truth is not None:
        curve = threshold_curve(histogram.positives, histogram.negatives, histogram.edges)
    # The first of a curve is minus infinity, which is no threshold to move to.
    best = float(curve.thresholds[curve.best]) if curve and curve.best else None
    thresholds = slider_thresholds(method, best)
    places = np.searchsorted(tried, thresholds)
    levels = np.searchsorted(places, np.arange(2**16)).astype(np.uint8)
    pictures = [cv2.LUT(picture, levels) for picture in pictures]
    marked = [method.threshold] if best is None else [method.threshold, best]
    fit = _fitted(pictures, budget, most=max(int(np.searchsorted(thresholds, min(marked))) - _LEAST, 0))
    values = thresholds[fit.dropped :].tolist()
    slider = {
        "method": name,
        "kind": "threshold",
        "unit": method.unit,
        "values": values,
        "configured": values.index(method.threshold),
        "best": None if best is None else values.index(best),
        "said": None if curve is None else _said_of_curve(curve, values),
        "area": pack_arrays({"area": np.array(areas, np.float32).T[places[fit.dropped :]]}),
        "scale": fit.scale,
        "levels": [as_text(_packed(picture, fit)) for picture in pictures],
    }
    return slider, curve


def pack_histories(
    name: str,
    method: Mog2,
    learned: Frames,
    tested: Frames,
    test: Sequence[int],
    histories: Sequence[int],
    shown: Shown,
    *,
    masks: Masks | None = None,
    truth: np.ndarray | None = None,
    scope: Scope | None = None,
    budget: int = BYTES,
    progress: Progress = iter,
) -> dict[str, Any]:
    """Pack a slider over the histories of MOG2, its own among them, all else as it is set.

    Takes the training frames, which MOG2 learns from first, the test frames, their places in the clip, and
    the masks that it has made with its own history, if they are there.

    Returns
    -------
    dict
        As the slider of `pack_thresholds`, but for `levels`: `masks` has for each history what `pack_runs`
        gives of the masks of the shown frames.
    """
    values = sorted({*histories, method.history})
    # It learns at a rate of 1 over twice the frames seen, until that is its history: longer ones are one.
    longest = 2 * (len(learned) + len(tested))
    by_history: dict[int, tuple[list[float], str, Measures]] = {}
    wanted, scale = set(shown.frames), _SCALES[0]
    for history in progress(sorted({min(value, longest) for value in values}, reverse=True)):
        if masks is not None and history == min(method.history, longest):
            made = masks.of(test)
        else:
            made = replace(method, history=history).masks(learned, tested)
        shares, pictures, counts = [], [], Counts()
        for frame, mask in zip(test, made, strict=True):
            shares.append(float(foreground_share([mask])[0]))
            if frame in wanted:
                pictures.append(scaled_codes(mask_codes(mask), shown.size))
            if truth is not None and scope is not None and frame in scope.frames:
                counts += count_frame(mask, truth[frame], scope.roi)
        # The longest history marks most: what it takes to make its masks fit will do for the others.
        if not by_history:
            scale = _scale_of_runs(pictures, budget // len(values))
        by_history[history] = shares, _runs(pictures, scale), measure(counts)
    areas, runs, measures = zip(*(by_history[min(value, longest)] for value in values), strict=True)
    measured = measures if truth is not None else ()
    scores = [found.f_measure for found in measured]
    known = [score for score in scores if score is not None]
    return {
        "method": name,
        "kind": "history",
        "unit": "frames",
        "values": values,
        "configured": values.index(method.history),
        "best": scores.index(max(known)) if known else None,
        "said": [[_words(getattr(found, key)) for key in _SAID] for found in measured] or None,
        "area": pack_arrays({"area": np.array(areas, np.float32)}),
        "scale": scale,
        "masks": list(runs),
    }


def _runs(pictures: Sequence[np.ndarray], scale: int) -> str:
    return pack_runs(np.stack([picture[::scale, ::scale] for picture in pictures]))


def _scale_of_runs(pictures: Sequence[np.ndarray], budget: int) -> int:
    """Find how much smaller masks have to be to keep to a budget in bytes."""
    fits = (scale for scale in _SCALES if len(_runs(pictures, scale)) * 3 // 4 <= budget)
    return next(fits, _SCALES[-1])


def _said_of_curve(curve: ThresholdCurve, values: Iterable[float]) -> list[list[str]]:
    places = [curve.index(value) for value in values]
    return [[_words(getattr(curve, name)[place]) for name in _SAID] for place in places]


def _words(value: float | None) -> str:
    return "\N{EN DASH}" if value is None or value != value else score_words(value)


def _packed(picture: np.ndarray, fit: Budget) -> bytes:
    """Deflate a picture of levels without those that are dropped, smaller if it has to be."""
    left = picture[:: fit.scale, :: fit.scale]
    return zlib.compress((np.maximum(left, fit.dropped) - fit.dropped).tobytes(), _LEVEL)


def _fitted(pictures: Sequence[np.ndarray], budget: int, most: int) -> Budget:
    """Find what the pictures have to do without: first the lowest thresholds, `most` of them, then size."""
    sample = pictures[:: -(-len(pictures) // _SAMPLE)]
    fits = [Budget(dropped, scale) for scale in _SCALES for dropped in range(0, most + 1, 4)]
    for fit in fits:
        sizes = itertools.accumulate(len(_packed(picture, fit)) for picture in sample)
        if all(
            size * len(pictures) <= budget * len(sample) for size in sizes
        ):  # none more than it takes to say no
            return fit
    return fits[-1]
