"""An audit of fits on a sample of pixels: whether EM arrived, and how far below the best optimum.

Nothing proves an optimum of a mixture's likelihood to be the best one; it is compared with the best of
several EM runs from random samples, as is usual (McLachlan & Peel 2000, Finite Mixture Models, chapter 2).
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bgsub.model.constants import CLOSE_ENOUGH, TRAJECTORY_UNIT, UNDEFINED
from bgsub.model.gmm import PixelMixture, log_joint_densities
from bgsub.progress import Progress
from bgsub.source.frames import Frames

TIGHT = 1e-8  # nats per sample: what an audited fit is run on to
LONGEST = 3000  # iterations
VERY_CLOSE = 0.001  # nats per sample: closer than `CLOSE_ENOUGH`, for who doubts that
JUDGING_FLOOR = 1.0  # squared levels
TWO_MODE_COVERAGE = (0.07, 0.45)  # share of the training frames in which a person covers a pixel
FOREGROUND = 255
ANOTHER_COLOUR = 30  # levels; camera noise and drift stay below it
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


@dataclass(frozen=True, eq=False)
class Sample:
    """The pixels of an audit.

    Attributes
    ----------
    pixels : ndarray (P,) int64
        Row-major indices in the image, ascending.
    frames : ndarray (N, 1, P, C) uint8
        Their training samples, as an image of one row.
    kinds : dict of str to ndarray (P,) bool
        Which pixels are of each kind: `all`, `two_mode`, `static`, `other`; only those that occur.
    """

    pixels: np.ndarray
    frames: np.ndarray
    kinds: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Audit:
    """What the audit found at each pixel of the sample; log-likelihoods in nats per sample, under one floor.

    Attributes
    ----------
    log_likelihood, best, continued : ndarray (P,)
        Of the model's parameters; of the best random restart; of the model's own start, run on to 1e-8.
    optima : ndarray (P,) int64
        Number of different optima that the restarts ended at, more than 0.01 apart.
    paths : ndarray (P, T + 1)
        Of the model's own EM after t M-steps; a pixel that stopped keeps its last value.
    flags : ndarray (P,) uint8
        The model's own; see `model.gmm.PixelMixture`.
    """

    log_likelihood: np.ndarray
    best: np.ndarray
    continued: np.ndarray
    optima: np.ndarray
    paths: np.ndarray
    flags: np.ndarray

    @property
    def defined(self) -> np.ndarray:
        """Pixels (P,) where the model's arithmetic has a result."""
        return (self.flags & UNDEFINED) == 0

    @property
    def gap(self) -> np.ndarray:
        """How far the best restart lies above the model (P,); negative where the model beats them all."""
        return self.best - self.log_likelihood

    @property
    def short(self) -> np.ndarray:
        """Where the same start gains more than 0.01 nats if it runs on (P,): converged only by appearance."""
        return self.continued - self.log_likelihood > CLOSE_ENOUGH

    @property
    def fell(self) -> np.ndarray:
        """Where the likelihood fell between two iterations (P,); steps below 6e-8 nats are not seen."""
        return np.any(np.diff(self.paths, axis=1) < 0, axis=1)


def take_sample(frames: Frames, size: int, seed: int, groundtruth: Frames | None = None) -> Sample:
    """Draw the pixels of an audit, at most `size`, and tell two-mode pixels from static ones.

    Training frames are (N, H, W, C) uint8. With CDnet's labels of them, `groundtruth` (N, H, W) uint8,
    two-mode pixels are those that a person covers for 7 to 45 % of the frames, and static ones carry label 0
    throughout; there are others. Without, a person is assumed where a channel is over 30 levels from its
    temporal median.
    """
    _, height, width, _ = frames.shape
    rng = np.random.default_rng(seed)
    pixels = np.sort(rng.choice(height * width, min(size, height * width), replace=False))
    rows, columns = np.divmod(pixels, width)
    samples = np.stack([frame[rows, columns] for frame in frames])[:, np.newaxis]
    if groundtruth is None:
        colours = samples[:, 0].astype(np.int16)
        covered = (np.abs(colours - np.median(colours, axis=0)) > ANOTHER_COLOUR).any(axis=-1)
        untouched = ~covered
    else:
        labels = np.stack([image[rows, columns] for image in groundtruth])
        covered, untouched = labels == FOREGROUND, labels == 0
    share = covered.mean(axis=0)
    two_mode = (share >= TWO_MODE_COVERAGE[0]) & (share <= TWO_MODE_COVERAGE[1])
    static = untouched.all(axis=0)
    everything = np.ones(pixels.size, dtype=bool)
    kinds = {"all": everything, "two_mode": two_mode, "static": static, "other": ~(two_mode | static)}
    return Sample(pixels, samples, {kind: where for kind, where in kinds.items() if where.any()})


