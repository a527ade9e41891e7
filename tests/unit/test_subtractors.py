import hashlib

import cv2
import numpy as np
import pytest

from bgsub.subtractors import create_subtractor, mog2_constants, opencv_masks

NOTEBOOK = {"opencv": "mog2", "history": 60, "var_threshold": 32, "detect_shadows": True, "opening": 3}


@pytest.fixture(scope="module")
def clip():
    """Make 40 frames of noise over a wall, with a shadow and an object that comes at frame 20 and stays."""
    rng = np.random.default_rng(11)
    pictures = np.repeat(rng.integers(80, 180, (1, 48, 64, 3)), 40, axis=0)
    pictures[20:, 10:30, 20:40] = 230
    pictures[20:, 30:40, 20:40] = pictures[20:, 30:40, 20:40] * 7 // 10
    return (pictures + rng.integers(-5, 6, pictures.shape)).astype(np.uint8)


def test_masks_are_the_notebooks_loop(clip):
    subtractor = cv2.createBackgroundSubtractorMOG2(60, 32, True)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    expected = [cv2.morphologyEx(subtractor.apply(frame), cv2.MORPH_OPEN, kernel) for frame in clip]
    masks = list(opencv_masks(clip, NOTEBOOK, keep=range(16, 40)))
    np.testing.assert_array_equal(masks, expected[16:])
    assert set(np.unique(masks)) == {0, 127, 255}


def test_masks_of_mog2_are_those_we_know(clip):
    masks = np.stack(list(opencv_masks(clip, NOTEBOOK, keep=range(16, 40))))
    digest = hashlib.sha256(masks.tobytes()).hexdigest()
    assert digest == "b58e0258fef190215c84cdd41fc894c88ef17fdfbd8a0b5fa7ff9eb2157fa0d9"


def test_masks_do_not_depend_on_threads(clip):
    threads = cv2.getNumThreads()
    try:
        runs = []
        for count in (1, 2, 1):
            cv2.setNumThreads(count)
            runs.append(np.stack(list(opencv_masks(clip, NOTEBOOK, keep=range(40)))))
    finally:
        cv2.setNumThreads(threads)
    np.testing.assert_array_equal(runs[0], runs[1])
    np.testing.assert_array_equal(runs[0], runs[2])


def test_frames_that_are_not_kept_teach_all_the_same(clip):
    every = list(opencv_masks(clip, NOTEBOOK, keep=range(40)))
    some = list(opencv_masks(clip, NOTEBOOK, keep=[22, 39]))
    np.testing.assert_array_equal(some, [every[22], every[39]])


def test_opening_and_shadows_follow_the_settings(clip):
    raw = np.stack(list(opencv_masks(clip, NOTEBOOK | {"opening": 1}, keep=range(16, 40))))
    opened = np.stack(list(opencv_masks(clip, NOTEBOOK, keep=range(16, 40))))
    assert (raw == 255).sum() > (opened == 255).sum()
    plain = np.stack(list(opencv_masks(clip, NOTEBOOK | {"detect_shadows": False}, keep=range(16, 40))))
    assert 127 not in plain


def test_settings_reach_opencv_and_its_constants_are_read_back():
    mog2 = create_subtractor(NOTEBOOK)
    assert (mog2.getHistory(), mog2.getVarThreshold(), mog2.getDetectShadows()) == (60, 32.0, True)
    constants = mog2_constants(NOTEBOOK)
    assert constants["history"] == 60
    # metrics.md 3.2; OpenCV holds them as float32
    assert constants["background_ratio"] == pytest.approx(0.9)
    assert constants["complexity_reduction"] == pytest.approx(0.05)


def test_an_unknown_method_is_refused():
    with pytest.raises(KeyError):
        create_subtractor(NOTEBOOK | {"opencv": "mog3"})
