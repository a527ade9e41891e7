"""What the steps of a run cost, from Snakemake's benchmark files."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

_COMPILED = re.compile(r"bgsub\.model\.compiled: (?:compiled \S+ in|waited) ([\d.]+) s\b", re.MULTILINE)


class Cost(NamedTuple):
    """What one step cost."""

    seconds: float  # wall time without that of compiling; of several jobs their sum
    memory: float | None  # the most that one of its jobs held, MB; None if all were too short to be measured
    jobs: int
    compiling: float = 0.0  # seconds that its jobs compiled, or waited for it, which is once on a machine


def read_costs(
    benchmarks: Mapping[str, Sequence[str | Path]], logs: Mapping[str, Sequence[str | Path]] | None = None
) -> dict[str, Cost]:
    """Read each step's benchmark files; a job that was run several times counts by its mean.

    Snakemake does not make a lost benchmark again, so a step that lacks one is left out.

    Parameters
    ----------
    benchmarks : mapping of str to sequence of path-like
        By step, in the order to show; a step made of several jobs (tiles) has several files.
    logs : mapping of str to sequence of path-like, optional
        Likewise the jobs' logs, which tell what was compiled; one that is lost tells nothing.
    """
    costs = {}
    for step, paths in benchmarks.items():
        if not all(Path(path).is_file() for path in paths):
            continue
        tables = [pd.read_csv(path, sep="\t") for path in paths]
        memories = pd.to_numeric(pd.concat([table["max_rss"] for table in tables]), errors="coerce")
        memories = memories[memories >= 1]  # of a job that ends at once Snakemake says NA or next to nothing
        seconds = float(sum(table["s"].mean() for table in tables))
        compiling = min(sum(map(_compiling, (logs or {}).get(step, ()))), seconds)
        costs[step] = Cost(
            seconds=seconds - compiling,
            memory=float(memories.max()) if len(memories) else None,
            jobs=len(tables),
            compiling=compiling,
        )
    return costs


def _compiling(log: str | Path) -> float:
    """Seconds that a job compiled, or waited for another to, by its log."""
    if not Path(log).is_file():
        return 0.0
    return sum(map(float, _COMPILED.findall(Path(log).read_text(encoding="utf-8", errors="replace"))))
