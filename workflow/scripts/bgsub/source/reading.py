"""A clip's frames and label images, decoded once and written to one .npy file each."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from bgsub.errors import InputError, printable
from bgsub.files import atomic_path
from bgsub.labels import GROUND_TRUTH
from bgsub.progress import Progress
from bgsub.source.archives import open_archive
from bgsub.source.decode import Decoding, decoded_frames
from bgsub.source.images import ImageDecoder
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.members import is_video
from bgsub.source.pairing import paired
from bgsub.source.room import expect_disk, expect_memory

logger = logging.getLogger(__name__)


class FrameWriter:
    """Append frames to an .npy file by plain writes, one frame in memory at a time.

    Not by a memory map: on a full disk that ends the process by SIGBUS, without a word. The header is written
    first and again at the end, when the number of frames is known; numpy leaves room in it for the count.

    The file is open for writing, and empty; messages name the source, where the frames come from.
    """

    def __init__(self, file: BinaryIO, source: str | Path):
        self.names: list[str] = []  # of the frames so far, printable
        self._file = file
        self._source = source
        self._shape: tuple[int, ...] = ()

    def append(self, name: str, frame: np.ndarray, expected: int | None = None) -> None:
        """Write one uint8 frame; `expected` is how many there will be, as far as is known.

        Raises
        ------
        InputError
            If its size differs from the first frame's, or the disk has no room for as many frames as are
            expected, or the machine too little memory for frames so large.
        """
        if not self.names:
            self._shape = frame.shape
            expect_disk(Path(self._file.name).parent, frame.nbytes * (expected or 1), str(self._source))
            expect_memory(frame.shape[0], frame.shape[1], str(self._source))
            self._write_header()
        elif frame.shape != self._shape:
            raise InputError(
                f"{self._source}: frames differ in size: '{self.names[0]}' is {_size(self._shape)}, '{name}' "
                f"is {_size(frame.shape)}; expected one size: choose one camera's frames by the pattern"
            )
        self._file.write(np.ascontiguousarray(frame, np.uint8).data)
        self.names.append(printable(name))

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
    source: str | Path,
    pattern: str | None,
    destination: str | Path,
    *,
    progress: Progress = iter,
    bits: int | None = None,
    limits: Limits = LIMITS,
    decoding: Decoding | None = None,
) -> list[str]:
    """Decode a clip into one .npy array.

    Parameters
    ----------
    source, pattern, progress, bits, limits, decoding
        See `source.decode.decoded_frames`.
    destination : path-like
        The .npy file to write, uint8 (frames, height, width, 3) RGB.

    Returns
    -------
    list of str
        Names of the frames, in natural order: the files' names within `source`, or `frame_000000` and so on.
        What cannot be printed in them is escaped.

    Raises
    ------
    InputError
        If nothing matches, a file cannot be decoded in full, frames differ in size, the clip is larger than
        the limits, or the disk is full or will be.

    Notes
    -----
    Grey images become RGB, 16 bits become 8 (the high byte, or what `bits` says), a PGM's values are scaled
    from its own largest value, an alpha channel is dropped and the colour under it stays, the orientation
    that a camera recorded is applied. All pages of a stack are frames. No image is skipped: what cannot
    be decoded is refused. What was decoded with errors, or is missing in a video, `decoding` tells.
    """
    source = Path(source)
    decoding = decoding if decoding is not None else Decoding()
    frames = decoded_frames(source, pattern, progress=progress, bits=bits, limits=limits, decoding=decoding)
    with frame_writer(destination, source) as writer:
        for name, frame in frames:
            writer.append(name, frame, decoding.expected or decoding.estimated)
    logger.info("%s: %d frames of %s", source, len(writer.names), _size(frame.shape))
    if decoding.damaged:
        logger.warning(
            "%s: %d of %d frames were decoded with errors, at first: %s",
            *(source, decoding.damaged, decoding.frames, decoding.first_error),
        )
    for note in decoding.notes:
        logger.warning("%s: %s", source, note)
    return writer.names


def read_groundtruth(
    source: str | Path,
    pattern: str,
    destination: str | Path,
    frames: np.ndarray,
    *,
    frame_names: list[str] | None = None,
    progress: Progress = iter,
    limits: Limits = LIMITS,
) -> list[str]:
    """Decode a clip's label images into one .npy array, uint8 (frames, height, width).

    Parameters
    ----------
    source, pattern, destination, progress, limits
        As for `read_frames`, but only images: a lossy video does not keep labels.
    frames : uint8 array (frames, height, width, 3)
        The clip, which the labels must fit in number and size.
    frame_names : list of str, optional
        Names of the frames, by which labels are paired; see `source.pairing.paired`.

    Returns
    -------
    list of str
        Names of the label images; the n-th belongs to the n-th frame.

    Raises
    ------
    InputError
        As `read_frames`, and if a frame has no label, sizes differ, or a value is none of
        `labels.GROUND_TRUTH`.
    """
    source = Path(source)
    with open_archive(source, limits) as archive, frame_writer(destination, source) as writer:
        names = archive.select(pattern)
        if is_video(names[0]):
            raise InputError(
                f"{source}: ground truth '{names[0]}' is a video; expected images, whose labels are exact"
            )
        decoder = ImageDecoder(limits=limits)
        for name in progress(paired(names, len(frames), frame_names, source)):
            labels = decoder.labels(archive.read(name), f"{source}: ground truth '{name}'")
            _check_labels(source, name, labels, frames.shape[1:3])
            writer.append(name, labels, len(frames))
    return writer.names


def _check_labels(source: Path, name: str, labels: np.ndarray, size: tuple[int, ...]) -> None:
    if labels.shape != size:
        raise InputError(
            f"{source}: ground truth '{name}' is {_size(labels.shape)}, but the frames are {_size(size)}"
        )
    strange = set(np.flatnonzero(np.bincount(labels.ravel())).tolist()) - set(GROUND_TRUTH)
    if strange:
        raise InputError(
            f"{source}: ground truth '{name}' has the value {min(strange)}; expected only "
            f"{', '.join(map(str, GROUND_TRUTH))} (CDnet's coding: 0 background, 255 foreground)"
        )


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]}"
