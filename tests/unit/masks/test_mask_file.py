from pathlib import Path

import numpy as np
import pytest

from bgsub.masks.mask_file import read_masks, write_masks


def test_masks_come_back_with_their_frames(tmp_path: Path) -> None:
    masks = np.random.default_rng(0).choice(np.array([0, 127, 255], np.uint8), (3, 4, 5))
    write_masks(tmp_path / "masks.npz", iter(masks), range(44, 47))
    found = read_masks(tmp_path / "masks.npz")
    np.testing.assert_array_equal(found.masks, masks)
    assert found.masks.dtype == np.uint8
    assert found.frames.tolist() == [44, 45, 46]


def test_a_mask_too_few_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 masks for 2 frames"):
        write_masks(tmp_path / "masks.npz", [np.zeros((4, 5), np.uint8)], range(2))
    assert not (tmp_path / "masks.npz").exists()
