"""Rendered clips: in a room a person walks in, falls and lies still, with exact ground truth.

They are bit-identical on every machine: all arithmetic is +, -, *, /, the square root, or on integers; the
noise is counted from the raw bits of PCG64; and of OpenCV only what it computes in integers is used. A clip
that goes through H.264 is as exact as the encoder.
"""

import functools
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bgsub.demo import camera
from bgsub.demo.chair import chair_at, draw_chair
from bgsub.demo.figure import COLOURS, OTHER_COLOURS, Sprite, body_of, cast_shadow, draw_person
from bgsub.demo.motion import REFERENCE_FRAMES, wave
from bgsub.demo.room import MAP_SHAPE, Room, build_room
from bgsub.demo.settings import Synthetic
from bgsub.demo.story import Cast, Chair, Person, cast_at
from bgsub.files import atomic_path
from bgsub.labels import HARD_SHADOW, MOTION, STATIC, UNKNOWN
from bgsub.progress import Progress

SMALLEST = {"frames": 20, "height": 24, "width": 36}
SHADOW_DEPTH = {"soft": 0.40, "hard": 0.72}  # share of the light that is gone where the shadow is full
SHADOW_VISIBLE = 0.10  # share of the light from whose loss on the ground truth speaks of a shadow
GUST = 12  # steps to each side in which a draught moves what it moves
_ONE = camera.ONE


def render_clip(archive: str | Path, *, progress: Progress = lambda it: it, **settings: Any) -> None:
    """Write a rendered clip as a zip of PNG files, laid out as a CDnet video.

    Parameters
    ----------
    archive : path-like
        The zip to make: `input/in000001.png` ... (RGB) and `groundtruth/gt000001.png` ... (grey). They are
        stored without further compression and without a date: the same settings give the same bytes.
    **settings
        Fields of `Synthetic`.

    Raises
    ------
    ValueError
        As `render_frames`.
    """
    clip = Synthetic(**settings)
    _check(clip)
    # Not compressed: a quarter of the time would go into noise, to make the file four tenths smaller.
    image_coding = (cv2.IMWRITE_PNG_COMPRESSION, 0, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE)
    truth_coding = (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE)

    with atomic_path(archive) as part, zipfile.ZipFile(part, "w") as file:
        pictures = _filmed(clip)
        for number, (image, truth) in zip(progress(range(1, clip.frames + 1)), pictures, strict=True):
            _store(
                file, f"input/in{number:06d}.png", _png(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), image_coding)
            )
            _store(file, f"groundtruth/gt{number:06d}.png", _png(truth, truth_coding))


