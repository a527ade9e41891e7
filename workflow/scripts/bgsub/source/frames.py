"""A clip as one array of frames: decoded once, written to an .npy file, opened as a memory map."""

import csv
import logging
import math
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from bgsub.errors import InputError
from bgsub.files import atomic_path
from bgsub.labels import GROUND_TRUTH
from bgsub.progress import Progress
from bgsub.source.archives import archive_members, is_video
from bgsub.source.decode import decoded_frames

logger = logging.getLogger(__name__)

# Four samples span a full 3 x 3 covariance (n samples have rank n - 1), and a mixture has at least two.
MINIMUM_TRAINING_FRAMES = 8

_SHOWN_BYTES = 64 * 2**20
_BAND_BYTES = 256 * 2**20


class FrameWriter:
    """Append frames to an .npy file by plain writes, one frame in memory at a time.

    Not by a memory map: on a full disk that ends the process by SIGBUS, without a word. The header is written
    first and again at the end, when the number of frames is known; numpy leaves room in it for the count.

    Parameters
    ----------
    file : binary file
        Open for writing, empty.
    source : path-like
        Where the frames come from, for messages.

    Attributes
    ----------
    names : list of str
        Names of the frames so far.
    """

    def __init__(self, file: BinaryIO, source: str | Path):
        self.names: list[str] = []
        self._file = file
        self._source = source
        self._shape: tuple[int, ...] = ()

    def append(self, name: str, frame: np.ndarray) -> None:
        """Write one uint8 frame; InputError if its size differs from the first frame's."""
        if not self.names:
            self._shape = frame.shape
            self._write_header()
        elif frame.shape != self._shape:
            raise InputError(
                f"{self._source}: frames differ in size: '{self.names[0]}' is {_size(self._shape)}, '{name}' "
                f"is {_size(frame.shape)}; expected one size: choose one camera's frames by the pattern"
            )
        self._file.write(np.ascontiguousarray(frame, np.uint8).data)
        self.names.append(name)

    def finish(self) -> None:
        """Write the final number of frames into the header."""
        if not self.names:
            raise InputError(f"{self._source}: no frames in it")
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        shape = (len(self.names), *self._shape)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)


@contextmanager
def frame_writer(path: str | Path, source: str | Path) -> Iterator[FrameWriter]:
    """Yield a FrameWriter whose file takes its place at `path` only when the block succeeds."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        writer = FrameWriter(file, source)
        yield writer
        writer.finish()


def read_frames(
    source: str | Path, pattern: str | None, destination: str | Path, *, progress: Progress = iter
) -> list[str]:
    """Decode a clip into one .npy array.

    Parameters
    ----------
    source : path-like
        A zip, a folder or a video file.
    pattern : str or None
        Which files of a zip or a folder are the frames, or which one is the video; see
        `source.archives.Archive.select`. Not used when `source` itself is a video.
    destination : path-like
        The .npy file to write, uint8 (frames, height, width, 3) RGB.
    progress : callable
        Wraps the loop over frames.

    Returns
    -------
    list of str
        Names of the frames, in natural order: the files' names within `source`, or `frame_000000` and so on.

    Raises
    ------
    InputError
        If nothing matches, a file cannot be decoded in full, frames differ in size, or the disk is full.

    Notes
    -----
    Grey images become RGB, 16 bits become 8 (of a PNG the high byte), an alpha channel is dropped and the
    colour under it stays, the orientation that a camera recorded is applied. A frame is never skipped.
    """
    source = Path(source)
    with frame_writer(destination, source) as writer:
        for name, frame in decoded_frames(source, pattern, progress=progress):
            writer.append(name, frame)
    logger.info("%s: %d frames of %s", source, len(writer.names), _size(frame.shape))
    return writer.names


def read_groundtruth(
    source: str | Path,
    pattern: str,
    destination: str | Path,
    frames: np.ndarray,
    *,
    progress: Progress = iter,
) -> list[str]:
    """Decode a clip's label images into one .npy array, uint8 (frames, height, width).

    Parameters
    ----------
    source, pattern, destination, progress
        As for `read_frames`, but only images: a lossy video does not keep labels.
    frames : uint8 array (frames, height, width, 3)
        The clip, which the labels must fit in number and size.

    Returns
    -------
    list of str
        Names of the label images, in natural order; the n-th belongs to the n-th frame.

    Raises
    ------
    InputError
        As `read_frames`, and if number or size differ from the frames', or a value is none of
        `labels.GROUND_TRUTH`.
    """
    source = Path(source)
    names = archive_members(source, pattern)
    if is_video(names[0]):
        raise InputError(
            f"{source}: ground truth '{names[0]}' is a video; expected images, whose labels are exact"
        )
    if len(names) != len(frames):
        raise InputError(
            f"{source}: {len(names)} ground truth images match '{pattern}', but the clip has {len(frames)} "
            "frames; expected one for each"
        )
    with frame_writer(destination, source) as writer:
        for name, labels in decoded_frames(source, pattern, progress=progress, colour=False):
            _check_labels(source, name, labels, frames.shape[1:3])
            writer.append(name, labels)
    return writer.names


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
    """Open an array of frames, read-only, without reading it."""
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
    with Path(table).open(newline="", encoding="utf-8") as file:
        subsets = [row["subset"] for row in csv.DictReader(file)]
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


def _check_labels(source: Path, name: str, labels: np.ndarray, size: tuple[int, ...]) -> None:
    if labels.shape != size:
        raise InputError(
            f"{source}: ground truth '{name}' is {_size(labels.shape)}, but the frames are {_size(size)}"
        )
    strange = set(np.flatnonzero(np.bincount(labels.ravel())).tolist()) - set(GROUND_TRUTH)
    if strange:
        raise InputError(
            f"{source}: ground truth '{name}' has the value {min(strange)}; expected only "
            f"{', '.join(map(str, GROUND_TRUTH))} (CDnet's coding)"
        )


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]}"
