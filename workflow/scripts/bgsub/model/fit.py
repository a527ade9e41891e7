"""Fits of clips whose training frames are larger than memory, band by band."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bgsub.model.gmm import PixelMixture
from bgsub.model.tiles import stack_tiles, tile_arrays
from bgsub.source.frames import Frames, read_rows, row_bands


def mixture_of(settings: Mapping[str, Any], **others: Any) -> PixelMixture:
    """Return the mixture that a model's row in the config describes.

    It has `components`, and parameters of PixelMixture by their names; its `label` is not read. The `others`
    are parameters that are not in the row, or are to differ from it.
    """
    parameters = {**settings, **others}
    parameters.pop("label", None)
    return PixelMixture(parameters.pop("components"), **parameters)


def fit_rows(frames: Frames, rows: slice, mixture: PixelMixture) -> dict[str, np.ndarray]:
    """Fit a mixture to rows of the training frames, holding the samples of a band of them at a time.

    The frames, (N, H, W, 3) uint8, are usually a memory map; the rows have a start and a stop. The mixture is
    fitted anew to each band. Returns what `tile_arrays` does, of all rows.
    """
    # Beside its samples, a band holds its own fit and for a while that of the band before, bytes per pixel:
    fit_bytes = 8 * mixture.sizes[0] * (1 + 3 + 9) + 14
    bands = row_bands(rows, frames.shape, len(frames) + 2 * fit_bytes // frames.shape[-1])

    def fit_band(band: slice) -> dict[str, np.ndarray]:
        mixture.fit(read_rows(frames, band), first_pixel=band.start * frames.shape[2])
        return tile_arrays(mixture)

    if rows.stop == rows.start:  # a tile of a picture that has fewer rows than tiles
        return fit_band(rows)
    return stack_tiles(map(fit_band, bands), rows.stop - rows.start)
