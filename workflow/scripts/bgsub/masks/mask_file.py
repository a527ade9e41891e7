"""The masks that a method made of a clip's test frames, as a file."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bgsub.files import read_arrays, write_arrays


@dataclass(frozen=True)
class Masks:
    """Masks of one method.

    Attributes
    ----------
    masks : ndarray (T, H, W) uint8
        0 background, 127 shadow, 255 foreground.
    frames : ndarray (T,) int32
        The frames they belong to, by their places in the clip.
    """

    masks: np.ndarray
    frames: np.ndarray


def write_masks(path: str | Path, masks: Iterable[np.ndarray], frames: range) -> None:
    """Write the masks of consecutive frames, in order, to an .npz file.

    Raises
    ------
    ValueError
        If there are not as many masks as frames.
    """
    stack = np.stack(list(masks))
    if len(stack) != len(frames):
        raise ValueError(f"{path}: {len(stack)} masks for {len(frames)} frames")
    write_arrays(path, {"masks": stack, "frames": np.array(frames, dtype=np.int32)}, compressed=True)


def read_masks(path: str | Path) -> Masks:
    """Read the masks of a method."""
    return Masks(**read_arrays(path))
