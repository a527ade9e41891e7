"""The cases of the benchmark: what learns a background from the training frames, ours and others'."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import baselines
import cv2
import numpy as np

from bgsub.masks.foreground import temporal_median
from bgsub.model.gmm import PixelMixture

OURS: dict[str, dict[str, Any]] = {
    "converged": {"n_components": 2, "tolerance": 1e-6, "max_iterations": 300, "covariance_floor": 1.0},
    "notebook": {
        "n_components": 2,
        "start": "uniform",
        "tolerance": None,
        "max_iterations": 5,
        "covariance_floor": None,
    },
    "auto": {"n_components": "auto", "max_components": 2, "tolerance": 1e-6, "covariance_floor": 1.0},
    "three": {"n_components": 3},
    "five": {"n_components": 5},
}


@dataclass(frozen=True)
class Case:
    """One way to learn from frames (N, H, W, 3) uint8 RGB.

    Attributes
    ----------
    run : callable
        Takes frames and a number of threads, does all the work, and returns the mean number of iterations per
        pixel, or None where there are none.
    words : str
        What it is.
    sampled : int
        Pixels that it is run on, to be scaled up; 0 for all.
    """

    run: Callable[[np.ndarray, int], float | None]
    words: str
    sampled: int = 0


def fit(settings: dict[str, Any]) -> Callable[[np.ndarray, int], float]:
    """Return a function that fits our mixture."""

    def run(frames: np.ndarray, threads: int) -> float:
        return float(PixelMixture(n_threads=threads, **settings).fit(frames).n_iter_.mean())

    return run


def fit_grey(settings: dict[str, Any]) -> Callable[[np.ndarray, int], float]:
    """Return a function that fits our mixture to the green channel."""
    run = fit(settings)
    return lambda frames, threads: run(np.ascontiguousarray(frames[..., 1:2]), threads)


def subtract(create: Callable[[], cv2.BackgroundSubtractor]) -> Callable[[np.ndarray, int], None]:
    """Return a function that lets an OpenCV subtractor learn frame by frame; it makes its masks as well."""

    def run(frames: np.ndarray, threads: int) -> None:
        cv2.setNumThreads(threads)
        subtractor = create()
        for frame in frames:
            subtractor.apply(frame)

    return run


def on_samples(run: Callable[[np.ndarray], float]) -> Callable[[np.ndarray, int], float]:
    """Return a function that runs a baseline on frames of any shape."""
    return lambda frames, threads: run(_samples(frames))


def _samples(frames: np.ndarray) -> np.ndarray:
    return frames.reshape(len(frames), -1, 3)


CASES = {
    "converged": Case(fit(OURS["converged"]), "our fit, K = 2, until a step would gain less than 1e-6 nats"),
    "notebook": Case(fit(OURS["notebook"]), "our fit with the notebook's start and 5 iterations"),
    "auto": Case(fit(OURS["auto"]), "our fit, K = 1 or 2 by BIC at each pixel"),
    "three": Case(fit(OURS["three"]), "our fit, K = 3"),
    "five": Case(fit(OURS["five"]), "our fit, K = 5"),
    "grey": Case(fit_grey(OURS["converged"]), "our fit of one channel, K = 2"),
    "mog2": Case(subtract(lambda: cv2.createBackgroundSubtractorMOG2(60, 32, True)), "OpenCV MOG2"),
    "knn": Case(subtract(lambda: cv2.createBackgroundSubtractorKNN(500, 400, True)), "OpenCV KNN"),
    "median": Case(
        lambda frames, threads: temporal_median(frames) is None or None, "temporal median (numpy)"
    ),
    "numpy_batch": Case(on_samples(baselines.numpy_batch), "plain batched numpy EM, same tolerance", 4000),
    "sklearn": Case(
        lambda frames, threads: baselines.scikit_learn(_samples(frames), threads),
        "scikit-learn, pixel by pixel, same tolerance",
        100,
    ),
    "sklearn_one_thread": Case(
        lambda frames, threads: baselines.scikit_learn(_samples(frames), 1),
        "the same with the one thread that suits it best",
        100,
    ),
    "sklearn_three": Case(
        lambda frames, threads: baselines.scikit_learn(_samples(frames), 1, components=3),
        "scikit-learn with one thread, K = 3",
        100,
    ),
    "scipy_loop": Case(
        on_samples(baselines.scipy_loop), "scipy in loops like the notebook's, 5 iterations", 8
    ),
}
