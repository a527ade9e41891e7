"""Each trouble of a rendered clip does what its setting says, and leaves everything else as it was."""

import functools

import cv2
import numpy as np
import pytest

from bgsub.demo import camera
from bgsub.demo.settings import Synthetic
from bgsub.demo.synthetic import render_frames

FRAMES, HEIGHT, WIDTH = 40, 120, 180


@functools.cache
def rendered(**settings) -> tuple[np.ndarray, np.ndarray]:
    images, truth = zip(*render_frames(FRAMES, HEIGHT, WIDTH, **settings), strict=True)
    return np.array(images), np.array(truth)


def unclipped(images: np.ndarray) -> np.ndarray:
    """Pixels of the empty room that never come near black or white."""
    return (images.min(axis=(0, 3)) > 30) & (images.max(axis=(0, 3)) < 220)


def test_light_drifts_along_its_curve():
    images, _ = rendered(story="empty", drift=0.15, noise=0)
    level = images[:, unclipped(images)].mean(axis=(1, 2))
    moment = np.linspace(0, 1, FRAMES)
    curve = 1 + 0.15 * (2 * (3 * moment**2 - 2 * moment**3) - 1)
    assert level / level.mean() == pytest.approx(curve / curve.mean(), abs=0.002)


def test_lamp_brightens_its_corner_from_its_moment_on():
    (without, truth), (lit, same) = rendered(), rendered(lamp=0.75)
    assert np.array_equal(truth, same)
    assert np.array_equal(without[:30], lit[:30])
    change = lit[30:].astype(int) - without[30:]
    assert change.min() >= 0  # the noise is that of the same seed
    bright = change.max(axis=3).mean(axis=0)
    assert 0.1 < (bright > 20).mean() < 0.5
    assert bright[:, 90:130].max() > 60 > bright[:, :20].max()
    person = truth[-1] == 255
    assert 0 < bright[person].mean() < 20


def test_little_light_is_as_dark_noisy_and_banded_as_said():
    dark, bright = (rendered(story="empty", drift=0, noise=0, light=light)[0] for light in (0.4, 1.0))
    usable = unclipped(bright)
    assert dark[0][usable].mean() / bright[0][usable].mean() == pytest.approx(0.4, abs=0.002)
    noisy, _ = rendered(story="empty", drift=0, light=0.4, noise=5, banding=2)
    usable &= dark.min(axis=(0, 3)) > 25
    off = (noisy.astype(float) - dark)[:, usable]
    assert off.std() == pytest.approx(np.hypot(5, 2), abs=0.1)
    off = noisy.astype(float) - dark
    rows = np.array([off[:, row][:, usable[row]].mean(axis=(1, 2)) for row in range(60)])
    assert rows.std() == pytest.approx(2, abs=0.15)
    assert abs(np.corrcoef(rows[:, 0], rows[:, 1])[0, 1]) < 0.35  # new ones in each frame
    plain, _ = rendered(story="empty", drift=0, light=0.4, noise=5)
    assert (plain.astype(float) - dark)[:, usable].std() == pytest.approx(5, abs=0.05)


def test_camera_shakes_as_far_as_said_and_the_labels_with_it():
    settings = Synthetic(frames=FRAMES, height=HEIGHT, width=WIDTH, jitter=3, noise=0)
    shifts = np.array(camera.shaking(settings)) / 16
    assert 2 < np.abs(shifts).max() <= 3
    assert 0.9 < shifts.std() < 1.6
    images, truth = rendered(jitter=3, noise=0)
    grey = images.mean(axis=3).astype(np.float32)
    window = cv2.createHanningWindow((WIDTH, HEIGHT), cv2.CV_32F)
    for frame in range(1, 4):  # nobody is there yet
        (right, down), _ = cv2.phaseCorrelate(grey[0], grey[frame], window)
        # The picture moves against the camera.
        assert (down, right) == pytest.approx(shifts[0] - shifts[frame], abs=0.3)
    assert set(np.unique(truth)) == {0, 50, 170, 255}
    lies = truth[24:]  # the middle of the person goes with the camera
    middle = np.array([np.mean(np.nonzero(labels == 255), axis=1) for labels in lies])
    moved = shifts[24:].mean(axis=0) - shifts[24:]
    middle -= middle.mean(axis=0)
    assert np.abs(middle - moved).max() < 0.6  # what is not wholly the person's is unknown
    assert np.corrcoef(middle.ravel(), moved.ravel())[0, 1] > 0.9
    edge = cv2.dilate((lies[0] == 255).astype(np.uint8), np.ones((3, 3)))
    assert ((lies[0] == 170) & (edge > 0)).any()
    assert (truth[:4] == 0).all()


