from itertools import product

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgsub.evidence.absorption import (
    Absorption,
    absorption_row,
    measure_absorption,
    mog2_absorption,
    mog2_history_to_keep,
    predict_absorption,
    visible_rows,
    visible_share,
)
from bgsub.evidence.still import Still
from bgsub.masks.mask_file import Masks


def first_background_frame(history, ratio, reduction, frames_seen, limit=2000):
    """Run OpenCV's MOG2 on a clip that changes once, and see when it calls the new value background."""
    mog2 = cv2.createBackgroundSubtractorMOG2(history, 16, False)
    mog2.setBackgroundRatio(ratio)
    mog2.setComplexityReductionThreshold(reduction)
    old, new = np.full((1, 1, 3), 60, np.uint8), np.full((1, 1, 3), 200, np.uint8)
    for _ in range(frames_seen):
        mog2.apply(old)
    return next(k for k in range(limit) if mog2.apply(new)[0, 0] == 0)


@pytest.mark.parametrize(
    ("history", "ratio", "reduction"),
    list(product([1, 2, 10, 30, 60, 100, 200, 500], [0.3, 0.5, 0.7, 0.9, 0.99, 1.0], [0.0, 0.05, 0.2])),
)
def test_recursion_is_opencvs(history, ratio, reduction):
    expected = first_background_frame(history, ratio, reduction, frames_seen=2 * history + 10)
    assert mog2_absorption(history, ratio, reduction) == expected


@pytest.mark.parametrize(
    ("history", "frames_seen", "ratio"),
    list(product([1, 20, 60, 500, 5000], [1, 2, 10, 44, 61, 200], [0.3, 0.7, 0.9, 0.99])),
)
def test_recursion_is_opencvs_at_the_start_of_a_clip(history, frames_seen, ratio):
    expected = first_background_frame(history, ratio, 0.05, frames_seen)
    assert mog2_absorption(history, ratio, 0.05, frames_seen) == expected


def test_recursion_gives_the_measured_table():
    histories = [30, 60, 100, 200, 500, 1000]
    assert [mog2_absorption(h) for h in histories] == [3, 6, 10, 21, 55, 110]
    assert [mog2_absorption(h, 0.7) for h in histories] == [10, 21, 36, 73, 185, 371]
    assert [mog2_absorption(h, 0.99) for h in histories] == [1, 1, 1, 1, 5, 10]
    assert [mog2_absorption(500, frames_seen=n) for n in (10, 20, 44, 100, 200)] == [2, 4, 10, 24, 49]


@given(st.integers(30, 5000), st.floats(0.5, 0.97), st.floats(0, 0.1))
def test_recursion_stays_close_to_its_continuous_form(history, ratio, reduction):
    c = reduction
    closed = history / (1 - 2 * c) * np.log((1 - c) / (ratio * (1 - 2 * c) + c))
    assert abs(mog2_absorption(history, ratio, c) - closed) <= 2


@given(
    st.integers(1, 300),
    st.floats(0.3, 0.99),
    st.floats(0, 0.1),
    st.one_of(st.none(), st.integers(1, 300)),
)
def test_history_to_keep_is_the_smallest_that_does(frames, ratio, reduction, seen):
    history = mog2_history_to_keep(frames, ratio, reduction, seen)
    if history is None:
        assert mog2_absorption(10**9, ratio, reduction, seen) < frames
        return
    assert mog2_absorption(history, ratio, reduction, seen) >= frames
    assert history == 1 or mog2_absorption(history - 1, ratio, reduction, seen) < frames


def test_history_to_keep_a_person_for_half_a_minute():
    assert mog2_history_to_keep(300) == pytest.approx(2713, abs=3)  # the closed form's
    assert mog2_history_to_keep(49, frames_seen=61) is None  # OpenCV learns too fast in a clip's first frames
    assert mog2_history_to_keep(2, background_ratio=1.0) is None
    assert mog2_history_to_keep(1, background_ratio=1.0) == 1


def test_prediction_for_a_clip():
    settled = predict_absorption(60, 0.9, 0.05, frames_seen=61)
    assert (settled.steady, settled.startup) == (6, 6)
    young = predict_absorption(500, 0.9, 0.05, frames_seen=44)
    assert (young.steady, young.startup) == (55, 10)
    assert predict_absorption(60, 0.9, 0.05, frames_seen=0).startup >= 1


def test_visible_share_counts_foreground_inside_the_region():
    masks = np.zeros((3, 4, 4), np.uint8)
    region = np.zeros((4, 4), bool)
    region[1:3, 1:3] = True
    masks[0] = 255
    masks[1, 1] = 255  # two of the region's four pixels, and two outside
    masks[2] = 127
    assert visible_share(masks, region).tolist() == [1.0, 0.5, 0.0]
    assert visible_share((mask for mask in masks), region).tolist() == [1.0, 0.5, 0.0]
    moving = np.stack([region, np.roll(region, 1, axis=0), np.zeros_like(region)])
    np.testing.assert_array_equal(visible_share(masks, moving), [1.0, 0.0, np.nan])


