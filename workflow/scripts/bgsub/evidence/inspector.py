"""What is known of some of a clip's pixels: their samples, fits step by step, scores and decisions."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bgsub.labels import FOREGROUND
from bgsub.masks.mask_file import Masks
from bgsub.masks.method import Method
from bgsub.masks.rules import MODEL_PARTS, ModelMethod
from bgsub.masks.scored import ScoredMethod
from bgsub.model.fit import mixture_of
from bgsub.model.gmm import PixelMixture
from bgsub.model.settings import Model
from bgsub.progress import Progress
from bgsub.source.frames import Frames

FINEST, COARSEST = 4, 64  # pixels between two sampled ones
STEPS = (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 80, 120, 200, 300, 500, 1000)  # iterations shown
MEAN_UNIT = 1 / 64  # levels: what 1 means in the components' means
SPREAD_UNIT = 1 / 64  # levels: the same for the factor of a covariance
WEIGHT_UNIT = 1 / 32767
UNITS = {"weight": WEIGHT_UNIT, "mean": MEAN_UNIT, "spread": SPREAD_UNIT}
_LEVELS = 255.0
_GREY_AXES = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]]) / np.sqrt([[3], [2], [6]])


@dataclass(frozen=True, eq=False)
class Inspection:
    """What is known of P pixels over N training frames and T test frames.

    Attributes
    ----------
    width, height : int
        Of the image, pixels.
    start : int
        Place among the P of the most telling one.
    steps : dict of str to list of int
        By model, the iterations after which its fit is told.
    arrays : dict of str to ndarray
        `pixels` (P,) int, row-major indices; `train` (P, N, 3), `test` (P, T, 3) uint8; `axes` (P, 2, 3) and
        `explained` (P, 2) as of `principal_axes`. By model, `components.<model>` (P, steps, K, 6) as of
        `project`, `log_likelihood.` (P, steps) float32, `n_iter.` (P,) uint16, `flags.` (P,) uint8 and
        `background.` (P, 3) float32. By method with a score, `scores.<method>` (P, T) as of `scores_at`.
    decisions : dict of str to ndarray (P, T) uint8
        By method, its masks.
    truth : ndarray (P, T) uint8 or None
        Ground truth in CDnet's coding.
    """

    width: int
    height: int
    start: int
    steps: dict[str, list[int]]
    arrays: dict[str, np.ndarray]
    decisions: dict[str, np.ndarray]
    truth: np.ndarray | None = None


def sample_pixels(active: np.ndarray, most: int) -> np.ndarray:
    """Choose pixels on a grid that is twice as fine where something happens.

    Parameters
    ----------
    active : (H, W) bool array
        Where any method ever marks foreground, or the truth has some.
    most : int
        Number of pixels not to exceed; of all grids within it the finest is taken.

    Returns
    -------
    (P,) int array
        Row-major indices, ascending.
    """
    for spacing in range(FINEST, COARSEST + 1, 2):
        chosen = np.zeros(active.shape, bool)
        top, left = (min(spacing, side) // 2 for side in active.shape)  # an image may be one pixel high
        chosen[top::spacing, left::spacing] = active[top::spacing, left::spacing]
        chosen[top :: 2 * spacing, left :: 2 * spacing] = True
        if chosen.sum() <= most:
            break
    return np.flatnonzero(chosen)


def principal_axes(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the plane of colour space in which a pixel's samples spread most.

    Parameters
    ----------
    samples : (N, P, 3) uint8 array

    Returns
    -------
    axes : (P, 2, 3) float32 array
        The two directions of largest variance, red, green, blue; the largest entry of each is positive. Where
        nothing varies, grey and red minus green.
    explained : (P, 2) float32 array
        Their shares of the variance; 0 where nothing varies.
    """
    centred = samples - samples.mean(axis=0)
    covariances = np.einsum("npi,npj->pij", centred, centred) / len(samples)
    values, vectors = np.linalg.eigh(covariances)
    total = values.sum(axis=1)
    axes = vectors.transpose(0, 2, 1)[:, :0:-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=2)[..., np.newaxis], axis=2)
    axes = np.where(largest < 0, -axes, axes)
    axes[total == 0] = _GREY_AXES[:2]
    explained = values[:, :0:-1] / np.where(total > 0, total, 1)[:, np.newaxis]
    return axes.astype(np.float32), explained.astype(np.float32)