def test_shift_by_whole_pixels_cuts_and_by_half_of_one_mixes():
    picture = np.arange(36, dtype=np.int32).reshape(6, 6, 1) * 64
    assert np.array_equal(camera.aim(picture, 2, (-16, 32)), picture[1:3, 4:6])
    assert np.array_equal(camera.aim(picture, 2, (0, 8)), (picture[2:4, 2:4] + picture[2:4, 3:5]) // 2)
    labels = np.zeros((6, 6), np.uint8)
    labels[:, 3:] = 255
    assert camera.aim_labels(labels, 2, (0, 0)).tolist() == [[0, 255], [0, 255]]
    assert camera.aim_labels(labels, 2, (0, 8)).tolist() == [[170, 255], [170, 255]]
    assert camera.aim_labels(labels, 2, (3, 16)).tolist() == [[255, 255], [255, 255]]


def test_draught_moves_curtain_and_plant_and_no_label():
    images, truth = rendered(story="empty", drift=0, noise=0, draught=0.12)
    assert not truth.any()
    moves = np.ptp(images.astype(int), axis=0).max(axis=2) > 12
    assert 0.02 < moves.mean() < 0.15
    rows, columns = np.nonzero(moves)
    assert columns.min() > WIDTH // 3  # neither bookcase nor sofa
    assert rows.max() < HEIGHT * 0.55
    parts, _ = cv2.connectedComponents(cv2.dilate(moves.astype(np.uint8), np.ones((5, 5))))
    assert parts - 1 == 2
    people = rendered(draught=0.12)[1]
    assert np.array_equal(people, rendered()[1])


def test_hard_shadows_are_darker_and_sharper_and_labelled_50():
    soft, soft_truth = rendered(noise=0, drift=0)
    hard, hard_truth = rendered(noise=0, drift=0, shadow="hard")
    empty = rendered(story="empty", noise=0, drift=0)[0][0].astype(float).max(axis=2)
    assert np.array_equal(soft_truth == 255, hard_truth == 255)
    frame = 20

    def left(images: np.ndarray, truth: np.ndarray) -> np.ndarray:
        shadow = truth[frame] == 50
        return (images[frame].max(axis=2) / np.maximum(empty, 1))[shadow]

    assert np.median(left(hard, hard_truth)) == pytest.approx(0.28, abs=0.02)
    assert np.median(left(soft, soft_truth)) > 0.55
    # Nearly all of a hard shadow is as dark as its middle, much of a soft one is not.
    assert (left(hard, hard_truth) < 0.35).mean() > 0.95
    assert (left(soft, soft_truth) < 0.65).mean() < 0.8


@pytest.mark.parametrize("shape", [(HEIGHT, WIDTH), (61, 91)])
def test_compressed_frames_repeat_and_lose_what_h264_loses(shape):
    film = [list(render_frames(20, *shape, crf=30)) for _ in range(2)]
    raw = list(render_frames(20, *shape))
    for (image, truth), (again, _), (was, labels) in zip(*film, raw, strict=True):
        assert image.shape == (*shape, 3)
        assert np.array_equal(image, again)
        assert np.array_equal(truth, labels)
        off = image.astype(float) - was
        assert 3 < np.sqrt((off**2).mean()) < 12
        assert abs(off.mean()) < 2  # what is dropped is brighter than what is left
    # Where nothing moves the noise is gone from one frame to the next.
    still = np.abs(film[0][1][0].astype(int) - film[0][0][0])
    assert np.median(still) < 1 < np.median(np.abs(raw[1][0].astype(int) - raw[0][0]))
