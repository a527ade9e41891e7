import hashlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixels import posterior_of
from scipy.spatial.distance import mahalanobis as scipy_mahalanobis
from scipy.special import logsumexp
from scipy.stats import chi2, f, multivariate_normal
from sklearn.mixture import GaussianMixture

from bgsub.masks.densities import component, likelihood, mahalanobis
from bgsub.masks.difference import difference
from bgsub.masks.foreground import threshold_score
from bgsub.masks.rules import scored_method
from bgsub.model.gmm import PixelMixture


def naive_mask(frame, background, threshold):
    """Transcribe the notebook's rule as it is written, in float64."""
    difference = np.abs(frame.astype(np.float64) - background * 255.0).astype(np.uint8)
    luma = cv2.cvtColor(difference, cv2.COLOR_RGB2GRAY)
    return np.where(luma > threshold, 255, 0).astype(np.uint8)


def difference_mask(frame, background, threshold):
    return threshold_score(difference(background)(frame), threshold)


def backgrounds(rng, shape):
    whole = rng.integers(0, 256, shape)
    yield "any", rng.random(shape)
    yield "whole levels", whole / 255
    yield "half levels", np.clip(whole + 0.5, 0, 255) / 255
    # One step of float64 beside a whole level: here float32, or floor and ceil, would cut off differently.
    yield "just above", np.nextafter(whole / 255, 1)
    yield "just below", np.nextafter(whole / 255, 0)


@pytest.mark.parametrize("threshold", [0, 14, 50, 50.5, 200])
def test_difference_is_the_notebooks_rule_bit_for_bit(threshold):
    rng = np.random.default_rng(7)
    shape = (37, 64, 3)  # 37 rows: not a whole number of bands
    for name, background in backgrounds(rng, shape):
        for _ in range(5):
            frame = rng.integers(0, 256, shape, dtype=np.uint8)
            expected = naive_mask(frame, background, threshold)
            np.testing.assert_array_equal(
                difference_mask(frame, background, threshold), expected, err_msg=name
            )


@pytest.mark.parametrize(
    ("colour", "first_seen"),
    [((1, 0, 0), 169), ((0, 1, 0), 87), ((1, 1, 1), 51)],  # notebook-defects 11
)
def test_a_channel_is_seen_from_its_luma_weight_on(colour, first_seen):
    background = np.zeros((1, 256, 3))
    frame = (np.arange(256)[np.newaxis, :, np.newaxis] * np.array(colour)).astype(np.uint8)
    assert np.argmax(difference_mask(frame, background, 50)[0] == 255) == first_seen


def test_pure_blue_is_never_seen():
    frame = np.zeros((4, 4, 3), np.uint8)
    frame[..., 2] = 255
    assert difference(np.zeros((4, 4, 3)))(frame).max() == 29


def test_a_difference_is_cut_off_not_rounded():
    background = np.zeros((1, 2, 3))
    background[0, 0] = 49.001 / 255  # 50.999 of difference is 50, and not over 50
    background[0, 1] = 48.999 / 255
    frame = np.full((1, 2, 3), 100, np.uint8)
    assert difference_mask(frame, background, 50).tolist() == [[0, 255]]


def test_a_background_that_rounding_left_beside_whole_levels():
    whole = np.array([0, 1, 2, 127, 128, 254, 255])
    frame = np.broadcast_to(whole[:, np.newaxis, np.newaxis], (7, 49, 3)).astype(np.uint8)
    levels = (whole[:, np.newaxis] + np.array([0, -1, 1, -2e3, 2e3, -2, 2]) * 1e-14).ravel()
    background = np.broadcast_to(levels[np.newaxis, :, np.newaxis] / 255, (7, 49, 3))
    exact = np.abs(frame - background * 255).astype(np.uint8)[..., 0]
    np.testing.assert_array_equal(difference(background)(frame), exact)


def test_nan_in_the_background_is_no_difference():
    background = np.full((1, 2, 3), np.nan)
    background[0, 1, 0] = 0.0  # red alone is known: 255 * 0.299 > 50
    frame = np.full((1, 2, 3), 255, np.uint8)
    with np.errstate(all="raise"):  # C leaves the cast of NaN undefined, and numpy tells of it
        mask = difference_mask(frame, background, 50)
    assert mask.tolist() == [[0, 255]]


