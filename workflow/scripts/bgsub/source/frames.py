"""A clip as one array of frames, opened as a memory map, divided in time and in bands."""

import csv
import math
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bgsub.errors import InputError
from bgsub.files import atomic_path, whole_file

# Four samples span a full 3 x 3 covariance (n samples have rank n - 1), and a mixture has at least two.
MINIMUM_TRAINING_FRAMES = 8

_SHOWN_BYTES = 64 * 2**20
_BAND_BYTES = 256 * 2**20


class FrameMap(np.memmap):
    """A memory map of frames that lets go of them, so that going through a long clip takes little memory.

    What was read of a map counts as memory of the process, by which SLURM judges a job, for as long as it is
    mapped. Whenever 64 MiB have been handed out, all is let go; what is used once more is mapped once more.
    """

    _mmap: mmap.mmap | None  # numpy's own

    def __array_finalize__(self, parent: Any) -> None:
        """Share with all slices of a map the count of bytes handed out."""
        super().__array_finalize__(parent)
        self._shown = getattr(parent, "_shown", None) or [0]

    def __getitem__(self, index: Any) -> Any:
        """Return a frame or a part of one as a plain array, and several frames as another map."""
        part = super().__getitem__(index)
        several = part.ndim == self.ndim
        if self._mmap is not None:
            # Whole frames are counted, since reading a few bytes of a frame may map much of it.
            size = self.strides[0] * (len(part) if several else 1)
            if self._shown[0] + size > _SHOWN_BYTES:
                self._mmap.madvise(mmap.MADV_DONTNEED)
                self._shown[0] = 0
            self._shown[0] += size
        return part if several else np.asarray(part)

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> Any:
        """Return what is computed from a map as a plain array."""
        return array[()] if return_scalar else np.asarray(array)


def open_frames(path: str | Path) -> FrameMap:
    """Open an array of frames, read-only, without reading it; InputError if the file is cut."""
    with whole_file(path):
        return np.load(path, mmap_mode="r").view(FrameMap)


def train_count(total: int, train_fraction: float) -> int:
    """Return how many of `total` frames are for training: the first floor(total * train_fraction).

    The same as `sklearn.model_selection.train_test_split(train_size=train_fraction, shuffle=False)`.
    """
    return math.floor(total * train_fraction)


def write_split(destination: str | Path, names: list[str], train_fraction: float) -> int:
    """Write `frames.csv` (frame from 0, name, subset) and return the number of training frames.

    Raises
    ------
    InputError
        If fewer than `MINIMUM_TRAINING_FRAMES` are for training, or none is left for testing.
    """
    train = train_count(len(names), train_fraction)
    found = f"train_fraction {train_fraction} of {len(names)} frames leaves {train} for training"
    if train < MINIMUM_TRAINING_FRAMES:
        raise InputError(
            f"{found}, expected at least {MINIMUM_TRAINING_FRAMES}: raise split.train_fraction, or the clip's"
            " own, or take a longer clip"
        )
    if train >= len(names):
        raise InputError(f"{found} and none for testing: lower it")
    with atomic_path(destination) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["frame", "name", "subset"])
        writer.writerows((i, name, "train" if i < train else "test") for i, name in enumerate(names))
    return train


class Split(NamedTuple):
    """Indices of the training frames and of the test frames that follow them."""

    train: range
    test: range


def read_split(table: str | Path) -> Split:
    """Return the split that `write_split` wrote."""
    with whole_file(table), Path(table).open(newline="", encoding="utf-8") as file:
        subsets = [row["subset"] for row in csv.DictReader(file)]
        if not set(subsets) <= {"train", "test"}:
            raise ValueError("a row is cut")
    train = subsets.count("train")
    return Split(range(train), range(train, len(subsets)))


def read_names(table: str | Path) -> list[str]:
    """Return the names of all frames, in order, from what `write_split` wrote."""
    with Path(table).open(newline="", encoding="utf-8") as file:
        return [row["name"] for row in csv.DictReader(file)]


def tile_rows(height: int, tile: int, tiles: int) -> slice:
    """Return the rows of tile number `tile` (from 0) of an image cut into `tiles` bands as even as possible.

    Raises
    ------
    InputError
        If there are more tiles than rows.
    """
    if not 0 <= tile < tiles:
        raise ValueError(f"tile {tile} of {tiles}")
    if tiles > height:
        raise InputError(f"tiles: {tiles} for a clip {height} rows high; expected at most {height}")
    return slice(tile * height // tiles, (tile + 1) * height // tiles)


def read_rows(frames: np.ndarray, rows: slice, count: int) -> np.ndarray:
    """Copy rows of the first `count` frames, uint8 (count, rows, width, 3), and read nothing else."""
    samples = np.empty((count, rows.stop - rows.start, *frames.shape[2:]), np.uint8)
    for index in range(count):
        samples[index] = frames[index, rows]
    return samples


def row_bands(rows: slice, shape: tuple[int, ...], count: int) -> Iterator[slice]:
    """Cut rows into bands that fill at most 256 MiB, or one row, in `count` frames of a shape (.., W, C)."""
    fitting = max(1, _BAND_BYTES // (count * shape[-2] * shape[-1]))
    return (slice(top, min(top + fitting, rows.stop)) for top in range(rows.start, rows.stop, fitting))
