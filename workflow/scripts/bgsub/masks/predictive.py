"""What is believed of each pixel's background, and how a new frame is judged and learned by it.

The background of a pixel is one Gaussian, of which mean and covariance are not known but have a
normal-inverse- Wishart distribution: the conjugate one, so that learning a colour is adding to a count, a
mean and a scatter matrix (Murphy 2007, Conjugate Bayesian analysis of the Gaussian distribution, section 9).
A new colour then has a multivariate Student's t distribution (Geisser & Cornfield 1963), whose tails are as
heavy as what was learned is scant: after 8 frames a colour has to lie much further off than after 50 to be as
unlikely.

The prior's covariance is that of the pixel's neighbourhood, and counts as some samples: an empirical Bayes
estimate (Robbins 1956; Haff 1980 for covariances). A pixel that was seen a few times in one colour so has the
noise of those around it.
"""

from typing import NamedTuple

import numpy as np

from bgsub.masks.bands import Bands
from bgsub.masks.planes import planes
from bgsub.model.compiled import compiled, inlined
from bgsub.model.numerics import log

# Tried 10 and 20: alike within .003 of F on two real clips; this one is the better with 8 training frames.
PRIOR_SAMPLES = np.float32(20)
# Squared levels that every variance has more, at least: of rounding, and of what compression does to flat
# areas; `masks.unseen` says how much it is.
FLOOR = np.float32(1)
_FEWEST = np.float32(0.001)  # samples of a neighbourhood, so that none are no division by 0
DIAGONAL = (0, 2, 5)  # places of the variances in a lower triangle that is kept row by row

# A variance of more than so many times that of the last dozen frames fades by this share a frame: what moved
# past in the training frames would blind a pixel for a hundred frames (F .882 instead of .859 on a highway
# with 8 training frames, .956 and .955 with 150).
_CALMER, _FADING = np.float32(4), np.float32(0.8)
_LATELY, _THIRD = np.float32(1 / 12), np.float32(1 / 3)

_LEVELS = 255.0
_ONE, _TWO, _THREE, _ZERO = (np.float32(value) for value in (1, 2, 3, 0))


class Beliefs(NamedTuple):
    """The posterior of every pixel, all float32, in 8-bit levels.

    Plane by plane, so that the compiled loops take 8 pixels side by side.
    """

    mean: np.ndarray
    """(3, H, W)."""
    scatter: np.ndarray
    """(6, H, W), squared levels times samples: the lower triangle row by row, 00 10 11 20 21 22."""
    samples: np.ndarray
    """(H, W), samples that are remembered."""
    local: np.ndarray
    """(6, H, W), squared levels: the covariance of the neighbourhood, for the prior."""
    recent: np.ndarray
    """(H, W), squared levels: the variance that was seen lately, mean over the channels."""

    def renew_local(self, bands: Bands) -> None:
        """Compute the neighbourhood's covariance anew: its scatter over its samples."""
        # Beyond the border lies the picture's mirror image, the border's own pixels twice.
        rows, columns = (np.pad(np.arange(size), 2, mode="symmetric") for size in self.samples.shape)

        def pool(band: slice) -> None:
            column, single = np.empty(len(columns)), np.empty((2, self.samples.shape[1]), np.float32)
            picture = self.scatter, self.samples, rows, columns
            _pool(*picture, band.start, band.stop, column, single, self.local)

        bands.each(pool)

    def spread(self, floor: np.float32 = FLOOR) -> np.ndarray:
        """Return the standard deviation of a channel, mean over the channels: (H, W) float32, levels."""
        own, around = (part[0] + part[2] + part[5] for part in (self.scatter, self.local))
        variance = (own + PRIOR_SAMPLES * around) / (_THREE * (self.samples + PRIOR_SAMPLES))
        return np.sqrt(variance + floor)


class Row(NamedTuple):
    """Room for a row of pixels: float32, and `marks_by_eight`."""

    levels: np.ndarray  # (3, W), the frame's
    numbers: np.ndarray  # (W,)
    others: np.ndarray  # (W,)
    exact: np.ndarray
    eights: np.ndarray


