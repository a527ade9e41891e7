from fractions import Fraction

import cv2
import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.evidence.still import Still, locate_still, locate_stills, longest, still_rows, still_spans, timed
from bgsub.source.rate import Rate


def person_at(column, height=40, width=60):
    labels = np.zeros((height, width), np.uint8)
    labels[20:30, column : column + 20] = 255
    return labels


def test_stillness_begins_with_the_first_of_five_calm_frames():
    absent = np.zeros((40, 60), np.uint8)
    walks = [person_at(column) for column in range(0, 20, 2)]
    rests = [person_at(20)] * 6
    assert still_spans([absent] * 8 + walks + rests) == [(18, 23)]
    assert still_spans([absent] * 8 + walks + rests[:5]) == []
    assert still_spans([absent] * 20) == still_spans([]) == []


def test_stillness_ends_when_the_person_gets_up_and_may_come_again():
    walks = [person_at(column) for column in range(0, 20, 2)]
    rests = [person_at(20)] * 9
    leaves = [person_at(column) for column in range(22, 40, 2)]
    assert still_spans([*walks, *rests, *leaves, *[person_at(40)] * 7]) == [(10, 18), (28, 34)]
    assert still_spans([*walks, *rests, *[np.zeros((40, 60), np.uint8)] * 20]) == [(10, 18)]


def test_to_stir_is_not_to_get_up():
    rests = [person_at(20)] * 9
    assert still_spans([*rests, person_at(22), person_at(24), person_at(21), *rests]) == [(0, 20)]


def test_who_stands_still_does_not_lie():
    stands = np.zeros((40, 60), np.uint8)
    stands[5:35, 20:30] = 255
    assert still_spans([stands] * 20) == []


def test_a_change_of_two_percent_is_motion():
    one, two = person_at(20), person_at(20)
    two[20, 20:24] = 50  # 4 of 200 pixels, and a shadow is no person
    assert still_spans([one, two] * 6) == []
    two[20, 21:24] = 255  # 1 of 200
    assert still_spans([one, two] * 6) == [(0, 11)]


@pytest.fixture
def fall():
    """A textured room with noise: an upright figure walks in from frame 5 on, and lies from frame 30 on."""
    rng = np.random.default_rng(2)
    wall = cv2.GaussianBlur(rng.uniform(40, 220, (120, 160, 3)).astype(np.float32), (0, 0), 4)
    frames, truth = np.empty((60, 120, 160, 3), np.uint8), np.zeros((60, 120, 160), np.uint8)
    for index, frame in enumerate(frames):
        picture = wall.copy()
        if 5 <= index < 30:
            left = 4 * (index - 5)
            picture[40:100, left : left + 15] = (30, 30, 40)
        elif index >= 30:
            picture[90:105, 60:110] = (30, 30, 40)
        frame[:] = np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255)
    truth[30:, 90:105, 60:110] = 255
    return frames, truth


def lying_region():
    region = np.zeros((120, 160), bool)
    region[90:105, 60:110] = True
    return region


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def test_config_is_believed_first_about_the_frame_and_ground_truth_about_the_region(fall):
    frames, truth = fall
    still = locate_still(frames, groundtruth=truth, settings={"frame": 33, "region": [0, 0, 9, 9]})
    assert (still.frame, still.frame_source, still.region_source) == (33, "config", "groundtruth")
    np.testing.assert_array_equal(still.region_at(40), lying_region())
    assert not still.region_at(10).any()


def test_ground_truth_tells_the_frame_where_config_does_not(fall):
    frames, truth = fall
    still = locate_still(frames, groundtruth=truth)
    assert (still.frame, still.end, still.frame_source, still.region_source) == (
        30,
        59,
        "groundtruth",
        "groundtruth",
    )
    assert locate_still(frames, groundtruth=np.zeros_like(truth)) is None


def test_configured_region_is_used_without_ground_truth(fall):
    still = locate_still(fall[0], settings={"frame": 31, "region": [60, 90, 50, 15]})
    assert (still.frame, still.frame_source, still.region_source) == (31, "config", "config")
    np.testing.assert_array_equal(still.region_at(31), lying_region())


def test_what_config_leaves_out_is_found_in_the_frames(fall):
    still = locate_still(fall[0], settings={"frame": 35})
    assert (still.frame, still.end, still.frame_source, still.region_source) == (35, 59, "config", "frames")
    assert overlap(still.region_at(35), lying_region()) > 0.9
    still = locate_still(fall[0], settings={"region": [60, 90, 50, 15]})
    assert (still.frame, still.frame_source, still.region_source) == (30, "frames", "config")
    still = locate_still(fall[0])
    assert (still.frame, still.frame_source, still.region_source) == (30, "frames", "frames")
    assert locate_still(np.repeat(fall[0][:1], 60, axis=0)) is None


def test_the_end_of_a_configured_stillness_is_found(fall):
    frames, truth = fall
    up = range(29, 4, -1)  # he gets up and walks out as he came
    frames, truth = np.concatenate([frames, frames[up]]), np.concatenate([truth, truth[up]])
    settings = {"frame": 31, "region": [60, 90, 50, 15]}
    assert locate_still(frames, settings=settings).frames(len(frames)) == range(31, 60)
    assert locate_still(frames, groundtruth=truth, settings=settings).frames(len(frames)) == range(31, 60)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"frame": 60}, "still.frame"),
        ({"frame": -1}, "still.frame"),
        ({"frame": 30, "region": [150, 0, 11, 10]}, "still.region"),
        ({"frame": 30, "region": [0, 100, 10, 21]}, "still.region"),
        ({"frame": 30, "region": [-1, 0, 10, 10]}, "still.region"),
        ({"frame": 30, "region": [0, 0, 0, 10]}, "still.region"),
    ],
)
def test_config_outside_the_clip_is_refused(fall, settings, key):
    with pytest.raises(InputError, match=key):
        locate_still(fall[0], settings=settings)


def test_rows_tell_when_how_long_and_in_which_box(fall):
    frames, truth = fall
    (row,) = timed(
        still_rows(locate_stills(frames, groundtruth=truth), len(frames)), Rate(Fraction(15), "file")
    )
    assert row == {
        "start": 30,
        "end": 59,
        "seconds": 2.0,
        "region": "60 90 50 15",
        "known_by": "groundtruth",
        "rate_known_by": "file",
    }
    assert timed(still_rows([], 60), Rate(Fraction(15), "file")) == []


def test_the_longest_of_several_is_the_main_one():
    nowhere = np.zeros((2, 2), bool)
    short, long = (Still(first, "frames", nowhere, "frames", last) for first, last in ((3, 9), (20, None)))
    assert longest([short, long], 40) is long
    assert longest([short, long], 25) is short
    assert longest([], 40) is None
    assert [frame for frame in range(12) if short.lasts(frame)] == list(range(3, 10))
    assert long.lasts(39)
    assert not long.lasts(19)


def test_region_of_the_man_of_the_real_clip_is_as_by_hand(fall_video):
    capture = cv2.VideoCapture(str(fall_video))
    frames = np.stack([capture.read()[1][..., ::-1] for _ in range(200)])
    outline = [(130, 478), (70, 428), (55, 415), (50, 400), (95, 380), (140, 350), (180, 350), (230, 375)]
    outline += [(275, 395), (270, 415), (300, 478)]
    by_hand = cv2.fillPoly(np.zeros((480, 640), np.uint8), [np.array(outline)], 1) > 0
    assert overlap(locate_still(frames).region_at(180), by_hand) > 0.7
