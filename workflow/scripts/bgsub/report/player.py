"""What the page's player shows: test frames as small pictures, masks and ground truth as run lengths."""

import functools
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np

from bgsub import labels
from bgsub.masks.mask_file import Masks
from bgsub.progress import Progress
from bgsub.report.payload import as_text, pack_runs

MOST_FRAMES = 240
MOST_WIDTH = 720  # pixels
BYTES = 3_600_000  # of all frames and masks together, before base64
SMALL_WIDTH = 480
SMALL_BYTES = 850_000  # a page that is itself in a data URI, of 2 MB at most, holds them
_QUALITIES = (85, 80, 70, 60, 50, 40, 30)  # of JPEG

# What the page's masks and ground truth are made of, few enough values to be packed tightly.
CODES = ("background", "shadow", "foreground", "unknown")
_MASK_CODES = {labels.BACKGROUND: "background", labels.SHADOW: "shadow", labels.FOREGROUND: "foreground"}
_TRUTH_CODES = {
    labels.STATIC: "background",
    labels.HARD_SHADOW: "shadow",
    labels.OUTSIDE: "unknown",
    labels.UNKNOWN: "unknown",
    labels.MOTION: "foreground",
}


class Shown(NamedTuple):
    """What of a clip the player shows: places of its frames in the clip, and their width and height."""

    frames: Sequence[int]
    size: tuple[int, int]


def choose_shown(test: Sequence[int], height: int, width: int, most_width: int = MOST_WIDTH) -> Shown:
    """Choose every n-th test frame, the least n that leaves at most `MOST_FRAMES`, and their size."""
    step = -(-len(test) // MOST_FRAMES)
    scale = min(1.0, most_width / width)
    return Shown(test[::step], (round(width * scale), round(height * scale)))


def mask_codes(masks: np.ndarray) -> np.ndarray:
    """Return masks (0, 127, 255) in `CODES`: 0 background, 1 shadow, 2 foreground."""
    return _recoded(masks, _MASK_CODES)


def truth_codes(truth: np.ndarray) -> np.ndarray:
    """Return ground truth in CDnet's coding in `CODES`, where 3 is unknown or not scored."""
    return _recoded(truth, _TRUTH_CODES)


def encode_pictures(frames: Iterable[np.ndarray], size: tuple[int, int], budget: int) -> list[bytes]:
    """Encode pictures as JPEG of the best quality at which all of them together keep to a budget.

    A video's worth of pictures as WebP would be a third smaller, and take twenty times as long.

    Parameters
    ----------
    frames : iterable of (H, W, 3) uint8 arrays
        RGB.
    size : (int, int)
        Width and height to scale them to.
    budget : int
        Bytes; overrun only at the lowest quality.
    """
    scaled = [cv2.cvtColor(_scaled(frame, size, cv2.INTER_AREA), cv2.COLOR_RGB2BGR) for frame in frames]

    @functools.cache
    def encoded(quality: int) -> list[bytes]:
        settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
        return [cv2.imencode(".jpg", frame, settings)[1].tobytes() for frame in scaled]

    def fits(quality: int) -> bool:
        return sum(map(len, encoded(quality))) <= budget

    return encoded(_QUALITIES[bisect_left(_QUALITIES[:-1], True, key=fits)])


def encode_picture(image: np.ndarray, size: tuple[int, int], quality: int) -> bytes:
    """Encode an RGB picture, scaled to (width, height), as WebP; above 100 is lossless."""
    bgr = cv2.cvtColor(_scaled(image, size, cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()


def pack_player(
    clip: np.ndarray,
    shown: Shown,
    masks: Mapping[str, Masks],
    truth: np.ndarray | None = None,
    *,
    budget: int = BYTES,
    progress: Progress = iter,
) -> dict[str, Any]:
    """Pack what the player needs of one clip.

    While the masks take more than half of the budget, every other frame is left out.

    Parameters
    ----------
    clip : (N, H, W, 3) uint8 array
        RGB.
    shown : Shown
    masks : mapping of str to Masks
        By method; gone through one mask at a time.
    truth : (N, H, W) uint8 array, optional
        Ground truth in CDnet's coding.
    budget : int
        Bytes for all pictures and masks, before base64; the masks are never the worse for it.

    Returns
    -------
    dict
        `width`, `height`; `frames`, their places in the clip; `images`, JPEG in base64; `masks`, by method as
        from `pack_runs`; `truth` likewise, or None.
    """
    width, height = shown.size
    packed = {}
    for method in progress(masks):
        codes = map(mask_codes, masks[method].of(shown.frames))
        packed[method] = _pack_codes(codes, shown.size)
    if len(shown.frames) > 1 and sum(map(len, packed.values())) * 3 // 4 > budget / 2:
        fewer = shown._replace(frames=shown.frames[::2])
        return pack_player(clip, fewer, masks, truth, budget=budget, progress=progress)
    labels_packed = None
    if truth is not None:
        labels_packed = _pack_codes((truth_codes(truth[frame]) for frame in shown.frames), shown.size)
    spent = sum(len(text) * 3 // 4 for text in [*packed.values(), labels_packed or ""])
    pictures = encode_pictures((clip[frame] for frame in shown.frames), shown.size, budget - spent)
    return {
        "width": width,
        "height": height,
        "frames": list(shown.frames),
        "images": [as_text(picture) for picture in pictures],
        "masks": packed,
        "truth": labels_packed,
    }


def scaled_codes(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return an image of codes in another size, (width, height), each pixel one of its own."""
    return _scaled(image, size, cv2.INTER_NEAREST)


def _pack_codes(images: Iterable[np.ndarray], size: tuple[int, int]) -> str:
    return pack_runs(np.stack([scaled_codes(image, size) for image in images]))


def _scaled(image: np.ndarray, size: tuple[int, int], interpolation: int) -> np.ndarray:
    return image if image.shape[1::-1] == size else cv2.resize(image, size, interpolation=interpolation)


def _recoded(values: np.ndarray, codes: Mapping[int, str]) -> np.ndarray:
    table = np.zeros(256, np.uint8)
    for value, code in codes.items():
        table[value] = CODES.index(code)
    return cv2.LUT(values, table)
