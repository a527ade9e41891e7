import numpy as np
import pytest

from bgsub.model.gmm import PixelMixture
from bgsub.model.tiles import join_tiles, tile_arrays


@pytest.mark.parametrize("tiles", [1, 3, 6])
@pytest.mark.parametrize("start", ["split", "uniform"])
def test_tiles_give_the_bits_of_the_whole(tiles: int, start: str) -> None:
    frames = np.random.default_rng(0).integers(90, 130, (20, 6, 5, 3), dtype=np.uint8)
    whole, trajectory = join_tiles([tile_arrays(PixelMixture(start=start, max_iterations=20).fit(frames))])
    fits = []
    for rows in np.array_split(np.arange(6), tiles):
        mixture = PixelMixture(start=start, max_iterations=20)
        fits.append(tile_arrays(mixture.fit(frames[:, rows], first_pixel=int(rows[0]) * 5)))
    joined, sums = join_tiles(fits)
    for name, array in whole.items():
        assert joined[name].tobytes() == array.tobytes(), name
    np.testing.assert_array_equal(sums.log_likelihood, trajectory.log_likelihood)
    np.testing.assert_array_equal(sums.converged, trajectory.converged)
    assert sums.pixels == trajectory.pixels == 30