def beliefs_from(
    weights: np.ndarray, means: np.ndarray, covariances: np.ndarray, training: int, memory: float
) -> Beliefs:
    """Start from the heaviest component of a fitted mixture.

    Parameters
    ----------
    weights, means, covariances : (K, H, W), (K, H, W, 3) and (K, H, W, 3, 3) float arrays
        As in model.npz, of colours in [0, 1].
    training : int
        Frames that it was fitted to: the component has its weight's share of them as samples.
    memory : float
        Most samples that are remembered.

    Returns
    -------
    Beliefs
        A pixel without a result, which some models may have, knows nothing: it has no samples.
    """
    heaviest = weights.argmax(axis=0)
    row, column = np.indices(heaviest.shape)
    fitted = np.nan_to_num(weights[heaviest, row, column] * training).astype(np.float32)
    covariance = np.nan_to_num(covariances[heaviest, row, column]) * _LEVELS**2
    lower, upper = np.tril_indices(3)
    samples = np.minimum(fitted, np.float32(memory))
    beliefs = Beliefs(
        mean=planes(np.nan_to_num(means[heaviest, row, column] * _LEVELS).astype(np.float32)),
        scatter=planes(covariance[..., lower, upper].astype(np.float32)) * samples,
        samples=samples,
        local=np.zeros((6, *samples.shape), np.float32),
        recent=(np.trace(covariance, axis1=-2, axis2=-1) / 3).astype(np.float32),
    )
    beliefs.renew_local(Bands(len(samples)))
    return beliefs


@compiled
def _pool(
    scatter: np.ndarray,
    samples: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    first: int,
    last: int,
    column: np.ndarray,
    single: np.ndarray,
    local: np.ndarray,
) -> None:
    """Divide the average of the scatters around each pixel of some rows by that of the samples.

    The neighbourhood is 5 x 5 pixels; `rows` and `columns` say which ones are seen from two beyond a border
    to two beyond the other. `column`, for sums of columns, and `single` (2, W) are room for a row. Sums are
    float64, and do not run: a verdict on a whole region can hang on the rounding.
    """
    width = samples.shape[1]
    average, count = single[0], single[1]
    for i in range(first, last):
        for q in range(7):
            picture = samples if q == 0 else scatter[q - 1]
            higher, above, middle, below, lower = rows[i], rows[i + 1], rows[i + 2], rows[i + 3], rows[i + 4]
            for j in range(width):
                upper = np.float64(picture[higher, j]) + picture[above, j]
                column[j + 2] = upper + picture[middle, j] + picture[below, j] + picture[lower, j]
            for j in (0, 1, width + 2, width + 3):
                column[j] = column[columns[j] + 2]
            for j in range(width):
                total = column[j] + column[j + 1] + column[j + 2] + column[j + 3] + column[j + 4]
                average[j] = total * 0.04
            if q == 0:
                for j in range(width):
                    count[j] = average[j] if average[j] > _FEWEST else _FEWEST
            else:
                for j in range(width):
                    local[q - 1, i, j] = average[j] / count[j]


