import cv2
import numpy as np
import pytest

from bgsub.evidence.ghosts import Training, check_training, find_ghosts, training_row
from bgsub.evidence.scene import study

HERE, THERE = (slice(60, 110), slice(30, 60)), (slice(40, 110), slice(140, 165))
COLOUR = (30, 30, 45)


@pytest.fixture(scope="module")
def room():
    rng = np.random.default_rng(5)
    return cv2.GaussianBlur(rng.uniform(60, 230, (160, 240, 3)).astype(np.float32), (0, 0), 5)


def shot(room, *places):
    picture = room.copy()
    for place in places:
        picture[place] = COLOUR
    noise = np.random.default_rng(6).normal(0, 2, room.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def marked(*places):
    mask = np.zeros((160, 240), np.uint8)
    for place in places:
        mask[place] = 255
    return mask


def test_where_the_background_holds_somebody_is_a_ghost(room):
    background, frame = shot(room, HERE), shot(room, THERE)
    np.testing.assert_array_equal(find_ghosts(marked(HERE, THERE), frame, background), marked(HERE) > 0)
    np.testing.assert_array_equal(find_ghosts(marked(HERE, THERE), background, frame), marked(THERE) > 0)


def test_who_is_in_the_frame_only_is_no_ghost(room):
    assert not find_ghosts(marked(HERE, THERE), shot(room, HERE, THERE), shot(room)).any()
    assert (
        find_ghosts(marked(HERE, THERE), shot(room), shot(room, HERE, THERE)).sum()
        == (marked(HERE, THERE) > 0).sum()
    )


def test_a_ghost_that_touches_the_person_is_told_from_them(room):
    """He stood, and lies now: where the two overlap nothing is marked, as the colour is the same."""
    stood, lies = (slice(20, 120), slice(80, 110)), (slice(100, 130), slice(60, 180))
    mask = marked(stood, lies)
    mask[stood[0].start + 80 : 120, stood[1]] = 0
    mask[100:104, 80:110] = 255  # ... but for a strip, by which they hang together
    ghost = find_ghosts(mask, shot(room, lies), shot(room, stood))
    standing, lying = (
        (mask > 0) & (np.arange(160) < 96)[:, None],
        (mask > 0) & (np.arange(160) > 108)[:, None],
    )
    assert ghost[standing].mean() > 0.9
    assert ghost[lying].mean() < 0.25  # near the notch the outline is an edge of the background


def test_a_shadow_in_a_mask_is_nothing_marked(room):
    mask = np.where(marked(HERE) > 0, 127, 0).astype(np.uint8)
    assert not find_ghosts(mask, shot(room), shot(room, HERE)).any()
    assert not find_ghosts(np.full((160, 240), 255, np.uint8), shot(room), shot(room, HERE)).any()


def stands_then_leaves(room, stands=20, count=80):
    """Somebody stands still, then walks out to the right; the room stays empty."""
    frames = []
    for index in range(count):
        left = 30 + 8 * max(index - stands, 0)
        frames.append(shot(room, (slice(50, 130), slice(left, left + 30))) if left < 240 else shot(room))
    return np.stack(frames)


def test_somebody_in_the_training_frames_is_found_and_so_is_what_would_do(room):
    frames = stands_then_leaves(room)
    scene = study(frames)
    training = check_training(frames[:30], range(30), scene)
    stood = np.zeros((160, 240), bool)
    stood[50:130, 30:60] = True
    assert (training.held & stood).sum() / (training.held | stood).sum() > 0.7
    assert training.train_frames is None  # he stands there from the first frame on
    assert 45 <= training.empty[0] <= 52
    assert training.empty[-1] == 79
    row = training_row(training, len(frames))
    assert (row["train_fraction"], row["empty_end"]) == (None, 79)
    mask = np.where(stood, 255, 0).astype(np.uint8)
    assert training.ghosts(frames[70], mask)[stood].mean() > 0.9
    assert not training.ghosts(frames[3], mask).any()


def test_who_comes_late_is_held_by_many_frames_but_not_by_few(room):
    frames = stands_then_leaves(room)[::-1]  # walks in at about 32, stands from 59 on
    training = check_training(frames[:76], range(76), study(np.concatenate([frames, frames[::-1]])))
    assert training.held is None  # in less than half of the training frames
    late = np.concatenate([frames[20:], np.repeat(frames[-1:], 40, axis=0), frames[::-1]])
    training = check_training(late[:90], range(90), study(late))
    assert training.held is not None
    assert 8 <= training.train_frames < 80
    count = len(late)
    assert int(training_row(training, count)["train_fraction"] * count) == training.train_frames


def test_an_empty_room_and_one_that_somebody_walks_through_hold_nobody(room):
    empty = np.stack([shot(room)] * 30)
    assert check_training(empty[:12], range(12), study(empty)).held is None
    walk = np.stack([shot(room, (slice(50, 130), slice(5 * i, 5 * i + 30))) for i in range(40)])
    assert check_training(walk[:30], range(30), study(walk)).held is None


def test_without_somebody_in_the_training_frames_nothing_is_a_ghost(room):
    training = Training(shot(room), None)
    assert not training.ghosts(shot(room), marked(HERE)).any()
    assert training_row(training, 50) == {
        "held": 0.0,
        "train_fraction": None,
        "empty_start": None,
        "empty_end": None,
        "view_offset": None,
    }


def test_a_camera_that_moves_is_told_and_nobody_is_said_to_be_held():
    """Of a view that drifts by a fifth of its width the median shows what is later elsewhere."""
    rng = np.random.default_rng(7)
    wide = np.repeat(np.repeat(rng.uniform(40, 220, (16, 24, 3)), 10, axis=0), 10, axis=1)
    noise = rng.normal(0, 3, (60, 160, 200, 3))
    views = [wide[:, place : place + 200] for place in np.linspace(0, 40, 60).astype(int)]
    frames = np.clip(np.stack(views) + noise, 0, 255).astype(np.uint8)
    training = check_training(frames[:20], range(20), study(frames))
    assert training.held is None
    row = training_row(training, len(frames))
    # From the middle frame on 20 pixels either way, of which one frame in ten has 18 or more.
    assert row["view_offset"] == pytest.approx(18, abs=1.5)
    assert row["held"] == 0


def test_who_walks_through_a_still_picture_does_not_move_the_camera(room):
    frames = np.stack([shot(room, (slice(40, 120), slice(place, place + 40))) for place in range(0, 180, 4)])
    assert not study(frames).camera_moves
