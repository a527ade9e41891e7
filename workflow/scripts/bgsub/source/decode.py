"""From the bytes of images and videos to frames, one at a time."""

import logging
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from bgsub.errors import InputError
from bgsub.progress import Progress
from bgsub.source.archives import html_page, is_video, is_zip, open_archive

logger = logging.getLogger(__name__)


def decoded_frames(
    source: Path, pattern: str | None, *, progress: Progress = iter, colour: bool = True
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the pixels of each frame of a clip.

    Parameters
    ----------
    source : pathlib.Path
        A zip, a folder or a video file.
    pattern : str or None
        See `source.archives.Archive.select`; not used when `source` itself is a video.
    progress : callable
        Wraps the loop over frames.
    colour : bool
        RGB, else grey (ITU-R BT.601 luma of colour images, exact where the channels are equal).

    Yields
    ------
    name : str
        The file's name within `source`, or `frame_000000` and so on.
    frame : uint8 array
        (height, width, 3) RGB, or (height, width).

    Raises
    ------
    InputError
        If there is nothing to decode, or an image or the video cannot be decoded in full.
    """
    if source.is_file() and not is_zip(source):
        yield from progress(_video_frames(source, str(source), colour))
        return
    with open_archive(source) as archive:
        names = archive.select(pattern)
        if is_video(names[0]):
            with archive.file(names[0]) as path:
                yield from progress(_video_frames(path, f"{source}: '{names[0]}'", colour))
            return
        for name in progress(names):
            yield name, decode_image(archive.read(name), f"{source}: '{name}'", colour)


def decode_image(data: bytes, label: str, colour: bool) -> np.ndarray:
    """Decode the bytes of one image file, which `label` names; InputError if that cannot be done in full."""
    flag = cv2.IMREAD_COLOR_RGB if colour else cv2.IMREAD_GRAYSCALE
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error:  # no bytes at all, or more pixels than OpenCV allows
        image = None
    if image is None:
        raise InputError(
            f"{label} cannot be decoded in full ({len(data):,} bytes), so it is truncated, damaged or no "
            "image: replace it, or make the pattern narrower"
        )
    return image


def _video_frames(path: Path, label: str, colour: bool) -> Iterator[tuple[str, np.ndarray]]:
    to_wanted = cv2.COLOR_BGR2RGB if colour else cv2.COLOR_BGR2GRAY
    capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)  # or "a:b.mp4" is taken for a protocol
    announced = round(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    count = 0
    try:
        while (decoded := capture.read())[0]:
            yield f"frame_{count:06d}", cv2.cvtColor(decoded[1], to_wanted)
            count += 1
    finally:
        capture.release()
    logger.info("%s: %d frames decoded, %d announced", label, count, announced)
    if not count:
        with path.open("rb") as file:
            page = html_page(file.read(4096))
        found = f"is {page}, not a video" if page else "cannot be decoded as a video"
        raise InputError(f"{label} {found}; expected a zip, a folder or a video that ffmpeg can read")
    if _is_cut(path, count, announced):
        raise InputError(
            f"{label} ends after {count} of its {announced} frames, so it is cut or damaged: get it again "
            "(or unpack what there is by `ffmpeg -i VIDEO frame_%06d.png`, and use that folder)"
        )


def _is_cut(path: Path, count: int, announced: int) -> bool:
    """Tell whether a video of which `count` frames could be decoded is not whole.

    A few frames less than announced are normal. MP4 and QuickTime list their frames, so when more are
    missing, they are lost. An AVI's number also counts the empty frames that stand for dropped ones, so there
    the length of the file decides. Elsewhere the number is an estimate from duration and frame rate.
    """
    if count >= 0.95 * announced:
        return False
    if path.suffix.lower() in {".m4v", ".mov", ".mp4"}:
        return True
    with path.open("rb") as file:
        head = file.read(8)  # "RIFF" and the number of bytes that follow
    return head[:4] == b"RIFF" and 8 + int.from_bytes(head[4:], "little") > path.stat().st_size
