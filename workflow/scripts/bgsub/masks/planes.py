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
