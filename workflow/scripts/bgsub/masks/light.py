"""Which part of a picture is the background in another light."""

import numpy as np

from bgsub.masks.planes import planes
from bgsub.model.compiled import compiled, inlined
from bgsub.model.numerics import exp, log

_OWN = 12.0  # times the limit's square, that the light may leave of the pixel itself, sum over the channels
_BLUER = 0.5  # log of blue over red, of the light in a shadow: the sky's
_GREEN = 0.15  # log, how far green may be off the mean of the channels
# A window of 3 x 3 is explained by chance more often, by dark cars for one: it finds light shadows only.
_LOG_OF_LIGHTEST = float(np.log(0.75))
_WINDOW_SHARE = 0.46  # of a window that has to be marked
_SUMS = 14  # over a window: count; by channel frame, mean, product; the frame's squares; the mean's
_NO_LIGHT = np.float32(1e-3)


def explained_by_light(
    frame: np.ndarray,
    mean: np.ndarray,
    marked: np.ndarray,
    limit: np.ndarray,
    *,
    halves: tuple[int, ...] = (2,),
    redder: float = -0.08,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the marked pixels that are the background in another light.

    Of the nine windows, such as of 5 x 5, that hold a pixel and are 0 or 2 pixels off it, the one counts that
    one factor a channel explains best (as in Kuwahara et al.'s filter, 1976: a window across an outline
    explains nothing). The pixel has to fit these factors too, and the light's colour to be grey or bluer.

    Parameters
    ----------
    frame, mean : (H, W, 3) float32 arrays
        8-bit levels.
    marked : (H, W) uint8 array
        Not 0 where it is marked; windows hold marked pixels only.
    limit : (H, W) float32 array
        Largest difference that the light leaves, root mean square, levels.
    halves : tuple of int
        Half the widths of the windows, pixels: those of a later one count where no earlier one explains.
    redder : float
        Least log of blue over red, of the light.

    Returns
    -------
    explained : (H, W) bool array
    light : (H, W) float32 array
        Geometric mean of the factors, 0 where it is not explained.
    """
    light = np.zeros(marked.shape, np.float32)
    explained = np.zeros(marked.shape, np.bool_)
    frame, mean = planes(frame), planes(mean)
    height, width = marked.shape
    columns = _marked_columns(marked)
    for half in halves:
        # With a border, so that no window lies outside.
        residual = np.full((height + 2 * half, width + 2 * half), np.inf, np.float32)
        factors = np.empty((3, *residual.shape), np.float32)
        sums, window = np.zeros((_SUMS, residual.shape[1])), np.empty((_SUMS, width))
        _fit_windows(frame, mean, marked, columns, half, sums, window, residual, factors)
        # Of blue over red, of green over both, and of all.
        logs = (redder, _BLUER, -3 * _GREEN, 3 * _GREEN, 3 * _LOG_OF_LIGHTEST if half == 1 else -np.inf)
        limits = tuple(map(exp, logs))
        best = np.empty(width, np.float32), np.empty(width, np.uint8)
        _choose_windows(
            frame, mean, marked, columns, limit, half, limits, residual, factors, *best, explained, light
        )
    return explained, light


def _marked_columns(marked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first marked column of each row, and one past the last."""
    inside, width = marked > 0, marked.shape[1]
    first, behind = inside.argmax(axis=1), inside[:, ::-1].argmax(axis=1)
    some = inside.any(axis=1)
    return np.where(some, first, width), np.where(some, width - behind, 0)


@compiled
def _fit_windows(
    frame: np.ndarray,
    mean: np.ndarray,
    marked: np.ndarray,
    marked_columns: tuple[np.ndarray, np.ndarray],
    half: int,
    columns: np.ndarray,
    window: np.ndarray,
    residual: np.ndarray,
    factors: np.ndarray,
) -> None:
    """Fit a factor a channel to the window around every pixel; `residual` is the mean square that is left.

    Sums over the `columns` of windows, 0 so far, run from row to row. They are of whole levels or nearly, in
    float64. `window` is room for a row of windows.
    `residual` and `factors` have a border of `half` pixels.
    """
    height, width = marked.shape
    first, last = marked_columns
    fewest = _WINDOW_SHARE * (2 * half + 1) ** 2
    for i in range(-half, height):
        for sign, row in ((1.0, i + half), (-1.0, i - half - 1)):
            if 0 <= row < height:
                _add_row(row, frame, mean, marked, half, sign, first[row], last[row], columns)
        if i < 0:
            continue
        # Windows beyond these columns hold nothing that is marked.
        start, stop = width, 0
        for row in range(max(i - half, 0), min(i + half + 1, height)):
            start, stop = min(start, first[row] - half), max(stop, last[row] + half)
        start, stop = max(start, 0), min(stop, width)
        _fit_row(columns, window, half, fewest, start, stop, residual[i + half], factors[:, i + half])


@inlined
def _add_row(
    row: int,
    frame: np.ndarray,
    mean: np.ndarray,
    marked: np.ndarray,
    half: int,
    sign: float,
    first: int,
    last: int,
    columns: np.ndarray,
) -> None:
    """Add a row's marked pixels to the sums over columns, or take them out of these."""
    count, squares = columns[0, half + first :], columns[10, half + first :]
    inside = marked[row, first:last]
    for j in range(last - first):
        count[j] += sign if inside[j] else 0.0
    for c in range(3):
        nows, befores = frame[c, row, first:last], mean[c, row, first:last]
        seen, empty = columns[1 + c, half + first :], columns[4 + c, half + first :]
        both, empty_squares = columns[7 + c, half + first :], columns[11 + c, half + first :]
        for j in range(last - first):
            counted = sign if inside[j] else 0.0
            now, before = np.float64(nows[j]), np.float64(befores[j])
            seen[j] += counted * now
            empty[j] += counted * before
            both[j] += counted * now * before
            squares[j] += counted * now * now
            empty_squares[j] += counted * before * before


@inlined
def _fit_row(
    columns: np.ndarray,
    window: np.ndarray,
    half: int,
    fewest: float,
    first: int,
    last: int,
    residual: np.ndarray,
    factors: np.ndarray,
) -> None:
    """Fit the windows of one row between two columns; `window` takes their sums."""
    for q in range(_SUMS):
        column, total = columns[q, first:], window[q]
        for j in range(last - first):
            total[j] = column[j] + column[j + 1] + column[j + 2]
        if half == 2:
            for j in range(last - first):
                total[j] = total[j] + column[j + 3] + column[j + 4]
    left, residuals = window[10], residual[first + half :]
    for c in range(3):
        seen, empty, both, empty_squares = window[1 + c], window[4 + c], window[7 + c], window[11 + c]
        factor_of = factors[c, first + half :]
        for j in range(last - first):
            factor = (seen[j] + 1) / (empty[j] + 1)
            left[j] += factor * (factor * empty_squares[j] - 2 * both[j])
            factor_of[j] = factor
    for j in range(last - first):
        count = window[0, j]
        residuals[j] = left[j] / (3 * (count - 1)) if count >= fewest else np.inf


@compiled
def _choose_windows(
    frame: np.ndarray,
    mean: np.ndarray,
    marked: np.ndarray,
    marked_columns: tuple[np.ndarray, np.ndarray],
    limit: np.ndarray,
    half: int,
    limits: tuple[float, ...],
    residual: np.ndarray,
    factors: np.ndarray,
    best: np.ndarray,
    window: np.ndarray,
    explained: np.ndarray,
    light: np.ndarray,
) -> None:
    """Explain each marked pixel by the best of the windows that hold it, if that does.

    Which is the best is found without branches, between the first and the last marked column of a row. For
    that row, `best` and `window` are room for its least residuals and the windows that have these.
    """
    first, last = marked_columns
    least_blue, most_blue, least_green, most_green, darkest = limits
    for i in range(marked.shape[0]):
        start, stop = first[i], last[i]
        for j in range(stop - start):
            best[j], window[j] = np.inf, 4
        for number in (4, 0, 1, 2, 3, 5, 6, 7, 8):  # the one around the pixel, if others are as good
            shift = start + number % 3 * half
            others = residual[i + number // 3 * half, shift : shift + stop - start]
            for j in range(len(others)):
                better = others[j] < best[j]
                best[j] = others[j] if better else best[j]
                window[j] = number if better else window[j]
        for place in range(stop - start):
            j = start + place
            most = np.float64(limit[i, j]) * limit[i, j]
            if not best[place] <= most or explained[i, j] or marked[i, j] == 0:
                continue
            y, x = i + window[place] // 3 * half, j + window[place] % 3 * half
            red, green, blue = factors[0, y, x], factors[1, y, x], factors[2, y, x]
            rest0 = frame[0, i, j] - red * mean[0, i, j]
            rest1 = frame[1, i, j] - green * mean[1, i, j]
            rest2 = frame[2, i, j] - blue * mean[2, i, j]
            own = np.float64(rest0 * rest0) + rest1 * rest1 + rest2 * rest2
            r = np.float64(max(red, _NO_LIGHT))
            g = np.float64(max(green, _NO_LIGHT))
            b = np.float64(max(blue, _NO_LIGHT))
            # The logarithms of these ratios are limited.
            grey_or_bluer = (least_blue * r < b) & (b < most_blue * r)
            not_green = (least_green * r * b < g * g) & (g * g < most_green * r * b)
            if own < _OWN * most and grey_or_bluer and not_green and r * g * b > darkest:
                light[i, j] = exp(log(r * g * b) / 3)
                explained[i, j] = True
