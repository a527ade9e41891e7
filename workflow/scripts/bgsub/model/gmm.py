"""A mixture of Gaussians at every pixel, fitted by EM to a clip's training frames.

The interface follows scikit-learn's GaussianMixture; the computation is in `model.band`.
"""

import functools
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bgsub.model.band import Fit, Steps, fit_band, new_fit
from bgsub.model.compiled import Compiled
from bgsub.model.constants import LEVELS, LOG_2PI, LOG_LEVELS, ROUNDING_VARIANCE
from bgsub.model.convergence import Trajectory
from bgsub.model.lanes import WIDTH, Shape
from bgsub.model.start import STARTS
from bgsub.model.steps import SINGULAR, FitSettings

logger = logging.getLogger(__name__)

LARGEST_MIXTURE = 5
_ready: set[tuple[int, int]] = set()  # numbers of components and channels whose fit is compiled
BAND_BYTES = 2**20  # samples that a thread copies at a time: they stay in its cache


class PixelMixture:
    """Gaussian mixture with full covariances at every pixel of a clip.

    Each pixel is fitted by EM (Dempster, Laird & Rubin 1977) to its own colours, independently of all others,
    so the result does not depend on how the image is cut, on the number of threads, or on the machine's
    vector width.

    Parameters
    ----------
    n_components : int or "auto"
        Number of components K, 1 to 5. "auto": at each pixel, of 1 to `max_components` the number with the
        best BIC; components that a pixel does not have come last, with weight 0.
    max_components : int
        Largest number that "auto" tries, 1 to 5.
    start : {"split", "uniform", "random"}
        `split`: of all cuts of the samples in two orders, along their first principal component and by
        distance from that order's middle, the one with the highest classification likelihood, at least 3
        samples a side (Symons 1981; Celeux & Govaert 1992); deterministic. `uniform`: the notebook's start,
        means uniform in [0, 1], identity covariances, equal weights. `random`: K random samples as means,
        the pixel's covariance, equal weights.
    tolerance : float or None
        A pixel stops when an iteration would gain less, nats per sample. None: never, each pixel takes
        exactly `max_iterations` iterations.
    max_iterations : int
        Largest number of M-steps.
    covariance_floor : float or None
        Smallest eigenvalue of a covariance, in squared 8-bit levels (1.0 is (1/255)^2 in the model's units).
        None: no floor; a pixel whose covariance becomes singular then stops there and is flagged.
    seed : int
        Seed of the random starts; combined with the pixel's index.
    n_threads : int
        Threads that fit bands of the image at the same time.

    Attributes
    ----------
    weights_ : ndarray (K, H, W)
    means_ : ndarray (K, H, W, C), in [0, 1]
    covariances_ : ndarray (K, H, W, C, C), in the squared units of the means
    log_likelihood_ : ndarray (H, W)
        Mean log-likelihood per sample, nats, density of values in [0, 1].
    n_iter_ : ndarray (H, W) int32
        M-steps until the pixel stopped. Constant pixels and K = 1 are solved in closed form: 0.
    converged_ : ndarray (H, W) bool
        Stopped since an iteration would gain less than the tolerance, or closed form.
    flags_ : ndarray (H, W) uint8
        Sum of 1 constant pixel, 2 rank-deficient data, 4 a covariance at the floor, 8 a component with fewer
        than 4 effective samples, 16 the arithmetic without a floor is undefined here (singular covariance or
        empty component; parameters are those of the last M-step, the likelihood is the last defined one).
    n_components_ : ndarray (H, W) uint8
        Number of components with a weight: for "auto" the one that was chosen; a constant pixel has 1.
    trajectory_ : bgsub.model.convergence.Trajectory
        Sums of the log-likelihood by iteration; tiles' trajectories add up exactly. For "auto", those of the
        largest mixture.
    """

    def __init__(
        self,
        n_components: int | str = 2,
        *,
        max_components: int = 2,
        start: str = "split",
        tolerance: float | None = 1e-6,
        max_iterations: int = 300,
        covariance_floor: float | None = 1.0,
        seed: int = 0,
        n_threads: int = 1,
    ) -> None:
        self.n_components = n_components
        self.max_components = max_components
        self.start = start
        self.tolerance = tolerance
        self.max_iterations = max_iterations
        self.covariance_floor = covariance_floor
        self.seed = seed
        self.n_threads = n_threads

    def fit(
        self, frames: np.ndarray, *, first_pixel: int | np.ndarray = 0, each: bool = False
    ) -> "PixelMixture":
        """Fit every pixel to its samples.

        Parameters
        ----------
        frames : ndarray (N, H, W, C) or (N, H, W), uint8
            Training frames, C = 1 or 3; a memory map or a slice of one is read band by band.
        first_pixel : int or int array (H * W,)
            Row-major index of the first pixel within the whole image, or of each one, so that random starts
            depend neither on tiles nor on which pixels are fitted side by side.
        each : bool
            Whether the trajectory's likelihood has a row for each pixel, in place of their sum.

        Returns
        -------
        PixelMixture
            Itself.

        Raises
        ------
        ValueError
            If a parameter or the shape or dtype of `frames` is not as above.
        """
        self._check_parameters()
        frames = _as_clip(frames)
        _, height, width, channels = frames.shape
        places = np.asarray(first_pixel, np.int64) + (
            0 if np.ndim(first_pixel) else np.arange(height * width)
        )
        largest = self.largest_mixture
        sizes = range(1 if self.n_components == "auto" else largest, largest + 1)
        for size in sizes:
            if (size, channels) not in _ready:
                nothing = np.empty((1, 0, channels), np.uint8), places[:0], new_fit(size, 0, channels), 0
                _compile(fit_band, functools.partial(self._fit_band, size, *nothing))
                _ready.add((size, channels))
        results = new_fit(largest, height * width, channels)

        def fit_one(offset: int, band: np.ndarray) -> Steps:
            samples, pixels, _ = band.shape
            span = slice(offset, offset + pixels)
            steps = self._fit_band(
                largest, band, places[span], results, offset, height * width if each else 1
            )
            part: list[Any] = [array[:, span] if array.ndim > 1 else array[span] for array in results]
            criterion = bic(largest, channels, samples, part[3])
            for size in reversed(sizes[:-1]):
                fit = new_fit(size, pixels, channels)
                self._fit_band(size, band, places[span], fit, 0)
                take_better(criterion, bic(size, channels, samples, fit.log_likelihood), fit, Fit(*part))
            return steps

        steps = list(self._map_bands(fit_one, frames))
        gains, converged_at = (np.cumsum(sum(part), axis=-1) for part in zip(*steps, strict=True))
        self.trajectory_ = Trajectory(gains if each else gains[0], converged_at, height * width)
        image, mixture = (height, width), (largest, height, width)
        self.weights_ = results.weights.reshape(mixture)
        self.means_ = results.means.reshape(*mixture, channels)
        self.covariances_ = results.covariances.reshape(*mixture, channels, channels)
        self.log_likelihood_, self.n_iter_, self.converged_, self.flags_ = (
            array.reshape(image) for array in results[3:]
        )
        self.n_components_ = np.count_nonzero(self.weights_, axis=0).astype(np.uint8)
        return self

    @property
    def largest_mixture(self) -> int:
        """Largest number of components that a pixel may get."""
        return self.max_components if isinstance(self.n_components, str) else self.n_components

    def _fit_band(
        self, size: int, band: np.ndarray, places: np.ndarray, results: Fit, offset: int, rows: int = 1
    ) -> Steps:
        """Fit `size` components to a band, into `results` from `offset` on; return the trajectory's steps."""
        settings = FitSettings(
            start=STARTS[self.start if size > 1 else "split"],
            seed=self.seed,
            tolerance=-1.0 if self.tolerance is None else float(self.tolerance),
            max_iterations=self.max_iterations if size > 1 else 0,
            floor=0.0 if self.covariance_floor is None else float(self.covariance_floor),
        )
        _, pixels, channels = band.shape
        missing = ((0, 0), (0, -pixels % WIDTH), (0, 0))
        whole = np.pad(band, missing, mode="edge" if pixels else "constant") if pixels % WIDTH else band
        steps = Steps(*(np.zeros((*more, self.max_iterations + 1), np.int64) for more in ((rows,), ())))
        fit_band(Shape.of(size, channels), whole, places, settings, offset, results, steps)
        return steps

    def _map_bands(self, work: Callable, frames: np.ndarray) -> Iterable:
        """Yield `work(first pixel, samples (N, P, C))` of the bands of `frames`, in order."""
        samples, height, width, channels = frames.shape
        step = max(1, BAND_BYTES // max(1, samples * width * channels))  # rows

        def work_on(top: int) -> object:
            rows = np.ascontiguousarray(frames[:, top : top + step])
            return work(top * width, rows.reshape(samples, -1, channels))

        if self.n_threads == 1:  # a pool's start takes longer than the fit of a few pixels
            yield from map(work_on, range(0, height, step))
        else:
            with ThreadPoolExecutor(self.n_threads) as pool:
                yield from pool.map(work_on, range(0, height, step))

    def _check_parameters(self) -> None:
        """Raise ValueError for a parameter outside its range."""
        for name in ("n_components", "max_components"):
            value = getattr(self, name)
            if (name, value) != ("n_components", "auto") and value not in range(1, LARGEST_MIXTURE + 1):
                raise ValueError(f"{name} is {value!r}, expected 1 to {LARGEST_MIXTURE}")
        if self.start not in STARTS:
            raise ValueError(f"start is {self.start!r}, expected one of {', '.join(STARTS)}")
        if self.max_iterations < 0:
            raise ValueError(f"max_iterations is {self.max_iterations}, expected 0 or more")
        if self.tolerance is not None and not self.tolerance >= 0:
            raise ValueError(f"tolerance is {self.tolerance}, expected 0 or more, or None")
        if self.covariance_floor is not None and not self.covariance_floor > 0:
            raise ValueError(f"covariance_floor is {self.covariance_floor}, expected more than 0, or None")
        if self.n_threads < 1:
            raise ValueError(f"n_threads is {self.n_threads}, expected 1 or more")


def bic(components: int, channels: int, samples: int, log_likelihood: np.ndarray) -> np.ndarray:
    """Bayesian information criterion (Schwarz 1978) of mixtures with this mean log-likelihood."""
    parameters = components * (1 + channels + channels * (channels + 1) // 2) - 1
    return parameters * np.log(samples) - 2.0 * samples * log_likelihood


def take_better(criterion: np.ndarray, bic_: np.ndarray, fit: Fit, best: Fit) -> None:
    """Copy a fit of fewer components into `best` where its BIC (P,) is not above `criterion`; lower that.

    Components that the fit lacks get weight 0 and the parameters of its first.
    """
    better, size = bic_ <= criterion, len(fit.weights)
    pairs: Any = zip((*fit, bic_), (*best, criterion), strict=True)
    for source, target in pairs:
        where = better.reshape(-1, *[1] * (source.ndim - 2))
        if source.ndim > 1:
            np.copyto(target[size:], source[:1], where=where)
        np.copyto(target[:size] if source.ndim > 1 else target, source, where=where)
    np.copyto(best.weights[size:], 0.0, where=better)


def log_joint_densities(
    samples: np.ndarray,
    weights: np.ndarray,
    means: np.ndarray,
    covariances: np.ndarray,
    floor: float | None = None,
) -> np.ndarray:
    """Logarithm of weight times density (N, K, P), nats, of samples (N, P, C) uint8, by numpy's eigenvectors.

    Parameters are (K, P, ..) in [0, 1] units; a component of weight 0 takes no part. Eigenvalues below the
    floor, squared levels, are raised to it; without one, those of a singular covariance, which has no
    density, to the variance of rounding.
    """
    variances, axes = np.linalg.eigh(LEVELS**2 * covariances)
    singular = variances[..., :1] <= SINGULAR * variances[..., -1:]
    variances = np.maximum(variances, np.where(singular, ROUNDING_VARIANCE, 0.0) if floor is None else floor)
    log_norm = (LOG_LEVELS - 0.5 * LOG_2PI - 0.5 * np.log(variances)).sum(axis=-1)
    with np.errstate(divide="ignore"):
        log_norm = log_norm + np.log(weights)
    along = np.einsum("nkpc,kpcd->nkpd", samples[:, np.newaxis] - LEVELS * means, axes)
    return log_norm - 0.5 * (along**2 / variances).sum(axis=-1)


def _as_clip(frames: np.ndarray) -> np.ndarray:
    """Check `frames`, and give grey ones a channel axis."""
    if frames.dtype != np.uint8:
        raise ValueError(f"frames are {frames.dtype}, expected uint8")
    if frames.ndim == 3:
        frames = frames[..., np.newaxis]
    if frames.ndim != 4 or frames.shape[3] not in (1, 3):
        raise ValueError(f"frames have the shape {frames.shape}, expected (N, H, W) or (N, H, W, 1 or 3)")
    if not len(frames):
        raise ValueError("there are no frames, expected at least one")
    return frames


def _compile(kernel: Compiled, call: Callable[[], object]) -> None:
    """Compile `kernel` by `call`, or load it from the cache on disk, and say so if it takes long."""
    cache, before = Path(kernel.stats.cache_path or ""), sum(kernel.stats.cache_misses.values())
    files = f"{Path(kernel.py_func.__code__.co_filename).stem}.{kernel.py_func.__name__}-*.nbc"
    if not any(cache.glob(files)):
        logger.info("compiling the fit, once per machine; this takes some seconds", extra={"terminal": True})
    start = time.perf_counter()
    call()
    if sum(kernel.stats.cache_misses.values()) > before:
        logger.info("compiled the fit in %.0f s", time.perf_counter() - start)
