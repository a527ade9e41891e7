"""Rules that ask how likely a sample is: Mahalanobis distance, log odds, likelihood; see `masks.rules`."""

from collections.abc import Callable, Mapping

import numpy as np

from bgsub.masks.difference import Score
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS, ROUNDING_VARIANCE
from bgsub.model.lanemath import dot, eigen, exp_minus, factor, floored, log_one_plus, matrix
from bgsub.model.lanes import WIDTH, Rows, Scalar, Shape, kernel, lanes
from bgsub.model.numerics import exp, log
from bgsub.model.steps import log_norm

# Of a packed component: its log norm, its mean, and the lower triangle of its whitening matrix.
_PACKED = 10
_DISTANCE, _ODDS, _SURPRISE = range(3)


def mahalanobis(model: Mapping[str, np.ndarray], *, neighbours_above: float | None = None) -> Score:
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
    neighbours_above : float, optional
        A pixel whose score is above it has the smallest of its scores by the models of the 3 x 3 pixels
        around, as many as lie in the image: what moved by a pixel, or shook, is background. Costs as much as
        the pixels that are above it. By default the pixel's own model alone is asked.

    Returns
    -------
    callable
        Takes a frame (H, W, 3), uint8 or float32 in 8-bit levels, RGB. Scores are float64, standard
        deviations.
    """
    components = _pack(model["weights"], model["means"], model["covariances"], 1)
    return _density_score(_distances, _DISTANCE, components, neighbours_above)


def component(model: Mapping[str, np.ndarray], *, neighbours_above: float | None = None) -> Score:
    """Score by the log odds of the likeliest other component against the background one.

    Above 0 are the samples for which another component than the heaviest has the highest posterior. With
    one component there is no other, and the score is -infinity.

    Parameters
    ----------
    model, neighbours_above
        As for `mahalanobis`.

    Returns
    -------
    callable
        Scores are float64, nats.
    """
    components = _pack(model["weights"], model["means"], model["covariances"], None)
    return _density_score(_all_odds, _ODDS, components, neighbours_above)


def likelihood(model: Mapping[str, np.ndarray], *, neighbours_above: float | None = None) -> Score:
    """Score by the negative log-likelihood of a sample under the whole mixture.

    The density is that of colours in [0, 1]. All colours being equally likely has the density 1 there, whose
    logarithm is 0: above 0 are the samples that such a foreground explains better than the model does (Bayes'
    rule, if foreground and background are as likely to begin with).

    Parameters
    ----------
    model, neighbours_above
        As for `mahalanobis`.

    Returns
    -------
    callable
        Scores are float64, nats.
    """
    components = _pack(model["weights"], model["means"], model["covariances"], None)
    shape, in_lanes = Shape.of(components.shape[1], 3), _in_lanes(components)

    def surprises(pixels: np.ndarray, packed: np.ndarray, scores: np.ndarray) -> None:
        _surprises(pixels, in_lanes, scores, shape, components.shape[1] * _PACKED)

    return _density_score(surprises, _SURPRISE, components, neighbours_above)


def _density_score(
    of_all: Callable, rule: int, components: np.ndarray, neighbours_above: float | None
) -> Score:
    """Return the score that `of_all` computes from a frame's pixels and the packed components.

    `rule` says which it is, for neighbours: a function as an argument would be compiled anew in each job.
    """

    def score(frame: np.ndarray) -> np.ndarray:
        scores = np.empty(frame.shape[:2])
        pixels = np.ascontiguousarray(frame).reshape(-1, 3)
        of_all(pixels, components, scores.reshape(-1))
        if neighbours_above is not None:
            _ask_neighbours(rule, pixels, components, neighbours_above, scores)
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
def _squared_distance(frame: np.ndarray, p: int, packed: np.ndarray, q: int, k: int) -> float:
    """Squared Mahalanobis distance of pixel `p` to the component `k` of pixel `q`."""
    x = frame[p, 0] - packed[q, k, 1]
    y = frame[p, 1] - packed[q, k, 2]
    z = frame[p, 2] - packed[q, k, 3]
    first = packed[q, k, 4] * x
    second = packed[q, k, 5] * x + packed[q, k, 6] * y
    third = packed[q, k, 7] * x + packed[q, k, 8] * y + packed[q, k, 9] * z
    return first * first + second * second + third * third


@compiled
def _log_term(frame: np.ndarray, p: int, packed: np.ndarray, q: int, k: int) -> float:
    """Log of weight times density, nats."""
    return packed[q, k, 0] - 0.5 * _squared_distance(frame, p, packed, q, k)


@compiled
def _distance(frame: np.ndarray, p: int, packed: np.ndarray, q: int) -> float:
    return np.sqrt(_squared_distance(frame, p, packed, q, 0))


@compiled
def _odds(frame: np.ndarray, p: int, packed: np.ndarray, q: int) -> float:
    likeliest = -np.inf
    for k in range(1, packed.shape[1]):
        likeliest = max(likeliest, _log_term(frame, p, packed, q, k))
    return likeliest - _log_term(frame, p, packed, q, 0)


@compiled
def _surprise_below(frame: np.ndarray, p: int, packed: np.ndarray, q: int, least: float) -> float:
    """Return the surprise of pixel `p` by the model of pixel `q`, or `least` if it cannot be less."""
    count = packed.shape[1]
    likeliest = _log_term(frame, p, packed, q, 0)
    for k in range(1, count):
        likeliest = max(likeliest, _log_term(frame, p, packed, q, k))
    # A mixture's density is at most so many times that of its likeliest component.
    if -likeliest - log(float(count)) >= least:
        return least
    total = _log_term(frame, p, packed, q, 0)
    for k in range(1, count):
        term = _log_term(frame, p, packed, q, k)
        total = max(total, term) + log(1.0 + exp(-abs(total - term)))
    return -total


@compiled
def _distances(frame: np.ndarray, packed: np.ndarray, score: np.ndarray) -> None:
    for p in range(len(frame)):
        score[p] = _distance(frame, p, packed, p)


@compiled
def _all_odds(frame: np.ndarray, packed: np.ndarray, score: np.ndarray) -> None:
    for p in range(len(frame)):
        score[p] = _odds(frame, p, packed, p)


@compiled
def _surprises(frame: np.ndarray, packed: np.ndarray, score: np.ndarray, shape: Shape, rows: int) -> None:
    """Fill `score`, 16 pixels at a time; they have so many `rows` of `packed`, see `_in_lanes`."""
    colours, surprise = np.zeros((3, WIDTH)), np.empty((1, WIDTH))
    for first in range(0, len(frame), WIDTH):
        pixels = min(WIDTH, len(frame) - first)
        for lane in range(pixels):
            for c in range(3):
                colours[c, lane] = frame[first + lane, c]
        _surprise_in_lanes(shape, packed, first // WIDTH * rows, colours, surprise)
        for lane in range(pixels):
            score[first + lane] = surprise[0, lane]


@kernel
def _surprise_in_lanes(shape: Shape, packed: Rows, first: Scalar, colours: Rows, surprise: Rows) -> None:
    """Compute the surprise of 8 pixels, whose components are in `packed` from row `first` on."""
    total = lanes(0.0)
    for k in range(shape.components):
        log_weight, *mean = packed.part(first).block(k * _PACKED, 4)
        W = matrix(packed.part(first).block(k * _PACKED + 4, 6))
        difference = [colours[c] - mean[c] for c in range(3)]
        whitened = [dot([W[c, d] for d in range(c + 1)], difference[: c + 1]) for c in range(3)]
        term = log_weight - 0.5 * dot(whitened, whitened)
        if k == 0:
            total = term
            continue
        undefined = (total + term) * 0.0  # NaN where either is, which the maximum would hide
        total = total.at_least(term) + log_one_plus(exp_minus(abs(total - term))) + undefined
    surprise[0] = -total


def _in_lanes(packed: np.ndarray) -> np.ndarray:
    """Put each 8 pixels of packed components, (P, K, 10), beside each other: (P / 8 * K * 10, 8)."""
    padded = np.concatenate([packed, np.zeros((-len(packed) % WIDTH, *packed.shape[1:]))])
    blocks = padded.reshape(-1, WIDTH, packed.shape[1] * _PACKED).swapaxes(1, 2)
    return np.ascontiguousarray(blocks).reshape(-1, WIDTH)


@compiled
def _ask_neighbours(
    rule: int, frame: np.ndarray, packed: np.ndarray, above: float, score: np.ndarray
) -> None:
    """Lower each of the scores (H, W) above a threshold to the smallest by the 3 x 3 models around."""
    height, width = score.shape
    for i in range(height):
        for j in range(width):
            least, p = score[i, j], i * width + j
            if not least > above:
                continue
            for y in range(max(i - 1, 0), min(i + 2, height)):
                for q in range(y * width + max(j - 1, 0), y * width + min(j + 2, width)):
                    if rule == _DISTANCE:
                        other = _distance(frame, p, packed, q)
                    elif rule == _ODDS:
                        other = _odds(frame, p, packed, q)
                    else:
                        other = _surprise_below(frame, p, packed, q, least)
                    if other < least:
                        least = other
            score[i, j] = least
