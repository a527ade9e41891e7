import hashlib
import zipfile

import cv2
import numpy as np
import pytest

from bgsub.demo.motion import FOREARM, SHIN, THIGH, UPPER_ARM, pose_at
from bgsub.demo.room import build_room
from bgsub.demo.settings import Synthetic
from bgsub.demo.solids import Solid, View, project
from bgsub.demo.story import events
from bgsub.demo.synthetic import render_clip, render_frames

FRAMES, HEIGHT, WIDTH = 40, 120, 180
DRIFT = Synthetic.drift


@pytest.fixture(scope="module")
def clip():
    images, truth = zip(*render_frames(FRAMES, HEIGHT, WIDTH), strict=True)
    return np.array(images), np.array(truth)


@pytest.fixture(scope="module")
def times():
    return events(FRAMES)


@pytest.fixture(scope="module")
def empty(clip, times):
    """Mean of the empty room before the person enters, and the pixels that stay free of person and shadow."""
    images, truth = clip
    return images[: times.enters].mean(axis=0), (truth == 0).all(axis=0)


@pytest.fixture(scope="module")
def constant(clip):
    return (clip[0] == clip[0][0]).all(axis=(0, 3))


def test_pixels_are_the_same_on_every_machine():
    digest = hashlib.sha256()
    for image, truth in render_frames(20, 60, 90, seed=7):
        digest.update(image.tobytes())
        digest.update(truth.tobytes())
    assert digest.hexdigest() == "492ed42d52c7f0121d56b4ae1c12cc2c270b81bbd7b609813913c63e70cde616"


def test_events_of_the_default_clip():
    times = events(110)
    assert (times.enters, times.falls, times.still) == (11, 50, 61)


@pytest.mark.parametrize("rows", [7, 32, 61])
def test_room_is_the_same_in_bands_as_in_one(rows, monkeypatch):
    monkeypatch.setattr("bgsub.demo.room.BAND_ROWS", 61)
    whole = build_room(61, 90)
    monkeypatch.setattr("bgsub.demo.room.BAND_ROWS", rows)
    banded = build_room(61, 90)
    for name in ("radiance", "lit", "shadow_texel"):
        np.testing.assert_array_equal(getattr(banded, name), getattr(whole, name))


def test_shapes_and_codes(clip):
    images, truth = clip
    assert images.shape == (FRAMES, HEIGHT, WIDTH, 3)
    assert images.dtype == truth.dtype == np.uint8
    assert truth.shape == (FRAMES, HEIGHT, WIDTH)
    assert np.unique(truth).tolist() == [0, 50, 255]


def test_noise_is_independent_with_a_standard_deviation_of_three_levels(clip, empty):
    images = clip[0]
    mean, quiet = empty
    usable = quiet & (mean.min(axis=2) > 25) & (mean.max(axis=2) < 225)
    # Differences of neighbouring frames cancel the room and nearly all of the drift.
    steps = np.diff(images[:, usable].astype(float), axis=0)
    steps -= steps.mean(axis=1, keepdims=True)
    assert steps.std() / np.sqrt(2) == pytest.approx(3.0, abs=0.03)
    noise = steps[::2]
    kurtosis = (noise**4).mean() / (noise**2).mean() ** 2
    assert kurtosis == pytest.approx(3.0, abs=0.06)
    channels = np.corrcoef(noise.reshape(-1, 3).T)
    assert np.abs(channels[np.triu_indices(3, 1)]).max() < 0.02
    assert abs(np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1]) < 0.02


def test_window_and_dark_doorway_are_constant(clip, constant):
    colours = clip[0][0][constant]
    white, black = (colours == 255).all(axis=1), (colours == 0).all(axis=1)
    assert (white | black).all()
    assert 0.02 < constant.mean() < 0.05
    assert white.sum() / constant.size > 0.01
    assert black.sum() / constant.size > 0.01


