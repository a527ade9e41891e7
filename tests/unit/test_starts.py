"""The split start against brute force, and the random draws against splitmix64's published values."""

import numpy as np
import pytest
from pixels import noisy_pixels

from bgsub.gmm import PixelMixture
from bgsub.numerics import exp, log, mix, uniform


def start_of(frames, **settings_):
    return PixelMixture(max_iterations=0, tolerance=None, **settings_).fit(frames)


def test_split_is_the_best_cut_along_the_first_principal_component():
    frames = noisy_pixels(np.random.default_rng(1), 40, covered=0.3)
    start = start_of(frames)
    for x in range(40):
        samples = frames[:, 0, x].astype(float)
        axis = np.linalg.svd(samples - samples.mean(axis=0))[2][0]
        ordered = samples[np.argsort(samples @ axis)]
        position = np.sort(samples @ axis)
        costs = {i: i * position[:i].var() + (44 - i) * position[i:].var() for i in range(3, 42)}
        cut = min(costs, key=costs.get)
        expected = {tuple(np.round(part.mean(axis=0), 6)) for part in (ordered[:cut], ordered[cut:])}
        assert {tuple(np.round(mean * 255, 6)) for mean in start.means_[:, 0, x]} == expected


def test_split_leaves_three_samples_a_side_where_it_can():
    frames = noisy_pixels(np.random.default_rng(1), 60)
    frames[4] = 255  # one outlier that the unrestricted cut would isolate
    start = start_of(frames)
    assert start.weights_.min() >= 3 / 44 - 1e-12
    lone = np.zeros((44, 1, 1, 3), dtype=np.uint8)
    lone[4] = 255  # no cut leaves three on a side without parting equal colours
    np.testing.assert_allclose(np.sort(start_of(lone).weights_[:, 0, 0]), [1 / 44, 43 / 44])


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
