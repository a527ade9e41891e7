import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgsub.foreground import difference_mask, difference_masks, open_mask, temporal_median


def naive_mask(frame, background, threshold):
    """Transcribe the notebook's rule as it is written, in float64."""
    difference = np.abs(frame.astype(np.float64) - background * 255.0).astype(np.uint8)
    luma = cv2.cvtColor(difference, cv2.COLOR_RGB2GRAY)
    return np.where(luma > threshold, 255, 0).astype(np.uint8)


def backgrounds(rng, shape):
    whole = rng.integers(0, 256, shape)
    yield "any", rng.random(shape)
    yield "whole levels", whole / 255
    yield "half levels", np.clip(whole + 0.5, 0, 255) / 255
    # One step of float64 beside a whole level: here float32, or floor and ceil, would cut off differently.
    yield "just above", np.nextafter(whole / 255, 1)
    yield "just below", np.nextafter(whole / 255, 0)


@pytest.mark.parametrize("threshold", [0, 14, 50, 200])
def test_mask_is_the_notebooks_rule_bit_for_bit(threshold):
    rng = np.random.default_rng(7)
    shape = (37, 64, 3)  # 37 rows: not a whole number of bands
    for name, background in backgrounds(rng, shape):
        for _ in range(5):
            frame = rng.integers(0, 256, shape, dtype=np.uint8)
            expected = naive_mask(frame, background, threshold)
            np.testing.assert_array_equal(
                difference_mask(frame, background, threshold), expected, err_msg=name
            )


@pytest.mark.parametrize(
    ("colour", "first_seen"),
    [((1, 0, 0), 169), ((0, 1, 0), 87), ((1, 1, 1), 51)],  # notebook-defects 11
)
def test_a_channel_is_seen_from_its_luma_weight_on(colour, first_seen):
    background = np.zeros((1, 256, 3))
    frame = (np.arange(256)[np.newaxis, :, np.newaxis] * np.array(colour)).astype(np.uint8)
    assert np.argmax(difference_mask(frame, background, 50)[0] == 255) == first_seen


def test_pure_blue_is_never_seen():
    frame = np.zeros((4, 4, 3), np.uint8)
    frame[..., 2] = 255
    assert not difference_mask(frame, np.zeros((4, 4, 3)), 50).any()


def test_a_difference_is_cut_off_not_rounded():
    background = np.zeros((1, 2, 3))
    background[0, 0] = 49.001 / 255  # 50.999 of difference is 50, and not over 50
    background[0, 1] = 48.999 / 255
    frame = np.full((1, 2, 3), 100, np.uint8)
    assert difference_mask(frame, background, 50).tolist() == [[0, 255]]


def test_nan_in_the_background_is_no_difference():
    background = np.full((1, 2, 3), np.nan)
    background[0, 1, 0] = 0.0  # red alone is known: 255 * 0.299 > 50
    frame = np.full((1, 2, 3), 255, np.uint8)
    with np.errstate(all="raise"):  # C leaves the cast of NaN undefined, and numpy tells of it
        mask = difference_mask(frame, background, 50)
    assert mask.tolist() == [[0, 255]]


def test_masks_of_a_clip_are_those_of_its_frames_and_report_progress():
    rng = np.random.default_rng(3)
    frames = rng.integers(0, 256, (4, 20, 30, 3), dtype=np.uint8)
    background = rng.random((20, 30, 3))
    seen = []

    def progress(items):
        for item in items:
            seen.append(item)
            yield item

    masks = list(difference_masks(frames, background, 30, progress))
    assert len(seen) == 4
    for frame, mask in zip(frames, masks, strict=True):
        np.testing.assert_array_equal(mask, difference_mask(frame, background, 30))


@given(st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_median_is_numpys(count, seed):
    frames = np.random.default_rng(seed).integers(0, 256, (count, 5, 4, 3), dtype=np.uint8)
    np.testing.assert_array_equal(temporal_median(frames), np.median(frames, axis=0))


def test_median_of_bands_is_that_of_the_whole(monkeypatch):
    frames = np.random.default_rng(0).integers(0, 256, (6, 11, 7, 3), dtype=np.uint8)
    monkeypatch.setattr("bgsub.foreground._BAND_BYTES", 3 * frames[:, 0].nbytes)
    np.testing.assert_array_equal(temporal_median(frames), np.median(frames, axis=0))


def test_opening_removes_specks_and_keeps_what_holds_the_kernel():
    mask = np.zeros((12, 12), np.uint8)
    mask[1, 1] = 255
    mask[4:9, 4:9] = 255
    opened = open_mask(mask, 3)
    expected = mask.copy()
    expected[1, 1] = 0
    expected[[4, 4, 8, 8], [4, 8, 4, 8]] = 0  # the 3 x 3 ellipse is a cross: it cannot fill a corner
    np.testing.assert_array_equal(opened, expected)
    np.testing.assert_array_equal(open_mask(mask, 1), mask)
