"""Tables of scores: by frame, by clip, over clips."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from bgsub.errors import InputError
from bgsub.evidence.cdnet import Scope
from bgsub.evidence.scores import (
    COUNTS,
    MEASURES,
    Counts,
    Mean,
    Measures,
    average_categories,
    count_frames,
    measure,
    total,
)
from bgsub.evidence.uncertainty import bootstrap
from bgsub.masks.mask_file import Masks
from bgsub.names import OVERALL
from bgsub.progress import Progress

_OF_FOREGROUND = ("recall", "precision", "f_measure")


def count_masks(
    found: Masks, groundtruth: np.ndarray, scope: Scope, progress: Progress = iter
) -> list[dict[str, Any]]:
    """Count, frame by frame, how a method's masks agree with the ground truth.

    Parameters
    ----------
    found : Masks
        The masks of the test frames; left out are those outside the temporal region of interest, and those
        in which no pixel of the region of interest is labelled.
    groundtruth : (N, H, W) uint8 array
        Labels of all the clip's frames.
    scope : Scope
        The regions of interest.

    Returns
    -------
    list of dict
        Rows of `counts.csv`: `frame`, its counts, and its `recall, precision, f_measure`.

    Raises
    ------
    InputError
        If no test frame lies in the temporal region of interest, or none has a label in the region.
    """
    scored = [frame for frame in found.frames.tolist() if frame in scope.frames]
    if not scored:
        raise InputError(
            f"no test frame ({found.frames[0]} to {found.frames[-1]}) lies in the temporal region of "
            f"interest ({scope.frames.start} to {scope.frames.stop - 1}); change split.train_fraction"
        )
    labels = (groundtruth[frame] for frame in scored)
    counts = count_frames(found.of(scored), labels, scope.roi, progress=progress)
    rows = [
        _frame_row(frame, of)
        for frame, of in zip(scored, counts, strict=True)
        if of.tp + of.fp + of.fn + of.tn > 0
    ]
    if not rows:
        raise InputError(
            f"no test frame ({scored[0]} to {scored[-1]}) has a labelled pixel in the region of interest; "
            "expected labels 0, 50 or 255: change split.train_fraction, or leave out the clip's groundtruth"
        )
    return rows


def clip_counts(table: pd.DataFrame) -> Counts:
    """Add up the counts of a method's `counts.csv`."""
    return total(Counts(*row) for row in table[list(COUNTS)].itertuples(index=False, name=None))


def score_rows(
    tables: Mapping[str, pd.DataFrame], *, seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Score the methods of one clip.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `counts.csv` of each method, of the same frames.
    seed : int
        Of the bootstrap.

    Returns
    -------
    scores : list of dict
        Rows of `scores.csv`, one per method: `method`, the measures, `f_low` and `f_high` (the ends of the
        F-measure's 95 % interval; None for a short clip, see `evidence.uncertainty`), the counts, the number
        of `frames` scored, and the `block_length` that they were resampled in. In a clip that shows no
        foreground no method has recall, precision and F-measure, or those that mark nothing would have none
        and all others 0.
    differences : list of dict
        Rows of `differences.csv`, one per pair of methods: `method, other, difference, low, high`.
    """
    counts = {name: clip_counts(table) for name, table in tables.items()}
    foreground = any(of.tp + of.fn for of in counts.values())
    resampled = foreground and bootstrap(
        {name: table[["tp", "fp", "fn"]].to_numpy() for name, table in tables.items()}, seed=seed
    )
    rows = []
    for name, table in tables.items():
        low, high = resampled.interval(name) if resampled else (None, None)
        measures = asdict(measure(counts[name])) | ({} if foreground else dict.fromkeys(_OF_FOREGROUND))
        rows.append(
            {"method": name, **measures, "f_low": low, "f_high": high}
            | asdict(counts[name])
            | {"frames": len(table), "block_length": resampled.block_length if resampled else None}
        )
    return rows, resampled.differences() if resampled else []


def overall_rows(scores: Mapping[str, pd.DataFrame], categories: Mapping[str, str]) -> list[dict[str, Any]]:
    """Average the scores of each method over the clips of a category, and over the categories.

    Parameters
    ----------
    scores : mapping of str to DataFrame
        `scores.csv` of each clip with ground truth.
    categories : mapping of str to str
        The category of each clip.

    Returns
    -------
    list of dict
        `category` (`overall` for the mean over the categories, which stands alone if there is but one),
        `method`, the number of `clips`, the
        measures, and in `undefined` how many clips (or categories) had to be left out of which mean.
    """
    several = len({categories[clip] for clip in scores}) > 1
    rows = []
    for method in dict.fromkeys(name for table in scores.values() for name in table["method"]):
        measured: dict[str, list[Measures]] = {}
        for clip, table in scores.items():
            for row in table[table["method"] == method].to_dict("records"):
                values = {name: None if pd.isna(row[name]) else row[name] for name in MEASURES}
                measured.setdefault(categories[clip], []).append(Measures(**values))
        by_category, overall = average_categories(measured)
        if several:
            rows += [_mean_row(name, method, len(measured[name]), mean) for name, mean in by_category.items()]
        rows.append(_mean_row(OVERALL, method, sum(map(len, measured.values())), overall))
    return rows


def scene_rows(
    scores: Mapping[str, pd.DataFrame], absorption: Mapping[str, pd.DataFrame]
) -> list[dict[str, Any]]:
    """Put the scores of several clips, each with a trouble of its own, side by side.

    Parameters
    ----------
    scores, absorption : mapping of str to DataFrame
        `scores.csv` and `absorption.csv` of each clip, which have the same methods.

    Returns
    -------
    list of dict
        Rows of `scenes.csv`, by clip and method: `f_measure`, how far it is `behind` the best of the clip,
        `precision`, `recall`, `shadow_error`, `fpr`, and of who lies still the `retention`. A clip that
        shows no foreground has neither the first two nor precision and recall: its `fpr` says what is marked.
    """
    columns = ["clip", "method", "f_measure", "behind", "precision", "recall"]
    columns += ["shadow_error", "fpr", "retention"]
    rows = []
    for clip, table in scores.items():
        kept = absorption[clip].set_index("method")["retention"]
        f_measure = table["f_measure"].astype(float)
        behind = f_measure.max() - f_measure
        table = table.assign(clip=clip, behind=behind, retention=table["method"].map(kept))
        for row in table[columns].to_dict("records"):
            rows.append({key: None if pd.isna(value) else value for key, value in row.items()})
    return rows


def _frame_row(frame: int, counts: Counts) -> dict[str, Any]:
    measures = asdict(measure(counts))
    return {"frame": frame, **asdict(counts), **{name: measures[name] for name in _OF_FOREGROUND}}


def _mean_row(category: str, method: str, clips: int, mean: Mean) -> dict[str, Any]:
    left_out = "; ".join(f"{name}: {count}" for name, count in mean.undefined.items() if count)
    row = {"category": category, "method": method, "clips": clips}
    return row | asdict(mean.measures) | {"undefined": left_out or None}
