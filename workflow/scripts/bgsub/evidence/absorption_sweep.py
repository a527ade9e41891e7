"""How MOG2's history decides when a still person is absorbed: measured on a clip beside the prediction."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from bgsub.evidence.absorption import measure_absorption, predict_absorption, visible_share
from bgsub.evidence.still import Still
from bgsub.masks.method import ADAPTIVE
from bgsub.masks.subtractors import Mog2
from bgsub.progress import Progress
from bgsub.source.frames import Frames


def absorption_by_history(
    learned: Frames,
    tested: Frames,
    numbers: Sequence[int],
    mog2: Mog2,
    still: Still,
    histories: Iterable[int],
    frames_seen: int | None,
    progress: Progress = iter,
) -> list[dict[str, Any]]:
    """Run MOG2 on frames with one history after another, and measure how long it sees the still person.

    Parameters
    ----------
    learned, tested : (N, H, W, 3) and (T, H, W, 3) uint8 arrays
        RGB; MOG2 sees the former first, and learns from all of them.
    numbers : sequence of int
        Places of the tested frames in the clip, ascending: those of the stillness are watched.
    mog2 : Mog2
        Its history is replaced, and it learns from all frames at the rate that follows from the history.
    still : Still
        The person.
    histories : iterable of int
        Frames.
    frames_seen : int or None
        Frames that MOG2 saw before the stillness, as for `evidence.absorption.absorption_row`.
    progress : callable
        Wraps the histories, for example tqdm.

    Returns
    -------
    list of dict
        `history`, the fields of `evidence.absorption.Absorption` as measured, and in frames the predictions
        `predicted` for this clip (None if `frames_seen` is) and `predicted_steady` for a model that has run
        for longer than its history. The half-life of a real person comes sooner than predicted, as a body
        covers most of its pixels before it has come to rest. Empty if no frame of it is tested, or the
        region is empty in all of them.
    """
    watched = [frame for frame in numbers if still.lasts(frame)]
    margin = mog2.opening + mog2.median
    window = _window(map(still.region_at, watched), margin=margin) if watched else None
    if window is None:
        return []
    # MOG2 treats each pixel by itself, so what is farther off than the clean-up reaches can be left out.
    learned, tested = learned[:, *window], tested[: list(numbers).index(watched[-1]) + 1, *window]
    rows = []
    for history in progress(histories):
        method = replace(mog2, history=history, learning=ADAPTIVE, learning_rate="auto")
        marked = zip(numbers, method.masks(learned, tested), strict=False)  # those after it are not watched
        masks = (mask for frame, mask in marked if still.lasts(frame))
        regions = (still.region_at(frame)[window] for frame in watched)
        shares = np.full(watched[-1] + 1 - still.frame, np.nan)  # of a frame that trains nothing is known
        shares[np.array(watched) - still.frame] = visible_share(masks, regions)
        constants = method.absorption(len(learned))
        assert constants is not None  # as it is adaptive
        predicted = predict_absorption(**constants, frames_seen=frames_seen or 0)
        rows.append(
            {
                "history": history,
                **asdict(measure_absorption(shares)),
                "predicted": None if frames_seen is None else predicted.startup,
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
