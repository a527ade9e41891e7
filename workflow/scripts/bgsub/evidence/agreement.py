"""How much methods agree with each other: what can be said of masks without ground truth."""

from collections.abc import Iterable, Mapping
from itertools import combinations

import numpy as np

from bgsub.evidence.scores import is_foreground


def agreement_rows(masks: Mapping[str, Iterable[np.ndarray]]) -> list[dict[str, str | int | float | None]]:
    """Compare each pair of methods by their masks (H, W) uint8 of the same frames, holding one at a time.

    Returns
    -------
    list of dict
        `method, other`, the pixels that `both` or that `either` marks, and their agreement as
        `f_measure` (of one scored against the other; it does not matter which) and as `iou`, intersection
        over union; both None if neither method marks anything.
    """
    pairs = list(combinations(masks, 2))
    marked, both = dict.fromkeys(masks, 0), dict.fromkeys(pairs, 0)
    for moment in zip(*masks.values(), strict=True):
        # As bits, an eighth of the size.
        packed = {
            method: np.packbits(is_foreground(mask)) for method, mask in zip(masks, moment, strict=True)
        }
        for method, bits in packed.items():
            marked[method] += _count(bits)
        for method, other in pairs:
            both[method, other] += _count(packed[method] & packed[other])
    rows = []
    for (method, other), same in both.items():
        either = marked[method] + marked[other] - same
        f_measure, iou = (2 * same / (same + either), same / either) if either else (None, None)
        row: dict[str, str | int | float | None] = {"method": method, "other": other}
        rows.append(row | {"both": same, "either": either, "f_measure": f_measure, "iou": iou})
    return rows


def _count(bits: np.ndarray) -> int:
    return int(np.bitwise_count(bits).sum())
