"""The embedded clip: in a rendered room a person walks in, falls and lies still, with exact ground truth.

It is bit-identical on every machine: all arithmetic is +, -, *, /, the square root, or on integers; the noise
is counted from the raw bits of PCG64; and of OpenCV only what it computes in integers is used.
"""

import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bgsub.demo.figure import Sprite, cast_shadow, draw_person
from bgsub.demo.motion import REFERENCE_FRAMES, pose_at
from bgsub.demo.room import Room, build_room
from bgsub.files import atomic_path
from bgsub.progress import Progress

PERSON, SHADOW, BACKGROUND = 255, 50, 0  # CDnet's coding of ground truth
SMALLEST = {"frames": 20, "height": 24, "width": 36}
NOISE_BITS = 36
NOISE_SIGMA = 3.0  # levels: the number of ones among 36 random bits has a standard deviation of sqrt(36) / 2
DRIFT = 0.02  # exposure goes smoothly from 2 % below its mean to 2 % above it
SHADOW_DEPTH = 0.40  # share of the light that is gone where the shadow is full
SHADOW_VISIBLE = 0.10  # share of the light from whose loss on the ground truth speaks of a shadow
_ONE = 1 << 12  # 1.0 in the integer arithmetic of gains


@dataclass(frozen=True)
class Events:
    """First frames (0-based) in which the person is in the picture, is falling, and lies still."""

    enters: int
    falls: int
    still: int


