"""Methods compared over clips: mean ranks, and mean differences with their intervals.

The tests are those that are customary where several methods are compared on several data sets (Demšar 2006):
Friedman's, whether their ranks differ at all, and Nemenyi's, which of them do. A clip is one sample, whatever
its length. All take the clips for independent, which cameras that film the same scene are not: then intervals
are too narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

# Below this neither resamples nor the tests' approximations mean much (Demšar 2006, 3.2.2).
MINIMUM_CLIPS = 10
LEVEL = 0.95
RESAMPLES = 2000  # as for the frames of a clip, see `evidence.uncertainty`
COMPARED = ("f_measure", "retention")  # the larger, the better

RANK_COLUMNS = ("measure", "method", "clips", "mean_rank", "friedman_p", "critical_difference")
DIFFERENCE_COLUMNS = ("measure", "method", "other", "clips", "difference", "low", "high", "nemenyi_p")


@dataclass(frozen=True)
class Comparison:
    """Methods compared by one measure, on the clips that all of them have it on."""

    measure: str  # its column in table.csv
    values: pd.DataFrame  # (clips, methods), the columns are the methods' keys
    mean_ranks: pd.Series
    """(methods,): 1 is best; equal values share the mean of their ranks. NaN without a clip."""
    friedman_p: float | None
    """Probability of ranks that differ as much if no method were better than another; None for fewer than
    `MINIMUM_CLIPS` clips or three methods, or if all are equal on every clip."""
    critical_difference: float | None
    """Least difference between two mean ranks that Nemenyi's test takes for more than chance, at 5 %; None
    for fewer than `MINIMUM_CLIPS` clips or two methods."""

    @property
    def enough(self) -> bool:
        """Whether there are clips enough for tests and intervals."""
        return len(self.values) >= MINIMUM_CLIPS

    def rank_rows(self) -> list[dict]:
        """Rows of `ranks.csv`: `measure, method, clips, mean_rank, friedman_p, critical_difference`."""
        tests, clips = (self.friedman_p, self.critical_difference), len(self.values)
        rows = [(self.measure, method, clips, rank, *tests) for method, rank in self.mean_ranks.items()]
        return [dict(zip(RANK_COLUMNS, row, strict=True)) for row in rows] if clips else []

    def difference_rows(self, *, seed: int) -> list[dict]:
        """Compare each pair of methods, paired by clips; the seed is that of the bootstrap.

        Rows of `differences.csv` over clips: `measure, method, other, clips`; `difference`, the mean over
        the clips of the first method's value minus the other's; `low` and `high`, the ends of its 95 %
        percentile interval from resampled clips; `nemenyi_p`, of the difference between their mean ranks.
        The last three are None for fewer than `MINIMUM_CLIPS` clips.
        """
        rows = []
        for method, other in combinations(self.values, 2) if len(self.values) else ():
            apart = (self.values[method] - self.values[other]).to_numpy()
            low, high = _interval(apart, seed) if self.enough else (None, None)
            nemenyi_p = self._nemenyi_p(method, other) if self.enough else None
            row = (self.measure, method, other, len(apart), float(apart.mean()), low, high, nemenyi_p)
            rows.append(dict(zip(DIFFERENCE_COLUMNS, row, strict=True)))
        return rows

    def _nemenyi_p(self, method: str, other: str) -> float:
        from scipy import stats

        clips, methods = self.values.shape
        apart = abs(self.mean_ranks[method] - self.mean_ranks[other]) / _rank_error(clips, methods)
        return float(stats.studentized_range.sf(apart * np.sqrt(2), methods, np.inf))


def compare(table: pd.DataFrame, measure: str) -> Comparison:
    """Compare the methods of `table.csv` by one measure, of which more is better.

    The measure may be missing, also as a column. A clip on which a method lacks it is left out.
    """
    methods: Sequence[str] = list(dict.fromkeys(table["method"]))
    if measure not in table:
        table = table.assign(**{measure: np.nan})
    values = table.pivot_table(index="clip", columns="method", values=measure, dropna=False, sort=False)
    values = values.reindex(columns=methods).dropna()
    clips = len(values)
    enough = clips >= MINIMUM_CLIPS
    if enough:
        from scipy import stats  # takes a second to load, and is needed for many clips only
    friedman_p = None
    if enough and len(methods) >= 3 and np.ptp(values.to_numpy(), axis=1).any():
        friedman_p = float(stats.friedmanchisquare(*values.to_numpy().T).pvalue)
    critical = None
    if enough and len(methods) >= 2:
        widest = stats.studentized_range.ppf(LEVEL, len(methods), np.inf) / np.sqrt(2)
        critical = float(widest * _rank_error(clips, len(methods)))
    ranks = values.rank(axis=1, ascending=False).mean()
    return Comparison(measure, values, ranks, friedman_p, critical)


def _rank_error(clips: int, methods: int) -> float:
    """Return the standard error of a difference between two mean ranks, if none is better."""
    return float(np.sqrt(methods * (methods + 1) / (6 * clips)))


def _interval(values: np.ndarray, seed: int) -> tuple[float, float]:
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    from scipy import stats

    options = {"n_resamples": RESAMPLES, "confidence_level": LEVEL, "method": "percentile"}
    found = stats.bootstrap((values,), np.mean, **options, rng=np.random.default_rng(seed))
    return float(found.confidence_interval.low), float(found.confidence_interval.high)
