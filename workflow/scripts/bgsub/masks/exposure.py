"""By how much exposure and white balance differ from those of the background: a gain per channel.

Most of a picture is background, so that the most frequent ratio of its colours to the background's is the
gain, whatever stands before the rest.
"""

import numpy as np

from bgsub.masks.bands import Bands
from bgsub.masks.planes import pixels, planes
from bgsub.model.compiled import compiled, inlined
from bgsub.model.numerics import log

_BINS = 401
_MIDDLE = _BINS // 2
_RANGE = 0.7  # log of the largest gain, a factor of two
_BIN = 2 * _RANGE / _BINS
_DARKEST, _BRIGHTEST = 20, 247  # levels; beyond them a ratio tells more of noise and of saturation
_SATURATED = np.float32(255)
NO_GAIN = np.ones(3, np.float32)
_PIXELS = 40_000  # that are looked at, about: more tell no more
_FEWEST = 100  # ratios without which nothing is said
_NONE = 0.002  # log of a gain that is taken for 1: half a level at white
_HALF_WINDOW = 6  # bins
_SMOOTHING = np.exp(-0.5 * (np.arange(-_HALF_WINDOW, _HALF_WINDOW + 1) / 2) ** 2)
_LOG_OF_LEVEL = np.log(np.maximum(np.arange(256), 1)).astype(np.float32)


def exposure_gain(frame: np.ndarray, mean: np.ndarray, bands: Bands | None = None) -> np.ndarray:
    """Return the mode of the ratios of a frame to the background.

    Parameters
    ----------
    frame : (H, W, 3) uint8 array
        RGB.
    mean : (H, W, 3) float32 array
        The background, 8-bit levels.
    bands : Bands, optional
        That threads work on, by default one.

    Returns
    -------
    (3,) float32 array
        A factor for each channel, 0.5 to 2; exactly 1 where the difference is below half a level.

    Notes
    -----
    The mode of a smoothed histogram of logarithms, made finer by mean shift (Fukunaga & Hostetler 1975).
    """
    step = max(1, round(np.sqrt(frame.shape[0] * frame.shape[1] / _PIXELS)))
    parts: list[np.ndarray] = []

    def count(rows: slice) -> None:
        some = slice(rows.start + -rows.start % step, rows.stop, step), slice(None, None, step)
        counts = np.zeros((3, _BINS))
        width = len(mean[0, ::step])
        _count_ratios(frame[some], mean[some], np.empty(width, np.float32), np.empty(width), counts)
        parts.append(counts)

    (bands or Bands(len(frame))).each(count)
    return np.exp(np.array([_mode(channel) for channel in np.sum(parts, axis=0)])).astype(np.float32)


def in_exposure_of(mean: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Return a frame without its `exposure_gain`.

    Parameters
    ----------
    mean : (H, W, 3) float32 array
        The background, 8-bit levels.
    frame : (H, W, 3) uint8 array
        RGB.

    Returns
    -------
    (H, W, 3) float32 array
        8-bit levels, 0 to 255. A channel that is saturated was at least so bright: it becomes what is nearest
        to the background of all that it may have been. Divided by its gain, a lamp would be darker than it
        was.
    """
    levels = np.empty((3, *frame.shape[:2]), np.float32)
    _divide(planes(frame), exposure_gain(frame, mean), planes(mean), levels)
    return pixels(levels)


def _mode(counts: np.ndarray) -> float:
    """Return the log ratio that is most frequent, 0.0 if that is none to speak of."""
    if counts.sum() < _FEWEST:
        return 0.0
    place = int(np.convolve(counts, _SMOOTHING, "same").argmax())
    for _ in range(3):
        first = max(place - _HALF_WINDOW, 0)
        window = counts[first : place + _HALF_WINDOW + 1]
        mean = (window * np.arange(first, first + len(window))).sum() / max(window.sum(), 1)
        place = round(mean)
    found = (mean - _MIDDLE) * _BIN
    return found if abs(found) > _NONE else 0.0


@compiled
def _count_ratios(
    frame: np.ndarray, mean: np.ndarray, before: np.ndarray, log_before: np.ndarray, counts: np.ndarray
) -> None:
    """Add to the histograms; `before` (W,) float32 and `log_before` (W,) float64 are room for a row."""
    width = frame.shape[1]
    for i in range(frame.shape[0]):
        for c in range(3):
            for j in range(width):
                before[j] = mean[i, j, c]
            for j in range(width):  # of all, as vector instructions take them together
                log_before[j] = log(np.float64(before[j]))
            for j in range(width):
                now = frame[i, j, c]
                if _DARKEST < now < _BRIGHTEST and _DARKEST < before[j] < _BRIGHTEST:
                    place = int((_LOG_OF_LEVEL[now] - log_before[j] + _RANGE) / _BIN)
                    if 0 <= place < _BINS:
                        counts[c, place] += 1


@compiled
def _divide(frame: np.ndarray, gain: np.ndarray, mean: np.ndarray, levels: np.ndarray) -> None:
    for i in range(frame.shape[1]):
        divide_row(frame, gain, mean, i, levels[:, i])


@inlined
def divide_row(frame: np.ndarray, gain: np.ndarray, mean: np.ndarray, i: int, levels: np.ndarray) -> None:
    """Fill `levels` (3, W) from row `i` of a frame, (3, H, W), that has a gain; see `in_exposure_of`."""
    for c in range(3):
        inverse = np.float32(1) / gain[c]
        for j in range(frame.shape[2]):
            seen = np.float32(frame[c, i, j])
            level = min(seen * inverse, _SATURATED)
            levels[c, j] = max(level, mean[c, i, j]) if seen == _SATURATED else level
