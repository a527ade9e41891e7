"""The masks that a method made of a clip's test frames, as a file.

A long clip's masks are larger than memory, so they are written and read one at a time.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bgsub.files import atomic_path, read_arrays, whole_file

_MEMBER = "masks.npy"


@dataclass(frozen=True)
class Masks:
    """Masks of one method.

    Attributes
    ----------
    masks : iterable of T (H, W) uint8 arrays
        0 background, 127 shadow, 255 foreground; can be gone through any number of times.
    frames : ndarray (T,) int32
        The frames they belong to, by their places in the clip.
    """

    masks: Iterable[np.ndarray]
    frames: np.ndarray

    def of(self, frames: Iterable[int]) -> Iterator[np.ndarray]:
        """Yield the masks of some frames, in the order of the clip."""
        wanted = set(frames)
        return (mask for frame, mask in zip(self.frames.tolist(), self.masks, strict=True) if frame in wanted)


@dataclass(frozen=True)
class StoredMasks:
    """The array of masks in an .npz file, unpacked mask by mask each time that it is gone through."""

    path: str | Path

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield (H, W) uint8 arrays, read-only."""
        with zipfile.ZipFile(self.path) as archive, archive.open(_MEMBER) as member:
            np.lib.format.read_magic(member)
            (count, *shape), _, _ = np.lib.format.read_array_header_1_0(member)
            for _ in range(count):
                with whole_file(self.path):
                    mask = np.frombuffer(member.read(shape[0] * shape[1]), np.uint8).reshape(shape)
                yield mask


def write_masks(path: str | Path, masks: Iterable[np.ndarray], frames: Sequence[int]) -> None:
    """Write the masks of frames, in order, to an .npz file: `masks` (T, H, W), `frames` (T,).

    The bytes are those of `numpy.savez_compressed`.

    Raises
    ------
    ValueError
        If there are not as many masks as frames.
    InputError
        If the disk is full.
    """
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(_MEMBER, "w", force_zip64=True) as member:
            count = 0
            for count, mask in enumerate(masks, 1):
                if count == 1:
                    header = {"descr": "|u1", "fortran_order": False, "shape": (len(frames), *mask.shape)}
                    np.lib.format.write_array_header_1_0(member, header)
                member.write(np.ascontiguousarray(mask, np.uint8).data)
        if count != len(frames):
            raise ValueError(f"{path}: {count} masks for {len(frames)} frames")
        with archive.open("frames.npy", "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.array(frames, dtype=np.int32))


def read_masks(path: str | Path) -> Masks:
    """Read the masks of a method, one at a time as they are asked for."""
    return Masks(StoredMasks(path), **read_arrays(path, "frames"))
