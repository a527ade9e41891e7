"""Rules that ask how likely a sample is: Mahalanobis distance, log odds, likelihood; see `masks.rules`."""

from collections.abc import Callable, Mapping

import numpy as np

from bgsub.masks.difference import Score
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS, ROUNDING_VARIANCE
from bgsub.model.lanemath import eigen, factor, floored, matrix
from bgsub.model.lanes import WIDTH, Rows, kernel, lanes
from bgsub.model.numerics import exp, log
from bgsub.model.steps import log_norm

_DARKEST = 0.5  # share of its light that a background keeps in a shadow, at least; OpenCV's tau
# Of a packed component: its log norm, its mean, and the lower triangle of its whitening matrix.
_PACKED = 10


def mahalanobis(model: Mapping[str, np.ndarray], ignore_shadows: bool = False) -> Score:
    """Score by the Mahalanobis distance to the background component.

    It counts standard deviations along the direction of the change. A known Gaussian's own samples pass 4.6
    once in 10,000 times (chi-squared, 3 degrees of freedom). One that was estimated from n = 30 samples they
    pass 6 as often: its squared distances follow 3 (n + 1) / (n - 3) F(3, n - 3) (Hotelling's T-squared, with
    the covariance over n).

    Parameters
    ----------
    model : mapping
        `weights` (K, H, W), `means` (K, H, W, 3) in [0, 1], `covariances` (K, H, W, 3, 3), as in model.npz.
        No direction's variance is taken for less than the 1/12 squared level of 8-bit rounding, here and in
        the two rules below.
    ignore_shadows : bool
        Take a sample x for background also if it would be background in less light: the score is the smaller
        one of the distances to the component and to the component darkened by a = x.m / m.m, where m is its
        mean and a is between 1/2 and 1. This is MOG2's test for shadows (Prati et al. 2003; OpenCV's
        bgfg_gaussmix2.cpp, tau = 0.5) with the full covariance.

    Returns
    -------
    callable
        Scores are float64, standard deviations.
    """
    return _density_score(_mahalanobis_in_any_light if ignore_shadows else _mahalanobis, model, heaviest=1)


def component(model: Mapping[str, np.ndarray]) -> Score:
    """Score by the log odds of the likeliest other component against the background one.

    Above 0 are the samples that `PixelMixture.predict` assigns to another component than the heaviest. With
    one component there is no other, and the score is -infinity.

    Parameters
    ----------
    model : mapping
        As for `mahalanobis`.

    Returns
    -------
    callable
        Scores are float64, nats.
    """
    return _density_score(_log_odds, model)


def likelihood(model: Mapping[str, np.ndarray]) -> Score:
    """Score by the negative log-likelihood of a sample under the whole mixture.

    The density is that of colours in [0, 1]. All colours being equally likely has the density 1 there, whose
    logarithm is 0: above 0 are the samples that such a foreground explains better than the model does (Bayes'
    rule, if foreground and background are as likely to begin with).

    Parameters
    ----------
    model : mapping
        As for `mahalanobis`.

    Returns
    -------
    callable
        Scores are float64, nats: `-PixelMixture.score_samples`.
    """
    return _density_score(_surprise, model)


def _density_score(kernel: Callable, model: Mapping[str, np.ndarray], heaviest: int | None = None) -> Score:
    """Return the score that `kernel` computes from a frame's pixels and the packed components, or so many."""
    components = _pack(model["weights"], model["means"], model["covariances"], heaviest)

    def score(frame: np.ndarray) -> np.ndarray:
        scores = np.empty(frame.shape[:2])
        kernel(np.ascontiguousarray(frame).reshape(-1, 3), components, scores.reshape(-1))
        return scores

    return score


def _pack(weights: np.ndarray, means: np.ndarray, covariances: np.ndarray, most: int | None) -> np.ndarray:
    """Put what a pixel's densities take side by side in memory: (P, K, 10), the heaviest component first."""
    count = len(weights)
    order = np.argsort(-weights.reshape(count, -1), axis=0, kind="stable")[:most]
    packed = np.empty((order.shape[1], len(order), _PACKED))
    _pack_pixels(
        order,
        weights.reshape(count, -1),
        means.reshape(count, -1, 3),
        covariances.reshape(count, -1, 3, 3),
        packed,
    )
    return packed


