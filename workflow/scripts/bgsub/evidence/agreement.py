"""How much methods agree with each other: what can be said of masks without ground truth."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from bgsub.evidence.scores import is_foreground


def pack_masks(masks: np.ndarray) -> np.ndarray:
    """Pack the foreground of masks into bits, an eighth of their size.

    Parameters
    ----------
    masks : (T, H, W) uint8 array

    Returns
    -------
    (T, ceil(H * W / 8)) uint8 array
    """
    return np.stack([np.packbits(is_foreground(mask)) for mask in masks])


def agreement_rows(packed: Mapping[str, np.ndarray]) -> list[dict[str, str | int | float | None]]:
    """Compare each pair of methods over all frames.

    Parameters
    ----------
    packed : mapping of str to array
        `pack_masks` of each method, of the same frames.

    Returns
    -------
    list of dict
        `method, other`, the pixels that `both` or that `either` marks, and their agreement as
        `f_measure` (of one scored against the other; it does not matter which) and as `iou`, intersection
        over union; both None if neither method marks anything.
    """
    rows = []
    for (method, mine), (other, theirs) in combinations(packed.items(), 2):
        both = int(np.bitwise_count(mine & theirs).sum())
        either = int(np.bitwise_count(mine | theirs).sum())
        row = {"method": method, "other": other, "both": both, "either": either}
        row["f_measure"] = 2 * both / (both + either) if either else None
        row["iou"] = both / either if either else None
        rows.append(row)
    return rows
