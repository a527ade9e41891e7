import numpy as np
import pytest

from bgsub.model.fit import fit_rows, mixture_of
from bgsub.model.gmm import PixelMixture
from bgsub.model.tiles import stack_tiles, tile_arrays
from bgsub.source import frames as source_frames
from bgsub.source.frames import tile_rows


@pytest.mark.parametrize(("band_bytes", "bands"), [(1, 5), (2**20, 1), (5 * 2 * (3 * 15 + 2 * 222), 3)])
def test_bands_give_the_bits_of_the_training_frames_as_a_whole(
    band_bytes: int, bands: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random starts depend on a pixel's place in the image, and test frames count for nothing."""
    monkeypatch.setattr(source_frames, "_BAND_BYTES", band_bytes)
    fitted_heights = []
    fit = PixelMixture.fit
    monkeypatch.setattr(
        PixelMixture,
        "fit",
        lambda self, frames, **first: fitted_heights.append(frames.shape[1]) or fit(self, frames, **first),
    )
    clip = np.random.default_rng(0).integers(90, 130, (20, 7, 5, 3), dtype=np.uint8)
    settings = {"components": 2, "start": "random", "max_iterations": 9}
    fitted = fit_rows(clip[:15], slice(2, 7), mixture_of(settings))
    assert len(fitted_heights) == bands
    whole = PixelMixture(2, start="random", max_iterations=9).fit(clip[:15, 2:], first_pixel=2 * 5)
    for name, array in tile_arrays(whole).items():
        assert fitted[name].tobytes() == array.tobytes(), name


def test_a_mixture_is_as_its_row_says_but_for_what_is_to_differ() -> None:
    mixture = mixture_of({"components": "auto", "max_components": 4, "seed": 7}, seed=1, n_threads=2)
    assert (mixture.n_components, mixture.max_components) == ("auto", 4)
    assert (mixture.seed, mixture.n_threads) == (1, 2)


def test_a_picture_of_one_row_in_two_tiles_has_the_bits_of_the_whole() -> None:
    frames = np.random.default_rng(3).integers(90, 110, (20, 1, 7, 3), dtype=np.uint8)
    mixture = PixelMixture(2)
    tiles = [fit_rows(frames, tile_rows(1, tile, 2), mixture) for tile in range(2)]
    assert [len(tile["n_iter"]) for tile in tiles] == [0, 1]
    joined, whole = stack_tiles(tiles, 1), fit_rows(frames, slice(0, 1), mixture)
    assert joined.keys() == whole.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(joined[name], values)
