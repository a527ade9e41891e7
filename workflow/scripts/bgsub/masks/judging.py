"""How a frame is judged by what is believed: freed of the camera's gain, and once the last one is learned.

What is believed of a picture is larger than a processor's cache, and to read it takes as long as to judge by
it. So all that is asked of it is asked row by row in one loop.
"""

from typing import NamedTuple

import numpy as np

from bgsub.masks.bands import Bands
from bgsub.masks.exposure import NO_GAIN, divide_row
from bgsub.masks.planes import marks_by_eight
from bgsub.masks.predictive import FLOOR, Beliefs, Row, judge_row, learn_row
from bgsub.masks.unseen import STEP, Unseen, measure_row
from bgsub.model.compiled import compiled


class Judged(NamedTuple):
    """What is made of a frame."""

    score: np.ndarray
    """(H, W) float32. Twice the log-likelihood ratio of the likeliest colour and the pixel's: (k + 3) log(1 +
    d2 / k) for k = n + nu - 2 degrees of freedom, which for many samples is the squared Mahalanobis distance
    d2."""
    usual: np.ndarray
    """(H, W) bool, where the score is below `usual_below`."""
    unseen: Unseen


class Limits(NamedTuple):
    """What a judgement goes by, all float32."""

    memory: np.float32
    """Samples that are remembered: beyond it, what was learned before counts for less."""
    exact_from: np.float32
    """A score below it may be given too high, but below it nonetheless: the logarithm is spared."""
    usual_below: np.float32
    """Score of what is like the background."""


def learn_and_judge(
    beliefs: Beliefs,
    colours: np.ndarray,
    weight: np.ndarray,
    frame: np.ndarray,
    limits: Limits,
    bands: Bands,
    floor: np.float32 = FLOOR,
    gain: np.ndarray = NO_GAIN,
) -> Judged:
    """Learn the last frame where that was background, and judge the next one by what is believed then.

    Parameters
    ----------
    beliefs : Beliefs
        Changed in place.
    colours : (3, H, W) float32 array
        The frame to learn, 8-bit levels; afterwards the frame to judge, without its gain.
    weight : (H, W) float32 or bool array
        Samples that the frame to learn counts as; 0 where it is not to be learned.
    frame : (3, H, W) uint8 or float32 array
        The frame to judge, 8-bit levels.
    limits : Limits
    bands : Bands
        No pixel depends on another, so results do not depend on these.
    floor : float32
        Squared levels that every variance has more; see `masks.unseen`.
    gain : (3,) float32 array
        That `frame` has; see `exposure.in_exposure_of`.
    """
    shape, grid = weight.shape, weight[::STEP, ::STEP].shape
    unseen = Unseen(np.empty(grid, np.float32), np.empty(grid, np.float32))
    judged = Judged(np.empty(shape, np.float32), np.empty(shape, np.bool_), unseen)

    def judge(rows: slice) -> None:
        band, single = (rows.start, rows.stop), np.empty((5, shape[1]), np.float32)
        row = Row(single[:3], single[3], single[4], *marks_by_eight(shape[1]))
        _learn_and_judge(beliefs, colours, weight, frame, gain, floor, limits, *band, row, judged)

    bands.each(judge)
    return judged


@compiled
def _learn_and_judge(
    beliefs: Beliefs,
    colours: np.ndarray,
    weight: np.ndarray,
    frame: np.ndarray,
    gain: np.ndarray,
    floor: np.float32,
    limits: Limits,
    first: int,
    last: int,
    row: Row,
    judged: Judged,
) -> None:
    for i in range(first, last):
        divide_row(frame, gain, beliefs.mean, i, row.levels)
        learn_row(beliefs, colours, weight, i, limits.memory, floor)
        judge_row(beliefs, row, i, limits.exact_from, floor, judged.score)
        for c in range(3):
            for j in range(weight.shape[1]):
                colours[c, i, j] = row.levels[c, j]
        for j in range(weight.shape[1]):
            judged.usual[i, j] = judged.score[i, j] < limits.usual_below
        if i % STEP == 0:
            measure_row(beliefs, row, i, floor, judged.unseen)
