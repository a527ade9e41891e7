"""Fits of clips whose training frames are larger than memory, band by band."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bgsub.model.gmm import PixelMixture
from bgsub.model.tiles import stack_tiles, tile_arrays
from bgsub.source.frames import read_rows, row_bands


def mixture_of(settings: Mapping[str, Any], **others: Any) -> PixelMixture:
    """Return the mixture that a model's row in the config describes.

    Parameters
    ----------
    settings : mapping
        `components`, and parameters of PixelMixture by their names; its `label` is not read.
    **others
        Parameters that are not in the row, or are to differ from it.
    """
    parameters = {**settings, **others}
    parameters.pop("label", None)
    return PixelMixture(parameters.pop("components"), **parameters)


def fit_rows(clip: np.ndarray, rows: slice, training: int, mixture: PixelMixture) -> dict[str, np.ndarray]:
    """Fit a mixture to rows of a clip, holding the samples of a band of them at a time.

    Parameters
    ----------
    clip : (N, H, W, 3) uint8 array
        Usually a memory map.
    rows : slice
        The rows to fit, with start and stop.
    training : int
        Number of training frames, the clip's first.
    mixture : PixelMixture
        Fitted anew to each band.

    Returns
    -------
    dict of str to ndarray
        What `tile_arrays` returns, of all rows.
    """
    # Beside its samples, a band holds its own fit and for a while that of the band before.
    bands = row_bands(rows, clip.shape, training + 2 * _fit_bytes(mixture) // clip.shape[-1])

    def fit_band(band: slice) -> dict[str, np.ndarray]:
        mixture.fit(read_rows(clip, band, training), first_pixel=band.start * clip.shape[2])
        return tile_arrays(mixture)

    return stack_tiles(map(fit_band, bands), rows.stop - rows.start)


def _fit_bytes(mixture: PixelMixture) -> int:
    """Bytes that a fit to colours takes per pixel."""
    return 8 * mixture.largest_mixture * (1 + 3 + 9) + 14
