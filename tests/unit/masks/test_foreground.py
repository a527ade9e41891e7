from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgsub.labels import MASK_VALUES
from bgsub.masks.foreground import (
    clean_mask,
    foreground_masks,
    median_of_mask,
    open_mask,
    temporal_median,
    threshold_score,
)
from bgsub.masks.subtractors import Mog2


def red(frame):
    return frame[..., 0]


def test_foreground_is_above_the_threshold():
    frame = np.array([[[49, 0, 0], [50, 0, 0], [51, 0, 0]]], np.uint8)
    assert threshold_score(red(frame), 50).tolist() == [[0, 0, 255]]
    assert threshold_score(red(frame), 49.5).tolist() == [[0, 255, 255]]
    assert threshold_score(np.array([[np.nan, np.inf, -np.inf]]), 0.0).tolist() == [[0, 255, 0]]


def test_masks_of_a_clip_are_those_of_its_frames_and_report_progress():
    frames = np.random.default_rng(3).integers(0, 256, (4, 20, 30, 3), dtype=np.uint8)
    seen = []

    def progress(items):
        for item in items:
            seen.append(item)
            yield item

    masks = list(foreground_masks(frames, red, 30, opening=3, progress=progress))
    assert len(seen) == 4
    for frame, mask in zip(frames, masks, strict=True):
        np.testing.assert_array_equal(mask, open_mask(threshold_score(red(frame), 30), 3))


def test_masks_are_made_one_frame_at_a_time():
    def frames():
        yield np.zeros((2, 2, 3), np.uint8)
        raise AssertionError("a second frame was read before the first mask was taken")

    assert next(foreground_masks(frames(), red, 30)).tolist() == [[0, 0], [0, 0]]


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 3, 5]), st.floats(-2, 2))
def test_opening_scores_opens_the_masks_of_every_threshold(seed, size, threshold):
    score = np.random.default_rng(seed).normal(size=(12, 15))
    score[3:5, 2:9] = np.inf
    score[8, 1:4] = -np.inf
    expected = open_mask(threshold_score(score, threshold), size)
    np.testing.assert_array_equal(threshold_score(open_mask(score, size), threshold), expected)


@given(st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_median_is_numpys(count, seed):
    frames = np.random.default_rng(seed).integers(0, 256, (count, 5, 4, 3), dtype=np.uint8)
    np.testing.assert_array_equal(temporal_median(frames), np.median(frames, axis=0))


def test_median_of_bands_is_that_of_the_whole(monkeypatch):
    frames = np.random.default_rng(0).integers(0, 256, (6, 11, 7, 3), dtype=np.uint8)
    monkeypatch.setattr("bgsub.source.frames._BAND_BYTES", 3 * frames[:, 0].nbytes)
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


@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 5, 7, 15]))
def test_the_median_of_a_mask_is_opencvs(seed, size):
    mask = np.random.default_rng(seed).choice(np.array(MASK_VALUES, np.uint8), (23, 31))
    np.testing.assert_array_equal(median_of_mask(mask, size), cv2.medianBlur(mask, size))
    np.testing.assert_array_equal(median_of_mask(mask, 1), mask)


@pytest.mark.parametrize("row", [{}, {"detect_shadows": False}], ids=["three values", "two values"])
def test_clean_up_is_the_median_and_then_the_opening(row):
    """For a method whose masks have shadows, and one whose masks have none."""
    rng = np.random.default_rng(5)
    clip = rng.integers(90, 140, (12, 30, 40, 3), dtype=np.uint8)
    clip[8:, 8:20, 10:30] = clip[8:, 8:20, 10:30] * 0.7
    method = Mog2(opencv="mog2", var_threshold=8, **row)
    plain = list(method.masks(clip[:8], clip[8:]))
    assert len(np.unique(plain)) == 3 - ("detect_shadows" in row)
    cleaned = list(replace(method, opening=3, median=5).masks(clip[:8], clip[8:]))
    for mask, found in zip(plain, cleaned, strict=True):
        np.testing.assert_array_equal(found, open_mask(cv2.medianBlur(mask, 5), 3))
        assert (found != clean_mask(mask, opening=3)).any()
