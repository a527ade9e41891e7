"""Sweeps: variants of a method that differ in a parameter or two, measured alike and compared on equal terms.

Each variant is measured frame by frame on its own, so that another value costs no more than itself; the
summary compares them on the frames that all of them were tested on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import pandas as pd

from bgsub.evidence.absorption import Absorption, measure_absorption, predict_absorption, visible_share
from bgsub.evidence.cdnet import Scope
from bgsub.evidence.metrics import foreground_share
from bgsub.evidence.scoreboard import clip_counts
from bgsub.evidence.scores import COUNTS, count_frame, measure
from bgsub.evidence.still import Still
from bgsub.masks.mask_file import Masks
from bgsub.masks.method import Method
from bgsub.progress import Progress
from bgsub.source.split import Split

SWEPT_MEASURES = ("f_measure", "precision", "recall", "pwc", "shadow_error")
FIT_COLUMNS = ("iterations", "log_likelihood", "converged")


def measure_frames(
    found: Masks,
    split: Split,
    still: Still | None,
    groundtruth: np.ndarray | None = None,
    scope: Scope | None = None,
    progress: Progress = iter,
) -> list[dict[str, Any]]:
    """Measure a method's masks, frame by frame.

    Parameters
    ----------
    found : Masks
        The masks of the test frames.
    split : Split
        Who trained.
    still : Still or None
        The still person, if there is one.
    groundtruth : (N, H, W) uint8 array, optional
        Labels of all the clip's frames, in CDnet coding.
    scope : Scope, optional
        Where and when the clip is scored; needed with `groundtruth`.
    progress : callable
        Wraps the loop over frames.

    Returns
    -------
    list of dict
        Rows of `measures.csv`: `frame, foreground_share, training` (number of training frames),
        `still_frame, frames_seen` (before the stillness, see `Split.seen_before`), `visible_share` (in the
        frames of stillness) and CDnet's counts; None where there is nothing to measure or to score by.

    Raises
    ------
    ValueError
        If there is ground truth and no scope.
    """
    if groundtruth is not None and scope is None:
        raise ValueError("ground truth without a scope")
    rows = []
    seen = None if still is None else split.seen_before(still.frame)
    for frame, mask in progress(zip(found.frames.tolist(), found.masks, strict=True)):
        row: dict[str, Any] = {"frame": frame, "foreground_share": float(foreground_share([mask])[0])}
        row["training"] = len(split.train)
        row |= dict.fromkeys(("still_frame", "frames_seen", "visible_share", *COUNTS))
        if still is not None:
            row["still_frame"], row["frames_seen"] = still.frame, seen
            if still.lasts(frame):
                share = float(visible_share([mask], still.region_at(frame))[0])
                row["visible_share"] = None if np.isnan(share) else share
        if groundtruth is not None and scope is not None and frame in scope.frames:
            row |= asdict(count_frame(mask, groundtruth[frame], scope.roi))
        rows.append(row)
    return rows


def summarise(
    variants: Sequence[Mapping[str, Any]],
    methods: Mapping[str, Method],
    measures: Mapping[str, pd.DataFrame],
    fits: Mapping[str, pd.DataFrame],
) -> list[dict[str, Any]]:
    """Compare the variants of a sweep on the frames that all of them were tested on.

    Parameters
    ----------
    variants : sequence of mappings
        In order: `variant`, and its value of each parameter that varies.
    methods : mapping of str to Method
        By variant.
    measures : mapping of str to DataFrame
        `measures.csv` of each variant.
    fits : mapping of str to DataFrame
        `convergence.csv` of each variant's model, where the models differ; else empty.

    Returns
    -------
    list of dict
        Rows of the sweep's table: the variant and its values, the number of `frames` compared, CDnet's
        measures, the fields of `evidence.absorption.Absorption` with `predicted` (frames; for MOG2), the mean
        `foreground_share`, and of the fit its `iterations`, mean `log_likelihood` (nats per sample) and share
        of pixels `converged`. None where there is nothing to say.
    """
    common = set.intersection(*(set(table["frame"]) for table in measures.values()))
    rows = []
    for point in variants:
        name = point["variant"]
        every, fit = measures[name], fits.get(name)
        table = every[every["frame"].isin(common)]
        rows.append(
            {
                **point,
                "frames": len(table),
                **_scores(table),
                **_absorption(table, methods[name]),
                "foreground_share": float(table["foreground_share"].mean()),
                **(dict.fromkeys(FIT_COLUMNS) if fit is None else _fit(fit)),
            }
        )
    return rows


def _scores(table: pd.DataFrame) -> dict[str, float | None]:
    scored = table.dropna(subset=list(COUNTS))
    if scored.empty:
        return dict.fromkeys(SWEPT_MEASURES)
    measured = asdict(measure(clip_counts(scored)))
    return {name: measured[name] for name in SWEPT_MEASURES}


def _absorption(table: pd.DataFrame, method: Method) -> dict[str, float | int | None]:
    row: dict[str, Any] = dict.fromkeys([*(field.name for field in fields(Absorption)), "predicted"])
    seen = table.dropna(subset="visible_share")
    if seen.empty:
        return row
    still_frame = int(seen["still_frame"].iloc[0])
    since = seen["frame"].to_numpy() - still_frame
    shares = np.full(since.max() + 1, np.nan)
    shares[since] = seen["visible_share"]
    row |= asdict(measure_absorption(shares))
    constants, frames_seen = method.absorption(int(seen["training"].iloc[0])), seen["frames_seen"].iloc[0]
    if constants is not None and pd.notna(frames_seen):
        row["predicted"] = predict_absorption(**constants, frames_seen=int(frames_seen)).startup
    return row


def _fit(convergence: pd.DataFrame) -> dict[str, Any]:
    last = convergence.iloc[-1]
    return {
        "iterations": int(last["iteration"]),
        "log_likelihood": float(last["log_likelihood"]),
        "converged": float(last["converged"]),
    }
