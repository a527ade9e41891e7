"""Rules that ask how likely a sample is: Mahalanobis distance, log odds, likelihood; see `masks.rules`."""

from collections.abc import Mapping

import numpy as np

from bgsub.masks.difference import Score
from bgsub.masks.planes import planes
from bgsub.model.compiled import compiled
from bgsub.model.constants import LEVELS, ROUNDING_VARIANCE
from bgsub.model.lanemath import dot, exp_minus, factor, floored, log, matrix, spectrum, triangle
from bgsub.model.lanes import WIDTH, Lanes, Rows, Scalar, Shape, Variable, kernel, lanes, select
from bgsub.model.steps import log_norm

# Of a packed component: its log norm, its mean, and the lower triangle of its whitening matrix.
_PACKED = 10
# Rules, as tuples of so many numbers: what a kernel is compiled for.
_DISTANCE, _ODDS, _SURPRISE = 1, 2, 3
_FAR = 40.0  # nats, of a term that is lost in rounding beside another


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
    return _density_score(_DISTANCE, model, 1, neighbours_above)


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
    return _density_score(_ODDS, model, None, neighbours_above)


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
    return _density_score(_SURPRISE, model, None, neighbours_above)


def _density_score(
    rule: int, model: Mapping[str, np.ndarray], most: int | None, neighbours_above: float | None
) -> Score:
    """Return the score by a rule and the heaviest components, `most` of them."""
    in_lanes = _in_lanes(model["weights"], model["means"], model["covariances"], most)
    components = min(len(model["weights"]), most or len(model["weights"]))
    shape, kind, rows = Shape.of(components, 3), (0,) * rule, components * _PACKED

    def score(frame: np.ndarray) -> np.ndarray:
        pixels = frame.shape[0] * frame.shape[1]
        beyond = frame.shape[1] + 1  # a neighbour may be so far before the first pixel, or behind the last
        blocks = len(in_lanes) // rows - (-2 * beyond // WIDTH)
        scores, colours = np.empty((1, blocks * WIDTH)), np.empty((3, blocks * WIDTH), np.float32)
        colours[:, beyond : beyond + pixels] = planes(frame).reshape(3, -1)
        _score_all(shape, kind, in_lanes, rows, beyond, colours, np.full((1, WIDTH), np.inf), scores)
        image = scores[0, beyond : beyond + pixels].reshape(frame.shape[:2])
        if neighbours_above is not None:
            asks = _who_asks(image > neighbours_above, scores.size)
            eights = asks.view(np.int64)
            asked = (eights[:, ::2] | eights[:, 1::2]) != 0
            _ask_neighbours(shape, kind, in_lanes, rows, frame.shape[1], colours, asks, asked, scores)
        return image

    return score


def _who_asks(above: np.ndarray, size: int) -> np.ndarray:
    """Return which pixels ask the models to their right, in their column, and to their left: (3, size).

    Nothing lies to the right of the last column, nor to the left of the first.
    """
    asks = np.zeros((3, size), np.bool_)
    first = above.shape[1] + 1
    right, middle, left = asks[:, first : first + above.size].reshape(3, *above.shape)
    right[:, :-1], middle[:], left[:, 1:] = above[:, :-1], above, above[:, 1:]
    return asks


