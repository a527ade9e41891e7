"""By how much a camera has moved: the translation from a reference picture to a frame.

Lucas & Kanade's method (1981), from coarse to fine, on points of steep gradient that are spread over the
picture, with weights that tell the points of moving objects from those of the scene.
"""

from typing import NamedTuple

import cv2
import numpy as np

from bgsub.masks.foreground import temporal_median
from bgsub.model.compiled import compiled
from bgsub.source.frames import Frames
from bgsub.source.split import MINIMUM_TRAINING_FRAMES

# Pixels below which a translation is none: static cameras are found at up to .2 px, by what moves in the
# picture, and to resample a frame for less than this blurs more than it mends.
STILL = 0.25

_SIZES = 3  # halvings: to 1/2, 1/4 and 1/8 of the size
# Pixels of each size, width of the window whose mean is taken out: a lamp that lights a part of the picture
# is no translation, but without this it was found to be one of 40 pixels.
_LOCAL = 7
_CELL = 4  # pixels, one point in each
_SMALL_CELL = 2  # where the picture is small
_SMALL = 20_000  # pixels
_FLAT = 1.0  # squared levels per pixel: no point has less gradient
_FEWEST = 20  # points without which nothing is said
_ITERATIONS = (10, 6)  # on the coarsest size, on finer ones
_CONVERGED = 0.02  # pixels
_HELD_BYTES = 2**28  # of training frames that are held at a time
_LOST = 1e9  # error of a translation that leaves too few points in the picture

Translation = tuple[float, float]  # x, y in pixels


class _Points(NamedTuple):
    """Points of a reference picture, (N,) float32 each."""

    row: np.ndarray
    column: np.ndarray
    level: np.ndarray
    along_x: np.ndarray  # gradient, levels per pixel
    along_y: np.ndarray


class Registration:
    """Finds the translation of frames against a reference picture.

    Parameters
    ----------
    reference : (H, W, 3) uint8 array
        RGB.
    """

    def __init__(self, reference: np.ndarray) -> None:
        self._points = [_points_of(picture) for picture in _sizes(reference)]

    def translation(self, frame: np.ndarray, last: Translation = (0.0, 0.0)) -> Translation:
        """Return where the reference's content is found in a frame.

        Parameters
        ----------
        frame : (H, W, 3) uint8 array
            RGB.
        last : (float, float)
            The translation of the frame before, tried as a start beside none.

        Returns
        -------
        (float, float)
            x and y in pixels: `frame[i + y, j + x]` is `reference[i, j]`.
        """
        pictures = _sizes(frame)
        scale = 2.0 ** len(pictures)
        best = (0.0, 0.0, np.inf)
        for x, y in sorted({(0.0, 0.0), last}):
            found = _lucas_kanade(pictures[-1], self._points[-1], x / scale, y / scale, _ITERATIONS[0])
            best = min(best, found, key=lambda end: end[2])
        x, y, unexplained = best
        for picture, points in zip(pictures[-2::-1], self._points[-2::-1], strict=True):
            x, y, unexplained = _lucas_kanade(picture, points, 2 * x, 2 * y, _ITERATIONS[1])
        # The coarsest size of a small or finely grained picture holds little that tells a place.
        unmoved = _lucas_kanade(pictures[0], self._points[0], 0.0, 0.0, 1)[2]
        return (2 * x, 2 * y) if unexplained < unmoved else (0.0, 0.0)


