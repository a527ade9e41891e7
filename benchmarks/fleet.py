"""Many small clips through `snakemake tables`: what it takes, planned and run. `fleet.py FOLDER 100 200 300`.

The clips stand in for real ones: a room into which a patch comes, to lie still; half are folders of images,
half videos. Of several numbers of clips, each adds to what is done for the one before.
Options of Snakemake may follow.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
SIZE, FRAMES, COMES, LIES = (60, 80), 30, 13, 19
# One model and one method of the shipped config; the others are left out.
KEPT = {"models": ("em",), "methods": ("learning_gmm",)}


def write_clips(folder: Path, count: int) -> None:
    """Write the clips, `clips.tsv` that lists them, and `fleet.yaml`, an overlay that runs them all."""
    rows = ["clip\tpath\tframes"]
    for number in range(1, count + 1):
        path = folder / f"clips/{number:03d}{'.avi' if number % 2 else ''}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write(path, _fall(number))
        rows.append(f"fleet_{number:03d}\t{path.relative_to(folder)}\t{'' if number % 2 else '*.png'}")
    (folder / "clips.tsv").write_text("\n".join(rows) + "\n")
    shipped = _sections((ROOT / "config.yaml").read_text())
    left_out = {part: dict.fromkeys(n for n in shipped[part] if n not in KEPT[part]) for part in KEPT}
    overlay = {"run": ["fleet_*"], "clip_tables": ["clips.tsv"], "tiles": 1, "histories": [], **left_out}
    (folder / "fleet.yaml").write_text(json.dumps(overlay, indent=1))  # which is YAML too


def _write(path: Path, frames: np.ndarray) -> None:
    if path.suffix:
        video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE[::-1])
        for frame in frames:
            video.write(frame)
        video.release()
        return
    path.mkdir()
    for place, frame in enumerate(frames):
        cv2.imwrite(str(path / f"{place:04d}.png"), frame)


def _sections(config: str) -> dict[str, list[str]]:
    """Names of the models and the methods of the shipped config."""
    parts = dict(re.findall(r"^(\w+):\n((?:(?: .*)?\n)+)", config, re.MULTILINE))
    return {part: re.findall(r"^  (\w+):", parts[part], re.MULTILINE) for part in KEPT}


def _fall(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    room = rng.integers(80, 120, (*SIZE, 3))
    frames = np.clip(room + rng.integers(-2, 3, (FRAMES, *SIZE, 3)), 0, 255).astype(np.uint8)
    for frame in range(COMES, FRAMES):
        left = 5 * (min(frame, LIES) - COMES)
        frames[frame, 34:50, left : left + 24] = 225
    return frames


def run(folder: Path, *arguments: str) -> dict[str, float]:
    """Run Snakemake there; return the time that it took, and the time and memory of it without its jobs."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with (folder / "log.txt").open("a") as log:
        command = [sys.executable, "-m", "snakemake", "tables", "--directory", folder, *arguments]
        overlay = ["--configfile", folder / "fleet.yaml"]
        process = subprocess.Popen([*command, *overlay], cwd=ROOT, stdout=log, stderr=log)  # noqa: S603
        peak = own = 0.0

        def watch() -> None:
            nonlocal peak, own
            while process.poll() is None:
                status = Path(f"/proc/{process.pid}/status").read_text()
                if found := re.search(r"VmHWM:\s+(\d+)", status):
                    peak = int(found[1]) / 2**10
                    times = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
                    own = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
                time.sleep(0.5)

        watcher = threading.Thread(target=watch)
        watcher.start()
        failed = process.wait()
        watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return {
        "failed": failed,
        "seconds": time.perf_counter() - start,
        "processor_seconds": used,
        "snakemake_seconds": own,
        "snakemake_mb": peak,
    }


def main() -> None:
    """Write the clips, plan, run, and run again with nothing to do; print a line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("clips", type=int, nargs="+")
    parser.add_argument("--cores", default="1")
    given, options = parser.parse_known_args()
    folder = given.folder.resolve()
    for count in given.clips:
        write_clips(folder, count)
        for name, arguments in {"plan": ("--dry-run",), "run": (), "again": ()}.items():
            took = run(folder, "--cores", given.cores, *options, *arguments)
            print(json.dumps({"clips": count, "what": name, "load": os.getloadavg()[1]} | took), flush=True)
            if name == "plan":
                print(re.findall(r"^total +\d+", (folder / "log.txt").read_text(), re.MULTILINE)[-1])
        print(len((folder / "results/table.csv").read_text().splitlines()) - 1, "rows in table.csv")


if __name__ == "__main__":
    main()
