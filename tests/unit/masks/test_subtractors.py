import hashlib

import cv2
import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.masks.rules import Difference
from bgsub.masks.subtractors import subtractor

NOTEBOOK = {
    "opencv": "mog2",
    "history": 60,
    "var_threshold": 32,
    "background_ratio": 0.9,
    "detect_shadows": True,
    "learning_rate": "auto",
    "learning": "adaptive",
    "opening": 3,
}
KNN = {
    "opencv": "knn",
    "history": 500,
    "dist2_threshold": 400,
    "detect_shadows": True,
    "seed": 0,
    "opening": 3,
}
METHODS = {
    "mog2": NOTEBOOK,
    "mog2_frozen": NOTEBOOK | {"learning": "frozen"},
    "mog2_protected": NOTEBOOK | {"learning": "protected"},
    "mog2_rate": NOTEBOOK | {"learning_rate": 0.05},
    "knn": KNN,
    "mog": {"opencv": "mog", "history": 200, "opening": 3},
    "gmg": {"opencv": "gmg", "initialization_frames": 10, "decision_threshold": 0.8, "opening": 3},
    "cnt": {"opencv": "cnt", "min_stability": 15, "max_stability": 900, "opening": 3},
    "gsoc": {"opencv": "gsoc", "opening": 3},
    "lsbp": {"opencv": "lsbp", "opening": 3},
}
# Of the masks of frames 16 to 39 of the clip below: the first 16 hexadecimal digits of their SHA-256.
GOLDEN = {
    "mog2": "b58e0258fef19021",
    "mog2_frozen": "e4ee83de73049bad",
    "mog2_protected": "7471af68951165f2",
    "mog2_rate": "88726d922efc1805",
    "knn": "bbb68a4236af6c0f",
    "mog": "e0e8db72360cd0d5",
    "gmg": "7eb6475d870df600",
    "cnt": "635163c0cc101be4",
    "gsoc": "faf58096728c8024",
    "lsbp": "7b099c0a538efc57",
}
TEST = range(16, 40)


@pytest.fixture(scope="module")
def clip():
    """Make 40 frames of noise over a wall, with a shadow and an object that comes at frame 20 and stays."""
    rng = np.random.default_rng(11)
    pictures = np.repeat(rng.integers(80, 180, (1, 48, 64, 3)), 40, axis=0)
    pictures[20:, 10:30, 20:40] = 230
    pictures[20:, 30:40, 20:40] = pictures[20:, 30:40, 20:40] * 7 // 10
    return (pictures + rng.integers(-5, 6, pictures.shape)).astype(np.uint8)


def masks_of(clip, settings, test=TEST):
    return np.stack(list(subtractor(settings).masks(clip[: test.start], clip[test.start : test.stop])))


def seen(masks):
    """Share of the object that each mask marks."""
    return (masks[:, 10:30, 20:40] == 255).mean(axis=(1, 2))


def test_masks_are_the_notebooks_loop(clip):
    mog2 = cv2.createBackgroundSubtractorMOG2(60, 32, True)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    expected = [cv2.morphologyEx(mog2.apply(frame), cv2.MORPH_OPEN, kernel) for frame in clip]
    masks = masks_of(clip, NOTEBOOK)
    np.testing.assert_array_equal(masks, expected[16:])
    assert set(np.unique(masks)) == {0, 127, 255}


@pytest.mark.parametrize("name", METHODS)
def test_masks_are_those_we_know_whatever_the_threads(clip, name):
    threads = cv2.getNumThreads()
    try:
        for count in (1, 2, 1, 2):
            cv2.setNumThreads(count)
            cv2.setRNGSeed(count)
            digest = hashlib.sha256(masks_of(clip, METHODS[name]).tobytes()).hexdigest()
            assert digest[:16] == GOLDEN[name]
            assert cv2.getNumThreads() == count  # what needs one thread gives the others back
    finally:
        cv2.setNumThreads(threads)


def test_another_seed_is_another_knn(clip):
    assert (masks_of(clip, KNN) != masks_of(clip, KNN | {"seed": 1})).any()


def test_frames_whose_masks_are_not_wanted_teach_all_the_same(clip):
    np.testing.assert_array_equal(
        masks_of(clip, NOTEBOOK, test=range(39, 40))[0], masks_of(clip, NOTEBOOK)[-1]
    )


def test_opening_and_shadows_follow_the_settings(clip):
    raw = masks_of(clip, NOTEBOOK | {"opening": 1})
    assert (raw == 255).sum() > (masks_of(clip, NOTEBOOK) == 255).sum()
    assert 127 not in masks_of(clip, NOTEBOOK | {"detect_shadows": False})
    assert 127 not in masks_of(clip, KNN | {"detect_shadows": False})


