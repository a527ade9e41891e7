import numpy as np
import pytest

from bgsub.model.gmm import PixelMixture
from bgsub.model.tiles import stack_tiles, tile_arrays


@pytest.mark.parametrize("tiles", [1, 3, 6])
@pytest.mark.parametrize("start", ["split", "uniform"])
def test_tiles_give_the_bits_of_the_whole(tiles: int, start: str) -> None:
    frames = np.random.default_rng(0).integers(90, 130, (20, 6, 5, 3), dtype=np.uint8)
    whole = tile_arrays(PixelMixture(start=start, max_iterations=20).fit(frames))
    fits = []
    for rows in np.array_split(np.arange(6), tiles):
        mixture = PixelMixture(start=start, max_iterations=20)
        fits.append(tile_arrays(mixture.fit(frames[:, rows], first_pixel=int(rows[0]) * 5)))
    stacked = stack_tiles(fits, height=6)
    assert stacked.keys() == whole.keys()
    for name, array in whole.items():
        assert stacked[name].dtype == array.dtype, name
        assert stacked[name].shape == array.shape, name
        assert stacked[name].tobytes() == array.tobytes(), name
    assert whole["trajectory_converged"][-1] > 0
