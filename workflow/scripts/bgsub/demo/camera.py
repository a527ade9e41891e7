"""The camera of a rendered clip: how it shakes, exposes and compresses. All but the last is integers."""

import itertools
import math
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from bgsub.demo.settings import Synthetic
from bgsub.labels import UNKNOWN

ONE = 1 << 12  # 1.0 in the integer arithmetic of gains
_STEP = 16  # parts of a pixel that the camera shakes by
_SHAKING, _BANDING = (1,), (2,)  # streams of random numbers beside that of the noise
# Rows of a picture, and draws of noise, at a time: few enough for the processor's cache.
_ROWS, _DRAWN = 16, 1 << 15
# As a surveillance camera does: no B-frames, a key frame each few seconds. x264's output depends on its
# threads, so there is one. What is decoded is RGB by BT.601, as what was coded.
_CODING = (
    *("-c:v", "libx264", "-preset", "fast", "-bf", "0", "-g", "50", "-pix_fmt", "yuv420p"),
    *("-threads", "1", "-x264-params", "threads=1:lookahead-threads=1", "-f", "matroska"),
)
_EXACT = ("-sws_flags", "bicubic+accurate_rnd+full_chroma_int+bitexact")


def margin(settings: Synthetic) -> int:
    """Pixels on each side of the picture that a camera that shakes may come to see."""
    return math.ceil(settings.jitter) + 1 if settings.jitter else 0


def shaking(settings: Synthetic) -> list[tuple[int, int]]:
    """How far the camera is out of place in each frame, down and right, in 1/16 pixel."""
    most = round(settings.jitter * _STEP)
    drawn = _random(settings.seed, _SHAKING).random_raw(2 * (settings.frames + 1)) >> np.uint64(11)
    places = (drawn % np.uint64(2 * most + 1)).astype(np.int64).reshape(-1, 2) - most
    # The mean of two: half of where it was in the frame before.
    return [(int(y), int(x)) for y, x in (places[1:] + places[:-1]) // 2]


def aim(picture: np.ndarray, margin: int, shift: tuple[int, int]) -> np.ndarray:
    """Cut out what a shifted camera sees of a picture (height, width, 3) of integers."""
    for axis, by in enumerate(shift):
        first, second, share = _beside(picture, axis, margin, by)
        picture = (first * (_STEP - share) + second * share + _STEP // 2) // _STEP
    return picture


def aim_labels(labels: np.ndarray, margin: int, shift: tuple[int, int]) -> np.ndarray:
    """Cut out likewise of labels (height, width); where a pixel shows parts of two, it is unknown."""
    for axis, by in enumerate(shift):
        first, second, _ = _beside(labels, axis, margin, by)
        labels = np.where(first == second, first, np.uint8(UNKNOWN))
    return labels


def _beside(picture: np.ndarray, axis: int, margin: int, by: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the two windows between which a shifted one lies, and how much it has of the second."""
    start, share = divmod(margin * _STEP + by, _STEP)
    stop = start + picture.shape[axis] - 2 * margin
    first, second = (
        np.take(picture, range(start + k, stop + k), axis) for k in ((0, 1) if share else (0, 0))
    )
    return first, second, share


def expose(scene: np.ndarray, frame: int, settings: Synthetic) -> np.ndarray:
    """Take the picture of a frame, counted from 0: exposure, noise, banding, 8 bits with saturation.

    The scene is int32 (height, width, 3) RGB, in 1/64 of a level at unit exposure; the picture uint8.
    """
    moment = frame / (settings.frames - 1)
    rise = moment * moment * (3 - 2 * moment)
    gain = round(ONE * settings.light * (1 + settings.drift * (2 * rise - 1)))
    offset = np.full((len(scene), 1, 1), 32 * ONE, np.int32)
    if settings.banding:
        rows = _random(settings.seed, _BANDING, frame * len(scene)).random_raw(len(scene))
        # The number of ones among 64 random bits has a standard deviation of 4.
        off = np.bitwise_count(rows).astype(np.int32) - 32
        offset += off[:, None, None] * round(settings.banding / 4 * 64 * ONE)
    noise = _noise(scene.size, frame, settings).reshape(scene.shape)
    picture = np.empty(scene.shape, np.uint8)
    for top in range(0, len(scene), _ROWS):
        band = slice(top, top + _ROWS)
        levels = scene[band] * gain
        levels += offset[band]
        levels //= 64 * ONE
        levels += noise[band]
        picture[band] = np.clip(levels, 0, 255, out=levels)
    return picture


def _noise(size: int, frame: int, settings: Synthetic) -> np.ndarray:
    """Binomial noise: the number of ones among n random bits has a standard deviation of sqrt(n) / 2."""
    bits = 2 * round(2 * settings.noise * settings.noise)
    draws = -(-bits // 64)
    stream = np.random.PCG64(settings.seed).advance(frame * size * draws)  # each sample takes as many draws
    levels = np.full(size, -(bits // 2), np.int16)
    for left in range(bits, 0, -64):
        for part in np.split(levels, range(_DRAWN, size, _DRAWN)):
            part += np.bitwise_count(stream.random_raw(part.size) >> np.uint64(64 - min(left, 64)))
    return levels


def _random(seed: int, stream: tuple[int, ...], skipped: int = 0) -> np.random.PCG64:
    return np.random.PCG64(np.random.SeedSequence(seed, spawn_key=stream)).advance(skipped)


def compressed(pictures: Iterable[np.ndarray], crf: int) -> Iterator[np.ndarray]:
    """Yield RGB pictures, uint8 (height, width, 3), as H.264 of that constant rate factor gives them back."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mkv"
        height, width = _encode(film, pictures, crf)
        yield from _decode(film, height, width)


def _encode(film: Path, pictures: Iterable[np.ndarray], crf: int) -> tuple[int, int]:
    """Encode pictures, and return the size of one; an odd side gets its last line twice."""
    pictures = iter(pictures)
    first = next(pictures)
    height, width = first.shape[:2]
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"),
        *("-s", f"{width + width % 2}x{height + height % 2}", "-r", "10", "-i", "-"),
        *(*_EXACT, *_CODING, "-crf", str(crf), str(film)),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:  # noqa: S603 - our own words
        assert ffmpeg.stdin is not None  # since it is a pipe
        for picture in itertools.chain([first], pictures):
            even = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
            ffmpeg.stdin.write(even.tobytes())
    if ffmpeg.returncode:
        raise RuntimeError(f"ffmpeg ended with {ffmpeg.returncode} while encoding")
    return height, width


def _decode(film: Path, height: int, width: int) -> Iterator[np.ndarray]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-threads", "1", "-i", str(film), *_EXACT]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    shape = (height + height % 2, width + width % 2, 3)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as ffmpeg:  # noqa: S603 - our own words
        assert ffmpeg.stdout is not None  # since it is a pipe
        while data := ffmpeg.stdout.read(math.prod(shape)):
            yield np.frombuffer(data, np.uint8).reshape(shape)[:height, :width]
    if ffmpeg.returncode:
        raise RuntimeError(f"ffmpeg ended with {ffmpeg.returncode} while decoding")