def _in_lanes(
    weights: np.ndarray, means: np.ndarray, covariances: np.ndarray, most: int | None
) -> np.ndarray:
    """Put what the densities of each 16 pixels take beside each other: (P / 16 * K * 10, 16).

    A pixel has the components by their weight, heaviest first, `most` of them.
    """
    order = np.argsort(-weights.reshape(len(weights), -1), axis=0, kind="stable")[:most]
    packed = np.ones((len(order), _PACKED, -(-order.shape[1] // WIDTH) * WIDTH))
    parameters = [
        weights,
        *np.moveaxis(means * LEVELS, -1, 0),
        *(covariances[..., c, d] * LEVELS**2 for c, d in triangle(3)),
    ]
    for row, values in enumerate(parameters):
        packed[:, row, : order.shape[1]] = np.take_along_axis(values.reshape(len(values), -1), order, 0)
    in_lanes = np.ascontiguousarray(packed.reshape(len(order) * _PACKED, -1, WIDTH).swapaxes(0, 1)).reshape(
        -1, WIDTH
    )
    _whiten_each(in_lanes)
    return in_lanes


@compiled
def _whiten_each(packed: np.ndarray) -> None:
    for first in range(0, len(packed), _PACKED):
        _whiten(packed, first)


@kernel
def _whiten(packed: Rows, first: Scalar) -> None:
    """Turn rows of a weight, a mean and a covariance, from `first` on, into what is packed of them."""
    rows = packed.part(first)
    M, d = factor(floored(spectrum(matrix(rows.block(4, 6))), lanes(ROUNDING_VARIANCE)))
    rows[0] = log_norm(rows[0], d)
    for row, ((r, _), value) in enumerate(M.items(), 4):
        rows[row] = d[r].sqrt() * value


@kernel
def _score_in_lanes(
    shape: Shape,
    rule: int,
    packed: Rows,
    first: Scalar,
    red: Rows,
    green: Rows,
    blue: Rows,
    least: Rows,
    score: Rows,
) -> None:
    """Score 16 pixels by the models that are in `packed` from row `first` on.

    A surprise that cannot be less than `least` may be given too high.
    """
    colours = [channel[0].double() for channel in (red, green, blue)]
    terms = []
    for k in range(shape.components):
        log_weight, *mean = packed.part(first).block(k * _PACKED, 4)
        W = matrix(packed.part(first).block(k * _PACKED + 4, 6))
        difference = [colours[c] - mean[c] for c in range(3)]
        whitened = [dot([W[c, d] for d in range(c + 1)], difference[: c + 1]) for c in range(3)]
        squared = dot(whitened, whitened)
        if rule == _DISTANCE:
            score[0] = squared.sqrt()
            return
        terms.append(log_weight - 0.5 * squared)
    if rule == _ODDS:
        likeliest = lanes(-np.inf)
        for term in terms[1:]:
            likeliest = term.at_least(likeliest)
        score[0] = likeliest - terms[0]
        return
    largest, second = terms[0], lanes(-np.inf)
    undefined: Lanes = terms[0] * 0.0
    for term in terms[1:]:
        largest, second = largest.at_least(term), second.at_least(largest.at_most(term))
        undefined = undefined + term * 0.0  # NaN where any is, which the maximum would hide
    # The others add nothing to one that is far larger, and at most so much to one that is not.
    counts = (largest - second < _FAR) & (-largest - float(np.log(shape.components)) < least[0])
    total = Variable(largest)
    with counts.anywhere():
        exact = terms[0]
        for term in terms[1:]:
            exact = exact.at_least(term) + log(exp_minus(abs(exact - term)) + 1.0)
        total.set(select(counts, exact, largest))
    score[0] = undefined - total.get()


@compiled
def _score_all(
    shape: Shape,
    rule: tuple,
    packed: np.ndarray,
    rows: int,
    beyond: int,
    colours: np.ndarray,
    anything: np.ndarray,
    score: np.ndarray,
) -> None:
    """Fill `score`, (1, ..), from so far beyond its start on; see `_in_lanes` for `packed` and its `rows`."""
    for number in range(len(packed) // rows):
        first = beyond + number * WIDTH
        red, green, blue = colours[0:1, first:], colours[1:2, first:], colours[2:3, first:]
        _score_in_lanes(shape, rule, packed, number * rows, red, green, blue, anything, score[:, first:])


@compiled
def _ask_neighbours(
    shape: Shape,
    rule: tuple,
    packed: np.ndarray,
    rows: int,
    width: int,
    colours: np.ndarray,
    asks: np.ndarray,
    asked: np.ndarray,
    score: np.ndarray,
) -> None:
    """Lower the scores of the pixels that ask, see `_who_asks`, to the smallest by the 3 x 3 models around.

    Each 16 models are asked by their neighbours to one side, then by those to the next; `asked` says in which
    16 pixels somebody asks.
    """
    found = np.empty((1, WIDTH))
    for number in range(len(packed) // rows):
        for down, right in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)):
            first = number * WIDTH + down * width + right
            if not (asked[right, first // WIDTH] or asked[right, (first - 1) // WIDTH + 1]):
                continue
            red, green, blue = colours[0:1, first:], colours[1:2, first:], colours[2:3, first:]
            own, wanted = score[:, first:], asks[right, first:]
            _score_in_lanes(shape, rule, packed, number * rows, red, green, blue, own, found)
            for lane in range(WIDTH):
                less = wanted[lane] & (found[0, lane] < own[0, lane])
                own[0, lane] = found[0, lane] if less else own[0, lane]