def project(mixture: PixelMixture, axes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project the components of one row of pixels onto planes of colour space.

    Parameters
    ----------
    mixture : PixelMixture
        Fitted to (N, 1, P, 3).
    axes : (P, 2, 3) array

    Returns
    -------
    components : (P, K, 6) int16 array
        Weight; mean along the two axes; lower triangle a, b, c of the covariance's Cholesky factor
        [[a, 0], [b, c]] in the plane. In the units above.
    background : (P, 3) float32 array
        Mean of the heaviest component, levels.
    """
    weights, means = mixture.weights_[:, 0].T, mixture.means_[:, 0].swapaxes(0, 1) * _LEVELS
    covariances = mixture.covariances_[:, 0].swapaxes(0, 1) * _LEVELS**2
    flat = np.einsum("pai,pkij,pbj->pkab", axes, covariances, axes)
    a = np.sqrt(np.clip(flat[..., 0, 0], 0, None))
    b = np.divide(flat[..., 1, 0], a, out=np.zeros_like(a), where=a > 0)
    c = np.sqrt(np.clip(flat[..., 1, 1] - b * b, 0, None))
    along = np.einsum("pai,pki->pka", axes, means)
    packed = [weights / WEIGHT_UNIT, along[..., 0] / MEAN_UNIT, along[..., 1] / MEAN_UNIT]
    packed += [part / SPREAD_UNIT for part in (a, b, c)]
    rounded = np.clip(np.rint(np.nan_to_num(np.stack(packed, axis=-1))), -32767, 32767).astype(np.int16)
    heaviest = weights.argmax(axis=1)
    return rounded, means[np.arange(len(means)), heaviest].astype(np.float32)


def pixel_bytes(train: int, test: int, models: Mapping[str, Model], scored: int) -> int:
    """Return what is known of one pixel, bytes."""
    fits = sum(len(steps_of(model)) * (12 * model.most_components + 4) for model in models.values())
    return 3 * (train + test) + 2 * test * scored + fits


def steps_of(model: Model) -> list[int]:
    """Return the iterations after which a model's fit is shown, the last one being its limit."""
    return [step for step in STEPS if step < model.max_iterations] + [model.max_iterations]


def scores_at(
    method: Method, fitted: Mapping[str, Mapping[str, np.ndarray]], train: np.ndarray, test: np.ndarray
) -> np.ndarray | None:
    """Score the test samples by a method's rule; None for methods that tell no score of a pixel by itself.

    Parameters
    ----------
    method : Method
    fitted : mapping of str to mapping of ndarray
        By model, its `weights` (K, 1, P) and so on.
    train, test : (N, P, 3) uint8 arrays

    Returns
    -------
    (P, T) array or None
        uint8 for the difference rule, else float16.
    """
    if not isinstance(method, ScoredMethod) or not method.by_pixel:
        return None
    background = fitted[method.model] if isinstance(method, ModelMethod) else train[:, np.newaxis]
    score = method.score(background, len(train))
    rows = np.stack([score(frame[np.newaxis])[0] for frame in test], axis=1)
    if rows.dtype == np.uint8:
        return rows
    return np.clip(np.nan_to_num(rows, posinf=65504, neginf=-65504), -65504, 65504).astype(np.float16)


def inspect_pixels(
    pixels: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    models: Mapping[str, Model],
    methods: Mapping[str, Method],
    *,
    progress: Progress = iter,
) -> dict[str, np.ndarray]:
    """Fit all models anew at some pixels, stopped after each of `steps_of`, and score their test samples.

    Parameters
    ----------
    pixels : (P,) int array
        Row-major indices in the image, which random starts depend on.
    train, test : (N, P, 3) and (T, P, 3) uint8 arrays
        Their colours in the training frames and in the shown test frames.
    models, methods : mapping
        By name.

    Returns
    -------
    dict of str to ndarray
        The `arrays` of an `Inspection`.
    """
    axes, explained = principal_axes(train)
    arrays: dict[str, np.ndarray] = {
        "pixels": pixels,
        "train": train.swapaxes(0, 1),
        "test": test.swapaxes(0, 1),
        "axes": axes,
        "explained": explained,
    }
    fitted = {}
    for name in progress(models):
        steps = [mixture_of(asdict(models[name]), max_iterations=step) for step in steps_of(models[name])]
        fits = [mixture.fit(train[:, np.newaxis], first_pixel=pixels) for mixture in steps]
        projected = [project(fit, axes) for fit in fits]
        fitted[name] = {part: getattr(fits[-1], f"{part}_") for part in MODEL_PARTS}
        arrays[f"components.{name}"] = np.stack([components for components, _ in projected], axis=1)
        arrays[f"background.{name}"] = projected[-1][1]
        arrays[f"log_likelihood.{name}"] = np.stack(
            [np.nan_to_num(fit.log_likelihood_[0]) for fit in fits], axis=1
        ).astype(np.float32)
        arrays[f"n_iter.{name}"] = fits[-1].n_iter_[0].astype(np.uint16)
        arrays[f"flags.{name}"] = fits[-1].flags_[0]
    for name, method in methods.items():
        scores = scores_at(method, fitted, train, test)
        if scores is not None:
            arrays[f"scores.{name}"] = scores
    return arrays


def inspect_clip(
    clip: np.ndarray,
    learned: Frames,
    shown: Sequence[int],
    masks: Mapping[str, Masks],
    truth: np.ndarray | None,
    models: Mapping[str, Model],
    methods: Mapping[str, Method],
    *,
    budget: float,
    progress: Progress = iter,
) -> Inspection:
    """Find out what is to be known of a clip's pixels, at as many of them as a budget allows.

    Parameters
    ----------
    clip : (N, H, W, 3) uint8 array
        RGB; read frame by frame.
    learned : (N, H, W, 3) uint8 array
        The training frames, RGB; read frame by frame.
    shown : sequence of int
        The test frames to show, ascending.
    masks : mapping of str to Masks
        By method; gone through one mask at a time.
    truth : (N, H, W) uint8 array or None
        Ground truth in CDnet's coding.
    models, methods : mapping
        By name.
    budget : float
        Bytes of all that is found out.
    """
    _, height, width, _ = clip.shape
    scored = sum(isinstance(method, ScoredMethod) for method in methods.values())
    most = int(budget / pixel_bytes(len(learned), len(shown), models, scored))
    pixels = sample_pixels(_ever_marked(masks.values(), (height, width)), most)
    places = np.divmod(pixels, width)
    decisions = {name: np.stack([mask[places] for mask in masks[name].of(shown)]).T for name in masks}
    return Inspection(
        width=width,
        height=height,
        start=telling_pixel(decisions),
        steps={name: steps_of(model) for name, model in models.items()},
        arrays=inspect_pixels(
            pixels,
            np.stack([frame[places] for frame in learned]),
            _at(places, clip, shown),
            models,
            methods,
            progress=progress,
        ),
        decisions=decisions,
        truth=None if truth is None else _at(places, truth, shown).T,
    )


def telling_pixel(decisions: Mapping[str, np.ndarray]) -> int:
    """Find the pixel whose methods disagree most often, in the end above all.

    Given each method's masks, (P, T) uint8, it is told by its place among the P; of equals the first.
    """
    marked = np.stack([marked == FOREGROUND for marked in decisions.values()]).astype(float).mean(axis=0)
    later = np.linspace(0, 1, marked.shape[1])
    return int((marked * (1 - marked) * later).sum(axis=1).argmax())


def _ever_marked(masks: Iterable[Masks], size: tuple[int, int]) -> np.ndarray:
    """Where any method ever marks foreground, (H, W) bool."""
    marked = np.zeros(size, bool)
    for mask in itertools.chain.from_iterable(of_method.masks for of_method in masks):
        marked |= mask == FOREGROUND
    return marked


def _at(places: tuple[np.ndarray, np.ndarray], images: np.ndarray, which: Sequence[int]) -> np.ndarray:
    """Values (T, P, ..) of some images at the rows and columns of P pixels."""
    return np.stack([images[frame][places] for frame in which])
