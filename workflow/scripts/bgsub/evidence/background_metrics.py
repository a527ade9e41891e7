"""How far a background image is from the true one: the measures of SBI and SBMnet.

Maddalena and Petrosino 2015; Jodoin, Maddalena, Petrosino and Wang 2017. Luma is the Y of MATLAB's
`rgb2ycbcr`, which lies between 16 and 235; with luma from 0 to 255 the AGE would be larger by 255/219.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from bgsub.progress import Progress
from bgsub.source.frames import read_rows

ERROR_LEVEL = 20  # a pixel whose luma is off by more is an error pixel
_WORST = 255.0  # the error of a pixel that has no estimate

_LUMA = np.array([65.481, 128.553, 24.966]) / 255
_SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_K1, _K2, _SIGMA, _WINDOW = 0.01, 0.03, 1.5, 11

_BAND_BYTES = 64 * 2**20


@dataclass(frozen=True)
class BackgroundScore:
    """Measures of a background image; the last three grow with quality, the others with error.

    Attributes
    ----------
    age : float
        Average grey-level error, levels of luma.
    eps, peps : int, float
        Error pixels, and their share.
    ceps, pceps : int, float
        Clustered error pixels, whose four neighbours are error pixels too, and their share.
    psnr : float
        Peak signal-to-noise ratio of luma, dB; infinite without error.
    ms_ssim : float or None
        Multi-scale structural similarity of luma, at most 1; None for images under 32 pixels in size.
    cqm : float
        Colour image quality measure, dB; infinite without error.
    """

    age: float
    eps: int
    peps: float
    ceps: int
    pceps: float
    psnr: float
    ms_ssim: float | None
    cqm: float


def score_background(
    background: np.ndarray, truth: np.ndarray, known: np.ndarray | None = None
) -> BackgroundScore:
    """Compare a background image with the true one.

    Parameters
    ----------
    background : (H, W, 3) array
        RGB in 8-bit levels, whole or not: it is rounded and clipped first, as a saved image is. A pixel with
        a NaN has no estimate: it counts as an error of 255 levels, never as none.
    truth : (H, W, 3) array
        RGB in 8-bit levels.
    known : (H, W) bool array, optional
        Where the truth is known; by default everywhere. Only `ms_ssim` needs whole images: there the unknown
        pixels count as right.

    Returns
    -------
    BackgroundScore

    Raises
    ------
    ValueError
        If the sizes differ, or the truth is known nowhere.
    """
    if background.shape != truth.shape:
        raise ValueError(f"background {background.shape}, truth {truth.shape}")
    known = np.ones(truth.shape[:2], bool) if known is None else known
    pixels = int(np.count_nonzero(known))
    if not pixels:
        raise ValueError("the true background is known nowhere")
    missing = np.isnan(background).any(axis=2)
    background = np.rint(np.clip(np.where(missing[..., None], 0.0, background), 0, 255))
    truth = np.rint(np.where(known[..., None], truth, background))
    missing &= known
    error = np.where(missing, _WORST, np.abs(luma(truth) - luma(background)))
    wrong = (error > ERROR_LEVEL) & known
    clustered = int(np.count_nonzero(eroded(wrong | ~known) & known))
    return BackgroundScore(
        age=float(error[known].mean()),
        eps=int(np.count_nonzero(wrong)),
        peps=int(np.count_nonzero(wrong)) / pixels,
        ceps=clustered,
        pceps=clustered / pixels,
        psnr=_psnr(error[known]),
        ms_ssim=ms_ssim(_farthest(luma(background), luma(truth), missing), luma(truth)),
        cqm=_cqm(background, truth, missing, known),
    )


def luma(image: np.ndarray) -> np.ndarray:
    """Return the Y of MATLAB's `rgb2ycbcr` of RGB in 8-bit levels: (H, W) float64, whole, 16 to 235."""
    return np.floor(16.5 + np.asarray(image, float) @ _LUMA)  # MATLAB rounds halves up


