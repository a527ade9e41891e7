"""What the page's inspector shows of sampled pixels: samples, fits step by step, decisions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from bgsub.masks.difference import difference
from bgsub.masks.mask_file import Masks
from bgsub.masks.rules import score_by
from bgsub.model.fit import mixture_of
from bgsub.model.gmm import PixelMixture
from bgsub.report.payload import pack_arrays
from bgsub.report.player import FOREGROUND, mask_codes, truth_codes

BLOCK_BYTES = 4_500_000  # of the packed arrays, before base64
FINEST, COARSEST = 4, 64  # pixels between two sampled ones
STEPS = (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 80, 120, 200, 300, 500, 1000)  # iterations shown
MEAN_UNIT = 1 / 64  # levels: what 1 means in the packed means
SPREAD_UNIT = 1 / 64  # levels: the same for the factor of a covariance
WEIGHT_UNIT = 1 / 32767
_LEVELS = 255.0
_GREY_AXES = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]]) / np.sqrt([[3], [2], [6]])
_COMPRESSION = 0.75  # of noise and numbers by zlib, about


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
    centred = samples.astype(np.float64) - samples.mean(axis=0)
    covariances = np.einsum("npi,npj->pij", centred, centred) / len(samples)
    values, vectors = np.linalg.eigh(covariances)
    total = values.sum(axis=1)
    axes = vectors.transpose(0, 2, 1)[:, :0:-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=2)[..., np.newaxis], axis=2)
    axes = np.where(largest < 0, -axes, axes)
    axes[total == 0] = _GREY_AXES[:2]
    explained = values[:, :0:-1] / np.where(total > 0, total, 1)[:, np.newaxis]
    return axes.astype(np.float32), explained.astype(np.float32)


def fit_steps(
    settings: Mapping[str, Any], samples: np.ndarray, pixels: np.ndarray, steps: Iterable[int]
) -> list:
    """Fit a model anew at some pixels, stopping it after each of some numbers of iterations.

    Parameters
    ----------
    settings : mapping
        The model's row in the config.
    samples : (N, P, 3) uint8 array
    pixels : (P,) int array
        Row-major indices in the image, which random starts depend on.
    steps : iterable of int

    Returns
    -------
    list of PixelMixture
        One per step, its arrays as of an image of one row.
    """

    def fit(limit: int) -> PixelMixture:
        mixture = mixture_of(settings, max_iterations=min(limit, settings["max_iterations"]))
        return mixture.fit(samples[:, np.newaxis], first_pixel=pixels)

    return [fit(limit) for limit in steps]


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


def pixel_bytes(train: int, test: int, models: Mapping[str, Mapping[str, Any]], scored: int) -> float:
    """Estimate what one pixel adds to the packed block, bytes."""
    raw = 3 * (train + test) + 2 * test * scored
    for settings in models.values():
        raw += len(steps_of(settings)) * (12 * largest_mixture(settings) + 4)
    return _COMPRESSION * raw


def largest_mixture(settings: Mapping[str, Any]) -> int:
    """Return the largest number of components that a model may have at a pixel."""
    return settings["max_components"] if settings["components"] == "auto" else settings["components"]


def steps_of(settings: Mapping[str, Any]) -> list[int]:
    """Return the iterations after which a model's fit is shown, the last one being its limit."""
    return [step for step in STEPS if step < settings["max_iterations"]] + [settings["max_iterations"]]


def scores_at(
    settings: Mapping[str, Any], model: Mapping[str, np.ndarray] | None, train: np.ndarray, test: np.ndarray
) -> np.ndarray | None:
    """Score the test samples by a method's rule; None for OpenCV's methods, which tell no score.

    Parameters
    ----------
    settings : mapping
        The method's row in the config.
    model : mapping of ndarray or None
        `weights` (K, 1, P) and so on of the method's model, if it has one.
    train, test : (N, P, 3) uint8 arrays

    Returns
    -------
    (P, T) array or None
        uint8 for the difference rule, else float16.
    """
    if "opencv" in settings:
        return None
    if model is None:
        score = difference(np.median(train, axis=0)[np.newaxis] / _LEVELS)
    else:
        score = score_by(settings, model)
    rows = np.stack([score(frame[np.newaxis])[0] for frame in test], axis=1)
    if rows.dtype == np.uint8:
        return rows
    return np.clip(np.nan_to_num(rows, posinf=65504, neginf=-65504), -65504, 65504).astype(np.float16)


