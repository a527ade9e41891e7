import numpy as np
import pytest

from bgsub.masks.exposure import exposure_gain, in_exposure_of


def background(seed=1):
    return np.random.default_rng(seed).uniform(30, 180, (90, 120, 3)).astype(np.float32)


def seen(mean, gain=1.0, seed=2):
    noise = np.random.default_rng(seed).normal(0, 2, mean.shape)
    return np.clip(np.rint(mean * gain + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_exposure_has_a_gain_of_exactly_one(seed):
    assert exposure_gain(seen(background(), seed=seed), background()).tolist() == [1, 1, 1]


def test_a_gain_per_channel_is_found_behind_a_large_object():
    mean = background()
    frame = seen(mean, np.array([1.1, 1.0, 0.85]))
    frame[20:80, 10:70] = 200  # a third of the picture
    assert exposure_gain(frame, mean) == pytest.approx([1.1, 1, 0.85], abs=0.01)


def test_saturated_and_black_pixels_tell_nothing():
    mean = background()
    frame = seen(mean, 1.3)
    mean[:45], frame[:45] = 250, 255
    mean[:20], frame[:20] = 3, 9
    assert exposure_gain(frame, mean) == pytest.approx([1.3] * 3, abs=0.015)
    assert exposure_gain(np.full((90, 120, 3), 255, np.uint8), mean).tolist() == [1, 1, 1]


def test_a_frame_is_divided_by_its_gain():
    mean = background()
    frame = seen(mean)
    np.testing.assert_array_equal(in_exposure_of(mean, frame), frame)
    brighter = seen(mean, 1.2)
    expected = brighter / exposure_gain(brighter, mean)
    np.testing.assert_allclose(in_exposure_of(mean, brighter), expected, rtol=1e-6)


def test_what_is_saturated_is_as_bright_as_the_background_may_have_been():
    mean = background()
    mean[:20, :20], mean[:20, 20:40], mean[:20, 40:60] = 255, 252, 100
    for gain in (0.96, 1.04):  # a lamp of 300 levels at each exposure, and at 1
        frame = seen(mean, gain)
        frame[:20, :60] = 255
        levels = in_exposure_of(mean, frame)
        assert (levels[:20, :20] == 255).all()
        assert (levels[:20, 20:40] == (252 if gain > 1 else 255)).all()
        assert levels[:20, 40:60] == pytest.approx(min(255, 255 / gain), abs=1)
        assert levels.max() <= 255