def render_frames(
    frames: int = REFERENCE_FRAMES, height: int = 480, width: int = 720, seed: int = 1, **settings: Any
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Render a clip.

    A room with a window that saturates the sensor (exactly 255) and a dark doorway (exactly 0) is empty for a
    tenth of the clip. A person enters from the left, walks to the middle, falls forward and lies still
    (see `bgsub.demo.story`, which has other stories too). The picture is the same at any size, only coarser
    or finer.

    Parameters
    ----------
    frames : int
        Length of the clip, at least 20.
    height, width : int
        Size in pixels, at least 24 x 36.
    seed : int
        Seed of the sensor noise, not negative; room, person and ground truth do not depend on it, unless the
        camera shakes.
    **settings
        Other fields of `Synthetic`.

    Yields
    ------
    image : ndarray of uint8 (height, width, 3)
        RGB. Noise is binomial, by default with a standard deviation of 3 levels, and independent in each
        pixel and channel.
    truth : ndarray of uint8 (height, width)
        255 where the pixel is the person's: one of which at least half is covered is wholly the person's, any
        other wholly the room's, so that no pixel mixes the two. 50 where the person's shadow takes at least a
        tenth of the light and more than one standard deviation of the noise. 0 elsewhere, also where the
        light changes, and leaves or a curtain move. 170 where a camera that shakes mixes two of these, and
        where a chair stands that was moved.

    Raises
    ------
    ValueError
        If the clip is too short, the picture too small, or the seed negative.
    """
    clip = Synthetic(frames=frames, height=height, width=width, seed=seed, **settings)
    _check(clip)
    return _filmed(clip)


def _check(clip: Synthetic) -> None:
    for name, least in SMALLEST.items():
        if (value := getattr(clip, name)) < least:
            raise ValueError(f"{name} = {value}: expected at least {least}")
    if clip.seed < 0:
        raise ValueError(f"seed = {clip.seed}: expected 0 or more")


def _filmed(clip: Synthetic) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield image and ground truth of each frame."""
    scene_at = _scenes(clip)

    def picture(frame: int) -> tuple[np.ndarray, np.ndarray]:
        scene, truth = scene_at(frame)
        return camera.expose(scene, frame, clip), truth

    pictures = map(picture, range(clip.frames))
    if clip.crf is None:
        return pictures
    images = camera.compressed((image for image, _ in pictures), clip.crf)
    return zip(images, (scene_at(frame)[1] for frame in range(clip.frames)), strict=True)


def _scenes(clip: Synthetic) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Return what takes what the camera sees of a frame: radiance, as in `Room`, and ground truth."""
    edge = camera.margin(clip)
    height, width = clip.height + 2 * edge, clip.width + 2 * edge
    shifts = camera.shaking(clip) if clip.jitter else []

    @functools.cache
    def room(gust: int, lamp: bool) -> Room:
        draught = clip.draught * gust / GUST if clip.draught else None
        return build_room(height, width, draught=draught, lamp=lamp)

    @functools.lru_cache(maxsize=4)  # who lies still is drawn once
    def scene(cast: Cast, gust: int, lamp: bool) -> tuple[np.ndarray, np.ndarray]:
        return _put_in(room(gust, lamp), cast, clip, lamp)

    def scene_at(frame: int) -> tuple[np.ndarray, np.ndarray]:
        cast = cast_at(REFERENCE_FRAMES * frame / clip.frames, clip.story)
        gust = round(GUST * (0.65 * wave(frame / 17) + 0.35 * wave(frame / 7))) if clip.draught else 0
        lamp = clip.lamp is not None and frame >= clip.lamp * clip.frames
        radiance, truth = scene(cast, gust, lamp)
        if not shifts:
            return radiance, truth.copy()
        shift = shifts[frame]
        return camera.aim(radiance, edge, shift), camera.aim_labels(truth, edge, shift)

    return scene_at


def _put_in(room: Room, cast: Cast, clip: Synthetic, lamp: bool) -> tuple[np.ndarray, np.ndarray]:
    """Put people and things with their shadows into the room, as `Room.radiance`, and label them, uint8."""
    scene = room.radiance.copy()
    truth = np.full(scene.shape[:2], STATIC, np.uint8)
    shades = {label: np.zeros(MAP_SHAPE, np.int32) for label in (STATIC, UNKNOWN, MOTION)}
    for one in cast:
        body = chair_at(one.path) if isinstance(one, Chair) else body_of(one.pose)
        shade = shades[one.label]
        np.maximum(shade, cast_shadow(body, hard=clip.shadow == "hard"), out=shade)
    _cast(scene, truth, room, shades, clip)
    for one in cast:
        sprite = _draw(one, truth.shape, lamp)
        if sprite is not None:
            window = sprite.rows, sprite.columns
            scene[window][sprite.mask] = sprite.colour[sprite.mask]
            truth[window][sprite.mask] = one.label
    return scene, truth


def _cast(
    scene: np.ndarray, truth: np.ndarray, room: Room, shades: dict[int, np.ndarray], clip: Synthetic
) -> None:
    """Take the light out of shadows, and label where who moves, or was moved, takes more of it."""
    depth = round(SHADOW_DEPTH[clip.shadow] * _ONE)
    noise = round(clip.noise / clip.light * 64)
    everything = functools.reduce(np.maximum, shades.values())
    seen = everything.ravel()[room.shadow_texel]
    window = tuple(
        slice(hit[0], hit[-1] + 1) for hit in (seen.any(axis=k).nonzero()[0] for k in (1, 0)) if hit.size
    )
    if not window:
        return
    texels, lit = room.shadow_texel[window], room.lit[window]

    def share_of(shade: np.ndarray) -> np.ndarray:
        return (shade.ravel()[texels] * depth + 127) // 255

    def loss_of(share: np.ndarray) -> np.ndarray:
        return (lit * share[..., None] + _ONE // 2) // _ONE

    scene[window] -= loss_of(share_of(everything))
    before = share_of(shades[STATIC])
    for label, shown in ((UNKNOWN, UNKNOWN), (MOTION, HARD_SHADOW)):
        more = np.maximum(share_of(shades[label]) - before, 0)
        visible = (more >= round(SHADOW_VISIBLE * _ONE)) & (loss_of(more).max(axis=2) > noise)
        truth[window][visible] = shown


def _draw(one: Person | Chair, shape: tuple[int, ...], lamp: bool) -> Sprite | None:
    height, width = shape
    if isinstance(one, Chair):
        return draw_chair(one.path, height, width, lamp=lamp)
    colours = OTHER_COLOURS if one.other else COLOURS
    return draw_person(one.pose, height, width, colours=colours, lamp=lamp)


def _png(picture: np.ndarray, coding: tuple[int, ...]) -> bytes:
    return cv2.imencode(".png", picture, coding)[1].tobytes()


def _store(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # else the byte says on which system the file was made
    file.writestr(entry, content)
