"""PixelMixture against scikit-learn, scipy, mpmath and EM's own properties."""

import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pixels import (
    ATTRIBUTES,
    mixed_pixels,
    noisy_pixels,
    notebook_em,
    parameters_of,
    plain_em,
    posterior_of,
    sklearn_from,
)

from bgsub.model.constants import AT_FLOOR, DEAD, UNDEFINED
from bgsub.model.convergence import background_image
from bgsub.model.gmm import PixelMixture, log_joint_densities

FLOOR = 1.0 / 255.0**2
NOTEBOOK = {"start": "uniform", "tolerance": None, "max_iterations": 5, "covariance_floor": None}


def assert_sound(model):
    """No NaN or infinity anywhere, weights that add up to 1, symmetric covariances on or above the floor."""
    for name in ATTRIBUTES:
        assert np.isfinite(getattr(model, name)).all(), name
    np.testing.assert_allclose(model.weights_.sum(axis=0), 1.0, atol=1e-12)
    assert (model.weights_ >= 0).all()
    np.testing.assert_array_equal(model.covariances_, np.swapaxes(model.covariances_, -1, -2))
    if model.covariance_floor is not None:
        eigenvalues = np.linalg.eigvalsh(model.covariances_)
        lowest = model.covariance_floor * FLOOR * (1 - 1e-9) - 1e-11 * eigenvalues[..., -1]
        assert (eigenvalues[..., 0] >= lowest).all()


# Against others' EM


@pytest.mark.parametrize("iterations", [1, 7, 40])
@pytest.mark.parametrize("n_components", [2, 3])
def test_equals_scikit_learn_from_the_same_start_on_regular_pixels(n_components, iterations):
    frames = noisy_pixels(np.random.default_rng(3), 50, frames=60, covered=0.4)
    settings_ = {"n_components": n_components, "tolerance": None, "covariance_floor": None}
    start = PixelMixture(max_iterations=0, **settings_).fit(frames)
    ours = PixelMixture(max_iterations=iterations, **settings_).fit(frames)
    compared = 0
    for x in range(frames.shape[2]):
        if ours.flags_[0, x]:
            continue
        samples = frames[:, 0, x] / 255.0
        theirs = sklearn_from(*parameters_of(start, x), samples, iterations)
        weights, means, covariances = parameters_of(ours, x)
        np.testing.assert_allclose(weights, theirs.weights_, atol=1e-6)
        np.testing.assert_allclose(means, theirs.means_, atol=1e-6)
        np.testing.assert_allclose(covariances, theirs.covariances_, atol=1e-6 * 0.01, rtol=1e-5)
        assert ours.log_likelihood_[0, x] == pytest.approx(theirs.score(samples), abs=1e-6)
        compared += 1
    assert compared >= 6


def test_a_converged_pixel_is_stationary_for_scikit_learn():
    frames = noisy_pixels(np.random.default_rng(4), 30, covered=0.3, sigma=4.0)
    ours = PixelMixture().fit(frames)
    compared = 0
    for x in np.flatnonzero((ours.flags_[0] == 0) & ours.converged_[0]):
        samples = frames[:, 0, x] / 255.0
        theirs = sklearn_from(*parameters_of(ours, x), samples, 1)
        assert theirs.score(samples) - ours.log_likelihood_[0, x] < 1e-6
        compared += 1
    assert compared >= 10


@pytest.mark.parametrize("seed", [0, 5])
def test_notebook_to_1e_9_where_its_arithmetic_is_defined(seed):
    frames = mixed_pixels(seed)
    ours = PixelMixture(seed=seed, **NOTEBOOK).fit(frames, first_pixel=1000)
    start = PixelMixture(seed=seed, **NOTEBOOK | {"max_iterations": 0}).fit(frames, first_pixel=1000)
    defined = 0
    for x in range(frames.shape[2]):
        expected = notebook_em(frames[:, 0, x] / 255.0, start.means_[:, 0, x])
        assert (expected is None) == bool(ours.flags_[0, x] & 16), x
        if expected is not None:
            for got, want in zip(parameters_of(ours, x), expected, strict=True):
                np.testing.assert_allclose(got, want, rtol=0, atol=1e-9)
            assert ours.n_iter_[0, x] == 5
            defined += 1
    assert 40 <= defined < frames.shape[2]
    assert_sound(ours)


