"""Figures that describe masks."""

from collections.abc import Iterable

import numpy as np

from bgsub.masks.foreground import FOREGROUND


def foreground_share(masks: Iterable[np.ndarray]) -> np.ndarray:
    """Share of each frame's pixels that are foreground.

    Parameters
    ----------
    masks : iterable of (H, W) uint8 arrays
        Only 255 is foreground: shadows (127) do not count.

    Returns
    -------
    (N,) float64 array
        In [0, 1].
    """
    return np.array([np.count_nonzero(mask == FOREGROUND) / mask.size for mask in masks])