def audit(
    sample: Sample,
    model: Mapping[str, np.ndarray],
    settings: Mapping[str, Any],
    *,
    restarts: int,
    seed: int,
    progress: Progress = iter,
) -> Audit:
    """Judge a fitted model at the pixels of a sample.

    All likelihoods are taken under one covariance floor: the model's own, or one squared level for a model
    that has none, as without a floor likelihoods have no maximum. Each pixel is compared, at its own number
    of components, with so many `restarts`: fits from random samples, drawn by the seed, each to 1e-8.

    Of model.npz it takes the arrays `weights` (K, H, W), `means`, `covariances` and `flags`, and of the
    config's settings `components`, `start`, `tolerance`, `max_iterations`, `covariance_floor` and `seed`.
    `progress` wraps the loop over pixels.
    """
    at = {name: model[name].reshape(*model[name].shape[:axis], -1, *model[name].shape[axis + 2 :])
          for name, axis in (("weights", 1), ("means", 1), ("covariances", 1), ("flags", 0))}  # fmt: skip
    weights, means, covariances = (at[name][:, sample.pixels] for name in ("weights", "means", "covariances"))
    floor = settings["covariance_floor"] or JUDGING_FLOOR
    components = settings["components"]
    sizes = (
        np.count_nonzero(weights, axis=0) if components == "auto" else np.full(sample.pixels.size, components)
    )
    best, optima = np.empty(sizes.size), np.empty(sizes.size, dtype=np.int64)
    for size in np.unique(sizes):
        where = sizes == size
        ends = restart(sample, int(size), floor, restarts, seed)[:, where]
        best[where], optima[where] = ends.max(axis=0), count_optima(ends)
    own = {"start": settings["start"], "seed": settings["seed"], "covariance_floor": floor}
    limits = {"tolerance": settings["tolerance"], "max_iterations": settings["max_iterations"]}
    fits = progress(_refit(sample, sizes, own | limits))
    paths = np.array([fit.trajectory_.log_likelihood / TRAJECTORY_UNIT for fit in fits])
    return Audit(
        log_likelihood=mean_log_likelihood(sample.frames[:, 0], weights, means, covariances, floor),
        best=best,
        continued=_continued(sample, sizes, own),
        optima=optima,
        paths=paths,
        flags=at["flags"][sample.pixels],
    )


def _refit(sample: Sample, sizes: np.ndarray, settings: dict[str, Any]) -> Iterator[PixelMixture]:
    """Yield the fit of each pixel; one by one, as trajectories are over all pixels."""
    for i, (pixel, size) in enumerate(zip(sample.pixels, sizes, strict=True)):
        yield PixelMixture(int(size), **settings).fit(sample.frames[:, :, [i]], first_pixel=int(pixel))


def _continued(sample: Sample, sizes: np.ndarray, own: dict[str, Any]) -> np.ndarray:
    """Log-likelihood (P,), nats per sample, of each pixel's fit beyond the model's limits."""
    beyond = own | {"tolerance": TIGHT, "max_iterations": LONGEST}
    ends = np.empty(sizes.size)
    for size in np.unique(sizes):
        where = sizes == size
        mixture = PixelMixture(int(size), **beyond)
        mixture.fit(sample.frames[:, :, where], first_pixel=sample.pixels[where])
        ends[where] = mixture.log_likelihood_[0]
    return ends


@functools.lru_cache(maxsize=4)
def restart(sample: Sample, components: int, floor: float, restarts: int, seed: int) -> np.ndarray:
    """Log-likelihoods (R, P), nats per sample, of EM from random samples; kept for models that share them."""
    settings: dict[str, Any] = {
        "start": "random",
        "tolerance": TIGHT,
        "max_iterations": LONGEST,
        "covariance_floor": floor,
    }
    seeds = range(restarts * seed, restarts * (seed + 1))
    fits = (PixelMixture(components, seed=s, **settings).fit(sample.frames) for s in seeds)
    return np.stack([fit.log_likelihood_[0] for fit in fits])


