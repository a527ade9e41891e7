"""CDnet's counts and measures: how well masks agree with ground truth.

The definitions are those of changedetection.net (Goyette et al. 2012, Wang et al. 2014). Its two official
tools differ on shadows in masks, 0/1 masks and the label 85; here both would give the same figures: a mask's
shadow is background, 1 is foreground in a 0/1 mask, the labels 85 and 170 and what lies outside the region of
interest are not scored, and a hard shadow (50) is background.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import NamedTuple

import numpy as np

from bgsub.labels import FOREGROUND, HARD_SHADOW, MOTION, STATIC
from bgsub.progress import Progress


@dataclass(frozen=True)
class Counts:
    """Pixels by what they are and what the mask says; they add up over frames."""

    tp: int = 0  # true and false positives and negatives
    fp: int = 0
    fn: int = 0
    tn: int = 0
    se: int = 0  # shadow errors: hard shadow marked as foreground, which is part of fp
    shadow: int = 0  # hard shadow in all, which is part of fp + tn

    def __add__(self, other: "Counts") -> "Counts":
        """Return the counts of both together."""
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


COUNTS = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True)
class Measures:
    """CDnet's seven measures and the shadow error; None where a measure is not defined.

    All are shares in [0, 1], but `pwc` is in percent. `recall`, `precision` and `f_measure` are 0 if there is
    something to find or to mark and no true positive, and not defined if there is neither.
    """

    recall: float | None  # TP / (TP + FN)
    specificity: float | None  # TN / (TN + FP)
    fpr: float | None  # FP / (FP + TN)
    fnr: float | None  # FN / (TP + FN)
    pwc: float | None  # percentage of wrong classifications, 100 (FN + FP) / all
    precision: float | None  # TP / (TP + FP)
    f_measure: float | None  # 2 TP / (2 TP + FP + FN)
    shadow_error: float | None  # share of the hard shadow that is marked as foreground (CDnet's FPR-S)


MEASURES = tuple(field.name for field in fields(Measures))


class Mean(NamedTuple):
    """Mean of each measure over those that have it, and how many do not."""

    measures: Measures
    undefined: dict[str, int]


def is_foreground(mask: np.ndarray) -> np.ndarray:
    """Tell which pixels of a mask (H, W) are foreground, bool (H, W).

    It is bool, or uint8 with 0, 127 (shadow) and 255 (foreground), or with 0 and 1.
    """
    if mask.dtype == bool:
        return mask
    marked = mask == FOREGROUND
    return marked if mask.max(initial=0) > 1 else mask == 1


def count_frame(mask: np.ndarray, groundtruth: np.ndarray, roi: np.ndarray | None = None) -> Counts:
    """Count one frame's pixels.

    Parameters
    ----------
    mask : (H, W) uint8 or bool array
        See `is_foreground`.
    groundtruth : (H, W) uint8 array
        CDnet's labels: 0 static, 50 hard shadow, 255 motion; others are not scored.
    roi : (H, W) bool array, optional
        The region of interest; by default the whole frame.

    Raises
    ------
    ValueError
        If the sizes differ.
    """
    if mask.shape != groundtruth.shape or (roi is not None and roi.shape != mask.shape):
        raise ValueError(
            f"mask {mask.shape}, ground truth {groundtruth.shape}, ROI {None if roi is None else roi.shape}"
        )
    marked = is_foreground(mask)

    def divided(label: int) -> tuple[int, int]:
        labelled = groundtruth == label
        if roi is not None:
            labelled &= roi
        hit = int(np.count_nonzero(labelled & marked))
        return hit, int(np.count_nonzero(labelled)) - hit

    (tp, fn), (se, unmarked), (alarm, quiet) = divided(MOTION), divided(HARD_SHADOW), divided(STATIC)
    return Counts(tp=tp, fp=alarm + se, fn=fn, tn=quiet + unmarked, se=se, shadow=se + unmarked)


def count_frames(
    masks: Iterable[np.ndarray],
    groundtruth: Iterable[np.ndarray],
    roi: np.ndarray | None = None,
    progress: Progress = iter,
) -> Iterator[Counts]:
    """Yield the counts of each frame, holding one at a time; ValueError if masks and labels differ in number.

    See `count_frame`.
    """
    for mask, labels in progress(zip(masks, groundtruth, strict=True)):
        yield count_frame(mask, labels, roi)


def total(counts: Iterable[Counts]) -> Counts:
    """Add up the counts of a video's frames."""
    return sum(counts, start=Counts())


def measure(counts: Counts) -> Measures:
    """Compute the measures of a video (or of a frame) from its counts."""
    tp, fp, fn, tn, se, shadow = astuple(counts)
    nothing = tp + fp + fn == 0
    recall, precision, f_measure = (
        None if nothing else tp / below if tp else 0.0 for below in (tp + fn, tp + fp, tp + (fp + fn) / 2)
    )
    return Measures(
        recall=recall,
        specificity=_share(tn, tn + fp),
        fpr=_share(fp, fp + tn),
        fnr=_share(fn, tp + fn),
        pwc=_share(100 * (fn + fp), tp + fn + fp + tn),
        precision=precision,
        f_measure=f_measure,
        shadow_error=_share(se, shadow),
    )


def average(measured: Iterable[Measures]) -> Mean:
    """Average measures, each over the videos (or categories) in which it is defined; None if in none."""
    columns = dict(zip(MEASURES, zip(*map(astuple, measured), strict=True), strict=False))
    defined = {name: [value for value in columns.get(name, ()) if value is not None] for name in MEASURES}
    means = {name: sum(values) / len(values) if values else None for name, values in defined.items()}
    undefined = {name: len(columns.get(name, ())) - len(values) for name, values in defined.items()}
    return Mean(Measures(**means), undefined)


def average_categories(categories: Mapping[str, Sequence[Measures]]) -> tuple[dict[str, Mean], Mean]:
    """Average measures of videos as CDnet does: over those of each category, then over the categories.

    The F-measure is averaged like any other; it is not computed from mean recall and precision, nor from
    pooled counts, which give other figures. In the mean over the categories, `undefined` counts these.
    """
    by_category = {name: average(videos) for name, videos in categories.items()}
    return by_category, average(mean.measures for mean in by_category.values())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
