"""Pictures plane by plane: 8 pixels of a plane lie side by side, as vector instructions take them."""

import cv2
import numpy as np


def planes(image: np.ndarray) -> np.ndarray:
    """Return an image (H, W, C) as (C, H, W), contiguous; copied only if its memory is not so yet."""
    apart = np.moveaxis(image, -1, 0)
    if image.dtype != np.uint8 or apart.flags.c_contiguous:
        return np.ascontiguousarray(apart)
    split = np.empty(apart.shape, np.uint8)
    cv2.split(np.ascontiguousarray(image), tuple(split))  # four times as fast
    return split


def pixels(image: np.ndarray) -> np.ndarray:
    """Return planes (C, H, W) as an image (H, W, C), never copied."""
    return np.moveaxis(image, 0, -1)


def marks_by_eight(width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return marks, 0, for a row of pixels, and the same eight at a time: 0 where no pixel is marked."""
    marks = np.zeros((width + 7) // 8 * 8, np.uint8)
    return marks, marks.view(np.uint64)
