"""A mixture of Gaussians at every pixel, fitted by EM to a clip's training frames.

The interface follows scikit-learn's GaussianMixture; the computation is in `model.band`.
"""

import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass
from threading import get_ident
from typing import Any

import numpy as np

from bgsub.model.band import Fit, Steps, fit_band, new_fit, room_of
from bgsub.model.constants import LEVELS, LOG_2PI, LOG_LEVELS, ROUNDING_VARIANCE
from bgsub.model.convergence import Trajectory
from bgsub.model.lanes import WIDTH, Shape
from bgsub.model.start import STARTS
from bgsub.model.steps import SINGULAR, FitSettings, term_rows

LARGEST_MIXTURE = 5
EQUAL = 1e-9  # weights that differ by less are equal but for rounding, as are variances, relatively
BAND_BYTES = 2**20  # samples that a thread copies at a time: they stay in its cache


@dataclass(eq=False)
class PixelMixture:
    """Gaussian mixture with full covariances at every pixel of a clip.

    Each pixel is fitted by EM (Dempster, Laird & Rubin 1977) to its own colours, independently of all others,
    so the result depends neither on how the image is cut, nor on threads, nor on the machine's vector width.

    Attributes
    ----------
    weights_ : ndarray (K, H, W)
        Of components that share the largest weight, `argmax` finds the one with the smallest total variance.
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
        than 4 effective samples, 16 the arithmetic without a floor is undefined here (singular covariance,
        empty component, or a sample whose densities all underflow; parameters are those of the last M-step,
        the likelihood is the last defined one).
    n_components_ : ndarray (H, W) uint8
        Number of components with a weight: for "auto" the one that was chosen; a constant pixel has 1.
    trajectory_ : bgsub.model.convergence.Trajectory
        Sums of the log-likelihood by iteration, exact over tiles. For "auto", those of the largest mixture.
    """

    n_components: int | str = 2
    """Number of components K, 1 to 5. "auto": at each pixel the number with the best BIC; components that a
    pixel does not have come last, with weight 0."""
    _: KW_ONLY
    max_components: int = 2
    """Largest number that "auto" tries, 1 to 5."""
    start: str = "split"
    """`split`: groups by the best cuts of the samples, deterministic (`model.start.split`). `uniform`: the
    notebook's start, means uniform in [0, 1], identity covariances, equal weights. `random`: K random samples
    as means, the pixel's covariance, equal weights."""
    tolerance: float | None = 1e-6
    """A pixel stops when an iteration would gain less, nats per sample. None: never, each pixel takes exactly
    `max_iterations` iterations."""
    max_iterations: int = 300
    """Largest number of M-steps."""
    covariance_floor: float | None = 1.0
    """Smallest eigenvalue of a covariance, in squared 8-bit levels (1.0 is (1/255)^2 in the model's units).
    None: no floor; a pixel whose covariance becomes singular then stops there and is flagged."""
    seed: int = 0
    """Of the random starts; combined with the pixel's index."""
    n_threads: int = 1
    """Threads that fit bands of the image at the same time."""

    def fit(self, frames: np.ndarray, *, first_pixel: int | np.ndarray = 0) -> "PixelMixture":
        """Fit every pixel to its samples, and return itself.

        Training frames are (N, H, W, C) or (N, H, W), uint8, C = 1 or 3; a memory map or a slice of one is
        read band by band. `first_pixel` is the row-major index of the first pixel within the whole image, or
        of each one, (H * W,), so that random starts depend neither on tiles nor on which pixels are fitted
        side by side. Raises ValueError if a parameter or the frames' shape or dtype is not as described.
        """
        self._check_parameters()
        frames = _as_clip(frames)
        samples, height, width, channels = frames.shape
        places = np.add(first_pixel, 0 if np.ndim(first_pixel) else np.arange(height * width), dtype=np.int64)
        largest = self.sizes[0]
        results = new_fit(largest, height * width, channels)

        fit_rows = functools.partial(self._fit_rows, frames, places, results)
        height_of_band = max(1, BAND_BYTES // max(1, samples * width * channels))
        bands = [slice(top, top + height_of_band) for top in range(0, height, height_of_band)]
        steps = [self._no_steps()]
        if self.n_threads == 1:  # a pool's start takes longer than the fit of a few pixels
            steps += map(fit_rows, bands)
        else:
            with ThreadPoolExecutor(self.n_threads) as pool:
                steps += pool.map(fit_rows, bands)
        gains, converged_at = np.cumsum(np.sum(steps, axis=0), axis=1)
        self.trajectory_ = Trajectory(gains, converged_at, height * width)
        mixture = largest, height, width
        self.weights_, self.means_, self.covariances_ = (
            array.reshape(*mixture, *array.shape[2:]) for array in results[:3]
        )
        self.log_likelihood_, self.n_iter_, self.converged_, self.flags_ = (
            array.reshape(height, width) for array in results[3:]
        )
        self.n_components_ = np.count_nonzero(self.weights_, axis=0).astype(np.uint8)
        return self

    @property
    def sizes(self) -> range:
        """Numbers of components that are fitted, from the largest down."""
        if isinstance(self.n_components, str):
            return range(self.max_components, 0, -1)
        return range(self.n_components, self.n_components - 1, -1)

    def _fit_rows(self, frames: np.ndarray, places: np.ndarray, results: Fit, rows: slice) -> Steps:
        """Fit rows of all frames into `results`; return the trajectory's steps, of the largest mixture."""
        samples, _, width, channels = frames.shape
        band = np.ascontiguousarray(frames[:, rows]).reshape(samples, -1, channels)
        span = slice(rows.start * width, rows.start * width + band.shape[1])
        steps = self._fit_band(band, places[span], results, span.start)
        best = Fit._make(array[:, span] if array.ndim > 1 else array[span] for array in results)
        criterion = bic(len(best.weights), channels, samples, best.log_likelihood)
        for size in self.sizes[1:]:
            fit = new_fit(size, band.shape[1], channels)
            self._fit_band(band, places[span], fit)
            take_better(criterion, bic(size, channels, samples, fit.log_likelihood), fit, best)
        put_narrowest_first(best)
        return steps

    def _fit_band(self, band: np.ndarray, places: np.ndarray, results: Fit, offset: int = 0) -> Steps:
        """Fit a band into `results`, as many components as these have, and return the trajectory's steps."""
        (size, _, channels), pixels = results.means.shape, band.shape[1]
        settings = FitSettings(
            start=STARTS[self.start if size > 1 else "split"],
            seed=self.seed,
            tolerance=-1.0 if self.tolerance is None else float(self.tolerance),
            max_iterations=self.max_iterations if size > 1 else 0,
            floor=0.0 if self.covariance_floor is None else float(self.covariance_floor),
        )
        if pixels % WIDTH:
            band = np.pad(band, ((0, 0), (0, -pixels % WIDTH), (0, 0)), mode="edge")
        steps = self._no_steps()
        flat = Fit._make(array.reshape(-1) for array in results)
        room = room_of(get_ident(), size, len(band), channels)
        fit_band(Shape.of(size, channels), band, places, settings, offset, flat, steps, room)
        return steps

    def _no_steps(self) -> Steps:
        return Steps(*np.zeros((2, self.max_iterations + 1), np.int64))

    def _check_parameters(self) -> None:
        """Raise ValueError for a parameter outside its range."""
        sizes, floor = range(1, LARGEST_MIXTURE + 1), self.covariance_floor
        for name, is_valid, expected in (
            ("n_components", self.n_components in ("auto", *sizes), f'1 to {LARGEST_MIXTURE}, or "auto"'),
            ("max_components", self.max_components in sizes, f"1 to {LARGEST_MIXTURE}"),
            ("start", self.start in STARTS, f"one of {', '.join(STARTS)}"),
            ("max_iterations", self.max_iterations >= 0, "0 or more"),
            ("tolerance", self.tolerance is None or self.tolerance >= 0, "0 or more, or None"),
            ("covariance_floor", floor is None or floor > 0, "more than 0, or None"),
            ("n_threads", self.n_threads >= 1, "1 or more"),
        ):
            if not is_valid:
                raise ValueError(f"{name} is {getattr(self, name)!r}, expected {expected}")


def bic(components: int, channels: int, samples: int, log_likelihood: np.ndarray) -> np.ndarray:
    """Bayesian information criterion (Schwarz 1978) of mixtures with this mean log-likelihood."""
    parameters = components * term_rows(channels) - 1
    return parameters * np.log(samples) - 2.0 * samples * log_likelihood


def take_better(criterion: np.ndarray, bic_: np.ndarray, fit: Fit, best: Fit) -> None:
    """Copy a fit of fewer components into `best` where its BIC (P,) is not above `criterion`; lower that.

    Components that the fit lacks get weight 0 and the parameters of its first.
    """
    better, size = bic_ <= criterion, len(fit.weights)
    np.copyto(criterion, bic_, where=better)
    arrays: Any = zip(fit, best, strict=True)
    for new, kept in arrays:
        where = better.reshape(-1, *[1] * (new.ndim - 2))  # (P,), for axes that may follow
        np.copyto(kept[:size] if new.ndim > 1 else kept, new, where=where)
        if new.ndim > 1:
            np.copyto(kept[size:], new[:1], where=where)
    np.copyto(best.weights[size:], 0.0, where=better)


def put_narrowest_first(fit: Fit) -> None:
    """Where several components are the heaviest, put the narrowest in the place that `argmax` finds.

    The heaviest is taken for the background, and of few samples two often weigh the same. Weight over
    standard deviation, by which Stauffer & Grimson (1999) rank components, then prefers the narrower one.
    """
    tied = fit.weights > fit.weights.max(axis=0) - EQUAL
    pixels = np.flatnonzero(tied.sum(axis=0, dtype=np.uint8) > 1)
    spread = np.trace(fit.covariances[:, pixels], axis1=-2, axis2=-1)
    narrowest = np.where(tied[:, pixels], spread, np.inf).argmin(axis=0)
    first, each = fit.weights[:, pixels].argmax(axis=0), np.arange(len(pixels))
    narrower = spread[narrowest, each] < (1.0 - EQUAL) * spread[first, each]
    one, other = ((place[narrower], pixels[narrower]) for place in (first, narrowest))
    for values in (fit.means, fit.covariances):
        values[one], values[other] = values[other], values[one]


def log_joint_densities(
    samples: np.ndarray,
    weights: np.ndarray,
    means: np.ndarray,
    covariances: np.ndarray,
    floor: float | None = None,
) -> np.ndarray:
    """Logarithm of weight times density (N, K, P), nats, of samples (N, P, C) uint8, by numpy's eigenvectors.

    Parameters are (K, P, ..) in [0, 1] units; a component of weight 0 takes no part. Eigenvalues below the
    floor, squared levels, are raised to it; without one, singular covariances' to the variance of rounding.
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