def test_visible_share_wants_a_region_for_each_mask():
    with pytest.raises(ValueError, match="shorter"):
        visible_share(np.zeros((3, 4, 4), np.uint8), np.zeros((2, 4, 4), bool))


def test_absorption_of_a_worked_example():
    shares = [0.7, 0.8, 0.75, 0.6, 0.4, 0.39, 0.2, 0.04, 0.0, 0.06]
    # A0 is 0.8, the third at the latest; 0.4 is not below its half, 0.39 is; 0.04 is the first below 0.05
    assert measure_absorption(np.array(shares)) == Absorption(
        initial_share=0.8, half_life=5, censored_at=None, vanish=7, retention=pytest.approx(0.394)
    )


def test_absorption_that_never_comes_is_censored():
    assert measure_absorption(np.full(49, 0.83)) == Absorption(0.83, None, 49, None, pytest.approx(0.83))


def test_a_method_blind_from_the_start_has_no_half_life():
    assert measure_absorption(np.array([0.01, 0.02, 0.0, 0.0])) == Absorption(
        0.02, None, None, 0, pytest.approx(0.0075)
    )


def test_absorption_skips_frames_with_nobody_there():
    shares = np.array([0.9, np.nan, 0.9, 0.2, np.nan])
    assert measure_absorption(shares) == Absorption(0.9, 3, None, None, pytest.approx(2 / 3))
    with pytest.raises(ValueError, match="without a visible share"):
        measure_absorption(np.array([np.nan, np.nan]))


def test_frames_before_the_masks_begin_count_as_time():
    shares = np.array([np.nan, np.nan, np.nan, np.nan, 0.8, 0.7, 0.7, 0.3, 0.3])
    assert measure_absorption(shares) == Absorption(0.8, 7, None, None, pytest.approx(0.56))
    assert measure_absorption(shares[:7]).censored_at == 7


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1)))
def test_absorption_is_within_its_bounds(shares):
    result = measure_absorption(shares)
    assert shares.min() - 1e-12 <= result.retention <= shares.max() + 1e-12
    assert 0 <= result.initial_share <= 1
    assert result.half_life is None or result.censored_at is None
    if result.half_life is not None:
        assert shares[result.half_life] < result.initial_share / 2
        assert (shares[: result.half_life] >= result.initial_share / 2).all()


def test_measure_meets_prediction_on_a_still_square():
    """The whole chain on OpenCV's masks: a square that comes and stays is gone when the recursion says."""
    frames = np.random.default_rng(5).normal(90, 2, (110, 24, 32, 3))
    frames[61:, 8:16, 8:20] += 90
    frames = np.clip(frames, 0, 255).astype(np.uint8)
    mog2 = cv2.createBackgroundSubtractorMOG2(60, 32, True)
    masks = np.stack([mog2.apply(frame) for frame in frames])
    region = np.zeros((24, 32), bool)
    region[8:16, 8:20] = True
    result = measure_absorption(visible_share(masks[61:], region))
    assert result.initial_share == 1.0
    assert result.half_life == mog2_absorption(60)


@pytest.fixture
def square():
    region = np.zeros((4, 4), bool)
    region[1:3, 1:3] = True
    return region


def test_rows_of_a_method_begin_when_somebody_lies_still(square):
    masks = np.zeros((4, 4, 4), np.uint8)
    masks[1:3] = 255
    found = Masks(masks, np.arange(7, 11, dtype=np.int32))
    rows = visible_rows("mog2", found, Still(8, "config", square, "config"))
    assert rows == [
        {"frame": 8, "method": "mog2", "visible_share": 1.0, "ghost_share": 0.0},
        {"frame": 9, "method": "mog2", "visible_share": 1.0, "ghost_share": 0.0},
        {"frame": 10, "method": "mog2", "visible_share": 0.0, "ghost_share": 0.0},
    ]
    assert visible_rows("mog2", found, None) == []


def test_who_gets_up_is_not_lost(square):
    masks = np.zeros((6, 4, 4), np.uint8)
    masks[:3] = 255
    still = Still(7, "config", square, "config", end=9)
    rows = visible_rows("gmm", Masks(masks, np.arange(7, 13, dtype=np.int32)), still)
    assert [row["frame"] for row in rows] == [7, 8, 9]
    found = absorption_row("gmm", rows, still)
    assert (found["half_life"], found["censored_at"], found["retention"]) == (None, 3, 1.0)


def test_a_ghost_is_not_the_person(square):
    masks = np.full((2, 4, 4), 255, np.uint8)
    ghost = np.zeros((4, 4), bool)
    ghost[:, :2] = True
    share = np.count_nonzero(ghost & square) / np.count_nonzero(square)
    rows = visible_rows(
        "gmm",
        Masks(masks, np.array([7, 8])),
        Still(7, "config", square, "config"),
        lambda frame, mask: ghost & (frame == 8),
    )
    assert [row["visible_share"] for row in rows] == [1.0, 1.0 - share]
    assert [row["ghost_share"] for row in rows] == [0.0, share]
    assert 0 < share < 1


