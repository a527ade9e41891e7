"""How MOG2's history decides when a still person is absorbed: measured on a clip beside the prediction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from bgsub.absorption import measure_absorption, predict_absorption, visible_share
from bgsub.still import Still
from bgsub.subtractors import mog2_constants, opencv_masks


def absorption_by_history(
    frames: np.ndarray,
    settings: Mapping[str, Any],
    still: Still,
    histories: Iterable[int],
    progress: Callable[[Iterable], Iterable] = iter,
) -> list[dict[str, Any]]:
    """Run MOG2 on a clip with one history after another, and measure how long it sees the still person.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB; MOG2 learns from all of them.
    settings : mapping
        A method's row in the config, `opencv: mog2`. Its history is replaced, and it learns from all frames
        at the rate that follows from the history.
    still : Still
        The person.
    histories : iterable of int
        Frames.
    progress : callable
        Wraps the histories, for example tqdm.

    Returns
    -------
    list of dict
        `history`, the fields of `bgsub.absorption.Absorption` as measured, and in frames the predictions
        `predicted` for this clip and `predicted_steady` for a model that has run for longer than its history.
        The half-life of a real person comes sooner than predicted, as a body covers most of its pixels before
        it has come to rest.
    """
    watched = range(still.frame, len(frames))
    rows = []
    for history in progress(histories):
        method = {**settings, "history": history, "learning": "adaptive", "learning_rate": "auto"}
        masks = opencv_masks(frames, method, test=watched)
        measured = measure_absorption(visible_share(masks, map(still.region_at, watched)))
        predicted = predict_absorption(**mog2_constants(method), still_frame=still.frame)
        rows.append(
            {
                "history": history,
                **asdict(measured),
                "predicted": predicted.startup,
                "predicted_steady": predicted.steady,
            }
        )
    return rows
