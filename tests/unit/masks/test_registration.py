import cv2
import numpy as np
import pytest

from bgsub.masks.registration import (
    Registration,
    clear_unseen,
    has_moved,
    moved_along,
    moved_back,
    register,
)


def wall(seed=5, height=120, width=160):
    """Make a picture with structure of all sizes."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128.0)
    for size in (4, 8, 16, 32):
        coarse = rng.normal(0, 25, (height // size, width // size, 3))
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def shifted(picture, x, y):
    """Move a picture's content right by x and down by y."""
    matrix = np.array([[1, 0, x], [0, 1, y]], float)
    return cv2.warpAffine(
        picture, matrix, picture.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )


def noisy(picture, seed):
    noise = np.random.default_rng(seed).normal(0, 3, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_static_scene_has_not_moved(seed):
    translation = Registration(wall()).translation(noisy(wall(), seed))
    assert max(map(abs, translation)) < 0.1
    assert not has_moved(translation)


@pytest.mark.parametrize(("x", "y"), [(3, -2), (0.6, 0.4), (-1.5, 7.25), (11, 4)])
def test_a_shift_is_found_whatever_stands_in_front(x, y):
    picture = shifted(wall(), x, y)
    picture[40:100, 60:90] = wall(seed=9)[40:100, 60:90]  # a sixth of the picture moves by itself
    found = Registration(wall()).translation(noisy(picture, 4))
    assert found == pytest.approx((x, y), abs=0.1)


@pytest.mark.parametrize("seed", range(12))
def test_a_small_grainy_picture_stays_where_somebody_comes_in(seed):
    """Its coarsest size has 8 by 6 pixels, of which whoever stands there takes a part, and no structure."""
    grain = np.random.default_rng(seed).integers(80, 120, (48, 64, 3))
    frame = noisy(grain, seed)
    frame[26:40, 10:30] = 225
    assert max(map(abs, Registration(grain.astype(np.uint8)).translation(frame))) < 1


def test_a_frame_is_moved_back_and_its_mask_along():
    x, y = 5.0, -3.0
    frame = shifted(wall(), x, y)
    inside = slice(10, -10), slice(10, -10)
    back = moved_back(frame, (x, y))
    np.testing.assert_array_equal(back[inside], wall()[inside])
    mask = np.zeros((120, 160), np.uint8)
    mask[40:60, 50:80] = 255
    there = np.zeros_like(mask)
    there[37:57, 55:85] = 255
    np.testing.assert_array_equal(moved_along(mask, (x, y)), there)


def test_a_lamp_that_lights_a_part_of_the_picture_moves_nothing():
    across, down = np.meshgrid(np.arange(160), np.arange(120))
    lamp = 1 + 0.6 * np.exp(-((across - 120) ** 2 + (down - 30) ** 2) / (2 * 40**2))
    lit = noisy(wall() * lamp[..., np.newaxis], 4)
    assert max(map(abs, Registration(wall()).translation(lit))) < 0.1


def test_what_the_frame_does_not_show_is_not_learned():
    weight = np.ones((20, 30), np.float32)
    clear_unseen(weight, (2.5, -1.0))
    assert (weight[1:, :27] == 1).all()
    assert weight.sum() == 19 * 27
    # Where it is not cleared, every pixel of a picture that was moved back comes from within the frame.
    columns = np.arange(30, dtype=np.float32)[np.newaxis].repeat(20, axis=0)
    np.testing.assert_allclose(moved_back(columns, (2.5, -1.0))[:, :27], columns[:, :27] + 2.5)


def test_training_frames_are_registered_on_their_own_median():
    still = np.stack([noisy(wall(), seed) for seed in range(9)])
    assert register(still)[1] is None
    shifts = np.random.default_rng(6).uniform(-4, 4, (9, 2))
    frames = np.stack([noisy(shifted(wall(), *shift), seed) for seed, shift in enumerate(shifts)])
    registration, aligned = register(frames)
    inside = slice(None), slice(12, -12), slice(12, -12)
    assert aligned.std(axis=0)[inside[1:]].mean() < 0.6 * frames.std(axis=0)[inside[1:]].mean()
    found = np.array([registration.translation(frame) for frame in frames])
    # Which of the places is the reference's is not known beforehand: the differences are.
    np.testing.assert_allclose(found - found[0], shifts - shifts[0], atol=2 * 0.1)


def test_a_picture_without_structure_has_not_moved():
    flat = np.full((60, 80, 3), 120, np.uint8)
    assert Registration(flat).translation(noisy(flat, 1)) == (0.0, 0.0)


def test_of_a_long_clip_some_frames_are_registered(monkeypatch):
    monkeypatch.setattr("bgsub.masks.registration._HELD_BYTES", 10 * wall().nbytes)
    frames = np.stack([np.roll(noisy(wall(), seed), seed % 3, axis=1) for seed in range(31)])
    _, aligned = register(frames)
    assert aligned.shape == (10, *wall().shape)
    inside = slice(None), slice(8, -8), slice(8, -8)
    assert np.abs(aligned[inside].astype(int) - aligned[-1][inside[1:]]).mean() < 6