def register(frames: Frames) -> tuple[Registration, np.ndarray | None]:
    """Register training frames on their own median.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB; usually a memory map.

    Returns
    -------
    registration : Registration
        Against the median of the registered frames.
    aligned : (M, H, W, 3) uint8 array or None
        The registered frames, of a long clip some of them; None if none of them had moved.
    """
    most = max(_HELD_BYTES // frames[0].nbytes, MINIMUM_TRAINING_FRAMES)
    if len(frames) > most:
        frames = frames[np.linspace(0, len(frames) - 1, most).astype(int)]
    aligned = _aligned(frames, Registration(frames[len(frames) // 2]))
    for _ in range(2):  # the median of frames that are not registered is blurred
        before, registration = aligned, _to_median(frames if aligned is None else aligned)
        aligned = _aligned(frames, registration)
        if before is None and aligned is None:  # the median is of the same frames again
            break
    return registration, aligned


def _to_median(frames: Frames) -> Registration:
    return Registration(temporal_median(frames).astype(np.uint8))


def has_moved(translation: Translation) -> bool:
    """Whether a translation is more than none."""
    return max(map(abs, translation)) > STILL


def moved_back(frame: np.ndarray, translation: Translation) -> np.ndarray:
    """Return a frame as the reference sees it; beyond its border its last row or column is repeated."""
    return _warped(frame, translation, cv2.WARP_INVERSE_MAP)


def moved_along(mask: np.ndarray, translation: Translation) -> np.ndarray:
    """Return a mask, (H, W) uint8, 0 or 255, that was made of `moved_back` as the frame itself sees it."""
    return np.where(_warped(mask, translation, 0) > 127, np.uint8(255), np.uint8(0))


def clear_unseen(image: np.ndarray, translation: Translation) -> None:
    """Set to 0 what of an image in the reference's place lies beyond the border of the frame."""
    height, width = image.shape
    x, y = translation
    right, left = (max(int(np.ceil(shift)), 0) for shift in (x, -x))
    below, above = (max(int(np.ceil(shift)), 0) for shift in (y, -y))
    image[:, max(width - right, 0) :] = 0
    image[:, :left] = 0
    image[max(height - below, 0) :] = 0
    image[:above] = 0


def _aligned(frames: Frames, registration: Registration) -> np.ndarray | None:
    translations = [registration.translation(frame) for frame in frames]
    if not any(map(has_moved, translations)):
        return None
    aligned = np.array(frames)
    for place, translation in enumerate(translations):
        if has_moved(translation):
            aligned[place] = moved_back(aligned[place], translation)
    return aligned


def _warped(image: np.ndarray, translation: Translation, direction: int) -> np.ndarray:
    x, y = translation
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(
        np.ascontiguousarray(image),
        matrix,
        image.shape[1::-1],
        flags=cv2.INTER_LINEAR | direction,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _sizes(frame: np.ndarray) -> list[np.ndarray]:
    """Return a frame's luma in half its size and so on, float32."""
    picture = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    pictures = []
    for _ in range(_SIZES):
        picture = cv2.pyrDown(picture)
        levels = picture.astype(np.float32)
        pictures.append(levels - cv2.blur(levels, (_LOCAL, _LOCAL)))
    return pictures


def _points_of(picture: np.ndarray) -> _Points:
    along_x, along_y = (cv2.Scharr(picture, cv2.CV_32F, dx, 1 - dx) / np.float32(32) for dx in (1, 0))
    row, column = _steepest_in_cells(along_x, along_y, _CELL if picture.size > _SMALL else _SMALL_CELL)
    return _Points(
        row.astype(np.float32),
        column.astype(np.float32),
        picture[row, column],
        along_x[row, column],
        along_y[row, column],
    )


def _steepest_in_cells(along_x: np.ndarray, along_y: np.ndarray, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column of every cell's steepest pixel: so spread that no object holds most of them."""
    rows, columns = along_x.shape[0] // cell, along_x.shape[1] // cell
    steepness = (along_x * along_x + along_y * along_y)[: rows * cell, : columns * cell]
    cells = steepness.reshape(rows, cell, columns, cell).swapaxes(1, 2).reshape(rows, columns, cell * cell)
    row, column = np.nonzero(cells.max(axis=2) > _FLAT)
    down, right = np.divmod(cells[row, column].argmax(axis=1), cell)
    return row * cell + down, column * cell + right


def _lucas_kanade(
    picture: np.ndarray, points: _Points, x: float, y: float, iterations: int
) -> tuple[float, float, float]:
    """Return the translation and the scale of what it leaves unexplained, levels.

    Gauss-Newton steps from (x, y) with Geman and McClure's weights at the scale of the median absolute
    deviation; a change of brightness is the median of the residuals.
    """
    residual = np.empty(len(points.row), np.float32)
    scale = _LOST
    for _ in range(iterations):
        inside = _compare(picture, points, x, y, residual)
        if inside < _FEWEST:
            return x, y, _LOST
        middle = _median(residual, inside)
        scale = (
            1.4826 * _median(np.abs(residual - middle), inside) + 0.25
        )  # not 0 where a picture fits exactly
        step_x, step_y = _step(residual, points, middle, scale)
        x += step_x
        y += step_y
        if max(abs(step_x), abs(step_y)) < _CONVERGED:
            break
    return x, y, scale


def _median(values: np.ndarray, count: int) -> np.float64:
    """Return the median of those that are numbers, so many."""
    low, high = (count - 1) // 2, count // 2
    parted = np.partition(values, (low, high))  # NaN are last
    return np.float64((parted[low] + parted[high]) / 2)


@compiled
def _compare(picture: np.ndarray, points: _Points, x: float, y: float, residual: np.ndarray) -> int:
    """Subtract the levels of points from those at their places in a picture; return how many are inside."""
    height, width = picture.shape
    inside = 0
    for k in range(len(residual)):
        row, column = points.row[k] + y, points.column[k] + x
        if row < 0 or column < 0 or row >= height - 1 or column >= width - 1:
            residual[k] = np.nan
            continue
        i, j = int(row), int(column)
        a, b = row - i, column - j
        upper = (1 - b) * picture[i, j] + b * picture[i, j + 1]
        lower = (1 - b) * picture[i + 1, j] + b * picture[i + 1, j + 1]
        residual[k] = (1 - a) * upper + a * lower - points.level[k]
        inside += 1
    return inside


@compiled
def _step(residual: np.ndarray, points: _Points, middle: float, scale: float) -> tuple[float, float]:
    """Return a Gauss-Newton step; 0, 0 where all edges run one way, and nothing tells where along them."""
    xx = xy = yy = xr = yr = 0.0
    for k in range(len(residual)):
        if np.isnan(residual[k]):
            continue
        rest = residual[k] - middle
        root = 1 + (rest / (2 * scale)) ** 2
        weight = 1 / (root * root)
        xx += weight * points.along_x[k] * points.along_x[k]
        xy += weight * points.along_x[k] * points.along_y[k]
        yy += weight * points.along_y[k] * points.along_y[k]
        xr += weight * points.along_x[k] * rest
        yr += weight * points.along_y[k] * rest
    determinant = xx * yy - xy * xy
    if determinant < 1e-6 * (xx + yy) ** 2 + 1e-9:
        return 0.0, 0.0
    return (xy * yr - yy * xr) / determinant, (xy * xr - xx * yr) / determinant
