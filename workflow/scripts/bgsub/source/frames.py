"""A clip as one array of frames, opened as a memory map, and parts of it: some frames, bands of rows."""

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bgsub.files import whole_file

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


class ChosenFrames:
    """Some frames of a clip in an order of their own, read when they are asked for.

    What functions ask of an array of frames works: its shape, going through it, a frame or a part of one by
    `frames[index]` and `frames[index, rows]`, and some of the frames by a slice or by a list of indices.

    Parameters
    ----------
    frames : (N, H, W, ...) array
        Usually a memory map.
    places : sequence of int
        Of the chosen frames among them.
    """

    def __init__(self, frames: np.ndarray, places: Sequence[int] | np.ndarray) -> None:
        self._frames = frames
        self._places = np.asarray(places, np.int64).reshape(-1)
        self.dtype = frames.dtype
        self.ndim = frames.ndim

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of chosen frames, and the shape of one."""
        return (len(self._places), *self._frames.shape[1:])

    def __len__(self) -> int:
        """Count the chosen frames."""
        return len(self._places)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the frames, one at a time."""
        return (self._frames[place] for place in self._places.tolist())

    def __getitem__(self, index: Any) -> Any:
        """Return a frame or a part of one, or for several indices the frames or their parts as such."""
        which, *part = index if isinstance(index, tuple) else (index,)
        if np.ndim(which) == 0 and not isinstance(which, slice):
            place = int(self._places[which])
            return self._frames[(place, *part)] if part else self._frames[place]
        frames = self._frames[(slice(None), *part)] if part else self._frames
        return ChosenFrames(frames, self._places[which])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Read all chosen frames into an array."""
        return np.stack(list(self)).astype(dtype or self.dtype, copy=False)


Frames = np.ndarray | ChosenFrames


def frames_at(frames: np.ndarray, places: Sequence[int]) -> Frames:
    """Return the frames at some places: a part of the array itself where they follow each other."""
    first = places[0] if len(places) else 0
    if list(places) == list(range(first, first + len(places))):
        return frames[first : first + len(places)]
    return ChosenFrames(frames, places)


def tile_rows(height: int, tile: int, tiles: int) -> slice:
    """Return the rows of tile number `tile` (from 0) of an image cut into `tiles` bands as even as possible.

    Where there are more tiles than rows, some have none.
    """
    if not 0 <= tile < tiles:
        raise ValueError(f"tile {tile} of {tiles}")
    return slice(tile * height // tiles, (tile + 1) * height // tiles)


def read_rows(frames: Frames, rows: slice) -> np.ndarray:
    """Copy rows of all frames, uint8 (frames, rows, width, 3), and read nothing else."""
    samples = np.empty((len(frames), rows.stop - rows.start, *frames.shape[2:]), np.uint8)
    for index in range(len(frames)):
        samples[index] = frames[index, rows]
    return samples


def row_bands(rows: slice, shape: tuple[int, ...], count: int) -> Iterator[slice]:
    """Cut rows into bands that fill at most 256 MiB, or one row, in `count` frames of a shape (.., W, C)."""
    fitting = max(1, _BAND_BYTES // (count * shape[-2] * shape[-1]))
    return (slice(top, min(top + fitting, rows.stop)) for top in range(rows.start, rows.stop, fitting))
