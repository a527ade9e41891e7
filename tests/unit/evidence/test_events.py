from pathlib import Path

import cv2
import numpy as np
import pytest

from bgsub.demo.story import events
from bgsub.demo.synthetic import render_frames
from bgsub.errors import InputError
from bgsub.evidence.events import EVENTS, Event, enters_frame, falls_frame, locate_events, vertical_extent
from bgsub.evidence.still import Still, locate_still

REAL_CLIP = Path(__file__).parents[3] / "../shared/data/gmdcsa24-subject4-fall03/fall.mp4"
FRAMES = 80
NOWHERE = np.zeros((2, 2), bool)


@pytest.fixture(scope="module")
def demo():
    frames, truth = zip(*render_frames(FRAMES, 120, 180), strict=True)
    return np.array(frames), np.array(truth)


def moments(frames, truth=None, **known):
    found = locate_events(frames, locate_still(frames, groundtruth=truth), groundtruth=truth, **known)
    assert {event.source for event in found} <= {"config", "groundtruth" if truth is not None else "frames"}
    return {event.event: event.frame for event in found}


def ends(frames, truth=None):
    found = locate_events(frames, locate_still(frames, groundtruth=truth), groundtruth=truth)
    return [event.end for event in found]


def test_events_of_the_demo_are_its_own(demo):
    times = events(FRAMES)
    expected = {"enters": times.enters, "falls": times.falls, "still": times.still}
    assert list(expected) == list(EVENTS)
    assert moments(*demo) == expected
    seen = moments(demo[0])
    late = [seen[event] - expected[event] for event in EVENTS]
    assert 0 <= late[0] <= 3  # the edge of a person is not yet one
    assert [abs(frames) <= 1 for frames in late[1:]] == [True, True]


def test_config_is_believed_first(demo):
    still = Still(61, "config", NOWHERE, "config", end=70)
    found = locate_events(*demo[:1], still, groundtruth=demo[1], settings={"enters": 3, "falls": 30})
    assert found == [
        Event("enters", 3, "config"),
        Event("falls", 30, "config", end=60),
        Event("still", 61, "config", end=70),
    ]
    found = locate_events(*demo[:1], still, groundtruth=demo[1], settings={"falls": 30})
    assert [event.source for event in found] == ["groundtruth", "config", "config"]


@pytest.mark.parametrize(("event", "frame"), [("enters", 80), ("falls", -1)])
def test_config_outside_the_clip_is_refused(event, frame, demo):
    with pytest.raises(
        InputError, match=rf"events\.{event}: found {frame}, expected a frame of the clip, 0 to 79"
    ):
        locate_events(demo[0], None, settings={event: frame})


def test_who_is_there_from_the_start_does_not_enter(demo):
    frames, truth = demo
    late = events(FRAMES).enters + 10
    for labels in (truth[late:], None):
        found = moments(frames[late:], labels)
        assert list(found) == list(EVENTS), labels is None
        assert found["enters"] is None  # they did, but when cannot be told
        assert abs(found["falls"] - (events(FRAMES).falls - late)) <= 1


def test_who_does_not_lie_still_has_not_fallen(demo):
    until = events(FRAMES).falls - 2  # he walks
    for labels in (demo[1][:until], None):
        assert list(moments(demo[0][:until], labels)) == ["enters"]


def test_in_an_empty_room_nothing_happens(demo):
    until = events(FRAMES).enters
    for labels in (demo[1][:until], None):
        assert moments(demo[0][:until], labels) == {}
        assert moments(demo[0][:3], None if labels is None else labels[:3]) == {}


def test_a_moment_in_the_picture_is_no_entry():
    assert enters_frame([False, True, True, True, True, False] + [True] * 5, lasting=5) == (True, 6)
    assert enters_frame([False, True, True, True, True], lasting=5) == (False, None)
    assert enters_frame([True] * 9, lasting=5) == (True, None)


def test_one_labelled_frame_with_somebody_shows_somebody():
    assert enters_frame([None, True, None]) == (True, None)
    assert enters_frame([False, None, True, None]) == (True, 2)


def test_the_first_labelled_frame_is_no_entry():
    assert enters_frame([None] * 4 + [True] * 9) == (True, None)
    assert enters_frame([None] * 4 + [False] + [True] * 9) == (True, 5)
    assert enters_frame([None] * 4) == (False, None)


def test_frames_of_which_nothing_is_said_are_not_labelled(demo):
    frames, truth = demo
    labels = truth.copy()
    labels[:30] = 85
    (enters, *_) = locate_events(frames, None, groundtruth=labels)
    assert enters == Event("enters", None, "groundtruth")


def test_a_fall_ends_where_stillness_begins_and_that_where_they_get_up(demo):
    frames, truth = demo
    up = range(events(FRAMES).still, 8, -1)
    frames, truth = np.concatenate([frames, frames[up]]), np.concatenate([truth, truth[up]])
    still = events(FRAMES).still
    assert ends(frames, truth) == ends(frames) == [None, still - 1, FRAMES]


def extents(tops, bottom=100.0):
    return np.array([(top, bottom) for top in tops], float)


def test_a_fall_begins_where_the_top_edge_begins_to_sink_fast():
    walks = [0, 1, 0, 1, 0, 1]
    assert falls_frame(extents([*walks, 2, 15, 30, 50, 65, 66, 66, 66])) == 6
    assert falls_frame(extents(np.linspace(0, 40, 30))) == 0  # so slow that it begins with the clip
    assert falls_frame(extents([*walks, 10, 20, 20, 20])) is None  # a nod
    assert falls_frame(extents(walks[::-1])) is None
    assert falls_frame(extents([0])) is None
    assert falls_frame(extents([50, 30, 10, 0])) is None  # he rises


def test_the_last_of_two_falls_is_told():
    once = [0, 0, 20, 40, 60, 60]
    assert falls_frame(extents([*once, 30, 0, *once])) == 9


def test_a_glimpse_of_something_above_is_no_fall():
    assert falls_frame(extents([60, 60, 60, 5, 60, 60, 60, 60])) is None


def test_who_comes_from_nowhere_does_not_sink():
    assert falls_frame(extents([np.nan, np.nan, 0, 0, 0, 0])) is None
    assert falls_frame(np.full((5, 2), np.nan)) is None


def test_a_raised_hand_is_not_the_top_edge():
    region = np.zeros((100, 20), bool)
    region[40:90] = True
    assert vertical_extent(region) == (42, 87)
    region[0:40, 10] = True
    assert vertical_extent(region)[0] >= 40
    assert np.isnan(vertical_extent(np.zeros((4, 4), bool))).all()


def test_events_of_the_real_clip():
    """By eye: a dark edge of him at 5, his hand at 8; he bends at 52; hips and legs are still from 75 on."""
    if not REAL_CLIP.exists():
        pytest.skip("the shared real clip is not here")
    capture = cv2.VideoCapture(str(REAL_CLIP))
    found = moments(np.stack([capture.read()[1][..., ::-1] for _ in range(200)]))
    assert 5 <= found["enters"] <= 9
    assert 51 <= found["falls"] <= 55
    assert 60 <= found["still"] <= 90