def test_rows_follow_a_ground_truth_and_leave_out_where_nobody_is(square):
    truth = np.zeros((10, 4, 4), np.uint8)
    truth[7, square] = 255
    truth[8, 0] = 255
    masks = np.zeros((3, 4, 4), np.uint8)
    masks[:, 0, :2] = 255
    rows = visible_rows(
        "gmm", Masks(masks, np.array([7, 8, 9])), Still(7, "groundtruth", truth, "groundtruth")
    )
    assert [(row["frame"], row["visible_share"]) for row in rows] == [(7, 0.0), (8, 0.5)]


def test_row_of_absorption_counts_from_stillness(square):
    still = Still(61, "frames", square, "config")
    seen = [{"frame": frame, "visible_share": 1.0 if frame < 67 else 0.0} for frame in range(64, 110)]
    mog2 = {"history": 60, "background_ratio": 0.9, "complexity_reduction": 0.05}
    assert absorption_row("mog2", seen, still, mog2, 61) == {
        "method": "mog2",
        "still_frame": 61,
        "still_source": "frames",
        "region_source": "config",
        "watched_from": 64,
        "initial_share": 1.0,
        "half_life": 6,
        "censored_at": None,
        "vanish": 6,
        "retention": pytest.approx(3 / 46),
        "frames_seen": 61,
        "predicted": 6,
    }
    assert absorption_row("mog2", seen, still, mog2, 20)["predicted"] == 4  # OpenCV learns fast at first
    assert absorption_row("mog2", seen, still, mog2, None)["predicted"] is None
    assert absorption_row("gmm", seen, still, None, 61)["predicted"] is None


def test_row_of_a_clip_with_nobody_still_is_empty_but_whole(square):
    row = absorption_row("gmm", [], None)
    seen = [{"frame": 61, "visible_share": 1.0}]
    assert list(row) == list(absorption_row("gmm", seen, Still(61, "frames", square, "frames")))
    assert [key for key, value in row.items() if value is not None] == ["method"]


def first_background_frame_at(rate, ratio, reduction, frames_seen, frozen_from=None, limit=1000):
    """As above, at a learning rate of our own, and with none from a frame on; None if it never comes."""
    mog2 = cv2.createBackgroundSubtractorMOG2(500, 16, False)
    mog2.setBackgroundRatio(ratio)
    mog2.setComplexityReductionThreshold(reduction)
    old, new = np.full((1, 1, 3), 60, np.uint8), np.full((1, 1, 3), 200, np.uint8)

    def mask(frame, index):
        frozen = frozen_from is not None and index >= frozen_from
        return mog2.apply(frame, learningRate=0 if frozen else rate)[0, 0]

    for index in range(frames_seen):
        mask(old, index)
    return next((k for k in range(limit) if mask(new, frames_seen + k) == 0), None)


@pytest.mark.parametrize(
    ("rate", "ratio", "reduction", "seen"),
    list(product([0.001, 0.01, 0.037, 0.1, 0.5], [0.3, 0.7, 0.9, 0.99], [0.0, 0.05], [1, 44])),
)
def test_recursion_is_opencvs_at_a_given_learning_rate(rate, ratio, reduction, seen):
    expected = first_background_frame_at(rate, ratio, reduction, seen, limit=3000)
    assert mog2_absorption(500, ratio, reduction, seen, rate) == expected
    assert predict_absorption(500, ratio, reduction, seen, rate).startup == expected


@pytest.mark.parametrize("rate", [None, 0.05, 0.017])
@pytest.mark.parametrize("frozen_from", [*range(30, 46), 60])
def test_a_frozen_mog2_never_absorbs_what_it_had_not_absorbed_before(rate, frozen_from):
    own = -1 if rate is None else rate
    expected = first_background_frame_at(own, 0.9, 0.05, 30, frozen_from, limit=300)
    prediction = predict_absorption(500, 0.9, 0.05, 30, rate, frozen_from)
    assert prediction.startup == expected
    assert prediction.steady == mog2_absorption(500, learning_rate=rate)  # of one that is not frozen


def test_row_of_a_frozen_mog2_predicts_nothing():
    masks = np.full((3, 4, 4), 255, np.uint8)
    still = Still(5, "config", np.ones((4, 4), bool), "config")
    seen = visible_rows("mog2", Masks(masks, np.arange(5, 8)), still)
    constants = {"history": 60, "background_ratio": 0.9, "complexity_reduction": 0.05, "learning_rate": None}
    assert absorption_row("mog2", seen, still, constants, 5)["predicted"] == 1
    assert absorption_row("mog2", seen, still, constants | {"frozen_from": 5}, 5)["predicted"] is None
