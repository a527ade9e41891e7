"""The two clips of the benchmark, both as 44 training frames of 480 x 720."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from bgsub.source.frames import open_frames
from bgsub.source.reading import read_frames

FRAMES, HEIGHT, WIDTH = 44, 480, 720
DEMO = Path("results/demo/frames.npy")
REAL = (Path("data/gmdcsa24_s4_fall03.mp4"), Path("results/gmdcsa24_s4_fall03/frames.npy"))
HOW = "make bench REAL=clip.mp4, a video, a zip or folder of PNG frames, or a frames.npy of this workflow"


def demo_clip() -> np.ndarray:
    """Return the training frames (44, 480, 720, 3) uint8 of the embedded clip, with its raw sensor noise."""
    return _as_benchmark(open_frames(DEMO)[:FRAMES])


def real_clip(path: str | None) -> tuple[np.ndarray, str] | None:
    """Return 44 frames of a real clip as (44, 480, 720, 3) uint8, and its name; None if there is none.

    Parameters
    ----------
    path : str or None
        A video, a zip, a folder, or a frames.npy of this workflow; by default the clip gmdcsa24_s4_fall03 of
        config.yaml, if it has been fetched.
    """
    candidates = [Path(path)] if path else [file for file in REAL if file.exists()]
    if not candidates:
        return None
    source = candidates[0]
    if source.suffix == ".npy":
        return _as_benchmark(open_frames(source)[:FRAMES]), source.parent.name
    with tempfile.TemporaryDirectory() as folder:
        destination = Path(folder) / "frames.npy"
        read_frames(source, "**/*.png" if source.is_dir() or source.suffix == ".zip" else None, destination)
        return _as_benchmark(open_frames(destination)[:FRAMES]), source.name


def _as_benchmark(frames: np.ndarray) -> np.ndarray:
    """Crop and mirror at the edges to 480 x 720: interpolating would change the noise."""
    frames = np.array(frames[:, :HEIGHT, :WIDTH])
    if len(frames) < FRAMES:
        sys.exit(f"benchmark: found {len(frames)} frames, expected {FRAMES} or more; give a longer clip")
    rows, columns = HEIGHT - frames.shape[1], WIDTH - frames.shape[2]
    edges = ((0, 0), (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2), (0, 0))
    return np.ascontiguousarray(np.pad(frames, edges, mode="symmetric"))
