"""The split start against brute force, and the random draws against splitmix64's published values."""

import numpy as np
import pytest
from pixels import mixed_pixels, noisy_pixels

from bgsub.model.gmm import PixelMixture
from bgsub.model.numerics import exp, log, mix, uniform


def start_of(frames, **settings_):
    return PixelMixture(max_iterations=0, tolerance=None, **settings_).fit(frames)


def classification_likelihood(part):
    """N (log N - log det(S) / 2) of samples (N, 3), with 0.4 levels^2 on the covariance's diagonal."""
    covariance = np.cov(part.T, bias=True) + 0.4 * np.eye(3)
    return len(part) * (np.log(len(part)) - 0.5 * np.linalg.slogdet(covariance)[1])


def best_cut(samples, place):
    """Best classification likelihood of a cut of `samples` in the order of `place`, and its two parts."""
    ordered = samples[np.lexsort([*samples.T[::-1], np.floor(256 * place + 0.5)])]
    parts = [(ordered[:cut], ordered[cut:]) for cut in range(3, len(samples) - 2)]
    scores = [sum(map(classification_likelihood, pair)) for pair in parts]
    return max(scores), parts[int(np.argmax(scores))], ordered


@pytest.mark.parametrize("covered", [0.0, 0.1, 0.3])
def test_split_is_the_cut_of_highest_classification_likelihood_in_two_orders(covered):
    rng = np.random.default_rng(1)
    frames = noisy_pixels(rng, 60, covered=covered)
    frames[30:34, 0, :20] = rng.integers(0, 256, (4, 20, 3))  # colours all around the wall's
    start = start_of(frames)
    along_wins = 0
    for x in range(60):
        samples = frames[:, 0, x].astype(float)
        axis = np.linalg.svd(samples - samples.mean(axis=0))[2][0]
        axis *= np.sign(axis.sum()) / np.abs(axis).max()
        score, parts, ordered = best_cut(samples, (samples - np.round(samples.mean(axis=0))) @ axis)
        distance = ((samples - ordered[11:33].mean(axis=0)) ** 2).sum(axis=1)
        other_score, other_parts, _ = best_cut(samples, distance)
        along_wins += score >= other_score - 1e-6
        expected = np.array(
            [part.mean(axis=0) for part in (parts if score >= other_score - 1e-6 else other_parts)]
        )
        np.testing.assert_allclose(start.means_[:, 0, x] * 255, expected, atol=1e-6)
    assert 5 < along_wins < 58


def test_split_leaves_three_samples_a_side():
    frames = noisy_pixels(np.random.default_rng(1), 60)
    frames[4] = 255  # one outlier that the unrestricted cut would isolate
    assert start_of(frames).weights_.min() >= 3 / 44 - 1e-12
    lone = np.zeros((44, 1, 1, 3), dtype=np.uint8)
    lone[4] = 255
    np.testing.assert_allclose(np.sort(start_of(lone).weights_[:, 0, 0]), [3 / 44, 41 / 44])
    converged = PixelMixture().fit(lone)  # EM may leave the outlier alone
    np.testing.assert_allclose(np.sort(converged.weights_[:, 0, 0]), [1 / 44, 43 / 44], atol=1e-6)


def test_split_does_not_depend_on_the_order_of_the_frames():
    rng = np.random.default_rng(0)
    # A side takes three samples: two bright ones, and one of two colours that are equally far from them.
    ties = np.array([[0, 99, 101], [0, 101, 99]] * 21 + [[100, 100, 100]] * 2, np.uint8).reshape(44, 1, 1, 3)
    for frames in (mixed_pixels(4, each=6), ties):
        start = start_of(frames)
        for _ in range(5):
            np.testing.assert_array_equal(start_of(frames[rng.permutation(44)]).means_, start.means_)


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("n_samples", [2, 3, 4, 5, 7])
def test_split_of_few_samples(n_samples, n_components):
    frames = np.random.default_rng(n_samples).integers(0, 256, (n_samples, 1, 40, 3), dtype=np.uint8)
    start = start_of(frames, n_components=n_components)
    assert np.isfinite(start.means_).all()
    least = 1 if n_components == 3 else min(3, n_samples // 2)
    assert (start.weights_[: min(n_components, n_samples)] >= least / n_samples - 1e-12).all()


def test_split_into_more_groups_separates_them_all():
    colours = np.array([[0, 0, 0], [90, 0, 0], [200, 0, 0], [200, 180, 90]], dtype=np.uint8)
    frames = np.tile(colours, (5, 1)).reshape(20, 1, 1, 3)
    means = start_of(frames, n_components=4).means_[:, 0, 0] * 255
    assert {tuple(np.round(mean).astype(int)) for mean in means} == {tuple(c) for c in colours.tolist()}


def test_random_start_takes_different_samples_of_the_pixel():
    frames = np.arange(44, dtype=np.uint8).reshape(44, 1, 1, 1).repeat(500, axis=2).repeat(3, axis=3)
    start = start_of(frames, n_components=5, start="random", seed=3)
    drawn = np.round(start.means_[:, 0, :, 0] * 255).astype(int)
    assert all(len(set(column)) == 5 for column in drawn.T)
    counts = np.bincount(drawn.ravel(), minlength=44)
    assert counts.min() > 25  # 57 expected of each sample
    assert counts.max() < 95
    assert not np.array_equal(
        drawn, np.round(start_of(frames, n_components=5, start="random", seed=4).means_[:, 0, :, 0] * 255)
    )


@pytest.mark.parametrize("start", ["uniform", "random"])
def test_random_starts_follow_the_pixel_not_the_tile(start):
    frames = noisy_pixels(np.random.default_rng(2), 30)
    whole = start_of(frames, start=start, seed=9)
    part = PixelMixture(start=start, seed=9, max_iterations=0).fit(frames[:, :, 20:], first_pixel=20)
    np.testing.assert_array_equal(part.means_, whole.means_[:, :, 20:])


def test_splitmix64_as_published():
    """First outputs of the reference implementation for the seed 1234567."""
    state, outputs = 1234567, []
    for _ in range(3):
        outputs.append(int(mix(np.uint64(state))))
        state = (state + 0x9E3779B97F4A7C15) % 2**64
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_uniform_draws_are_even():
    draws = np.array([uniform(7, pixel, 0) for pixel in range(4000)])
    assert np.histogram(draws, 8, (0, 1))[0].min() > 420
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.05


def test_exp_and_log_to_the_last_digits():
    for x in np.concatenate([np.linspace(-700, 10, 5001), [0.0, -1e-300, -708.0]]):
        assert exp(x) == pytest.approx(np.exp(x), rel=4e-16)
    for x in np.concatenate([np.geomspace(1e-300, 1e300, 5001), 1 + np.linspace(-1e-3, 1e-3, 101)]):
        assert log(x) == pytest.approx(np.log(x), rel=4e-16, abs=2e-16)
    assert exp(-1e9) < 1e-307
