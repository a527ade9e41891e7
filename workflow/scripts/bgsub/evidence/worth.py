"""What it is worth that a fit has converged: the masks of two fits of one clip by the same rule."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bgsub.evidence.cdnet import Scope
from bgsub.evidence.scores import Counts, count_frame, measure
from bgsub.labels import FOREGROUND
from bgsub.masks.rules import ModelMethod
from bgsub.progress import Progress

COLUMNS = ("rule", "model", "threshold", "f_measure", "precision", "recall", "marked", "differs")


@dataclass(frozen=True, eq=False)
class Worth:
    """What one rule makes of two fits."""

    rows: list[dict[str, Any]]
    """Rows of `worth.csv`, one for each model: `rule`; `model`; `threshold`; `f_measure`, `precision` and
    `recall`, None without ground truth; `marked`, the share of a frame on average; and `differs`, the share
    on which the two masks differ, on average."""
    frame: int  # where they differ most, the first if several
    masks: tuple[np.ndarray, np.ndarray]  # of that frame, (H, W) uint8


def weigh(
    method: ModelMethod,
    masks: Mapping[str, Iterable[np.ndarray]],
    test: Sequence[int],
    *,
    truth: np.ndarray | None = None,
    scope: Scope | None = None,
    progress: Progress = iter,
) -> Worth:
    """Compare the masks that a rule makes with two models.

    Parameters
    ----------
    method : ModelMethod
        The rule with its threshold.
    masks : mapping of str to iterables of T (H, W) uint8 arrays
        Of the test frames, by the keys of the two models.
    test : sequence of int
        Places of the test frames in the clip.
    truth : (N, H, W) uint8 array, optional
        Ground truth in CDnet's coding; with it, `scope` is needed.
    """
    counts, marked, differs = [Counts(), Counts()], [0.0, 0.0], 0.0
    most, told = -1.0, (test[0], (np.empty((0, 0), np.uint8),) * 2)
    for frame, *pair in zip(progress(test), *masks.values(), strict=True):
        for place, mask in enumerate(pair):
            marked[place] += float(np.mean(mask == FOREGROUND)) / len(test)
            if truth is not None and scope is not None and frame in scope.frames:
                counts[place] += count_frame(mask, truth[frame], scope.roi)
        apart = float(np.mean(pair[0] != pair[1]))
        differs += apart / len(test)
        if apart > most:
            most, told = apart, (frame, (pair[0], pair[1]))
    rows = []
    for place, key in enumerate(masks):
        found = measure(counts[place]) if truth is not None else None
        measured = {name: getattr(found, name, None) for name in ("f_measure", "precision", "recall")}
        row = {"rule": method.rule, "model": key, "threshold": method.threshold, **measured}
        rows.append(row | {"marked": marked[place], "differs": differs})
    return Worth(rows, *told)
