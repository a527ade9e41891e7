"""Fits of clips whose training frames are larger than memory, band by band."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from bgsub.model.gmm import PixelMixture
from bgsub.model.tiles import tile_arrays
from bgsub.source.frames import read_rows, row_bands


def mixture_of(settings: Mapping[str, Any], **others: Any) -> PixelMixture:
    """Return the mixture that a model's row in the config describes.

    Parameters
    ----------
    settings : mapping
        `components`, and parameters of PixelMixture by their names.
    **others
        Parameters that are not in the row, or are to differ from it.
    """
    parameters = {**settings, **others}
    return PixelMixture(parameters.pop("components"), **parameters)


def fit_bands(
    clip: np.ndarray, rows: slice, training: int, mixture: PixelMixture
) -> Iterator[dict[str, np.ndarray]]:
    """Fit a mixture to rows of a clip, holding the samples of one band of them at a time.

    Parameters
    ----------
    clip : (N, H, W, 3) uint8 array
        Usually a memory map.
    rows : slice
        The rows to fit, with start and stop.
    training : int
        Number of training frames, the clip's first.
    mixture : PixelMixture
        Fitted anew for each band.

    Yields
    ------
    dict of str to ndarray
        What `tile_arrays` returns for each band, from the top to the bottom.
    """
    for band in row_bands(rows, clip.shape, training):
        mixture.fit(read_rows(clip, band, training), first_pixel=band.start * clip.shape[2])
        yield tile_arrays(mixture)
