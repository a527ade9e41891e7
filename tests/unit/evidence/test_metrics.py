import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgsub.evidence.metrics import area_rows, foreground_share
from bgsub.masks.mask_file import Masks


def test_only_255_is_foreground():
    masks = np.array([[[255, 127], [0, 254]], [[255, 255], [255, 0]], [[127, 127], [127, 127]]], np.uint8)
    assert foreground_share(masks).tolist() == [0.25, 0.75, 0.0]


@given(arrays(np.uint8, (3, 4, 5), elements=st.sampled_from([0, 127, 255])))
def test_share_and_its_complement_fill_the_frame(masks):
    share = foreground_share(masks)
    assert ((share >= 0) & (share <= 1)).all()
    inverse = np.where(masks == 255, 0, 255).astype(np.uint8)
    np.testing.assert_allclose(share + foreground_share(inverse), 1)


def test_a_generator_of_masks_will_do():
    assert foreground_share(np.full((2, 2), 255, np.uint8) for _ in range(3)).tolist() == [1, 1, 1]


def test_area_is_told_by_the_frames_of_the_clip():
    masks = np.zeros((2, 2, 2), np.uint8)
    masks[1, 0] = 255
    assert area_rows("gmm", Masks(masks, np.array([7, 8], np.int32))) == [
        {"frame": 7, "method": "gmm", "foreground_share": 0.0, "ghost_share": 0.0},
        {"frame": 8, "method": "gmm", "foreground_share": 0.5, "ghost_share": 0.0},
    ]
    (_, row) = area_rows("gmm", Masks(masks, np.array([7, 8], np.int32)), lambda frame, mask: mask > 200)
    assert row["ghost_share"] == row["foreground_share"]
