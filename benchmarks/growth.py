"""How time and memory of our fit grow with frames, pixels, components and threads."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from cases import OURS
from memory import peak_megabytes

from bgsub.model.gmm import PixelMixture

FRAMES = (11, 22, 44, 88, 176, 352, 1000)
SIZES = ((90, 160), (180, 320), (360, 640), (720, 1280), (1440, 2560), (2160, 3840))
COMPONENTS = (1, 2, 3, 4, 5)
BAND = (96, 720)  # pixels of the series over frames
STRIP = (6, 720)  # pixels of the series over components
TILE = 360 * 640  # pixels of a tile, at most, in the series over pixels


def series(clip: np.ndarray) -> Iterator[dict[str, Any]]:
    """Measure all series on variations of a clip (44, 480, 720, 3).

    Yields
    ------
    dict
        `series`, `frames`, `height`, `width`, `components`, `threads`, `seconds`; `peak_mb` for two threads.
        More frames are the clip's over and over; more pixels are a few rows of it, over and over, fitted in
        tiles one after another, as the workflow does on one machine.
    """
    middle = clip.shape[1] // 2
    band = clip[:, middle : middle + BAND[0], : BAND[1]]
    for count in FRAMES:
        yield from _points("frames", np.resize(band, (count, *band.shape[1:])), len(band[0]), 2)
    for height, width in SIZES:
        row = np.resize(clip[:, middle, :], (len(clip), 1, width, 3)) if width <= clip.shape[2] else None
        if row is None:
            row = np.concatenate(
                [clip[:, middle - 3 + k, :] for k in range(-(-width // clip.shape[2]))], axis=1
            )
            row = row[:, np.newaxis, :width]
        frames = np.broadcast_to(row, (len(clip), height, width, 3))
        yield from _points("pixels", frames, max(1, TILE // width), 2)
    strip = clip[:, middle : middle + STRIP[0], : STRIP[1]]
    for components in COMPONENTS:
        yield from _points("components", strip, STRIP[0], components)


def _points(name: str, frames: np.ndarray, rows: int, components: int) -> Iterator[dict[str, Any]]:
    for threads in (1, 2):
        settings = OURS["converged"] | {"n_components": components}
        seconds = min(
            _seconds(frames, rows, settings, threads) for _ in range(2 if frames[0].size < 1e6 else 1)
        )
        yield {
            "series": name,
            "frames": len(frames),
            "height": frames.shape[1],
            "width": frames.shape[2],
            "components": components,
            "threads": threads,
            "seconds": seconds,
            "peak_mb": _peak(frames, rows, components) if threads == 2 else None,
        }


def _seconds(frames: np.ndarray, rows: int, settings: dict[str, Any], threads: int) -> float:
    mixture = PixelMixture(**settings, n_threads=threads)
    mixture.fit(np.array(frames[:, :1, :8]))
    start = time.perf_counter()
    for top in range(0, frames.shape[1], rows):
        mixture.fit(frames[:, top : top + rows])
    return time.perf_counter() - start


def _peak(frames: np.ndarray, rows: int, components: int) -> float:
    """Peak memory of a tile's fit, whose samples lie in a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tile.npy"
        np.save(file, frames[:, :rows])
        return peak_megabytes("converged", file, 2, n_components=components)
