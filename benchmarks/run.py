"""The benchmark: our fit beside OpenCV, numpy, scipy and scikit-learn, in one run on the same frames.

Writes results/benchmark/: fit.csv, growth.csv, roofline.json, pictures, and index.md, which explains them.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import clips
import growth
import numpy as np
import page
import roofline
from cases import CASES, OURS, fit
from memory import peak_megabytes
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from bgsub.errors import InputError
from bgsub.files import write_table

FOLDER = Path("results/benchmark")
REFERENCE = "mog2"


def main() -> None:
    """Measure what was asked for, and write the tables and the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", metavar="CLIP", help="a real clip: video, zip, folder or frames.npy")
    parser.add_argument("--threads", type=int, default=2, help="threads of every case (default: 2)")
    parser.add_argument("--repetitions", type=int, default=5, help="of every case that runs on all pixels")
    parser.add_argument(
        "--skip-growth", action="store_true", help="leave out the series over frames, pixels and K"
    )
    arguments = parser.parse_args()

    found = {"demo": clips.demo_clip()}
    names = {"demo": "the embedded clip, rendered with the noise of a raw sensor"}
    real = clips.real_clip(arguments.real)
    if real:
        found["real"], names["real"] = real
    else:
        print(f"No real clip: the demo alone is measured. To add one: {clips.HOW}")
    compiling = sum(_seconds(lambda settings=settings: _warm_up(settings)) for settings in OURS.values())

    with threadpool_limits(arguments.threads):
        rows = [
            row
            for name, frames in found.items()
            for row in measure_clip(name, frames, arguments.threads, arguments.repetitions)
        ]
    write_table(FOLDER / "fit.csv", rows)
    with threadpool_limits(1):
        figures = roofline.measure().figures()
    (FOLDER / "roofline.json").write_text(json.dumps(figures, indent=2) + "\n")
    if not arguments.skip_growth:
        points = len(growth.FRAMES) + len(growth.SIZES) + len(growth.COMPONENTS)
        series = growth.series(found["demo"])
        write_table(FOLDER / "growth.csv", list(tqdm(series, "growth", 2 * points, leave=False)))
    page.write(FOLDER, names, compiling)
    print(f"The benchmark's page is {FOLDER / 'index.md'}")


def measure_clip(name: str, frames: np.ndarray, threads: int, repetitions: int) -> list[dict[str, Any]]:
    """Rows of fit.csv for one clip (N, H, W, 3).

    The cases take turns, so that what disturbs the machine disturbs them alike; a ratio is the median of
    those within each turn. Cases that run on a sample of pixels run once and are scaled up.
    """
    pixels = frames[0].size // 3
    seconds: dict[str, list[float]] = {case: [] for case in CASES}
    iterations: dict[str, float | None] = {}
    rng = np.random.default_rng(0)
    drawn = {case: np.sort(rng.choice(pixels, job.sampled, replace=False)) for case, job in CASES.items()}
    for turn in tqdm(range(repetitions), f"{name}: timing", leave=False):
        for case, job in CASES.items():
            if job.sampled and turn:
                continue
            part = frames
            if job.sampled:
                part = np.ascontiguousarray(frames.reshape(len(frames), -1, 3)[:, drawn[case]])[:, np.newaxis]

            def work(case: str = case, part: np.ndarray = part) -> None:
                iterations[case] = CASES[case].run(part, threads)

            scale = pixels / job.sampled if job.sampled else 1
            seconds[case].append(scale * _seconds(work))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "frames.npy"
        np.save(file, frames)
        everywhere = [case for case, job in CASES.items() if not job.sampled]
        peaks = {
            case: peak_megabytes(case, file, threads)
            for case in tqdm(everywhere, f"{name}: memory", leave=False)
        }
    samples = frames.nbytes / 2**20
    return [
        {
            "case": case,
            "clip": name,
            "threads": threads,
            "seconds": statistics.median(seconds[case]),
            "ratio_to_mog2": statistics.median(
                a / b for a, b in zip(seconds[case], seconds[REFERENCE][: len(seconds[case])], strict=True)
            ),
            "iterations_mean": iterations[case],
            "peak_rss_mb": peaks.get(case),
            "peak_to_samples": peaks[case] / samples if case in peaks else None,
            "scaled_from_pixels": job.sampled or None,
            "fastest": min(seconds[case]),
            "slowest": max(seconds[case]),
        }
        for case, job in CASES.items()
    ]


def _warm_up(settings: dict[str, Any]) -> None:
    fit(settings)(np.arange(44 * 16 * 3, dtype=np.uint8).reshape(44, 1, 16, 3), 1)


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