def test_room_is_empty_until_the_person_enters(clip, times):
    truth = clip[1]
    assert not truth[: times.enters].any()
    assert (truth[times.enters :] == 255).any(axis=(1, 2)).all()
    first = (truth[times.enters] == 255).nonzero()[1]
    assert first.min() == 0  # from the left
    assert first.max() < WIDTH // 6


def test_person_lies_still_from_the_stated_frame_on(clip, times):
    images, truth = clip
    assert (truth[times.still :] == truth[times.still]).all()
    assert (truth[times.still - 1] != truth[times.still]).any()
    rows, columns = (truth[times.still] == 255).nonzero()
    assert np.ptp(columns) > 2 * np.ptp(rows)
    rows, columns = (truth[times.falls - 1] == 255).nonzero()
    assert np.ptp(rows) > 2 * np.ptp(columns)
    still = images[times.still :].astype(float)
    person = truth[times.still] == 255
    spread = still[:, person].std(axis=0)
    assert np.median(spread) == pytest.approx(3.0, abs=0.3)


def test_person_differs_from_the_room_and_the_room_does_not_from_itself(clip, empty, times):
    images, truth = clip
    lying = images[times.still :].mean(axis=0)
    difference = np.abs(lying - empty[0]).max(axis=2)
    assert (difference[truth[-1] == 255] > 12).mean() > 0.97
    # What the drift can do to a pixel over the clip, and five standard deviations of the two means.
    bound = 2 * DRIFT * empty[0].max(axis=2) + 5 * 3 * np.sqrt(1 / times.enters + 1 / (FRAMES - times.still))
    assert (difference <= bound)[truth[-1] == 0].mean() > 0.99


def test_luma_rule_sees_most_of_the_lying_person_but_not_all(clip, empty, times):
    images, truth = clip
    weights = (0.299, 0.587, 0.114)
    luma = images[-1] @ weights, empty[0] @ weights
    seen = (np.abs(luma[0] - luma[1]) > 50)[truth[-1] == 255].mean()
    assert 0.5 < seen < 0.9


def test_shadow_is_darker_than_the_empty_room(clip, empty, times):
    images, truth = clip
    for frame in range(times.enters, times.still + 1):
        shadow = truth[frame] == 50
        if shadow.sum() < 30:
            continue
        room = empty[0][shadow]
        brightest = room.max(axis=1)
        share = images[frame][shadow].max(axis=1) / brightest
        assert 0.55 < np.median(share) < 0.93
        assert (share < 1).mean() > 0.97


def test_person_hardly_covers_a_place_for_long_while_training(clip, times):
    training = clip[1][: FRAMES * 40 // 100] == 255
    covered = training.mean(axis=0)
    assert (covered > 0.45).mean() < 0.01
    assert covered.max() > 0.2
    lying = clip[1][-1] == 255
    assert covered[lying].mean() < 0.05


def test_exposure_drifts_smoothly_by_four_percent(clip, constant, empty):
    images = clip[0]
    usable = empty[1] & ~constant & (empty[0].max(axis=2) < 225) & (empty[0].min(axis=2) > 25)
    level = images[:, usable].mean(axis=(1, 2))
    assert level[-1] / level[0] == pytest.approx((1 + DRIFT) / (1 - DRIFT), abs=0.003)
    assert (np.diff(level) > -0.15).all()
    assert np.diff(level).max() < 0.06 * (level[-1] - level[0]) + 0.15


def test_seed_changes_the_noise_and_nothing_else(clip):
    images, truth = zip(*render_frames(FRAMES, HEIGHT, WIDTH, seed=2), strict=True)
    assert np.array_equal(truth, clip[1])
    change = np.array(images).astype(int) - clip[0]
    assert np.abs(change).max() <= 36
    assert (change != 0).mean() > 0.8
    assert abs(change.mean()) < 0.05


@pytest.mark.parametrize("bad", [{"frames": 19}, {"height": 10}, {"width": 0}, {"seed": -1}])
def test_senseless_arguments_are_named_at_once(bad, tmp_path):
    with pytest.raises(ValueError, match=next(iter(bad))):
        render_clip(tmp_path / "clip.zip", **bad)
    assert not list(tmp_path.iterdir())


def test_archive_repeats_byte_for_byte_and_holds_the_frames(tmp_path):
    seen = []

    def progress(numbers):
        for number in numbers:
            seen.append(number)
            yield number

    arguments = {"frames": 20, "height": 60, "width": 90, "seed": 3}
    render_clip(tmp_path / "a.zip", **arguments, progress=progress)
    render_clip(tmp_path / "b.zip", **arguments)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "b.zip"]
    assert seen == list(range(1, 21))
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        expected = [
            name for n in range(1, 21) for name in (f"input/in{n:06d}.png", f"groundtruth/gt{n:06d}.png")
        ]
        assert archive.namelist() == expected
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        for n, (image, truth) in enumerate(render_frames(20, 60, 90, seed=3), start=1):
            raw = [
                np.frombuffer(archive.read(f"{name}{n:06d}.png"), np.uint8)
                for name in ("input/in", "groundtruth/gt")
            ]
            assert np.array_equal(cv2.imdecode(raw[0], cv2.IMREAD_UNCHANGED)[..., ::-1], image)
            assert np.array_equal(cv2.imdecode(raw[1], cv2.IMREAD_UNCHANGED), truth)