def count_optima(ends: np.ndarray) -> np.ndarray:
    """Count different log-likelihoods among `ends` (R, P): in order, neighbours over 0.01 nats apart."""
    return 1 + (np.diff(np.sort(ends, axis=0), axis=0) > CLOSE_ENOUGH).sum(axis=0)


def mean_log_likelihood(
    samples: np.ndarray, weights: np.ndarray, means: np.ndarray, covariances: np.ndarray, floor: float
) -> np.ndarray:
    """Mean log-likelihood of samples under mixtures, by numpy and eigenvectors: the engine's result, checked.

    Parameters
    ----------
    samples : ndarray (N, P, C) uint8
    weights, means, covariances : ndarray (K, P), (K, P, C), (K, P, C, C)
        In [0, 1] units; a component of weight 0 takes no part.
    floor : float
        Eigenvalues below it are raised to it, squared levels.

    Returns
    -------
    ndarray (P,), nats per sample, density of values in [0, 1].
    """
    terms = log_joint_densities(samples, weights, means, covariances, floor)
    return np.logaddexp.reduce(terms, axis=1).mean(axis=0)


def audit_rows(name: str, found: Audit, kinds: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Rows of audit.csv: one model, by kind of pixel.

    Returns
    -------
    list of dict
        `model`, `kind`, `pixels` and `undefined` (number of the sample's pixels, and of those without a
        result, which do not count further); `gap_median`, `gap_p90` (nats per sample, of the best restart
        above the model); `within_0.001`, `within_0.01` (share of pixels that near to the best, or above it);
        `optima_mean` (different optima among the restarts); `moved_median`, `false_convergence` (gain if the
        same start runs on to 1e-8, and share that gains over 0.01); `fell` (number of pixels whose likelihood
        ever fell).
    """
    rows = []
    for kind, where in kinds.items():
        judged = where & found.defined
        gap = found.gap[judged] if judged.any() else np.array([np.nan])
        moved = (found.continued - found.log_likelihood)[judged] if judged.any() else np.array([np.nan])
        rows.append(
            {
                "model": name,
                "kind": kind,
                "pixels": int(where.sum()),
                "undefined": int((where & ~found.defined).sum()),
                "gap_median": float(np.median(gap)),
                "gap_p90": float(np.quantile(gap, 0.9)),
                f"within_{VERY_CLOSE:g}": _share(gap <= VERY_CLOSE, judged),
                f"within_{CLOSE_ENOUGH:g}": _share(gap <= CLOSE_ENOUGH, judged),
                "optima_mean": float(found.optima[where].mean()),
                "moved_median": float(np.median(moved)),
                "false_convergence": _share(found.short[judged], judged),
                "fell": int(found.fell[judged].sum()),
            }
        )
    return rows


def path_rows(name: str, found: Audit, kinds: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Rows of audit_paths.csv: quantiles over the sample's pixels after each iteration.

    Returns
    -------
    list of dict
        `model`, `kind`, `iteration`, and as p10, p50 and p90: `log_likelihood`, `gain` of this iteration, and
        `short`, how far the best restart is above, nats per sample. Ends with the last pixel to stop.
    """
    rows = []
    for kind, where in kinds.items():
        paths = found.paths[where & found.defined]
        if not len(paths):
            continue
        gains = np.diff(paths, axis=1, prepend=paths[:, :1])
        last = int(np.flatnonzero((gains != 0).any(axis=0))[-1]) if gains.any() else 0
        curves = {
            "log_likelihood": paths[:, : last + 1],
            "gain": gains[:, : last + 1],
            "short": found.best[where & found.defined, np.newaxis] - paths[:, : last + 1],
        }
        columns = {
            f"{curve}_{suffix}": np.quantile(values, level, axis=0)
            for curve, values in curves.items()
            for suffix, level in QUANTILES.items()
        }
        rows += [
            {"model": name, "kind": kind, "iteration": t}
            | {column: float(values[t]) for column, values in columns.items()}
            for t in range(last + 1)
        ]
    return rows


def _share(hits: np.ndarray, judged: np.ndarray) -> float:
    """Share of `hits` among the judged pixels; NaN if there are none."""
    return float(hits.mean()) if judged.any() else float("nan")
