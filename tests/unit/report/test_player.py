import base64
import zlib

import cv2
import numpy as np
import pytest

from bgsub.masks.mask_file import Masks
from bgsub.report.player import (
    choose_shown,
    encode_picture,
    encode_pictures,
    mask_codes,
    pack_player,
    truth_codes,
)


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 48, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("test", "height", "width", "frames", "size"),
    [
        (range(44, 110), 480, 720, range(44, 110), (720, 480)),
        (range(10, 250), 64, 96, range(10, 250), (96, 64)),
        (range(10, 251), 64, 96, range(10, 251, 2), (96, 64)),
        (range(4000, 10000), 1080, 1920, range(4000, 10000, 25), (720, 405)),
    ],
)
def test_long_and_large_clips_are_thinned(test, height, width, frames, size):
    assert choose_shown(test, height, width) == (frames, size)


def test_codes():
    assert mask_codes(np.array([0, 127, 255], np.uint8)).tolist() == [0, 1, 2]
    assert truth_codes(np.array([0, 50, 85, 170, 255], np.uint8)).tolist() == [0, 1, 3, 3, 2]


def test_pictures_are_rgb():
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 200
    decoded = cv2.imdecode(np.frombuffer(encode_picture(red, (64, 48), 90), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.abs(decoded.astype(int) - [200, 0, 0]).max() < 10


def test_pictures_keep_to_the_budget_and_are_as_good_as_it_allows():
    frames = noise(12)
    best = sum(map(len, encode_pictures(frames, (64, 48), 10**9)))
    tight = sum(map(len, encode_pictures(frames, (64, 48), best * 2 // 3)))
    assert tight < best
    assert tight <= 1.05 * best * 2 / 3


def test_a_clip_is_packed_and_masks_are_scaled_without_new_values():
    clip, masks = noise(6), np.zeros((4, 48, 64), np.uint8)
    masks[:, 10:20, 10:30] = 255
    shown = choose_shown(range(2, 6), 48, 64)._replace(frames=range(2, 6, 2), size=(32, 24))
    stored = Masks(masks, np.arange(2, 6, dtype=np.int32))
    packed = pack_player(clip, shown, {"gmm": stored}, np.full((6, 48, 64), 170, np.uint8))
    assert (packed["width"], packed["height"], packed["frames"]) == (32, 24, [2, 4])
    assert len(packed["images"]) == 2
    data = zlib.decompress(base64.b64decode(packed["masks"]["gmm"]))
    total = covered = shift = value = 0
    for byte in data:
        value, shift = value | (byte & 127) << shift, shift + 7
        if byte < 128:
            total, covered = total + value // 4, covered + (value // 4) * (value % 4 == 2)
            value = shift = 0
    assert (total, covered) == (2 * 32 * 24, 2 * 5 * 10)
    assert packed == pack_player(clip, shown, {"gmm": stored}, np.full((6, 48, 64), 170, np.uint8))


def test_a_page_that_is_too_small_for_its_masks_shows_fewer_frames():
    masks = np.where(noise(8)[..., 0] > 127, 255, 0).astype(np.uint8)
    stored = {"gmm": Masks(masks, np.arange(8, dtype=np.int32))}
    shown = choose_shown(range(8), 48, 64)
    whole = pack_player(noise(8), shown, stored)
    assert whole["frames"] == list(range(8))
    budget = 6 * len(whole["masks"]["gmm"]) * 3 // 4 // 5
    packed = pack_player(noise(8), shown, stored, budget=budget)
    assert packed["frames"] == [0, 2, 4, 6]
    assert len(packed["images"]) == 4
