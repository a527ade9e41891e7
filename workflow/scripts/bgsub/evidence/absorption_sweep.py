"""How MOG2's history decides when a still person is absorbed: measured on a clip beside the prediction."""

import functools
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from bgsub.evidence.absorption import measure_absorption, predict_absorption, visible_share
from bgsub.evidence.still import Still
from bgsub.masks.method import ADAPTIVE
from bgsub.masks.subtractors import Mog2
from bgsub.progress import Progress


def absorption_by_history(
    frames: np.ndarray,
    mog2: Mog2,
    still: Still,
    histories: Iterable[int],
    progress: Progress = iter,
) -> list[dict[str, Any]]:
    """Run MOG2 on a clip with one history after another, and measure how long it sees the still person.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB; MOG2 learns from all of them.
    mog2 : Mog2
        Its history is replaced, and it learns from all frames at the rate that follows from the history.
    still : Still
        The person.
    histories : iterable of int
        Frames.
    progress : callable
        Wraps the histories, for example tqdm.

    Returns
    -------
    list of dict
        `history`, the fields of `evidence.absorption.Absorption` as measured, and in frames the predictions
        `predicted` for this clip and `predicted_steady` for a model that has run for longer than its history.
        The half-life of a real person comes sooner than predicted, as a body covers most of its pixels before
        it has come to rest. Empty if the region is, in all frames.
    """
    watched = still.frames(len(frames))
    window = _window(map(still.region_at, watched), margin=mog2.opening + mog2.median)
    if window is None:
        return []
    # MOG2 treats each pixel by itself, so what is farther off than the clean-up reaches can be left out.
    frames = frames[:, *window]
    rows = []
    for history in progress(histories):
        method = replace(mog2, history=history, learning=ADAPTIVE, learning_rate="auto")
        masks = method.masks(frames, watched)
        regions = (still.region_at(frame)[window] for frame in watched)
        measured = measure_absorption(visible_share(masks, regions))
        constants = method.absorption(still.frame)
        assert constants is not None  # as it is adaptive
        predicted = predict_absorption(**constants, still_frame=still.frame)
        rows.append(
            {
                "history": history,
                **asdict(measured),
                "predicted": predicted.startup,
                "predicted_steady": predicted.steady,
            }
        )
    return rows


def _window(regions: Iterable[np.ndarray], margin: int) -> tuple[slice, slice] | None:
    """Rows and columns of the smallest box around all regions, and a margin as far as the image has one."""
    covered = functools.reduce(np.logical_or, regions)
    if not covered.any():
        return None
    spans = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    rows, columns = (slice(max(span[0] - margin, 0), span[-1] + 1 + margin) for span in spans)
    return rows, columns
