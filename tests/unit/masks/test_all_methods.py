"""What every method of the default config has in common."""

import cv2
import numpy as np
import pytest
from defaults import METHODS

from bgsub.masks.posterior import Posterior
from bgsub.masks.rules import ModelMethod
from bgsub.masks.scored import ScoredMethod
from bgsub.model.fit import mixture_of
from bgsub.model.tiles import stack_tiles, tile_arrays

EM = {
    "components": 2,
    "start": "split",
    "tolerance": 1e-6,
    "max_iterations": 300,
    "covariance_floor": 1.0,
    "seed": 0,
}


def masks_of(method, clip, training, n_threads=1, tiles=1):
    """Return the masks of the frames after the training, with a model of the training frames."""
    learned, tested = clip[:training], clip[training:]
    mixture, rows = mixture_of(EM), clip.shape[1] // tiles
    fits = (
        mixture.fit(learned[:, top : top + rows], first_pixel=top * clip.shape[2])
        for top in range(0, clip.shape[1], rows)
    )
    model = stack_tiles(map(tile_arrays, fits), clip.shape[1])
    if isinstance(method, Posterior):
        parts = {part: model[part] for part in method.parts}
        return np.stack(list(method.masks(learned, tested, parts, EM, n_threads=n_threads)))
    if isinstance(method, ScoredMethod):
        background = model if isinstance(method, ModelMethod) else learned
        return np.stack(list(method.masks(tested, background, training)))
    return np.stack(list(method.masks(learned, tested)))


def somebody(frames=30, comes=14, seed=2):
    """Make a noisy room, which somebody crosses, with whom the exposure changes."""
    rng = np.random.default_rng(seed)
    room = cv2.resize(rng.uniform(60, 180, (12, 16, 3)), (64, 48), interpolation=cv2.INTER_CUBIC)
    clip = np.repeat(room[np.newaxis], frames, axis=0)
    for frame in range(comes, frames):
        clip[frame, 14:40, 2 * (frame - comes) : 2 * (frame - comes) + 20] = (200, 40, 60)
        clip[frame] *= 1.04
    return np.clip(np.rint(clip + rng.normal(0, 2, clip.shape)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("level", [0, 120, 255])
@pytest.mark.parametrize("key", METHODS)
def test_no_method_marks_a_constant_scene(key, level):
    clip = np.full((20, 48, 64, 3), level, np.uint8)
    assert not masks_of(METHODS[key], clip, 12).any()


@pytest.mark.parametrize("key", METHODS)
def test_every_method_marks_what_comes_in(key):
    clip = np.full((20, 48, 64, 3), 60, np.uint8)
    clip[14:, 12:36, 20:44] = (200, 180, 160)
    masks = masks_of(METHODS[key], clip, 12)
    assert not masks[:2].any()
    assert (masks[2, 16:32, 24:40] == 255).all()


@pytest.mark.parametrize("key", METHODS)
def test_masks_depend_neither_on_threads_nor_tiles_nor_on_how_many_frames_are_given(key):
    clip, threads = somebody(), cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = masks_of(METHODS[key], clip, 12)
        cv2.setNumThreads(4)
        np.testing.assert_array_equal(masks_of(METHODS[key], clip, 12, n_threads=3, tiles=2), alone)
    finally:
        cv2.setNumThreads(threads)
    np.testing.assert_array_equal(masks_of(METHODS[key], clip[:-5], 12), alone[:-5])
    assert alone.any()
