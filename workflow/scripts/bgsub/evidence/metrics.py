"""Figures that describe masks."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from bgsub.evidence.absorption import FindGhosts
from bgsub.labels import FOREGROUND
from bgsub.masks.mask_file import Masks

if TYPE_CHECKING:
    import pandas as pd

CROWDED = 0.25  # share of the picture beyond which a mask is taken to hold much besides a person who lies


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


def area_rows(method: str, found: Masks, ghosts: FindGhosts | None = None) -> list[dict[str, Any]]:
    """Rows of `area.csv` for one method.

    Parameters
    ----------
    method : str
    found : Masks
    ghosts : callable, optional
        As for `evidence.absorption.visible_rows`.

    Returns
    -------
    list of dict
        `frame`, `method`, `foreground_share`, and `ghost_share`: the part of it that are ghosts.
    """
    rows = []
    for frame, mask in zip(found.frames.tolist(), found.masks, strict=True):
        share = float(foreground_share([mask])[0])
        ghost = 0.0 if ghosts is None else float(np.mean(ghosts(frame, mask)))
        rows.append({"frame": frame, "method": method, "foreground_share": share, "ghost_share": ghost})
    return rows


def crowded(absorption: "pd.DataFrame", area: "pd.DataFrame") -> dict[str, float]:
    """Find the methods that keep anybody by marking much of the picture, and how much of it they mark.

    Parameters
    ----------
    absorption : DataFrame
        `absorption.csv`, of which method and still_frame are read.
    area : DataFrame
        `area.csv`: frame, method, foreground_share.

    Returns
    -------
    dict of str to float
        Mean share of the picture since the person came to rest, above `CROWDED`, by method.
    """
    still = absorption["still_frame"].min()
    shares = area[area["frame"] >= still].groupby("method", sort=False)["foreground_share"].mean()
    return shares[shares > CROWDED].to_dict()
