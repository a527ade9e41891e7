"""Videos that play in a browser, and the labelled pictures they are made of."""

import contextlib
import errno
import math
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import IO

import cv2
import imageio_ffmpeg
import numpy as np

from bgsub.files import atomic_path
from bgsub.progress import Progress

_MAX_WIDTH = 1440  # pixels: a composed picture wider than this is scaled down
_ASPECT = 16 / 9  # width over height of the screen that a grid is laid out for
_BAR_LEVEL = 48
_TEXT_COLOUR = (240, 240, 240)

# H.264 as every browser plays it. x264's output depends on its number of threads, so that is fixed, and
# nothing that tells the time goes into the file: the same frames give the same bytes on any number of cores.
# Colours are coded by OpenCV, as BT.601 of limited range: ffmpeg makes a film take a quarter longer.
# "superfast" with mbtree and less care for motion and contrast (subq, aq-strength) takes .5 to .7 times the
# time of "veryfast" for a picture as good (PSNR .1 to .5 dB better, SSIM within .0015), in files from 6 %
# smaller to 17 % larger; without mbtree they are six times as large.
_ENCODING = (
    *("-vf", "setparams=range=tv:colorspace=smpte170m:color_primaries=bt709:color_trc=bt709"),
    *("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "superfast", "-crf", "23"),
    *("-threads", "1", "-x264-params", "threads=1:lookahead-threads=1:mbtree=1:rc-lookahead=10"),
    *("-subq", "1", "-aq-strength", "0.6"),
    *("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
    *("-movflags", "+faststart", "-f", "mp4"),
)


def write_video(path: str | Path, frames: Iterable[np.ndarray], fps: Fraction) -> None:
    """Write frames as an H.264 video (yuv420p, constant quality, index in front) that plays in a browser.

    Frames are encoded one at a time as they come. The same frames give the same bytes.

    Parameters
    ----------
    path : path-like
        An .mp4 file, written under a temporary name first.
    frames : iterable of (H, W, 3) uint8 arrays
        RGB, all of one size. An odd height or width gets its last row or column twice, as the codec wants
        even ones.
    fps : Fraction
        Frames per second, which the file has as they are.

    Raises
    ------
    InputError
        If the disk is full.
    RuntimeError
        If ffmpeg fails, with what it said.
    ValueError
        If there is no frame, or one is not of the first one's size.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise ValueError(f"{path}: a video needs at least one frame")
    with atomic_path(path) as temporary, tempfile.TemporaryFile() as messages:
        command = _encoder(temporary, _pad_to_even(first).shape, fps)
        # A broken pipe only says that ffmpeg has stopped; its return code and its words say why.
        with (
            contextlib.suppress(BrokenPipeError),
            subprocess.Popen(command, stdin=subprocess.PIPE, stderr=messages) as ffmpeg,  # noqa: S603 - our own words
        ):
            assert ffmpeg.stdin is not None  # since it is a pipe
            _feed(ffmpeg.stdin, first, frames)
        if ffmpeg.returncode != 0:
            messages.seek(0)
            _raise_for(path, messages.read().decode(errors="replace").strip())


def read_video(path: str | Path) -> np.ndarray:
    """Decode a whole video.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    (N, H, W, 3) uint8 array
        RGB.
    """
    reader = imageio_ffmpeg.read_frames(str(path))
    width, height = next(reader)["size"]
    return np.stack([np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in reader])


def comparison_frames(
    frames: Iterable[np.ndarray],
    numbers: Iterable[int],
    masks: Mapping[str, Iterable[np.ndarray]],
    progress: Progress = iter,
) -> Iterator[np.ndarray]:
    """Yield each frame beside the masks that the methods made of it, labelled.

    Parameters
    ----------
    frames : iterable of (H, W, 3) uint8 arrays
        RGB, the test frames.
    numbers : iterable of int
        The frames' places in the clip, for the caption; as many as there are frames.
    masks : mapping of str to iterables of (H, W) uint8 arrays
        By the method's name, in the order shown; each as many as there are frames.
    progress : callable
        Wraps the frames, for example tqdm.

    Yields
    ------
    (h, w, 3) uint8 array
        RGB.
    """
    for frame, number, *pictures in zip(progress(frames), numbers, *masks.values(), strict=True):
        yield side_by_side([frame, *pictures], [f"frame {number}", *masks])


def side_by_side(images: Sequence[np.ndarray], labels: Sequence[str]) -> np.ndarray:
    """Lay pictures of one size out in a grid, each under a bar with its label.

    Parameters
    ----------
    images : sequence of (H, W, 3) or (H, W) uint8 arrays
        RGB pictures, or masks, shown in grey. A picture is scaled down if the grid would be wider than 1440
        pixels; a mask keeps to its own values in that.
    labels : sequence of str
        One for each image.

    Returns
    -------
    (h, w, 3) uint8 array
        RGB.
    """
    height, width = images[0].shape[:2]
    columns = _columns(len(images), height, width)
    scale = min(1.0, _MAX_WIDTH / (columns * width))
    width, height = round(width * scale), round(height * scale)
    bar = max(18, round(width / 20))  # height of a label, which suits the picture's width
    rows = math.ceil(len(images) / columns)
    # The margin of a pixel keeps black masks apart.
    grid = np.full((rows * (bar + height), columns * (width + 2), 3), _BAR_LEVEL, np.uint8)
    for place, (image, label) in enumerate(zip(images, labels, strict=True)):
        top, left = place // columns * (bar + height), place % columns * (width + 2) + 1
        cell = grid[top : top + bar + height, left : left + width]
        _write_label(cell[:bar], label)
        _place(image, cell[bar:])
    return grid


def _columns(count: int, height: int, width: int) -> int:
    """Return the number of columns that shows the pictures largest on a screen; the fewest of equals."""

    def scale(columns: int) -> float:
        rows = math.ceil(count / columns)
        return min(_ASPECT / (columns * width), 1 / (rows * height))

    return max(range(1, count + 1), key=scale)


def _place(image: np.ndarray, cell: np.ndarray) -> None:
    """Fill a cell (h, w, 3) with a picture, resized to it, or with a mask in grey."""
    is_mask, size = image.ndim == 2, cell.shape[1::-1]
    if image.shape[1::-1] != size:
        # Averaging would invent values that no mask has.
        image = cv2.resize(image, size, interpolation=cv2.INTER_NEAREST if is_mask else cv2.INTER_AREA)
    if is_mask:
        cv2.cvtColor(image, cv2.COLOR_GRAY2RGB, dst=cell)
    else:
        cell[:] = image


def _write_label(bar: np.ndarray, label: str) -> None:
    height = len(bar)
    origin = (height // 3, round(0.72 * height))
    cv2.putText(bar, label, origin, cv2.FONT_HERSHEY_SIMPLEX, height / 45, _TEXT_COLOUR, 1, cv2.LINE_AA)


def _pad_to_even(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    if height % 2 == width % 2 == 0:
        return frame
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _encoder(path: Path, shape: tuple[int, ...], fps: Fraction) -> list[str]:
    """Return the command that encodes raw frames of a shape from its standard input."""
    raw = (
        "-f",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        "-video_size",
        f"{shape[1]}x{shape[0]}",
        "-framerate",
        str(fps),
    )
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    return [ffmpeg, "-hide_banner", "-loglevel", "error", "-y", *raw, "-i", "pipe:0", *_ENCODING, str(path)]


def _feed(stream: IO[bytes], first: np.ndarray, frames: Iterator[np.ndarray]) -> None:
    """Write frames to the encoder; one of another size would shear the rest of the video."""
    stream.write(cv2.cvtColor(_pad_to_even(first), cv2.COLOR_RGB2YUV_I420).data)
    for frame in frames:
        if frame.shape != first.shape:
            raise ValueError(f"a frame of shape {frame.shape} in a video of frames of shape {first.shape}")
        stream.write(cv2.cvtColor(_pad_to_even(frame), cv2.COLOR_RGB2YUV_I420).data)


def _raise_for(path: str | Path, message: str) -> None:
    """Raise what ffmpeg's words mean; a full disk as the error the operating system has for it."""
    if "No space left on device" in message:
        raise OSError(errno.ENOSPC, message, str(path))
    raise RuntimeError(f"{path}: ffmpeg could not write the video: {message}")