@pytest.mark.parametrize("moment", [11.0, 23.5, 37.25, 49.5, 52.0, 55.3, 58.0, 61.0])
def test_bones_keep_their_lengths(moment):
    pose = pose_at(moment)
    for limbs, upper, lower in ((pose.legs, THIGH, SHIN), (pose.arms, UPPER_ARM, FOREARM)):
        for root, middle, end in limbs:
            assert np.linalg.norm(np.subtract(root, middle)) == pytest.approx(upper)
            assert np.linalg.norm(np.subtract(middle, end)) == pytest.approx(lower)


def test_feet_that_carry_weight_stand_still():
    ankles = np.array([[leg[2] for leg in pose_at(t).legs] for t in np.arange(15, 45, 0.1)])
    slowest = np.linalg.norm(np.diff(ankles, axis=0), axis=2).min(axis=1)
    assert np.quantile(slowest, 0.8) < 0.003  # metres in a tenth of a frame; the body moves 0.008
    middle = np.array([pose_at(t).pelvis for t in np.arange(15, 45, 0.1)])
    assert np.linalg.norm(np.diff(middle, axis=0), axis=1).min() > 0.004


@pytest.mark.parametrize("flatness", [1.0, 0.5])
def test_a_drawn_solid_lies_on_its_own_surface(flatness):
    view = View.of_picture(120, 180)
    solid = Solid(
        (-0.5, 4.0, 0.6), (0.4, 3.6, 1.2), 0.35, 0.15, part=4, normal=(0.0, 0.0, 1.0), flatness=flatness
    )
    view.draw(solid)
    hit = view.part == 4
    assert 200 < hit.sum() < 5000
    squeeze = np.array([1.0, 1.0, 1 / flatness])
    points = np.stack([p[hit] for p in view.points()], axis=1) * squeeze
    a, b = np.array(solid.a) * squeeze, np.array(solid.b) * squeeze
    # Independent of the formula: the distance to the best of many balls between the two ends is their radius.
    share = np.linspace(0, 1, 2001)[:, None]
    centres, radii = a + share * (b - a), solid.ra + share[:, 0] * (solid.rb - solid.ra)
    for point in points[:: max(1, len(points) // 100)]:
        clearance = np.linalg.norm(point - centres, axis=1) - radii
        assert clearance.min() == pytest.approx(0.0, abs=1e-5)
    for end, radius in ((solid.a, solid.ra), (solid.b, solid.rb)):  # the middles of both ends are covered
        x, y, depth = project(end)
        row, column = np.abs(view.y - y).argmin(), np.abs(view.x - x).argmin()
        assert depth - 1.3 * radius < view.depth[row, column] < depth
