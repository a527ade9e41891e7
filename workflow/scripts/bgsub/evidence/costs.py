"""What the steps of a run cost, from Snakemake's benchmark files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd


class Cost(NamedTuple):
    """What one step cost.

    Attributes
    ----------
    seconds : float
        Wall time; of several jobs their sum.
    memory : float or None
        The most that one of its jobs held at a time, MB; None if all were too short to be measured.
    jobs : int
    """

    seconds: float
    memory: float | None
    jobs: int


def read_costs(benchmarks: Mapping[str, Sequence[str | Path]]) -> dict[str, Cost]:
    """Read each step's benchmark files; a job that was run several times counts by its mean.

    Snakemake does not make a lost benchmark again, so a step that lacks one is left out.

    Parameters
    ----------
    benchmarks : mapping of str to sequence of path-like
        By step, in the order to show; a step made of several jobs (tiles) has several files.

    Returns
    -------
    dict of str to Cost
        Without the steps that lack a file.
    """
    costs = {}
    for step, paths in benchmarks.items():
        if not all(Path(path).is_file() for path in paths):
            continue
        tables = [pd.read_csv(path, sep="\t") for path in paths]
        memories = pd.to_numeric(pd.concat([table["max_rss"] for table in tables]), errors="coerce")
        memories = memories[memories >= 1]  # of a job that ends at once Snakemake says NA or next to nothing
        costs[step] = Cost(
            seconds=float(sum(table["s"].mean() for table in tables)),
            memory=float(memories.max()) if len(memories) else None,
            jobs=len(tables),
        )
    return costs
