"""Absorption: how long a person who lies still stays visible in the masks, measured and predicted.

The visible share A(t) of a still person is measured from masks; MOG2's forgetting is predicted by the
recursion of its weights. Frames are counted from the first frame of stillness, k = 0.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from bgsub.evidence.still import Still
from bgsub.labels import FOREGROUND
from bgsub.masks.mask_file import Masks

FindGhosts = Callable[[int, np.ndarray], np.ndarray]

VANISHED = 0.05  # visible share below which a person is gone, or a method was blind to them from the start


@dataclass(frozen=True)
class Absorption:
    """What became of a still person in the masks of one method.

    Attributes
    ----------
    initial_share : float
        A0, the largest visible share of the first three frames that were watched.
    half_life : int or None
        Frames until A(t) < A0 / 2. None if that never came, or if the method was blind from the start, with
        A0 < 0.05.
    censored_at : int or None
        Frames after which the half-life had still not come; None if it came or the method was blind.
    vanish : int or None
        Frames until A(t) < 0.05; None if that never came.
    retention : float
        Mean of A(t), in [0, 1].
    """

    initial_share: float
    half_life: int | None
    censored_at: int | None
    vanish: int | None
    retention: float


@dataclass(frozen=True)
class Prediction:
    """Frames until MOG2 calls a still object background.

    Attributes
    ----------
    steady : int
        For a model that has run for longer than its history.
    startup : int or None
        For one that has seen only the frames of the clip before the object lay still. None if it stops
        learning before.
    """

    steady: int
    startup: int | None


def visible_share(masks: Iterable[np.ndarray], region: np.ndarray | Iterable[np.ndarray]) -> np.ndarray:
    """Share A(t) of a person's region that is foreground.

    Parameters
    ----------
    masks : iterable of T (H, W) uint8 arrays
        Only 255 is foreground.
    region : (H, W) bool array, or iterable of T of them
        Where the person is, always or at each frame.

    Returns
    -------
    (T,) float64 array
        In [0, 1]; NaN where the region is empty.
    """
    if isinstance(region, np.ndarray) and region.ndim == 2:
        return np.array([_share(mask == FOREGROUND, region) for mask in masks])
    return np.array([_share(mask == FOREGROUND, inside) for mask, inside in zip(masks, region, strict=True)])


def measure_absorption(shares: np.ndarray) -> Absorption:
    """Measure half-life, vanishing and retention of a still person.

    Parameters
    ----------
    shares : (T,) float array
        A(t) from the first frame of stillness on; NaN where a frame was not watched or nobody was there.

    Returns
    -------
    Absorption

    Raises
    ------
    ValueError
        If no frame was watched.
    """
    shares = np.asarray(shares, dtype=np.float64)
    watched = shares[~np.isnan(shares)]
    if not len(watched):
        raise ValueError("absorption cannot be measured without a visible share")
    initial = float(watched[:3].max())
    blind = initial < VANISHED
    half_life = None if blind else _first(shares < initial / 2)
    return Absorption(
        initial_share=initial,
        half_life=half_life,
        censored_at=len(shares) if half_life is None and not blind else None,
        vanish=_first(shares < VANISHED),
        retention=float(watched.mean()),
    )


def visible_rows(
    method: str, found: Masks, still: Still | None, ghosts: FindGhosts | None = None
) -> list[dict[str, Any]]:
    """Rows of `visible.csv` for one method: its frames of stillness, where somebody is.

    Parameters
    ----------
    method : str
    found : Masks
        The method's masks.
    still : Still or None
        None gives no rows.
    ghosts : callable, optional
        Takes a frame's number and its mask, and tells where ghosts are, as an (H, W) bool array. They are not
        the person, even where the two overlap.

    Returns
    -------
    list of dict
        `frame`, `method`, `visible_share`, and `ghost_share`: the share of the person's region that is marked
        as a ghost only.
    """
    if still is None:
        return []
    numbers = [frame for frame in found.frames.tolist() if still.lasts(frame)]
    rows = []
    for frame, mask in zip(numbers, found.of(numbers), strict=True):
        region = still.region_at(frame)
        marked = float(_share(mask == FOREGROUND, region))
        if np.isnan(marked):
            continue
        ghost = 0.0 if ghosts is None else float(_share(ghosts(frame, mask), region))
        rows.append({"frame": frame, "method": method, "visible_share": marked - ghost, "ghost_share": ghost})
    return rows


def absorption_row(
    method: str,
    seen: Sequence[Mapping[str, Any]],
    still: Still | None,
    constants: Mapping[str, Any] | None = None,
    frames_seen: int | None = None,
) -> dict[str, Any]:
    """Row of `absorption.csv` for one method.

    All frames are counted from the moment of stillness, also when the method's masks begin after it; what
    happens after the person has got up does not count.

    Parameters
    ----------
    method : str
    seen : sequence of mappings
        The method's `visible_rows`.
    still : Still or None
    constants : mapping, optional
        The method's `absorption`: what its absorption can be predicted from.
    frames_seen : int, optional
        Frames that it saw before the stillness, `Split.seen_before`; None if it has seen the still person
        in training, of which nothing is predicted.

    Returns
    -------
    dict
        `method, still_frame, still_source, region_source, watched_from` (the first frame with a mask since
        then), the fields of `Absorption`, `frames_seen`, and `predicted` in frames; None where there is
        nothing to say.
    """
    row: dict[str, Any] = {"method": method}
    row |= dict.fromkeys(("still_frame", "still_source", "region_source", "watched_from"))
    row |= dict.fromkeys((*(field.name for field in fields(Absorption)), "frames_seen", "predicted"))
    if still is None or not seen:
        return row
    shares = np.full(seen[-1]["frame"] + 1 - still.frame, np.nan)
    for moment in seen:
        shares[moment["frame"] - still.frame] = moment["visible_share"]
    row |= {
        "still_frame": still.frame,
        "still_source": still.frame_source,
        "region_source": still.region_source,
        "watched_from": seen[0]["frame"],
        **asdict(measure_absorption(shares)),
        "frames_seen": frames_seen,
    }
    if constants is not None and frames_seen is not None:
        row["predicted"] = predict_absorption(**constants, frames_seen=frames_seen).startup
    return row


def mog2_absorption(
    history: int,
    background_ratio: float = 0.9,
    complexity_reduction: float = 0.05,
    frames_seen: int | None = None,
    learning_rate: float | None = None,
) -> int:
    """Frames until MOG2 calls a new, still object background: the recursion of its weights.

    One old mode holds all the weight when a new value appears and stays. In each frame the old mode loses
    weight to the new one, and the new one is background as soon as the modes heavier than it weigh less than
    the background ratio (Zivkovic 2004; OpenCV's bgfg_gaussmix2.cpp, whose order of operations this follows).

    Parameters
    ----------
    history : int
        Frames, at least 1; the learning rate is 1 / history.
    background_ratio : float
        Share of the weight that is background, OpenCV's backgroundRatio.
    complexity_reduction : float
        OpenCV's complexityReductionThreshold.
    frames_seen : int, optional
        Frames that the model saw before the object appeared, at least 1. OpenCV learns faster at the start:
        at its nth frame by 1 / min(2n, history). By default the model has run for long enough.
    learning_rate : float, optional
        Share of a new frame, above 0, if it is given: it stands in for the history, also at the start.

    Returns
    -------
    int
        k of the first frame in which the object is background; k = 0 is the first in which it is there.
    """

    def rate(k: int) -> float:
        if learning_rate is not None:
            return learning_rate
        return 1 / (history if frames_seen is None else min(2 * (frames_seen + 1 + k), history))

    old, new = 1 - rate(0), rate(0)
    k = 0
    while True:
        k += 1
        alpha, prune = rate(k), rate(k) * complexity_reduction
        swapped = new >= old  # the new mode is ranked first, and nothing weighs before it
        old = (1 - alpha) * old - prune
        if swapped or old < background_ratio:
            return k
        new = (1 - alpha) * new - prune + alpha
        old, new = old / (old + new), new / (old + new)


def mog2_history_to_keep(
    frames: int,
    background_ratio: float = 0.9,
    complexity_reduction: float = 0.05,
    frames_seen: int | None = None,
) -> int | None:
    """Smallest history with which MOG2 keeps a still object visible for some frames.

    Parameters
    ----------
    frames : int
        How long the object is to stay foreground.
    background_ratio, complexity_reduction, frames_seen
        As for `mog2_absorption`.

    Returns
    -------
    int or None
        Frames. None if no history is long enough: at the start OpenCV learns fast whatever the history, and
        with a ratio of 1 every object is background at once.
    """

    def keeps(history: int) -> bool:
        return mog2_absorption(history, background_ratio, complexity_reduction, frames_seen) >= frames

    if frames > 1 and background_ratio >= 1:
        return None
    # With this history the start-up lasts as long as we look, so that a longer one changes nothing.
    if frames_seen is not None and not keeps(2 * (frames_seen + frames + 1)):
        return None
    high = 1
    while not keeps(high):
        high *= 2
    return bisect_left(range(high), True, lo=high // 2 + 1, key=keeps)


def predict_absorption(
    history: int,
    background_ratio: float,
    complexity_reduction: float,
    frames_seen: int,
    learning_rate: float | None = None,
    frozen_from: int | None = None,
) -> Prediction:
    """Predict when MOG2 absorbs a person who lies still.

    Parameters
    ----------
    history, background_ratio, complexity_reduction
        As for `mog2_absorption`; `masks.subtractors.Mog2.absorption` reads them from OpenCV.
    frames_seen : int
        Frames that it has seen, of training and of the clip, when the stillness begins.
    learning_rate
        As for `mog2_absorption`.
    frozen_from : int, optional
        Frames that it learns from, if it is frozen then.

    Returns
    -------
    Prediction
    """
    constants = (history, background_ratio, complexity_reduction)
    startup = mog2_absorption(*constants, max(frames_seen, 1), learning_rate)
    frozen = frozen_from is not None and frames_seen + startup >= frozen_from
    return Prediction(
        steady=mog2_absorption(*constants, learning_rate=learning_rate), startup=None if frozen else startup
    )


def _share(visible: np.ndarray, inside: np.ndarray) -> float:
    area = np.count_nonzero(inside)
    return np.count_nonzero(visible & inside) / area if area else np.nan


def _first(true: np.ndarray) -> int | None:
    return int(np.argmax(true)) if true.any() else None
