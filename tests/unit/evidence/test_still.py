from pathlib import Path

import cv2
import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.evidence.still import find_still_region, locate_still, still_frame_from_groundtruth

REAL_CLIP = Path(__file__).parents[3] / "../shared/data/gmdcsa24-subject4-fall03/fall.mp4"


def person_at(column, height=40, width=60):
    labels = np.zeros((height, width), np.uint8)
    labels[10:30, column : column + 10] = 255
    return labels


def test_still_frame_is_the_first_of_five_calm_ones():
    absent = np.zeros((40, 60), np.uint8)
    walks = [person_at(column) for column in range(0, 20, 2)]
    rests = [person_at(20)] * 6
    assert still_frame_from_groundtruth([absent] * 8 + walks + rests) == 18
    assert still_frame_from_groundtruth([absent] * 8 + walks + rests[:5]) is None
    assert still_frame_from_groundtruth([absent] * 20) is None
    assert still_frame_from_groundtruth([]) is None


def test_a_change_of_two_percent_is_motion():
    one, two = person_at(20), person_at(20)
    two[10, 20:24] = 50  # 4 of 200 pixels, and a shadow is no person
    assert still_frame_from_groundtruth([one, two] * 6) is None
    two[10, 21:24] = 255  # 1 of 200
    assert still_frame_from_groundtruth([one, two] * 6) == 0


@pytest.fixture
def room():
    """Make a function that films a textured room, with noise."""
    rng = np.random.default_rng(2)
    wall = cv2.GaussianBlur(rng.uniform(40, 220, (120, 160, 3)).astype(np.float32), (0, 0), 4)

    def film(count, paint):
        frames = np.empty((count, 120, 160, 3), np.uint8)
        for index in range(count):
            picture = wall.copy()
            paint(index, picture)
            frames[index] = np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255)
        return frames

    return film


def walks_and_falls(index, picture, colour=(30, 30, 40)):
    """Walk in from the left as an upright figure from frame 5 on, then lie from frame 30 on."""
    if 5 <= index < 30:
        left = 4 * (index - 5)
        picture[40:100, left : left + 15] = colour
    elif index >= 30:
        picture[90:105, 60:110] = colour


def lying_region():
    region = np.zeros((120, 160), bool)
    region[90:105, 60:110] = True
    return region


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def test_person_who_lies_to_the_end_is_found(room):
    region, frame = find_still_region(room(60, walks_and_falls))
    assert frame == 30
    assert overlap(region, lying_region()) > 0.9


def test_exposure_that_changes_is_no_person(room):
    def paint(index, picture):
        walks_and_falls(index, picture, colour=(240, 230, 210))
        picture *= 1.0 - 0.25 * (index >= 40)

    region, frame = find_still_region(room(60, paint))
    assert frame == 30
    assert overlap(region, lying_region()) > 0.9


def test_light_on_a_wall_is_no_person(room):
    def paint(index, picture):
        picture[:, 100:] += 45 * np.clip(index / 30, 0, 1) * np.linspace(0, 1, 60)[:, np.newaxis]

    assert find_still_region(room(60, paint)) is None


def test_what_left_is_no_person(room):
    def paint(index, picture):
        if index < 30:
            picture[50:90, 50:90] = (30, 30, 40)

    assert find_still_region(room(60, paint)) is None


def test_nothing_is_found_where_nothing_lies(room):
    assert find_still_region(room(60, lambda index, picture: None)) is None
    assert find_still_region(room(30, walks_and_falls)) is None  # he still walks when the clip ends
    assert find_still_region(room(34, walks_and_falls)) is None  # and here lies for too short a time to tell
    assert find_still_region(room(9, walks_and_falls)) is None


def test_arm_that_still_moves_is_left_out(room):
    def paint(index, picture):
        walks_and_falls(index, picture)
        if index >= 45 or (index >= 30 and index % 2):
            picture[84:90, 100:110] = (30, 30, 40)

    region, frame = find_still_region(room(60, paint))
    assert frame == 30
    assert not region[:89].any()


def test_man_of_the_real_clip_is_found():
    if not REAL_CLIP.exists():
        pytest.skip("the shared real clip is not here")
    capture = cv2.VideoCapture(str(REAL_CLIP))
    frames = np.stack([capture.read()[1][..., ::-1] for _ in range(200)])
    region, frame = find_still_region(frames)
    assert 150 <= frame <= 165  # he lets himself down on his arms at about 155
    by_hand = np.zeros((480, 640), bool)
    outline = [
        (130, 478),
        (70, 428),
        (55, 415),
        (50, 400),
        (95, 380),
        (140, 350),
        (180, 350),
        (230, 375),
        (275, 395),
    ]
    outline += [(270, 415), (300, 478)]
    by_hand = cv2.fillPoly(by_hand.astype(np.uint8), [np.array(outline)], 1) > 0
    assert overlap(region, by_hand) > 0.7
    assert find_still_region(frames[:40]) is None


@pytest.fixture
def fall(room):
    frames = room(60, walks_and_falls)
    truth = np.zeros(frames.shape[:3], np.uint8)
    truth[30:, 90:105, 60:110] = 255
    return frames, truth


def test_config_is_believed_first_about_the_frame_and_ground_truth_about_the_region(fall):
    frames, truth = fall
    still = locate_still(frames, groundtruth=truth, settings={"frame": 33, "region": [0, 0, 9, 9]})
    assert (still.frame, still.frame_source, still.region_source) == (33, "config", "groundtruth")
    np.testing.assert_array_equal(still.region_at(40), lying_region())
    assert not still.region_at(10).any()


def test_ground_truth_tells_the_frame_where_config_does_not(fall):
    frames, truth = fall
    still = locate_still(frames, groundtruth=truth)
    assert (still.frame, still.frame_source, still.region_source) == (30, "groundtruth", "groundtruth")
    assert locate_still(frames, groundtruth=np.zeros_like(truth)) is None


def test_configured_region_is_used_without_ground_truth(fall):
    still = locate_still(fall[0], settings={"frame": 31, "region": [60, 90, 50, 15]})
    assert (still.frame, still.frame_source, still.region_source) == (31, "config", "config")
    np.testing.assert_array_equal(still.region_at(31), lying_region())


def test_what_config_leaves_out_is_found_in_the_frames(fall):
    still = locate_still(fall[0], settings={"frame": 35})
    assert (still.frame, still.frame_source, still.region_source) == (35, "config", "frames")
    assert overlap(still.region_at(35), lying_region()) > 0.9
    still = locate_still(fall[0], settings={"region": [60, 90, 50, 15]})
    assert (still.frame, still.frame_source, still.region_source) == (30, "frames", "config")
    still = locate_still(fall[0])
    assert (still.frame, still.frame_source, still.region_source) == (30, "frames", "frames")
    assert locate_still(np.repeat(fall[0][:1], 60, axis=0)) is None


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
