"""How much memory jobs take, seen more often than SLURM looks, whose shortest pause is a second."""

import contextlib
import re
import threading
from collections import Counter

import psutil
from slurm import Cluster

PAUSE = 0.1  # seconds; a job of the small experiment works for less than a second


class Gauge:
    """The most memory that each job took, as SLURM counts it: resident memory of its processes, added up.

    As a context manager it looks until the block ends.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._most: Counter[str] = Counter()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Gauge":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def taken(self, job: dict[str, str]) -> float:
        """Return the most, in MB, that a job took."""
        return self._most[job["JobId"]] / 2**20

    def _watch(self) -> None:
        while not self._done.wait(PAUSE):
            self._most |= self._now()

    def _now(self) -> Counter[str]:
        sizes: Counter[str] = Counter()
        for step in self._cluster.steps():
            with contextlib.suppress(psutil.NoSuchProcess):
                # SLURM's title of a step: slurmstepd: [12.batch]
                title = re.search(r"\[(\d+)\.", " ".join(step.cmdline()))
                if title:
                    sizes[title[1]] += sum(map(_size, step.children(recursive=True)))
        return sizes


def _size(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.memory_info().rss
    return 0
