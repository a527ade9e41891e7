import cv2
import numpy as np
import pandas as pd

from bgsub.report.preview import encode_animation, overlaid, pack_moment, preview_frames, telling_moment

ABSORPTION = pd.DataFrame({"method": ["a", "b", "c"], "still_frame": 61.0, "retention": [0.6, 0.02, 0.9]})


def test_the_moment_shows_who_keeps_most_and_who_keeps_least():
    assert telling_moment(ABSORPTION, range(44, 110)) == (69, "c", "b")
    assert telling_moment(ABSORPTION, range(44, 65)) == (64, "c", "b")
    assert telling_moment(ABSORPTION, range(80, 110)) == (88, "c", "b")
    nobody = ABSORPTION.assign(still_frame=np.nan, retention=np.nan)
    assert telling_moment(nobody, range(44, 110)) == (77, "a", "c")


def test_a_mask_colours_only_its_foreground():
    frame, mask = np.full((20, 30, 3), 100, np.uint8), np.zeros((20, 30), np.uint8)
    mask[5:15, 5:15] = 255
    mask[0:2, 20:30] = 127
    painted = overlaid(frame, mask, "#ff0000")
    assert (painted[10, 10] == [185, 45, 45]).all()
    assert (painted[5, 5] == [255, 0, 0]).all()
    assert (painted[0:2, 20:30] == 100).all()
    assert (painted[18, 2] == 100).all()


def test_an_animation_keeps_its_frames_times_and_budget():
    frames = [np.full((48, 64, 3), level, np.uint8) for level in (30, 120, 220)]
    encoded = encode_animation(iter(frames), 0.2)
    done, animation = cv2.imdecodeanimation(np.frombuffer(encoded, np.uint8))
    assert done
    assert [round(float(frame[..., :3].mean())) for frame in animation.frames] == [30, 120, 220]
    assert list(animation.durations) == [200, 200, 200]
    assert encoded == encode_animation(iter(frames), 0.2)
    noise = np.random.default_rng(0).integers(0, 256, (3, 96, 128, 3), dtype=np.uint8)
    assert len(encode_animation(noise, 0.1, budget=20_000)) < len(encode_animation(noise, 0.1))


def test_a_long_clip_is_thinned():
    assert preview_frames(range(44, 110)) == range(44, 110)
    assert len(preview_frames(range(100, 1100))) <= 80


def test_pictures_of_the_moment_are_small():
    pictures = pack_moment(
        np.zeros((1080, 1920, 3), np.uint8), {"gmm": np.zeros((1080, 1920), np.uint8)}, ["gmm"]
    )
    assert [(picture["method"], picture["width"], picture["height"]) for picture in pictures] == [
        ("gmm", 480, 270)
    ]
