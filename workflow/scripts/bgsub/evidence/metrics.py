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
    """Share in [0, 1] of the pixels of each mask (H, W) that are foreground, float64 (N,); shadow is none."""
    return np.array([np.count_nonzero(mask == FOREGROUND) / mask.size for mask in masks])


def area_rows(method: str, found: Masks, ghosts: FindGhosts | None = None) -> list[dict[str, Any]]:
    """Rows of `area.csv` for one method; `ghosts` is as for `evidence.absorption.visible_rows`.

    They have `frame`, `method`, `foreground_share`, and `ghost_share`: the part of it that are ghosts.
    """
    rows = []
    for frame, mask in zip(found.frames.tolist(), found.masks, strict=True):
        share = float(foreground_share([mask])[0])
        ghost = 0.0 if ghosts is None else float(np.mean(ghosts(frame, mask)))
        rows.append({"frame": frame, "method": method, "foreground_share": share, "ghost_share": ghost})
    return rows


def crowded(absorption: "pd.DataFrame", area: "pd.DataFrame") -> dict[str, float]:
    """Find the methods that keep anybody by marking much of the picture, and how much of it they mark.

    From `absorption.csv` and `area.csv`: by method, the mean share of the picture since the person came to
    rest, where it is above `CROWDED`.
    """
    still = absorption["still_frame"].min()
    shares = area[area["frame"] >= still].groupby("method", sort=False)["foreground_share"].mean()
    return shares[shares > CROWDED].to_dict()
