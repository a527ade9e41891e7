"""Peak memory of one case, in a process of its own: what it needs above what Python and its libraries take.

Run as `memory.py case frames.npy threads rows`; prints a line of JSON.
"""

import json
import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
from cases import CASES, OURS, fit

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_megabytes(case: str, frames: Path, threads: int, **settings: object) -> float:
    """Peak resident memory of a case above the process's own, in a new process, in MB (2^20 bytes).

    Parameters
    ----------
    case : str
        A name of `cases.CASES`.
    frames : Path
        A .npy file of frames (N, H, W, 3); it is opened as a memory map, and what is read of it counts.
    threads : int
    **settings
        Parameters of our fit that differ from the case's.
    """
    command = [sys.executable, __file__, case, str(frames), str(threads), json.dumps(settings)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return json.loads(printed)["peak_mb"]


def measure(case: str, path: str, threads: int, settings: dict) -> float:
    """Run a case on little, so that all is loaded and compiled, then on the file; see `peak_megabytes`."""
    run = fit(OURS[case] | settings) if case in OURS else CASES[case].run
    run(np.random.default_rng(0).integers(0, 256, (9, 2, 64, 3), dtype=np.uint8), threads)
    before = _reset_peak()
    run(np.load(path, mmap_mode="r"), threads)
    return _peak() - before


def _reset_peak() -> float:
    """Start a new peak where the system can (Linux); return it, the memory now in use, MB."""
    if CLEAR.exists():
        CLEAR.write_text("5")
    return _peak()


def _peak() -> float:
    if STATUS.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", STATUS.read_text())[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    name, file, count, changes = sys.argv[1:]
    print(json.dumps({"peak_mb": measure(name, file, int(count), json.loads(changes))}))
