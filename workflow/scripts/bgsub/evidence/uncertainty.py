"""How far an F-measure depends on which frames were tested: a block bootstrap over a clip's frames.

Frames that follow each other show nearly the same, so single frames must not be drawn as if they were
independent. The circular block bootstrap (Politis and Romano 1992) draws runs of frames instead, and lets
them run over the end into the beginning, so that each frame is drawn equally often. The runs are as long as
the errors are correlated: their length is chosen from the frames' influence on the F-measure by the rule of
Politis and White (2004), with the correction of Patton, Politis and White (2009).

An interval speaks of this clip alone. It says nothing of another room, camera or person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

MINIMUM_FRAMES = 10  # below this there are too few runs of frames to draw from
RESAMPLES = 2000  # the ends of a 95 % interval then rest on 50 resamples each
LEVEL = 0.95


class Interval(NamedTuple):
    """Ends of a 95 % percentile interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Bootstrap:
    """F-measures of resampled clips, the same resamples for every method.

    Attributes
    ----------
    estimates : dict of str to float
        F-measure of the clip itself; NaN if not defined.
    resampled : dict of str to (resamples,) float array
        F-measure of each resample; NaN where it is not defined.
    block_length : int
        Frames that are drawn together.
    """

    estimates: dict[str, float]
    resampled: dict[str, np.ndarray]
    block_length: int

    def interval(self, method: str) -> Interval:
        """Return the interval of a method's F-measure."""
        return _interval(self.resampled[method])

    def differences(self) -> list[dict[str, str | float]]:
        """Compare each pair of methods, paired by frames.

        Returns
        -------
        list of dict
            `method, other, difference` (F-measure of the first minus that of the other), `low` and `high`,
            the ends of its interval.
        """
        rows = []
        for method, other in combinations(self.estimates, 2):
            difference = self.estimates[method] - self.estimates[other]
            ends = _interval(self.resampled[method] - self.resampled[other])
            rows.append({"method": method, "other": other, "difference": difference, **ends._asdict()})
        return rows


def bootstrap(
    counts: Mapping[str, np.ndarray], *, seed: int, block_length: int | None = None
) -> Bootstrap | None:
    """Resample a clip's frames in blocks, and compute the F-measure of each method in each resample.

    Parameters
    ----------
    counts : mapping of str to (frames, 3) int array
        True positives, false positives and false negatives of each frame, for each method.
    seed : int
        Of the draws.
    block_length : int, optional
        Frames; by default the longest that `optimal_block_length` asks for among the methods.

    Returns
    -------
    Bootstrap or None
        None for fewer than `MINIMUM_FRAMES` frames.

    Raises
    ------
    ValueError
        If the methods have not been scored on equally many frames.
    """
    sizes = {len(table) for table in counts.values()}
    if len(sizes) != 1:
        raise ValueError(f"methods scored on {sorted(sizes)} frames")
    (frames,) = sizes
    if frames < MINIMUM_FRAMES:
        return None
    if block_length is None:
        block_length = max(optimal_block_length(influence(table)) for table in counts.values())
    starts = np.random.default_rng(seed).integers(frames, size=(RESAMPLES, -(-frames // block_length)))
    return Bootstrap(
        estimates={name: float(_f_measure(table.sum(axis=0))) for name, table in counts.items()},
        resampled={name: _f_measure(_sums(table, starts, block_length)) for name, table in counts.items()},
        block_length=block_length,
    )


def influence(counts: np.ndarray) -> np.ndarray:
    """Return by how much each frame pulls the clip's F-measure up or down, to first order.

    Parameters
    ----------
    counts : (frames, 3) int array
        True positives, false positives, false negatives.

    Returns
    -------
    (frames,) float array
        With mean 0, in units in which 2 TP + FP + FN is 1 per frame on average; all 0 if it is 0.

    Notes
    -----
    F is the ratio of sums of 2 TP and of 2 TP + FP + FN, and these are the residuals of that ratio.
    """
    agreed = 2.0 * counts[:, 0]
    all_marked = agreed + counts[:, 1] + counts[:, 2]
    scale = all_marked.mean()
    return (agreed - agreed.sum() / all_marked.sum() * all_marked) / scale if scale else agreed


def optimal_block_length(series: np.ndarray) -> int:
    """Choose the block length of a circular block bootstrap by the rule of Politis and White.

    Parameters
    ----------
    series : (n,) float array
        In the order of time.

    Returns
    -------
    int
        At least 1 and at most a third of the series, or 3 sqrt(n) if that is less.

    Notes
    -----
    It minimises the mean squared error of the bootstrap's variance of a mean: b = (2 G^2 / D)^(1/3) n^(1/3)
    with G = sum w(k/M) |k| R(k) and D = 4/3 (sum w(k/M) R(k))^2, where R(k) is the autocovariance at lag k
    and w the flat-top window, 1 up to a half and then falling to 0 at 1. M is twice the lag after which the
    autocorrelation stays insignificant.
    """
    n = len(series)
    covariance = _autocovariance(np.asarray(series, float))
    if n < MINIMUM_FRAMES or covariance[0] <= 0:
        return 1
    run = max(5, int(np.ceil(np.sqrt(np.log10(n)))))
    longest = min(int(np.ceil(np.sqrt(n))) + run, n - 1)
    significant = np.abs(covariance[1 : longest + 1] / covariance[0]) > 2 * np.sqrt(np.log10(n) / n)
    quiet = [lag for lag in range(longest + 1 - run) if not significant[lag : lag + run].any()]
    last = quiet[0] if quiet else int(np.flatnonzero(significant)[-1]) + 1
    reach = min(2 * max(last, 1), longest)
    lags = np.arange(-reach, reach + 1)
    window = np.clip(2 * (1 - np.abs(lags) / reach), 0, 1)
    weighted = window * covariance[np.abs(lags)]
    spectrum = weighted.sum()
    most = int(np.ceil(min(3 * np.sqrt(n), n / 3)))
    if spectrum <= 0:
        return most
    best = (1.5 * (np.sum(weighted * np.abs(lags)) / spectrum) ** 2 * n) ** (1 / 3)
    return int(np.clip(np.rint(best), 1, most))


def _autocovariance(series: np.ndarray) -> np.ndarray:
    centred = series - series.mean()
    return np.correlate(centred, centred, "full")[len(series) - 1 :] / len(series)


def _sums(counts: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    """Add up the counts of the blocks drawn, (resamples, 3); the last is cut to draw as many frames."""
    frames = len(counts)
    before = np.zeros((2 * frames + 1, counts.shape[1]), np.int64)
    np.cumsum(np.concatenate([counts, counts]), axis=0, out=before[1:])
    *whole, last = starts.T
    rest = frames - len(whole) * length
    sums = before[last + rest] - before[last]
    for start in whole:
        sums += before[start + length] - before[start]
    return sums


def _f_measure(sums: np.ndarray) -> np.ndarray:
    tp, fp, fn = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore"):
        return np.divide(2 * tp, 2 * tp + fp + fn)


def _interval(values: np.ndarray) -> Interval:
    defined = values[~np.isnan(values)]
    if not len(defined):
        return Interval(np.nan, np.nan)
    return Interval(*np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist())
