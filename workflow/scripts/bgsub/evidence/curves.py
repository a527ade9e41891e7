"""What a method's threshold does: precision, recall and F-measure at every threshold, from two histograms."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ThresholdCurve:
    """Scores of one method at every threshold; a pixel is foreground if its value is above the threshold.

    Attributes
    ----------
    thresholds : (bins,) float array
        Ascending; the first may be minus infinity, which marks every pixel.
    precision : (bins,) float array
        NaN where no pixel is marked.
    recall, f_measure : (bins,) float array
        NaN if there is nothing to find.
    area : float
        Area under the precision-recall curve, as average precision; NaN if there is nothing to find.
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f_measure: np.ndarray
    area: float

    @property
    def best(self) -> int | None:
        """Index of the threshold with the highest F-measure, the lowest if several; None without any."""
        return None if np.isnan(self.f_measure).all() else int(np.nanargmax(self.f_measure))

    def index(self, threshold: float) -> int:
        """Index of the threshold that is nearest to the given one."""
        return int(np.argmin(np.abs(self.thresholds - threshold)))


def threshold_curve(positives: np.ndarray, negatives: np.ndarray, edges: np.ndarray) -> ThresholdCurve:
    """Sweep the threshold over histograms of what a method compares with it.

    Parameters
    ----------
    positives, negatives : (bins,) int64 array
        Pixels by value, of those that are motion in the ground truth and of those that are not.
    edges : (bins,) float array
        Lower edge of each bin, ascending, not itself part of it: the thresholds.

    Returns
    -------
    ThresholdCurve

    Notes
    -----
    The area is the sum of precision times the gain in recall over the thresholds, from the highest to the
    lowest (average precision). The trapezium rule would overrate a curve, since precision does not change
    linearly with recall (Davis and Goadrich 2006).

    Raises
    ------
    ValueError
        If the three do not fit together.
    """
    positives, negatives, edges = np.asarray(positives), np.asarray(negatives), np.asarray(edges, float)
    if not positives.shape == negatives.shape == edges.shape or positives.ndim != 1:
        raise ValueError(f"positives {positives.shape}, negatives {negatives.shape}, edges {edges.shape}")
    if (np.diff(edges) <= 0).any():
        raise ValueError("edges do not ascend")
    hits, alarms = (np.cumsum(counts[::-1])[::-1].astype(float) for counts in (positives, negatives))
    all_positives = float(positives.sum())
    with np.errstate(invalid="ignore"):
        precision = hits / (hits + alarms)
        recall = hits / all_positives
        f_measure = np.where(all_positives > 0, 2 * hits / (all_positives + hits + alarms), np.nan)
        gain = positives / all_positives
        area = float(np.sum(np.where(gain == 0, 0.0, precision * gain)))
    return ThresholdCurve(edges, precision, recall, f_measure, area)


def threshold_rows(method: str, curve: ThresholdCurve, threshold: float) -> list[dict[str, Any]]:
    """Rows of `thresholds.csv` for one method.

    Parameters
    ----------
    method : str
    curve : ThresholdCurve
    threshold : float
        The threshold that the config gives the method; one of the curve's.

    Returns
    -------
    list of dict
        `method, threshold, precision, recall, f_measure` (None where not defined), and whether the threshold
        is the `best` of them and the `configured` one.
    """
    best, chosen = curve.best, curve.index(threshold)
    return [
        {
            "method": method,
            "threshold": float(curve.thresholds[index]),
            **{name: _defined(getattr(curve, name)[index]) for name in ("precision", "recall", "f_measure")},
            "best": index == best,
            "configured": index == chosen,
        }
        for index in range(len(curve.thresholds))
        if np.isfinite(curve.thresholds[index])
    ]


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
