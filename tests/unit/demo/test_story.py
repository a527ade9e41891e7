"""What happens in a rendered clip, when, and how it is labelled."""

import functools

import numpy as np
import pytest

from bgsub.demo.story import Events, cast_at, events
from bgsub.demo.synthetic import render_frames
from bgsub.evidence.events import locate_events
from bgsub.evidence.still import locate_still, still_spans

FRAMES, HEIGHT, WIDTH = 110, 120, 180
STORIES = ("falls", "gets_up", "passer_by", "there_first", "moves_chair", "empty")


@functools.cache
def rendered(story: str) -> tuple[np.ndarray, np.ndarray]:
    images, truth = zip(*render_frames(FRAMES, HEIGHT, WIDTH, story=story), strict=True)
    return np.array(images), np.array(truth)


def people(story: str) -> np.ndarray:
    """How many pixels are foreground, by frame."""
    return (rendered(story)[1] == 255).sum(axis=(1, 2))


def test_events_of_each_story():
    assert events(110) == events(110, "passer_by") == Events(11, 50, 61)
    assert events(110, "gets_up") == Events(11, 50, 61, 76)
    assert events(110, "there_first") == Events(None, 50, 61)
    assert events(110, "moves_chair") == Events(46, None, None)
    assert events(110, "empty") == Events(None, None, None)


@pytest.mark.parametrize("story", STORIES)
def test_ground_truth_tells_the_events_that_the_story_has(story):
    images, truth = rendered(story)
    told = events(FRAMES, story)
    still = locate_still(images, groundtruth=truth)
    found = {event.event: event for event in locate_events(images, still, groundtruth=truth)}
    assert ("still" in found) == (told.still is not None)
    assert ("enters" in found) == (story != "empty")
    if story != "empty":
        # Somebody who moves a chair is out of sight for a frame when they come.
        assert found["enters"].frame in (told.enters, told.enters and told.enters + 1)
    if told.still is not None:
        assert found["still"].frame == told.still
        assert abs(found["falls"].frame - told.falls) <= 1
        last = FRAMES - 1 if told.rises is None else told.rises - 1
        assert abs(found["still"].end - last) <= 1


def test_nobody_is_in_the_empty_room():
    assert not rendered("empty")[1].any()
    assert cast_at(50, "empty") == ()


def test_who_is_there_first_stands_until_they_walk():
    truth = rendered("there_first")[1]
    assert (truth[:25] == truth[0]).all()
    assert (truth[25] != truth[0]).any()
    assert people("there_first")[0] > 500
    assert np.array_equal(truth[30:], rendered("falls")[1][30:])


def test_who_gets_up_stands_again_and_leaves():
    truth = rendered("gets_up")[1]
    assert np.array_equal(truth[:76], rendered("falls")[1][:76])
    assert still_spans(truth) == [(61, 75)]
    rows, columns = np.nonzero(truth[90] == 255)
    assert np.ptp(rows) > 1.5 * np.ptp(columns)
    assert people("gets_up")[90:102].all()
    assert not truth[104:].any()


def test_passer_by_hides_who_lies_for_a_while():
    truth, alone = rendered("passer_by")[1], rendered("falls")[1]
    lying = alone[-1] == 255
    passing = np.array([((labels == 255) & ~lying).sum() for labels in truth])
    assert np.flatnonzero(passing[61:]).tolist() == list(range(73 - 61, 100 - 61))
    assert ((truth == 255) | ~lying)[61:].all()
    images = rendered("passer_by")[0].astype(int)
    hidden = np.abs(images[88] - images[66]).max(axis=2)[lying] > 40
    assert 0.1 < hidden.mean() < 0.6
    assert np.array_equal(truth[100:], alone[100:])


def test_moved_chair_is_foreground_while_it_moves_and_unknown_where_it_is_left():
    images, truth = rendered("moves_chair")
    assert not truth[:46].any()
    before, after = (images[span].mean(axis=0) for span in (slice(0, 40), slice(95, None)))
    changed = np.abs(after - before).max(axis=2) > 25
    left = truth[-1] == 170
    bare = changed & ~left  # the bare floor, where the chair had been
    assert left.sum() > 100 < bare.sum()
    assert not truth[95:][:, bare].any()
    assert not (truth[95:] == 255).any()
    assert (truth[95:] == truth[-1]).all()
    # While it is pushed, chair and person are one foreground, larger than the person before.
    assert people("moves_chair")[60] > 1.25 * people("moves_chair")[52]
    assert not (truth[:60] == 170).any()
