from pathlib import Path

import numpy as np
import pytest

from bgsub.masks.mask_file import read_masks, write_masks

SOME = np.random.default_rng(0).choice(np.array([0, 127, 255], np.uint8), (3, 4, 5))


def test_masks_come_back_with_their_frames(tmp_path: Path) -> None:
    write_masks(tmp_path / "masks.npz", iter(SOME), range(44, 47))
    found = read_masks(tmp_path / "masks.npz")
    for _ in range(2):  # as often as one likes
        np.testing.assert_array_equal(list(found.masks), SOME)
    assert next(iter(found.masks)).dtype == np.uint8
    assert found.frames.tolist() == [44, 45, 46]


def test_masks_of_some_frames_are_theirs(tmp_path: Path) -> None:
    write_masks(tmp_path / "masks.npz", SOME, range(44, 47))
    np.testing.assert_array_equal(list(read_masks(tmp_path / "masks.npz").of([44, 46])), SOME[[0, 2]])


def test_the_file_is_the_one_that_numpy_writes(tmp_path: Path) -> None:
    large = np.repeat(SOME[:, :1], 3_000_000, axis=1)  # more than numpy writes at a time
    write_masks(tmp_path / "masks.npz", iter(large), range(2, 5))
    np.savez_compressed(tmp_path / "numpy.npz", masks=large, frames=np.arange(2, 5, dtype=np.int32))
    assert (tmp_path / "masks.npz").read_bytes() == (tmp_path / "numpy.npz").read_bytes()


def test_a_mask_too_few_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 masks for 2 frames"):
        write_masks(tmp_path / "masks.npz", [np.zeros((4, 5), np.uint8)], range(2))
    assert not (tmp_path / "masks.npz").exists()