@inlined
def learn_row(
    beliefs: Beliefs, colours: np.ndarray, weight: np.ndarray, i: int, memory: np.float32, floor: np.float32
) -> None:
    """Learn row `i` of a frame's colours, (3, H, W), each of which counts as `weight` samples.

    It has no branches, and so is vector instructions, as long as all arrays are whole and contiguous.
    """
    mean, scatter, samples, _, recent = beliefs
    mean0, mean1, mean2 = mean[0, i], mean[1, i], mean[2, i]
    scatter00, scatter10, scatter11 = scatter[0, i], scatter[1, i], scatter[2, i]
    scatter20, scatter21, scatter22 = scatter[3, i], scatter[4, i], scatter[5, i]
    for j in range(samples.shape[1]):
        n, w = samples[i, j], np.float32(weight[i, j])
        learns = w > _ZERO
        fades = learns & (n + w > memory)
        kept = max((memory - w) / n, _ZERO) if fades else _ONE
        n = max(memory - w, _ZERO) if fades else n
        r = w / (n + w) if learns else _ZERO
        d0 = colours[0, i, j] - mean0[j]
        d1 = colours[1, i, j] - mean1[j]
        d2 = colours[2, i, j] - mean2[j]
        mean0[j] += r * d0
        mean1[j] += r * d1
        mean2[j] += r * d2
        r *= n
        s00 = scatter00[j] * kept + r * d0 * d0
        s10 = scatter10[j] * kept + r * d0 * d1
        s11 = scatter11[j] * kept + r * d1 * d1
        s20 = scatter20[j] * kept + r * d0 * d2
        s21 = scatter21[j] * kept + r * d1 * d2
        s22 = scatter22[j] * kept + r * d2 * d2
        n += w
        lately = recent[i, j]
        now = lately + _LATELY * ((d0 * d0 + d1 * d1 + d2 * d2) * _THIRD - lately)
        lately = now if learns else lately
        calmer = (s00 + s11 + s22) * _THIRD > _CALMER * (lately + floor) * n
        fading = _FADING if learns & calmer else _ONE
        samples[i, j] = n
        recent[i, j] = lately
        scatter00[j], scatter10[j], scatter11[j] = s00 * fading, s10 * fading, s11 * fading
        scatter20[j], scatter21[j], scatter22[j] = s20 * fading, s21 * fading, s22 * fading


@inlined
def judge_row(
    beliefs: Beliefs,
    row: Row,
    i: int,
    exact_from: np.float32,
    floor: np.float32,
    score: np.ndarray,
) -> None:
    """Fill row `i` of the score."""
    mean, scatter, samples, local, _ = beliefs
    levels, squared, _, exact, eights = row
    mean0, mean1, mean2 = mean[0, i], mean[1, i], mean[2, i]
    scatter00, scatter10, scatter11 = scatter[0, i], scatter[1, i], scatter[2, i]
    scatter20, scatter21, scatter22 = scatter[3, i], scatter[4, i], scatter[5, i]
    width = samples.shape[1]
    for j in range(width):
        # The predictive's covariance: it has the mean's own uncertainty, hence the factor h.
        n = samples[i, j]
        h = _ONE + _ONE / max(n, _ONE)
        g = h / (n + PRIOR_SAMPLES)
        u = PRIOR_SAMPLES * g
        s00 = scatter00[j] * g + local[0, i, j] * u + floor * h
        s10 = scatter10[j] * g + local[1, i, j] * u
        s11 = scatter11[j] * g + local[2, i, j] * u + floor * h
        s20 = scatter20[j] * g + local[3, i, j] * u
        s21 = scatter21[j] * g + local[4, i, j] * u
        s22 = scatter22[j] * g + local[5, i, j] * u + floor * h
        y0 = levels[0, j] - mean0[j]
        y1 = levels[1, j] - mean1[j]
        y2 = levels[2, j] - mean2[j]
        # The squared distance by the decomposition L D L', which takes no square root.
        inverse0 = _ONE / s00
        l10, l20 = s10 * inverse0, s20 * inverse0
        t = s21 - s20 * l10
        inverse1 = _ONE / (s11 - s10 * l10)
        l21 = t * inverse1
        z1 = y1 - l10 * y0
        z2 = y2 - l20 * y0 - l21 * z1
        squared[j] = y0 * y0 * inverse0 + z1 * z1 * inverse1 + z2 * z2 / (s22 - s20 * l20 - t * l21)
        k = max(n + PRIOR_SAMPLES - _TWO, _ONE)
        score[i, j] = (k + _THREE) * squared[j] / k  # at most so much, as log(1 + z) <= z
    for j in range(width):
        exact[j] = score[i, j] >= exact_from
    for j in range(width):
        if eights[j // 8] != 0 and exact[j]:
            k = max(samples[i, j] + PRIOR_SAMPLES - _TWO, _ONE)
            score[i, j] = (k + _THREE) * np.float32(log(np.float64(_ONE + squared[j] / k)))
