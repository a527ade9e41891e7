from base64 import b64decode
from fractions import Fraction

import cv2
import numpy as np
from defaults import NAMES

from bgsub.report.preview import Preview, overlaid, pack_moment, pack_poster


def test_a_mask_colours_only_its_foreground():
    frame, mask = np.full((20, 30, 3), 100, np.uint8), np.zeros((20, 30), np.uint8)
    mask[5:15, 5:15] = 255
    mask[0:2, 20:30] = 127
    painted = overlaid(frame, mask, "#ff0000")
    assert (painted[10, 10] == [185, 45, 45]).all()
    assert (painted[5, 5] == [255, 0, 0]).all()
    assert (painted[0:2, 20:30] == 100).all()
    assert (painted[18, 2] == 100).all()


def animation_of(frames, fps: int = 5, **options) -> bytes:
    preview = Preview(len(frames), Fraction(fps))
    assert [frame.tobytes() for frame in preview.watching(frames)] == [frame.tobytes() for frame in frames]
    return preview.encoded(**options)


def decoded(encoded: bytes) -> cv2.Animation:
    done, animation = cv2.imdecodeanimation(np.frombuffer(encoded, np.uint8))
    assert done
    return animation


def test_an_animation_keeps_its_frames_times_and_budget():
    frames = [np.full((48, 64, 3), level, np.uint8) for level in (30, 120, 220)]
    animation = decoded(animation_of(frames))
    assert [round(float(frame[..., :3].mean())) for frame in animation.frames] == [30, 120, 220]
    assert list(animation.durations) == [200, 200, 200]
    assert animation_of(frames) == animation_of(frames)
    noise = np.random.default_rng(0).integers(0, 256, (3, 96, 128, 3), dtype=np.uint8)
    assert len(animation_of(noise, budget=20_000)) < len(animation_of(noise))


def test_a_long_video_is_thinned_and_a_wide_one_narrowed():
    frames = [np.full((40, 1200, 3), level, np.uint8) for level in np.arange(100) * 37 % 251]
    animation = decoded(animation_of(frames, fps=10))
    assert [round(float(frame[..., :3].mean())) for frame in animation.frames[:3]] == [0, 111, 222]
    assert len(animation.frames) == 34
    assert set(animation.durations) == {300}
    assert animation.frames[0].shape[:2] == (32, 960)


def test_pictures_of_the_moment_are_small():
    pictures = pack_moment(
        np.zeros((1080, 1920, 3), np.uint8), {"gmm": np.zeros((1080, 1920), np.uint8)}, NAMES.methods
    )
    assert [(picture["method"], picture["width"], picture["height"]) for picture in pictures] == [
        ("gmm", 480, 270)
    ]


def test_a_poster_tells_the_size_of_the_frame_it_shows_in_small():
    frame = np.full((60, 960, 3), (200, 120, 40), np.uint8)
    poster = pack_poster(frame)
    shown = cv2.imdecode(np.frombuffer(b64decode(poster["image"]), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert (poster["height"], poster["width"], shown.shape) == (60, 960, (30, 480, 3))
    assert np.abs(shown.mean((0, 1)) - (200, 120, 40)).max() < 4
