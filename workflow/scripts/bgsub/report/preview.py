"""Pictures that tell the result at a glance: the most telling moment, and a moving preview for a README."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from bgsub.labels import FOREGROUND
from bgsub.names import Name
from bgsub.report.payload import as_text
from bgsub.report.player import encode_picture

PREVIEW_BYTES = 3_000_000
PREVIEW_WIDTH = 960  # pixels
MOST_FRAMES = 48
MOMENT_WIDTH = 480  # pixels
POSTER_WIDTH = 480  # pixels
_QUALITIES = (70, 50, 30, 15)
_OPACITY = 0.55


def overlaid(frame: np.ndarray, mask: np.ndarray, colour: str) -> np.ndarray:
    """Lay a mask's foreground over a frame, (H, W, 3) uint8 RGB, in a colour `#rrggbb`, with its outline."""
    inside = (mask == FOREGROUND).astype(np.uint8)
    paint = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], np.float64)
    mixed = frame.astype(np.float64)
    mixed[inside > 0] = (1 - _OPACITY) * mixed[inside > 0] + _OPACITY * paint
    edge = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    mixed[edge] = paint
    return np.rint(mixed).astype(np.uint8)


def pack_moment(
    frame: np.ndarray,
    masks: Mapping[str, np.ndarray],
    names: Mapping[str, Name],
    part: tuple[slice, slice] = (slice(None), slice(None)),
) -> list[dict[str, Any]]:
    """Pack pictures of a part of a frame with one mask each.

    Parameters
    ----------
    frame : (H, W, 3) uint8 array
        RGB.
    masks : mapping of str to (H, W) uint8 array
        Of the methods to show.
    part : (slice, slice)
        Its rows and columns; by default the whole.

    Returns
    -------
    list of dict
        `method`, `width`, `height`, `image`: WebP in base64.
    """
    height, width = frame[part].shape[:2]
    scale = min(1.0, MOMENT_WIDTH / width)
    size = (round(width * scale), round(height * scale))
    return [
        {
            "method": method,
            "width": size[0],
            "height": size[1],
            "image": as_text(
                encode_picture(overlaid(frame[part], mask[part], names[method].colour), size, 80)
            ),
        }
        for method, mask in masks.items()
    ]


def pack_poster(frame: np.ndarray) -> dict[str, Any]:
    """Pack a small picture of a frame, (H, W, 3) uint8 RGB, for a video to show before it plays.

    It has the frame's `height` and `width`, and `image`: WebP in base64.
    """
    height, width = frame.shape[:2]
    size = (POSTER_WIDTH, round(POSTER_WIDTH * height / width))
    return {"height": height, "width": width, "image": as_text(encode_picture(frame, size, 60))}


class Preview:
    """An endless animated WebP of a video's frames, for a README: small, and every n-th frame of a long one.

    Parameters
    ----------
    frames : int
        Of the video; the least n is taken that leaves at most `MOST_FRAMES`.
    fps : Fraction
        Of the video.
    """

    def __init__(self, frames: int, fps: Fraction) -> None:
        self._step = -(-frames // MOST_FRAMES)
        self._seconds = float(self._step / fps)
        self._kept: list[np.ndarray] = []

    def watching(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the frames, (H, W, 3) uint8 RGB, as they are, and keep every n-th in small."""
        for place, frame in enumerate(frames):
            if place % self._step == 0:
                self._kept.append(_narrowed(frame))
            yield frame

    def encoded(self, budget: int = PREVIEW_BYTES) -> bytes:
        """Encode what was kept, with the best quality that keeps to a budget in bytes, or else the lowest."""
        animation = cv2.Animation()
        animation.frames = [cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) for frame in self._kept]
        animation.durations = [round(1000 * self._seconds)] * len(self._kept)
        for quality in _QUALITIES:
            settings = [cv2.IMWRITE_WEBP_QUALITY, quality]
            encoded = cv2.imencodeanimation(".webp", animation, settings)[1].tobytes()
            if len(encoded) <= budget:
                break
        return encoded


def _narrowed(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    if width <= PREVIEW_WIDTH:
        return frame
    return cv2.resize(
        frame, (PREVIEW_WIDTH, round(height * PREVIEW_WIDTH / width)), interpolation=cv2.INTER_AREA
    )
