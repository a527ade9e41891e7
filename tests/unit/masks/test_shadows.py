import numpy as np
import pytest

from bgsub.masks.light import explained_by_light
from bgsub.masks.shadows import ShadowFinder

SHAPE = (90, 120)
SPREAD = np.full(SHAPE, 2, np.float32)
PERSON, SHADOW = (slice(10, 70), slice(30, 50)), (slice(56, 70), slice(50, 90))


def scene(light=0.6, seed=1):
    """Make a floor, and on it a person whose shadow falls to the right; return both, and the mask of both."""
    rng = np.random.default_rng(seed)
    mean = (rng.uniform(90, 190, (*SHAPE, 1)) * [1.0, 0.9, 0.8]).astype(np.float32)
    frame = mean.copy()
    frame[PERSON] = rng.uniform(20, 230, (60, 20, 3))
    frame[SHADOW] = mean[SHADOW] * light
    mask = np.zeros(SHAPE, np.uint8)
    mask[PERSON] = mask[SHADOW] = 255
    return frame + rng.normal(0, 1, frame.shape).astype(np.float32), mean, mask


def found(frame, mean, mask):
    return ShadowFinder().without_shadows(frame, mean, SPREAD, mask, median=7)


@pytest.mark.parametrize("light", [0.45, 0.6, 0.9])
def test_a_soft_shadow_is_taken_out_and_the_person_stays(light):
    mask, shadow = found(*scene(light))
    assert (mask[SHADOW] > 0).mean() < 0.1
    assert (mask[PERSON] > 0).mean() > 0.9
    assert (shadow[SHADOW] > 0).mean() > 0.9
    assert set(np.unique(shadow)) == {0, 1}


def test_the_dark_within_an_object_is_its_own():
    """A window darkens what lies behind it, but its rim is the car's."""
    frame, mean, mask = scene()
    window = slice(25, 45), slice(36, 44)
    frame[window] = mean[window] * np.float32(0.6)
    cleared, _ = found(frame, mean, mask)
    assert (cleared[window] == 255).all()


def test_brighter_or_coloured_light_is_no_shadow():
    frame, mean, mask = scene(1.3)
    assert (found(frame, mean, mask)[0][SHADOW] > 0).mean() > 0.9
    frame, mean, mask = scene(np.array([0.9, 0.5, 0.4], np.float32))
    assert (found(frame, mean, mask)[0][SHADOW] > 0).mean() > 0.9


def test_a_mask_without_shadows_is_not_touched():
    frame, mean, mask = scene()
    mask[SHADOW] = 0
    np.testing.assert_array_equal(found(frame, mean, mask)[0], mask)
    nothing = np.zeros(SHAPE, np.uint8)
    assert found(frame, mean, nothing)[0].sum() == 0


def test_light_is_the_share_that_is_left():
    frame, mean, mask = scene(0.7)
    explained, light = explained_by_light(frame, mean, mask, SPREAD * 2)
    assert explained[SHADOW].mean() > 0.95
    assert explained[PERSON].mean() < 0.05
    assert np.median(light[SHADOW]) == pytest.approx(0.7, abs=0.01)
    assert not explained[mask == 0].any()