def random_model(components, seed, height=5, width=7):
    """Make a mixture in [0, 1] at every pixel, with full covariances well above the variance of rounding."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(components, height, width, 3, 3)) * 6 / 255
    return {
        "weights": rng.dirichlet(np.ones(components), (height, width)).transpose(2, 0, 1),
        "means": rng.random((components, height, width, 3)),
        "covariances": root @ root.swapaxes(-1, -2) + np.eye(3) * (2 / 255) ** 2,
    }


def random_frame(seed, height=5, width=7):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def at(model, y, x):
    return model["weights"][:, y, x], model["means"][:, y, x], model["covariances"][:, y, x]


@pytest.mark.parametrize("components", [1, 2, 3, 5])
def test_scores_are_those_of_scipy(components):
    model, frame = random_model(components, seed=components), random_frame(9)
    far, odds, surprise = mahalanobis(model)(frame), component(model)(frame), likelihood(model)(frame)
    for y, x in np.ndindex(frame.shape[:2]):
        weights, means, covariances = at(model, y, x)
        sample, heaviest = frame[y, x] / 255, np.argmax(weights)
        expected = scipy_mahalanobis(sample, means[heaviest], np.linalg.inv(covariances[heaviest]))
        assert far[y, x] == pytest.approx(expected, rel=1e-9)
        terms = np.array(
            [
                np.log(w) + multivariate_normal.logpdf(sample, m, c)
                for w, m, c in zip(weights, means, covariances, strict=True)
            ]
        )
        others = np.delete(terms, heaviest).max(initial=-np.inf)
        assert odds[y, x] == pytest.approx(others - terms[heaviest], rel=1e-9, abs=1e-9)
        assert surprise[y, x] == pytest.approx(-logsumexp(terms), rel=1e-9, abs=1e-9)


@given(st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_component_rule_is_scikit_learns_predict(components, seed):
    model, frame = random_model(components, seed, 2, 3), random_frame(seed, 2, 3)
    marked = component(model)(frame) > 0
    for y, x in np.ndindex(marked.shape):
        weights, means, covariances = at(model, y, x)
        mixture = GaussianMixture(components)
        mixture.weights_, mixture.means_ = weights, means
        mixture.precisions_cholesky_ = np.linalg.inv(np.linalg.cholesky(covariances)).swapaxes(-1, -2)
        label = mixture.predict(frame[y, x][np.newaxis] / 255)[0]
        assert marked[y, x] == (label != np.argmax(weights))


def test_rules_agree_with_the_fitted_mixture():
    rng = np.random.default_rng(3)
    frames = np.clip(rng.normal(120, 6, (30, 6, 8, 3)), 0, 255).astype(np.uint8)
    frames[:8, :3] += 60  # a second mode in the upper half
    mixture = PixelMixture(2).fit(frames)
    model = {"weights": mixture.weights_, "means": mixture.means_, "covariances": mixture.covariances_}
    scores, probability = posterior_of(mixture, frames)
    for frame, label, score in zip(frames, probability.argmax(axis=1), scores, strict=True):
        np.testing.assert_allclose(likelihood(model)(frame), -score, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(component(model)(frame) > 0, label != mixture.weights_.argmax(axis=0))


def test_a_singular_covariance_counts_as_the_variance_of_rounding():
    model = {
        "weights": np.ones((1, 1, 1)),
        "means": np.full((1, 1, 1, 3), 100 / 255),
        "covariances": np.zeros((1, 1, 1, 3, 3)),
    }
    frame = np.full((1, 1, 3), 100, np.uint8)
    assert mahalanobis(model)(frame)[0, 0] == 0
    frame[0, 0, 2] = 101
    assert mahalanobis(model)(frame)[0, 0] == pytest.approx(np.sqrt(12))


def hotelling(samples, share):
    """Squared distance that a share of new samples passes, to a mean and covariance (over n) of n samples."""
    return 3 * (samples + 1) / (samples - 3) * f.isf(share, 3, samples - 3)


def test_documented_thresholds_are_those_of_the_distributions():
    assert np.sqrt(chi2.isf(1e-4, 3)) == pytest.approx(4.6, abs=0.05)
    assert np.sqrt(hotelling(30, 1e-4)) == pytest.approx(6.0, abs=0.05)


def test_distances_of_background_samples_follow_hotellings_distribution():
    rng, samples = np.random.default_rng(5), 30
    frames = np.rint(rng.normal(128, 12, (samples + 20, 80, 100, 3))).clip(0, 255).astype(np.uint8)
    mixture = PixelMixture(1).fit(frames[:samples])
    model = {"weights": mixture.weights_, "means": mixture.means_, "covariances": mixture.covariances_}
    distances = np.stack([mahalanobis(model)(frame) for frame in frames[samples:]])
    for share in (0.1, 0.01, 0.001):
        passed = (distances > np.sqrt(hotelling(samples, share))).mean()
        assert passed == pytest.approx(share, rel=0.15)


def test_a_row_gives_the_score_of_its_rule():
    model, frame = random_model(2, 1), random_frame(1)
    rows = {
        "component": (component(model), {}),
        "likelihood": (likelihood(model), {}),
        "mahalanobis": (mahalanobis(model, neighbours_above=6), {"neighbours": True}),
    }
    for rule, (expected, more) in rows.items():
        np.testing.assert_array_equal(
            scored_method({"model": "em", "rule": rule, **more}).score(model, 30)(frame), expected(frame)
        )
    heaviest = model["weights"].argmax(axis=0)[np.newaxis, ..., np.newaxis]
    background = np.take_along_axis(model["means"], heaviest, axis=0)[0]
    np.testing.assert_array_equal(
        scored_method({"model": "em", "rule": "difference"}).score(model, 30)(frame),
        difference(background)(frame),
    )
    with pytest.raises(KeyError):
        scored_method({"model": "em", "rule": "likelyhood"})


GOLDEN = {  # threshold, and hash of the masks: a change of any bit shows
    "difference": (30, "e10aec62da2ce0e8"),
    "mahalanobis": (6, "041ecdb4c4367d87"),
    "component": (0, "47ba706dbd67d4d2"),
    "likelihood": (0, "b59a2d88b89fa8e7"),
}


@pytest.mark.parametrize("rule", GOLDEN)
def test_masks_are_those_we_know(rule):
    model, rng = random_model(2, 21, 24, 32), np.random.default_rng(22)
    background = model["means"][model["weights"].argmax(axis=0), *np.indices((24, 32))]
    frames = np.clip(rng.normal(background * 255, 8, (6, 24, 32, 3)), 0, 255).astype(np.uint8)
    frames[:, 6:16, 8:20] //= 2
    threshold, expected = GOLDEN[rule]
    method = scored_method({"model": "em", "rule": rule, "threshold": threshold})
    masks = np.stack(list(method.masks(frames, model, 30)))
    assert 0.02 < (masks == 255).mean() < 0.9
    assert hashlib.sha256(masks.tobytes()).hexdigest()[:16] == expected