def test_uniform_start_is_the_notebooks():
    frames = noisy_pixels(np.random.default_rng(0), 4000)
    start = PixelMixture(seed=1, **NOTEBOOK | {"max_iterations": 0}).fit(frames)
    assert np.array_equal(start.weights_, np.full((2, 1, 4000), 0.5))
    np.testing.assert_allclose(start.covariances_ - np.eye(3), 0.0, atol=1e-15)
    assert start.means_.min() >= 0
    assert start.means_.max() < 1
    assert start.means_.mean() == pytest.approx(0.5, abs=0.01)
    assert start.means_.var() == pytest.approx(1 / 12, abs=0.002)


def test_likelihood_against_mpmath_on_hard_pixels():
    """Far outliers, a collapsed component, a nearly singular covariance; with 50 digits."""
    frames = np.full((20, 1, 3, 3), 3, dtype=np.uint8)
    frames[7, 0, 0] = (255, 0, 255)
    frames[:, 0, 1, 0] = np.arange(20)
    frames[:, 0, 1, 1] = np.arange(20) * 2 + (np.arange(20) % 7 == 0)
    frames[::2, 0, 2] = 254
    frames[4, 0, 2] = 250
    model = PixelMixture().fit(frames)
    with mpmath.workdps(50):
        for x in range(3):
            weights, means, covariances = parameters_of(model, x)
            total = mpmath.mpf(0)
            for sample in frames[:, 0, x]:
                density = mpmath.mpf(0)
                for w, m, s in zip(weights, means, covariances, strict=True):
                    covariance = mpmath.matrix(s.tolist())
                    d = mpmath.matrix([mpmath.mpf(int(v)) / 255 for v in sample]) - mpmath.matrix(m.tolist())
                    squared = (d.T * (covariance**-1) * d)[0]
                    norm = mpmath.sqrt((2 * mpmath.pi) ** 3 * mpmath.det(covariance))
                    density += mpmath.mpf(w) * mpmath.exp(-squared / 2) / norm
                total += mpmath.log(density)
            assert model.log_likelihood_[0, x] == pytest.approx(float(total / 20), abs=1e-9)


# EM's own properties


@pytest.mark.parametrize(
    "settings_", [{}, {"start": "uniform"}, {"start": "random", "seed": 4}, {"n_components": 3}]
)
def test_likelihood_never_falls(settings_):
    frames = mixed_pixels(1, each=6)
    before = None
    for iterations in range(25):
        after = (
            PixelMixture(max_iterations=iterations, tolerance=None, **settings_).fit(frames).log_likelihood_
        )
        if before is not None:
            assert (after - before).min() > -1e-10
        before = after


def test_acceleration_never_lets_a_pixels_likelihood_fall():
    frames = mixed_pixels(2, each=8)
    for x in range(frames.shape[2]):
        path = PixelMixture().fit(frames[:, :, x : x + 1]).trajectory_.log_likelihood
        assert np.diff(path).min() >= 0


def test_acceleration_saves_iterations_and_loses_no_likelihood():
    frames = noisy_pixels(np.random.default_rng(2), 400)
    plain = PixelMixture(tolerance=None, max_iterations=150).fit(frames)
    ours = PixelMixture().fit(frames)
    # From one start both climb to an optimum, nearly always the same; neither is better on the whole.
    assert np.median(ours.log_likelihood_ - plain.log_likelihood_) > -1e-4
    assert abs(np.mean(ours.log_likelihood_ - plain.log_likelihood_)) < 3e-3
    assert np.median(ours.n_iter_) < 40


