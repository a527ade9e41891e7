"""From the source of a clip to its frames, one at a time, and to a record of how well that went."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bgsub.progress import Progress
from bgsub.source.archives import holds_files, open_archive
from bgsub.source.images import ImageDecoder
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.members import expect_readable, is_video
from bgsub.source.rate import as_fraction
from bgsub.source.videos import VideoReader

logger = logging.getLogger(__name__)


@dataclass
class Decoding:
    """How a clip was decoded: what a reader of its results ought to know, though it was no reason to stop."""

    frames: int = 0
    expected: int | None = None
    """Frames that the source holds by its own account: files chosen, or what a video's container lists. Known
    before the first frame is decoded; None where nothing says it."""
    estimated: int | None = None
    """About how many frames a video without such a list has, by how long it lasts."""
    damaged: int = 0
    """Frames during whose decoding the decoder reported errors, so that parts of them may be made up."""
    first_error: str | None = None
    rate: str | None = None
    """Frames per second as the file says it, a fraction such as `30000/1001`; None if it does not."""
    notes: list[str] = field(default_factory=list)
    """Other things to know, a sentence each."""


def decoded_frames(
    source: Path,
    pattern: str | None,
    *,
    progress: Progress = iter,
    bits: int | None = None,
    limits: Limits = LIMITS,
    decoding: Decoding | None = None,
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the pixels of each frame of a clip.

    Parameters
    ----------
    source : pathlib.Path
        A zip, a tar, a folder, a video file, or an image file of several pages.
    pattern : str or None
        See `source.members.Archive.select`; not used when `source` itself is a video or an image.
    progress : callable
        Wraps the loop over files, or over the frames of a video.
    bits : int, optional
        Bits that the values of 16-bit images use; see `source.images.ImageDecoder`.
    limits : Limits
        How large the clip and what it is read from may be.
    decoding : Decoding, optional
        Is filled in on the way.

    Yields
    ------
    name : str
        The file's name within `source`, with `#1` and so on for the pages of a stack, or `frame_000000` and
        so on.
    frame : uint8 array
        (height, width, 3) RGB.

    Raises
    ------
    InputError
        If there is nothing to decode, an image or the video cannot be decoded in full, or the clip is larger
        than the limits.
    """
    decoding = decoding if decoding is not None else Decoding()
    expect_readable(source)
    if not holds_files(source):
        yield from _video_frames(source, str(source), progress, limits, decoding)
        return
    with open_archive(source, limits) as archive:
        names = archive.select(pattern)
        decoding.notes += archive.notes
        limits.check("frames", len(names), f"{source} has too many images")
        if is_video(names[0]):
            with archive.file(names[0]) as path:
                yield from _video_frames(path, f"{source}: '{names[0]}'", progress, limits, decoding)
            return
        decoding.expected = len(names)
        decoder = ImageDecoder(bits, limits)
        for name in progress(names):
            pages = decoder.pages(archive.read(name), f"{source}: '{name}'")
            for page, (frame, is_only) in enumerate(_with_whether_only(pages), 1):
                decoding.frames += 1
                limits.check("frames", decoding.frames, f"{source} has too many images")
                decoding.expected = max(decoding.expected, decoding.frames)
                yield (name if is_only else f"{name}#{page}"), frame
            decoding.damaged += bool(decoder.messages.errors())
            decoding.first_error = decoder.messages.first
        decoder.finish(source)
        decoding.rate = _rate_of_animation(decoder.durations, decoding.frames)


def _rate_of_animation(durations: list[float], frames: int) -> str | None:
    """Return the average rate of an animation by how long its frames are shown, None if not all say it."""
    if len(durations) != frames or not all(durations):
        return None
    rate = as_fraction(1000 * frames / sum(durations))
    return None if rate is None else str(rate)


def _with_whether_only(pages: Iterator[np.ndarray]) -> Iterator[tuple[np.ndarray, bool]]:
    first = next(pages)
    second = next(pages, None)
    yield first, second is None
    if second is not None:
        yield second, False
        yield from ((page, False) for page in pages)


def _video_frames(
    path: Path, label: str, progress: Progress, limits: Limits, decoding: Decoding
) -> Iterator[tuple[str, np.ndarray]]:
    video = VideoReader(path, label, limits)
    for frame in progress(video.frames()):
        decoding.expected, decoding.estimated = video.announced, video.estimated
        decoding.frames += 1
        decoding.damaged, decoding.first_error = video.damaged, video.messages.first
        yield f"frame_{decoding.frames - 1:06d}", frame
    decoding.notes += video.notes
    decoding.rate = None if video.rate is None else str(video.rate)
    logger.info("%s: %d frames decoded, %s listed", label, decoding.frames, decoding.expected)