def events(frames: int) -> Events:
    """Return when things happen in a clip of that many frames: from 10 %, 45 % and 55 % of it on."""
    return Events(*(-(-frames * percent // 100) for percent in (10, 45, 55)))


def render_clip(
    archive: str | Path,
    *,
    frames: int = REFERENCE_FRAMES,
    height: int = 480,
    width: int = 720,
    seed: int = 1,
    threads: int = 1,
    progress: Progress = lambda it: it,
) -> None:
    """Write the embedded clip as a zip of PNG files, laid out as a CDnet video.

    Parameters
    ----------
    archive : path-like
        The zip to make: `input/in000001.png` ... (RGB) and `groundtruth/gt000001.png` ... (grey). They are
        stored without further compression and without a date: the same arguments give the same bytes.
    frames, height, width, seed
        As in `render_frames`.
    threads : int
        Frames rendered at a time.
    progress : callable
        Wraps the loop over frames.

    Raises
    ------
    ValueError
        As `render_frames`.
    """
    picture = _camera(frames, height, width, seed, threads)
    # Not compressed: a quarter of the time would go into noise, to make the file four tenths smaller.
    image_coding = (cv2.IMWRITE_PNG_COMPRESSION, 0, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE)
    truth_coding = (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)

    def encoded(frame: int) -> tuple[bytes, bytes]:
        image, truth = picture(frame)
        return _png(image[..., ::-1], image_coding), _png(truth, truth_coding)

    with (
        atomic_path(archive) as part,
        zipfile.ZipFile(part, "w") as file,
        ThreadPoolExecutor(threads) as pool,
    ):
        pictures = pool.map(encoded, range(frames))
        for number, (image, truth) in zip(progress(range(1, frames + 1)), pictures, strict=True):
            _store(file, f"input/in{number:06d}.png", image)
            _store(file, f"groundtruth/gt{number:06d}.png", truth)


def render_frames(
    frames: int = REFERENCE_FRAMES, height: int = 480, width: int = 720, seed: int = 1
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Render the embedded clip.

    A room with a window that saturates the sensor (exactly 255) and a dark doorway (exactly 0) is empty for a
    tenth of the clip. A person enters from the left, walks to the middle, falls forward and lies still
    (see `events`). The picture is the same at any size, only coarser or finer.

    Parameters
    ----------
    frames : int
        Length of the clip, at least 20.
    height, width : int
        Size in pixels, at least 24 x 36.
    seed : int
        Seed of the sensor noise, not negative; room, person and ground truth do not depend on it.

    Yields
    ------
    image : ndarray of uint8 (height, width, 3)
        RGB. Noise is binomial with a standard deviation of 3 levels, independent in each pixel and channel.
    truth : ndarray of uint8 (height, width)
        255 where the pixel is the person's: one of which at least half is covered is wholly the person's, any
        other wholly the room's, so that no pixel mixes the two. 50 where the person's shadow takes at least a
        tenth of the light and more than one standard deviation of the noise. 0 elsewhere.

    Raises
    ------
    ValueError
        If the clip is too short, the picture too small, or the seed negative.
    """
    return map(_camera(frames, height, width, seed), range(frames))


def _camera(
    frames: int, height: int, width: int, seed: int, threads: int = 1
) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Return what takes a frame's picture and ground truth, each frame independent of the others."""
    for name, value in (("frames", frames), ("height", height), ("width", width)):
        if value < SMALLEST[name]:
            raise ValueError(f"{name} = {value}: expected at least {SMALLEST[name]}")
    if seed < 0:
        raise ValueError(f"seed = {seed}: expected 0 or more")
    room = build_room(height, width, threads)
    times = events(frames)

    def scene_at(frame: int) -> tuple[np.ndarray, np.ndarray]:
        if frame < times.enters:
            return room.radiance, np.full((height, width), BACKGROUND, np.uint8)
        pose = pose_at(REFERENCE_FRAMES * frame / frames)
        return _put_in(room, draw_person(pose, height, width), cast_shadow(pose))

    resting = scene_at(times.still)

    def picture(frame: int) -> tuple[np.ndarray, np.ndarray]:
        scene, truth = resting if frame >= times.still else scene_at(frame)
        noise = np.random.PCG64(seed).advance(frame * scene.size)  # each sample takes one draw
        return _expose(scene, frame / (frames - 1), noise), truth.copy()

    return picture


def _put_in(room: Room, person: Sprite | None, shadow_map: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Radiance (as in `Room`) and ground truth of the room with a person and its shadow in it."""
    scene = room.radiance.copy()
    truth = np.full(scene.shape[:2], BACKGROUND, np.uint8)
    shade = shadow_map.ravel()[room.shadow_texel]
    window = tuple(
        slice(hit[0], hit[-1] + 1) for hit in (shade.any(axis=k).nonzero()[0] for k in (1, 0)) if hit.size
    )
    if window:
        share = (shade[window] * round(SHADOW_DEPTH * _ONE) + 127) // 255
        loss = (room.lit[window] * share[..., None] + _ONE // 2) // _ONE
        scene[window] -= loss
        visible = (share >= round(SHADOW_VISIBLE * _ONE)) & (loss.max(axis=2) > round(NOISE_SIGMA * 64))
        truth[window][visible] = SHADOW
    if person is not None:
        window = person.rows, person.columns
        scene[window][person.mask] = person.colour[person.mask]
        truth[window][person.mask] = PERSON
    return scene, truth


def _expose(scene: np.ndarray, moment: float, noise: np.random.PCG64) -> np.ndarray:
    """Take the picture at a moment (0 to 1) of the clip: exposure, sensor noise, 8 bits with saturation."""
    rise = moment * moment * (3 - 2 * moment)
    gain = round(_ONE * (1 + DRIFT * (2 * rise - 1)))
    levels = (scene * gain + 32 * _ONE) // (64 * _ONE)
    bits = noise.random_raw(scene.size) >> np.uint64(64 - NOISE_BITS)
    levels += np.bitwise_count(bits).reshape(scene.shape)
    levels -= NOISE_BITS // 2
    return np.clip(levels, 0, 255).astype(np.uint8)


def _png(picture: np.ndarray, coding: tuple[int, ...]) -> bytes:
    return cv2.imencode(".png", picture, coding)[1].tobytes()


def _store(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # else the byte says on which system the file was made
    file.writestr(entry, content)