@pytest.mark.parametrize(
    "settings_", [{}, {"n_components": 3}, {"covariance_floor": 0.01}, {"start": "random"}]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_pixel_stops_where_a_plain_step_would_gain_less_than_the_tolerance(settings_, channels):
    frames = mixed_pixels(4, each=40)[..., :channels]
    model = PixelMixture(**settings_).fit(frames)
    assert model.converged_.all()
    *_, log_likelihood, _ = plain_em(model, frames, 1, model.covariance_floor)
    assert (log_likelihood - model.log_likelihood_[0]).max() < 1e-6


def test_a_pixel_stops_long_before_plain_em():
    frames = noisy_pixels(np.random.default_rng(2), 400)
    paths = [
        PixelMixture(tolerance=None, max_iterations=most).fit(frames).log_likelihood_[0] for most in range(60)
    ]
    gains = np.diff(paths, axis=0)
    steps = np.where(gains.min(axis=0) < 1e-6, (gains < 1e-6).argmax(axis=0) + 1, 60)
    assert PixelMixture().fit(frames).n_iter_.mean() < 0.6 * steps.mean()


def test_a_tighter_tolerance_goes_further_on_the_same_way():
    frames = mixed_pixels(2)
    model = PixelMixture(tolerance=1e-4).fit(frames)
    assert model.converged_.all()
    again = PixelMixture(tolerance=1e-8, max_iterations=3000).fit(frames)
    assert again.converged_.all()
    assert (again.n_iter_ >= model.n_iter_).all()
    assert (again.log_likelihood_ >= model.log_likelihood_ - 1e-9).all()


@pytest.mark.parametrize(
    "settings_",
    [
        {"max_iterations": 0},
        {"max_iterations": 8},
        {"max_iterations": 8, "start": "random"},
        {"max_iterations": 8, "start": "uniform"},
        {"max_iterations": 8, "covariance_floor": 0.01},
        {"max_iterations": 5, "covariance_floor": None, "start": "uniform"},
        {"n_components": 1},
        {"n_components": 1, "covariance_floor": 30.0},
        {"n_components": 3, "max_iterations": 8},
        {"n_components": 4, "max_iterations": 8, "start": "random"},
        {"n_components": 5, "max_iterations": 8, "covariance_floor": 0.25},
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_em_written_plainly(settings_, channels):
    frames = mixed_pixels(9, each=20)[..., :channels]
    floor = settings_.get("covariance_floor", 1.0)
    iterations = settings_.get("max_iterations", 0)
    start = PixelMixture(tolerance=None, **settings_ | {"max_iterations": 0}).fit(frames)
    ours = PixelMixture(tolerance=None, **settings_).fit(frames)
    weights, means, covariances, log_likelihood, flags = plain_em(start, frames, iterations, floor)
    defined = (ours.flags_[0] & UNDEFINED) == 0
    assert defined.all() == (floor is not None)
    np.testing.assert_array_equal((ours.flags_ & (AT_FLOOR | DEAD))[0, defined], flags[defined])
    # EM multiplies rounding where two components are nearly alike.
    same = defined & np.isclose(ours.weights_[:, 0], weights, atol=1e-6).all(axis=0)
    assert same.sum() > 0.98 * defined.sum()
    np.testing.assert_allclose(ours.log_likelihood_[0, same], log_likelihood[same], atol=1e-7)
    np.testing.assert_allclose(ours.means_[:, 0, same], means[:, same], atol=1e-7)
    np.testing.assert_allclose(ours.covariances_[:, 0, same], covariances[:, same], atol=1e-7)


@pytest.mark.parametrize("settings_", [{}, {"n_components": 5}, NOTEBOOK])
def test_more_samples_than_one_block(settings_):
    frames = mixed_pixels(3, each=3, frames=700)
    fixed = {"max_iterations": 5, **settings_, "tolerance": None}
    start = PixelMixture(**fixed | {"max_iterations": 0}).fit(frames)
    ours = PixelMixture(**fixed).fit(frames)
    *_, log_likelihood, _ = plain_em(start, frames, 5, fixed.get("covariance_floor", 1.0))
    defined = (ours.flags_[0] & UNDEFINED) == 0
    np.testing.assert_allclose(ours.log_likelihood_[0, defined], log_likelihood[defined], atol=1e-9)


def test_auto_takes_the_better_bic():
    rng = np.random.default_rng(0)
    frames = np.concatenate(
        [noisy_pixels(rng, 300), noisy_pixels(rng, 300, covered=0.3), mixed_pixels(1)], axis=2
    )
    auto = PixelMixture("auto", max_components=3).fit(frames)
    fits = {k: PixelMixture(k).fit(frames) for k in (1, 2, 3)}
    bic = [-2 * 44 * fits[k].log_likelihood_ + (10 * k - 1) * np.log(44) for k in (1, 2, 3)]
    best = np.argmin(bic, axis=0) + 1
    np.testing.assert_array_equal(auto.n_components_, best)
    assert (auto.n_components_[0, :300] == 1).mean() > 0.98
    assert (auto.n_components_[0, 300:600] >= 2).mean() > 0.98
    for k in (1, 2, 3):
        np.testing.assert_array_equal(auto.means_[:k, best == k], fits[k].means_[:, best == k])
        np.testing.assert_array_equal(auto.weights_[k:, best == k], 0)
        np.testing.assert_array_equal(auto.log_likelihood_[best == k], fits[k].log_likelihood_[best == k])
    assert_sound(auto)


def test_iteration_limit_and_no_tolerance():
    frames = noisy_pixels(np.random.default_rng(0), 20)
    limited = PixelMixture(max_iterations=2).fit(frames)
    assert limited.n_iter_.max() == 2
    assert not limited.converged_[limited.n_iter_ == 2].all()
    fixed = PixelMixture(tolerance=None, max_iterations=4).fit(frames)
    assert (fixed.n_iter_ == 4).all()
    assert not fixed.converged_.any()


def test_finds_wall_and_person():
    rng = np.random.default_rng(8)
    frames = noisy_pixels(rng, 200, covered=0.35)
    model = PixelMixture().fit(frames)
    heaviest = model.weights_.argmax(axis=0)
    background = np.take_along_axis(model.means_, heaviest[None, ..., None], axis=0)[0]
    assert (np.abs(background * 255 - 120).max(axis=-1) < 3).mean() > 0.98
    np.testing.assert_allclose(model.weights_.max(axis=0), 1 - 15 / 44, atol=0.05)
    labels = posterior_of(model, frames)[1].argmax(axis=1)
    np.testing.assert_array_equal((labels == heaviest).sum(axis=0), 44 - 15)


@pytest.mark.parametrize("settings_", [{"n_components": 1}, {"max_iterations": 0}, {}])
def test_floor_holds_where_leading_minors_are_zero(settings_):
    """Covariance minus floor: (0, 0, 3), (0, -1/2, 0), (3, 0, 8), of which no leading minor is negative."""
    frames = np.zeros((8, 1, 1, 3), dtype=np.uint8)
    frames[:4, 0, 0] = [[101, 101, 103], [101, 99, 103], [99, 100, 97], [99, 100, 97]]
    frames[4:] = frames[:4]
    model = PixelMixture(**settings_).fit(frames)
    assert_sound(model)
    if settings_ == {"n_components": 1}:
        eigenvalues = np.linalg.eigvalsh(model.covariances_[0, 0, 0]) / FLOOR
        np.testing.assert_allclose(eigenvalues, [1, 1, 10], rtol=1e-9)
        assert model.flags_[0, 0] & 4


def test_constant_pixels_are_closed_form():
    frames = np.full((44, 2, 3, 3), (0, 128, 255), dtype=np.uint8)
    model = PixelMixture().fit(frames)
    assert (model.flags_ == 1).all()
    assert (model.n_iter_ == 0).all()
    assert model.converged_.all()
    np.testing.assert_allclose(model.means_[0], np.broadcast_to([0, 128 / 255, 1], (2, 3, 3)), atol=1e-15)
    np.testing.assert_allclose(model.covariances_[0, 0, 0], FLOOR * np.eye(3), rtol=1e-12)
    expected = -1.5 * np.log(2 * np.pi * FLOOR)
    np.testing.assert_allclose(model.log_likelihood_, expected, rtol=1e-12)


def test_of_equally_heavy_components_the_narrowest_is_the_background():
    """A wall with little noise in four frames, and four other colours in the others, in either order."""
    rng = np.random.default_rng(0)
    wall, people = rng.integers(148, 153, (4, 1, 40, 3)), rng.integers(30, 90, (4, 1, 40, 3))
    bright = np.concatenate([wall, people]).astype(np.uint8)
    for frames, level in ((bright, 150), (255 - bright, 105)):
        model = PixelMixture().fit(frames)
        np.testing.assert_allclose(model.weights_, 0.5, atol=1e-9)
        background = background_image(model.weights_, model.means_)
        np.testing.assert_allclose(255 * background, level, atol=2.5)
        joint = log_joint_densities(
            frames[:, 0], model.weights_[:, 0], model.means_[:, 0], model.covariances_[:, 0], floor=1.0
        )
        likelihood = np.logaddexp.reduce(joint, axis=1).mean(axis=0)  # a component keeps what is its own
        np.testing.assert_allclose(likelihood, model.log_likelihood_[0], atol=1e-6)


def test_one_component_is_the_samples_moments():
    frames = noisy_pixels(np.random.default_rng(0), 5)
    model = PixelMixture(1).fit(frames)
    for x in range(5):
        samples = frames[:, 0, x] / 255.0
        np.testing.assert_allclose(model.means_[0, 0, x], samples.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(model.covariances_[0, 0, x], np.cov(samples.T, bias=True), rtol=1e-9)
    assert (model.n_iter_ == 0).all()
    assert model.converged_.all()


def test_flags_name_the_cause():
    frames = np.zeros((44, 1, 4, 3), dtype=np.uint8)
    rng = np.random.default_rng(0)
    frames[:, 0, 0] = rng.normal(100, 6, (44, 3))  # regular: two surfaces
    frames[:15, 0, 0] += 80
    frames[:, 0, 1] = rng.normal(100, 6, (44, 1))  # grey: rank 1
    frames[:, 0, 2] = rng.normal(100, 9, (44, 3))
    frames[5, 0, 2] = 255  # alone: a dead component at the floor
    flags = PixelMixture(covariance_floor=0.01).fit(frames).flags_[0]
    assert flags[0] == 0
    assert flags[1] & 2
    assert flags[1] & 4
    assert not flags[2] & 2
    assert flags[3] == 1
    one = np.zeros((44, 1, 1, 3), dtype=np.uint8)
    one[3] = 255
    assert PixelMixture().fit(one).flags_[0, 0] & 8


# Any data


def any_frames():
    shape = st.tuples(st.integers(1, 9), st.just(1), st.integers(1, 4), st.sampled_from([1, 3]))
    colours = st.one_of(st.sampled_from([0, 1, 254, 255]), st.integers(0, 255), st.integers(100, 102))
    return shape.flatmap(lambda s: arrays(np.uint8, s, elements=colours))


@settings(max_examples=60)
@given(
    frames=any_frames(),
    n_components=st.integers(1, 5),
    start=st.sampled_from(["split", "uniform", "random"]),
    covariance_floor=st.sampled_from([1.0, 0.01, 1e-6, None]),
)
def test_no_nan_no_fall_on_any_data(frames, n_components, start, covariance_floor):
    settings_ = {"n_components": n_components, "start": start, "covariance_floor": covariance_floor}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = PixelMixture(max_iterations=3, tolerance=None, **settings_).fit(frames)
        later = PixelMixture(max_iterations=12, tolerance=None, **settings_).fit(frames)
        converged = PixelMixture(**settings_).fit(frames)
    assert_sound(first)
    assert_sound(later)
    assert_sound(converged)
    # Rounding costs the likelihood what the covariance's condition makes of it; 1e-10 at the usual floor.
    rounding = 1e-15 * 255**2 / (covariance_floor or 1e-5) + 1e-10
    assert (later.log_likelihood_ >= first.log_likelihood_ - rounding).all()
    probability = posterior_of(later, frames)[1]
    assert np.isfinite(probability).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1.0, atol=1e-12)


def test_a_likelihood_that_is_not_a_number_is_no_result():
    """Colours of a pixel of a real clip: from some starts the notebook's fit ends in NaN, not in 0/0."""
    colours = [
        [5, 12, 4],
        [4, 11, 3],
        [7, 14, 6],
        [8, 15, 7],
        [6, 13, 5],
        [3, 10, 2],
        [9, 16, 8],
        [4, 11, 4],
        [4, 12, 1],
        [5, 13, 2],
        [6, 13, 6],
        [2, 9, 1],
        [6, 11, 4],
        [7, 14, 7],
        [5, 10, 3],
        [2, 10, 0],
        [8, 13, 6],
        [7, 15, 4],
        [14, 21, 13],
    ]
    times = [28, 26, 22, 19, 18, 14, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1]
    samples = np.repeat(np.array(colours, np.uint8), times, axis=0)
    places = np.tile(samples[:, np.newaxis, np.newaxis], (1, 60, 60, 1))  # each with a start of its own
    fitted = PixelMixture(**NOTEBOOK).fit(places)
    likelihood, undefined = fitted.log_likelihood_, (fitted.flags_ & UNDEFINED) > 0
    assert np.isfinite(likelihood[~undefined]).all()
    assert undefined.any()