def inspect_pixels(
    pixels: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    decisions: Mapping[str, np.ndarray],
    truth: np.ndarray | None,
    models: Mapping[str, Mapping[str, Any]],
    methods: Mapping[str, Mapping[str, Any]],
    *,
    width: int,
    progress: Callable[[Iterable], Iterable] = iter,
) -> dict[str, Any]:
    """Pack what the inspector shows of some pixels.

    Parameters
    ----------
    pixels : (P,) int array
        Row-major indices in the image.
    train, test : (N, P, 3) and (T, P, 3) uint8 arrays
        Their colours in the training frames and in the shown test frames.
    decisions : mapping of str to (P, T) uint8 array
        By method: 0 background, 1 shadow, 2 foreground.
    truth : (P, T) uint8 array or None
        As `decisions`, and 3 unknown.
    models, methods : mapping
        Rows of the config.
    width : int
        Of the image, pixels.
    progress : callable
        Wraps the models.

    Returns
    -------
    dict
        `width`, `steps` by model, the units of `project`, and what `pack_arrays` gives of: `pixels`, `train`
        (P, N, 3), `test` (P, T, 3), `axes`, `explained`; `decisions.<method>`, `scores.<method>`, `truth`;
        and by model `components` (P, steps, K, 6), `log_likelihood` (P, steps), `n_iter`, `flags` (P,),
        `background` (P, 3).
    """
    axes, explained = principal_axes(train)
    arrays: dict[str, np.ndarray] = {
        "pixels.low": (pixels & 0xFFFF).astype(np.uint16),
        "pixels.high": (pixels >> 16).astype(np.uint16),
        "train": train.swapaxes(0, 1),
        "test": test.swapaxes(0, 1),
        "axes": axes,
        "explained": explained,
    }
    steps, fitted = {}, {}
    for name in progress(models):
        steps[name] = steps_of(models[name])
        fits = fit_steps(models[name], train, pixels, steps[name])
        projected = [project(fit, axes) for fit in fits]
        fitted[name] = {part: getattr(fits[-1], f"{part}_") for part in ("weights", "means", "covariances")}
        arrays[f"components.{name}"] = np.stack([components for components, _ in projected], axis=1)
        arrays[f"background.{name}"] = projected[-1][1]
        arrays[f"log_likelihood.{name}"] = np.stack(
            [np.nan_to_num(fit.log_likelihood_[0]) for fit in fits], axis=1
        ).astype(np.float32)
        arrays[f"n_iter.{name}"] = fits[-1].n_iter_[0].astype(np.uint16)
        arrays[f"flags.{name}"] = fits[-1].flags_[0]
    for name, settings in methods.items():
        arrays[f"decisions.{name}"] = decisions[name]
        scores = scores_at(settings, fitted.get(settings.get("model")), train, test)
        if scores is not None:
            arrays[f"scores.{name}"] = scores
    if truth is not None:
        arrays["truth"] = truth
    units = {"weight": WEIGHT_UNIT, "mean": MEAN_UNIT, "spread": SPREAD_UNIT}
    return {"width": width, "steps": steps, "units": units, **pack_arrays(arrays)}


def inspect_clip(
    clip: np.ndarray,
    train: range,
    shown: Sequence[int],
    masks: Mapping[str, Masks],
    truth: np.ndarray | None,
    models: Mapping[str, Mapping[str, Any]],
    methods: Mapping[str, Mapping[str, Any]],
    *,
    progress: Callable[[Iterable], Iterable] = iter,
) -> dict[str, Any]:
    """Pack what the inspector shows of a clip, at as many pixels as `BLOCK_BYTES` hold.

    Parameters
    ----------
    clip : (N, H, W, 3) uint8 array
        RGB; read frame by frame.
    train : range
        The training frames.
    shown : sequence of int
        The test frames to show, ascending.
    masks : mapping of str to Masks
        By method; gone through one mask at a time.
    truth : (N, H, W) uint8 array or None
        Ground truth in CDnet's coding.
    models, methods : mapping
        Rows of the config.
    progress : callable
        Wraps the models.

    Returns
    -------
    dict
        What `inspect_pixels` returns; `height`; `start`, the place of the most telling pixel.
    """
    _, height, width, _ = clip.shape
    scored = sum("opencv" not in settings for settings in methods.values())
    most = BLOCK_BYTES / pixel_bytes(len(train), len(shown), models, scored)
    pixels = sample_pixels(_ever_marked(masks.values(), (height, width)), int(most))
    places = np.divmod(pixels, width)
    decisions = {
        method: mask_codes(np.stack([mask[places] for mask in masks[method].of(shown)])).T for method in masks
    }
    packed = inspect_pixels(
        pixels,
        _at(places, clip, train),
        _at(places, clip, shown),
        decisions,
        None if truth is None else truth_codes(_at(places, truth, shown)).T,
        models,
        methods,
        width=width,
        progress=progress,
    )
    return {**packed, "height": height, "start": telling_pixel(decisions)}


def telling_pixel(decisions: Mapping[str, np.ndarray]) -> int:
    """Find the pixel whose methods disagree most often, in the end above all.

    Parameters
    ----------
    decisions : mapping of str to (P, T) uint8 array
        As for `inspect_pixels`.

    Returns
    -------
    int
        Its place among the P; of equals the first.
    """
    marked = np.stack([codes == FOREGROUND for codes in decisions.values()]).astype(float).mean(axis=0)
    later = np.linspace(0, 1, marked.shape[1])
    return int((marked * (1 - marked) * later).sum(axis=1).argmax())


def _ever_marked(masks: Iterable[Masks], size: tuple[int, int]) -> np.ndarray:
    """Where any method ever marks foreground, (H, W) bool."""
    marked = np.zeros(size, bool)
    for of_method in masks:
        for mask in of_method.masks:
            marked |= mask == 255
    return marked


def _at(places: tuple[np.ndarray, np.ndarray], images: np.ndarray, which: range) -> np.ndarray:
    """Values (T, P, ..) of some images at the rows and columns of P pixels."""
    return np.stack([images[frame][places] for frame in which])
