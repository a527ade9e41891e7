"""Stillness from the frames alone: on rendered scenes, made rooms, and the real clips where they are."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from bgsub.demo.story import events
from bgsub.demo.synthetic import render_frames
from bgsub.evidence.motion import calm_stretches
from bgsub.evidence.scene import study

DATA = Path(__file__).parents[3] / "../shared/data"


@pytest.fixture(scope="module")
def demo():
    frames, truth = zip(*render_frames(110, 240, 360), strict=True)
    return np.array(frames), np.array(truth)


def spans(frames):
    return [(rest.start, rest.end) for rest in study(frames).rests]


def video(name):
    path = DATA / name / "fall.mp4"
    if not path.exists():
        pytest.skip("the shared real clips are not here")
    capture, frames = cv2.VideoCapture(str(path)), []
    while (decoded := capture.read())[0]:
        frames.append(cv2.resize(decoded[1][..., ::-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return np.stack(frames)


def images(name):
    paths = sorted((DATA / name / "input").glob("*.jpg"))
    if not paths:
        pytest.skip("the shared real clips are not here")
    return np.stack([cv2.imread(str(path))[..., ::-1] for path in paths])


@pytest.mark.parametrize(("frames", "height", "width"), [(110, 240, 360), (30, 60, 80), (200, 120, 180)])
def test_the_rendered_person_is_found_where_and_when_they_lie(frames, height, width):
    pictures, truth = zip(*render_frames(frames, height, width), strict=True)
    (rest,) = study(np.array(pictures)).rests
    assert abs(rest.start - events(frames).still) <= 1
    assert rest.end == frames - 1
    person = cv2.resize((truth[-1] == 255).astype(np.uint8), rest.region.shape[::-1]) > 0
    assert (rest.region & person).sum() / (rest.region | person).sum() > 0.5


def test_who_gets_up_lies_no_longer(demo):
    frames, _ = demo
    assert spans(np.concatenate([frames, frames[60:12:-1]])) == [(61, 109)]
    assert spans(np.concatenate([frames, frames[60::-1], frames])) == [(61, 109), (232, 280)]
    assert spans(frames[::-1]) == [(0, 48)]  # lies there from the first frame


def test_who_is_there_from_the_first_frame_is_found_to_lie(demo):
    for first in (25, 45):
        assert spans(demo[0][first:]) == [(61 - first, 109 - first)]


def test_before_the_fall_and_in_an_empty_room_nobody_lies(demo):
    for frames in (demo[0][:48], demo[0][:58], demo[0][:11]):
        assert spans(frames) == []
    assert spans(demo[0][:3]) == spans(demo[0][:1]) == []


@pytest.fixture
def room(demo):
    return cv2.resize(demo[0][5], (180, 120), interpolation=cv2.INTER_AREA).astype(np.float32)


def film(room, paint, count=80):
    rng = np.random.default_rng(3)
    pictures = (paint(room.copy(), index) for index in range(count))
    return np.stack(
        [np.clip(picture + rng.normal(0, 3, room.shape), 0, 255).astype(np.uint8) for picture in pictures]
    )


def test_light_that_changes_is_nobody(room):
    lamp = 60 * np.exp(-((np.arange(180) - 100) ** 2) / 1200)[:, np.newaxis]
    assert spans(film(room, lambda picture, index: picture + lamp * (index >= 40))) == []
    assert spans(film(room, lambda picture, index: picture + lamp * min(index / 30, 1))) == []
    assert spans(film(room, lambda picture, index: picture * (1 - 0.4 * (index >= 40)))) == []


def test_a_camera_that_shakes_or_was_pushed_shows_nobody(room):
    rng = np.random.default_rng(4)

    def shake(picture, index):
        shift = np.float32([[1, 0, rng.normal(0, 1.5)], [0, 1, rng.normal(0, 1.5)]])
        return cv2.warpAffine(picture, shift, picture.shape[1::-1], borderMode=cv2.BORDER_REFLECT)

    assert spans(film(room, shake)) == []
    assert (
        spans(film(room, lambda picture, index: shake(picture, index) if index % 40 < 20 else picture)) == []
    )
    assert spans(film(room, lambda picture, index: np.roll(picture, 3 * (index >= 40), axis=1))) == []


def test_who_stands_still_does_not_lie(room):
    def walks_in(picture, index):
        left = 3 * min(index, 30)
        picture[20:110, left : left + 25] = (40, 40, 60)
        return picture

    assert spans(film(room, walks_in)) == []


def test_where_somebody_lay_nobody_lies(room):
    cloth = np.random.default_rng(7).uniform(0, 90, (6, 12, 3)).repeat(5, axis=0).repeat(5, axis=1)

    def is_pulled_out(picture, index):
        left = 60 + 6 * max(index - 30, 0)
        picture[70:100, left : left + 60] = cloth[:, : max(180 - left, 0)]
        return picture

    ((start, end),) = spans(film(room, is_pulled_out))
    assert start == 0
    assert 28 <= end <= 32


def test_calm_stretches_are_not_broken_by_a_stir():
    energy = np.full(100, 0.3)
    energy[40:] = 0.01
    energy[60:65] = 0.2
    assert calm_stretches(energy) == [range(40, 100)]
    energy[60:75] = 0.2
    assert calm_stretches(energy) == [range(75, 100), range(40, 60)]
    assert calm_stretches(np.concatenate([energy[:40], energy[40:48]])) == []


@pytest.mark.parametrize(
    ("name", "there", "still"),
    [
        ("gmdcsa24-subject1-fall13", True, 50),
        ("gmdcsa24-subject3-fall16", True, 50),
        ("gmdcsa24-subject4-fall03", False, 75),
    ],
)
def test_the_men_of_the_real_falls_are_found(name, there, still):
    """Seen by eye: since when they lie still, and that two of them are there from the first frame on."""
    frames = video(name)
    scene = study(frames)
    (rest,) = scene.rests
    assert abs(rest.start - still) <= 15
    assert rest.end == len(frames) - 1
    assert (scene.someone(frames, 0) is not None) == there
    assert spans(frames[: still - 15]) == []


@pytest.mark.parametrize("name", ["cdnet-highway-1050-1350", "cdnet-traffic-950-1050"])
def test_on_a_street_nobody_lies_still(name):
    assert spans(images(name)) == []