def test_adaptive_loses_what_frozen_and_protected_keep(clip):
    """The object comes at frame 20; the recursion says 4 frames for this start-up."""
    adaptive, frozen, protected = (
        seen(masks_of(clip, METHODS[name])) for name in ("mog2", "mog2_frozen", "mog2_protected")
    )
    assert adaptive[4] > 0.95
    assert adaptive[-1] == 0
    assert frozen[4:].min() > 0.95
    assert protected[4:].min() > 0.95


def test_frozen_is_opencvs_learning_rate_of_nought(clip):
    mog2 = subtractor(NOTEBOOK).create()
    raw = [mog2.apply(frame, learningRate=-1 if i < 16 else 0) for i, frame in enumerate(clip)]
    np.testing.assert_array_equal(masks_of(clip, METHODS["mog2_frozen"] | {"opening": 1}), raw[16:])


def test_protected_goes_on_learning_the_background(clip):
    """The light rises slowly: MOG2 follows outside the object, and a frozen one takes all for foreground."""
    rising = clip.copy()
    for k, frame in enumerate(rising[16:]):
        frame += np.uint8(2 * k)
    frozen, protected = (masks_of(rising, METHODS[name]) for name in ("mog2_frozen", "mog2_protected"))
    wall = np.s_[-1, 42:, :]
    assert (frozen[wall] == 255).mean() > 0.5
    assert (protected[wall] == 255).mean() < 0.05
    assert seen(protected)[-1] > 0.95


def test_protected_learns_at_mog2s_own_rate(clip):
    """Where nothing is foreground, it is the adaptive MOG2: judging first costs no learning."""
    empty = clip.copy()
    empty[20:] = clip[:20]
    settings = NOTEBOOK | {"detect_shadows": False, "opening": 1, "var_threshold": 200}
    protected, adaptive = (
        masks_of(empty, settings | {"learning": learning}) for learning in ("protected", "adaptive")
    )
    assert not adaptive.any()
    assert not protected.any()


def test_the_mask_must_be_passed_by_keyword(clip):
    """What OpenCV does with it, on which `learning: protected` rests."""
    everywhere = np.full(clip.shape[1:3], 255, np.uint8)
    mog2 = subtractor(NOTEBOOK).create()
    for frame in clip[:16]:
        mog2.apply(frame)
    assert (mog2.apply(clip[16], knownForegroundMask=everywhere) == 255).all()  # what is known is not judged
    assert mog2.apply(clip[16], everywhere.copy()).mean() < 25  # as the second argument it is the output


def test_knn_ignores_a_learning_rate_of_nought(clip):
    """Why there is no frozen KNN (opencv#24226)."""
    knn = subtractor(KNN).create()
    for frame in clip[:16]:
        knn.apply(frame)
    before = knn.getBackgroundImage()
    for frame in np.repeat(clip[-1:], 300, axis=0):
        knn.apply(frame, learningRate=0)
    assert (knn.getBackgroundImage() != before).any()


def test_settings_reach_opencv_and_its_constants_are_read_back():
    mog2 = subtractor(NOTEBOOK | {"background_ratio": 0.7}).create()
    assert (mog2.getHistory(), mog2.getVarThreshold(), mog2.getDetectShadows()) == (60, 32.0, True)
    assert mog2.getBackgroundRatio() == pytest.approx(0.7)
    knn = subtractor(KNN | {"history": 90, "dist2_threshold": 250}).create()
    assert (knn.getHistory(), knn.getDist2Threshold(), knn.getDetectShadows()) == (90, 250.0, True)
    constants = subtractor(NOTEBOOK).absorption(44)
    # OpenCV holds them as float32
    assert constants == {
        "history": 60,
        "background_ratio": pytest.approx(0.9),
        "complexity_reduction": pytest.approx(0.05),
        "learning_rate": None,
        "frozen_from": None,
    }
    assert subtractor(METHODS["mog2_rate"]).absorption(44)["learning_rate"] == 0.05


def test_the_recursion_describes_a_mog2_that_learns_what_it_sees():
    assert subtractor(METHODS["mog2_frozen"]).absorption(44)["frozen_from"] == 44  # until it freezes
    assert subtractor(METHODS["mog2_protected"]).absorption(44) is None
    assert subtractor(KNN).absorption(44) is None
    assert Difference(model="em", rule="difference").absorption(44) is None


def test_a_method_that_cannot_begin_in_time_is_refused(clip):
    with pytest.raises(InputError, match="initialization_frames is 17, but there are only 16 training"):
        masks_of(clip, METHODS["gmg"] | {"initialization_frames": 17})


def test_an_unknown_method_is_refused():
    with pytest.raises(KeyError):
        subtractor(NOTEBOOK | {"opencv": "mog3"})