@compiled
def _pack_pixels(
    order: np.ndarray, weights: np.ndarray, means: np.ndarray, covariances: np.ndarray, packed: np.ndarray
) -> None:
    """Fill `packed` (P, K, 10) from the parameters (.., P, ..) in [0, 1], taken in `order` (K, P)."""
    rows = np.ones((_PACKED, WIDTH))
    for k in range(order.shape[0]):
        for first in range(0, order.shape[1], WIDTH):
            size = min(WIDTH, order.shape[1] - first)
            for j in range(size):
                p = first + j
                source, row = order[k, p], 4
                rows[0, j] = weights[source, p]
                for c in range(3):
                    rows[1 + c, j] = means[source, p, c] * LEVELS
                    for d in range(c + 1):
                        rows[row, j] = covariances[source, p, c, d] * (LEVELS * LEVELS)
                        row += 1
            _whiten(rows)
            for j in range(size):
                for row in range(_PACKED):
                    packed[first + j, k, row] = rows[row, j]


@kernel
def _whiten(rows: Rows) -> None:
    """Turn rows of a weight, a mean and a covariance into what is packed of them."""
    M, d = factor(floored(eigen(matrix(rows.block(4, 6))), lanes(ROUNDING_VARIANCE)))
    rows[0] = log_norm(rows[0], d)
    for row, ((r, _), value) in enumerate(M.items(), 4):
        rows[row] = d[r].sqrt() * value


@compiled
def _squared_distance(frame: np.ndarray, packed: np.ndarray, p: int, k: int, light: float) -> float:
    """Squared Mahalanobis distance of pixel `p` to its component `k`, whose mean is scaled by `light`."""
    x = frame[p, 0] - light * packed[p, k, 1]
    y = frame[p, 1] - light * packed[p, k, 2]
    z = frame[p, 2] - light * packed[p, k, 3]
    first = packed[p, k, 4] * x
    second = packed[p, k, 5] * x + packed[p, k, 6] * y
    third = packed[p, k, 7] * x + packed[p, k, 8] * y + packed[p, k, 9] * z
    return first * first + second * second + third * third


@compiled
def _log_term(frame: np.ndarray, packed: np.ndarray, p: int, k: int) -> float:
    """Log of weight times density, nats."""
    return packed[p, k, 0] - 0.5 * _squared_distance(frame, packed, p, k, 1.0)


@compiled
def _mahalanobis(frame: np.ndarray, packed: np.ndarray, score: np.ndarray) -> None:
    for p in range(len(frame)):
        score[p] = np.sqrt(_squared_distance(frame, packed, p, 0, 1.0))


@compiled
def _mahalanobis_in_any_light(frame: np.ndarray, packed: np.ndarray, score: np.ndarray) -> None:
    for p in range(len(frame)):
        squared = _squared_distance(frame, packed, p, 0, 1.0)
        along, length = 0.0, 0.0
        for c in range(3):
            along += frame[p, c] * packed[p, 0, 1 + c]
            length += packed[p, 0, 1 + c] * packed[p, 0, 1 + c]
        light = along / length  # NaN for a black background, which has no shadow
        if _DARKEST <= light <= 1.0:
            # Light scales the whole component, its standard deviations too.
            squared = min(squared, _squared_distance(frame, packed, p, 0, light) / (light * light))
        score[p] = np.sqrt(squared)


@compiled
def _log_odds(frame: np.ndarray, packed: np.ndarray, score: np.ndarray) -> None:
    for p in range(len(frame)):
        likeliest = -np.inf
        for k in range(1, packed.shape[1]):
            likeliest = max(likeliest, _log_term(frame, packed, p, k))
        score[p] = likeliest - _log_term(frame, packed, p, 0)


@compiled
def _surprise(frame: np.ndarray, packed: np.ndarray, score: np.ndarray) -> None:
    count = packed.shape[1]
    terms = np.empty(count)
    for p in range(len(frame)):
        highest = -np.inf
        for k in range(count):
            terms[k] = _log_term(frame, packed, p, k)
            highest = max(highest, terms[k])
        density = 0.0
        for k in range(count):
            density += exp(terms[k] - highest)
        score[p] = -(highest + log(density))