def eroded(wrong: np.ndarray) -> np.ndarray:
    """Keep the pixels whose four neighbours are set too; at the border, as many as there are."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return cv2.erode(wrong.astype(np.uint8), cross).astype(bool)


def ms_ssim(image: np.ndarray, truth: np.ndarray) -> float | None:
    """Multi-scale structural similarity (Wang, Simoncelli and Bovik 2003), five scales multiplied.

    Parameters
    ----------
    image, truth : (H, W) array
        Grey levels, 0 to 255.

    Returns
    -------
    float or None
        At most 1, for equal images. For images less than 176 pixels high or wide the window shrinks to a
        sixteenth, as in SBMnet's script; None below 32, where it would be one pixel and see no structure. A
        mean contrast and structure below 0, which has no real power, counts as 0.
    """
    image, truth = np.asarray(image, float), np.asarray(truth, float)
    window = min(_WINDOW, min(image.shape) // 16)
    if window < 2:
        return None
    product = 1.0
    for level, weight in enumerate(_SCALE_WEIGHTS, 1):
        whole, contrast = _ssim(image, truth, window)
        product *= max(whole if level == len(_SCALE_WEIGHTS) else contrast, 0.0) ** weight
        image, truth = _halved(image), _halved(truth)
    return product


def true_background(
    frames: np.ndarray, groundtruth: np.ndarray, progress: Progress = iter
) -> tuple[np.ndarray, np.ndarray]:
    """Reconstruct the empty scene: the median of each pixel over all frames that label it as static.

    Parameters
    ----------
    frames : (N, H, W, 3) uint8 array
        RGB; a band of rows is read at a time.
    groundtruth : (N, H, W) uint8 array
        Only the label 0 counts, so neither people nor their hard shadows.

    Returns
    -------
    background : (H, W, 3) float64 array
        8-bit levels, with halves; NaN where no frame shows the background.
    count : (H, W) int64 array
        Frames that show it.

    Notes
    -----
    It is no measurement of the empty scene. The sensor's noise remains, about 1.25 sigma / sqrt(count). Soft
    shadows, reflections and a compressed video's smears are labelled 0 and stay in it where they last. If the
    light changes, it is that of the middle of the time. What is labelled outside the region of interest or
    unknown in all frames, as in CDnet before the temporal region, has no background.
    """
    total, height, width, channels = frames.shape
    background, count = np.empty((height, width, channels)), np.empty((height, width), np.int64)
    rows = max(1, _BAND_BYTES // (2 * total * width * channels))
    for top in progress(range(0, height, rows)):
        band = slice(top, min(top + rows, height))
        static = read_rows(groundtruth, band) == 0
        count[band] = static.sum(axis=0)
        background[band] = _masked_median(read_rows(frames, band), static, count[band])
    return background, count


def _masked_median(values: np.ndarray, valid: np.ndarray, count: np.ndarray) -> np.ndarray:
    # Invalid values are pushed behind the valid ones, whose middle is then known from their count.
    ordered = np.where(valid[..., None], values, np.uint16(256))
    ordered.sort(axis=0)
    middle = np.stack([(count - 1) // 2, count // 2])
    median = np.take_along_axis(ordered, np.clip(middle, 0, len(values) - 1)[..., None], axis=0).mean(axis=0)
    return np.where(count[..., None] > 0, median, np.nan)


def _psnr(error: np.ndarray) -> float:
    square = float(np.mean(np.square(error)))
    return 10 * math.log10(_WORST**2 / square) if square else math.inf


def _cqm(background: np.ndarray, truth: np.ndarray, missing: np.ndarray, known: np.ndarray) -> float:
    """Colour image quality measure (Yalman and Ertuerk 2013), in real numbers.

    The script that SBMnet uses hands 8-bit images to it, whose sums and differences saturate; these do not,
    so published tables differ in the second digit.
    """
    pairs = zip(_reversible(background), _reversible(truth), strict=True)
    y, u, v = (_psnr(np.where(missing, _WORST, here - there)[known]) for here, there in pairs)
    return 0.9449 * y + 0.0551 * (u + v) / 2


def _reversible(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the reversible colour transform of JPEG 2000: Y, U = R - G, V = B - G."""
    red, green, blue = np.moveaxis(image, 2, 0)
    return np.floor((red + 2 * green + blue) / 4), red - green, blue - green


def _farthest(image: np.ndarray, truth: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Put the level that is farthest from the truth where there is no estimate."""
    return np.where(missing, np.where(truth < 128, 255.0, 0.0), image)


def _ssim(image: np.ndarray, truth: np.ndarray, size: int) -> tuple[float, float]:
    """Mean over the image of SSIM, and of its contrast and structure alone (Wang et al. 2004)."""
    mean, mean_truth = _blurred(image, size), _blurred(truth, size)
    variance = _blurred(image * image, size) - mean**2
    variance_truth = _blurred(truth * truth, size) - mean_truth**2
    covariance = _blurred(image * truth, size) - mean * mean_truth
    c1, c2 = (_K1 * 255) ** 2, (_K2 * 255) ** 2
    contrast = (2 * covariance + c2) / (variance + variance_truth + c2)
    brightness = (2 * mean * mean_truth + c1) / (mean**2 + mean_truth**2 + c1)
    return float(np.mean(brightness * contrast)), float(np.mean(contrast))


def _blurred(image: np.ndarray, size: int) -> np.ndarray:
    """Weigh by a Gaussian window, only where it lies within the image."""
    offsets = np.arange(size) - (size - 1) / 2
    kernel = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    kernel /= kernel.sum()
    blurred = cv2.sepFilter2D(image, cv2.CV_64F, kernel, kernel)
    first = size // 2
    return blurred[first : first + len(image) - size + 1, first : first + image.shape[1] - size + 1]


def _halved(image: np.ndarray) -> np.ndarray:
    """Average blocks of 2 x 2; the last row and column of an odd size are repeated."""
    padded = np.pad(image, [(0, image.shape[0] % 2), (0, image.shape[1] % 2)], mode="edge")
    return (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]) / 4
