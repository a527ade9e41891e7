import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from scipy.stats import multivariate_t

from bgsub.masks.bands import Bands
from bgsub.masks.judging import Judged, Limits, learn_and_judge
from bgsub.masks.planes import pixels
from bgsub.masks.predictive import FLOOR, PRIOR_SAMPLES, beliefs_from

SHAPE = (12, 14)
ONE_BAND = Bands(SHAPE[0])
FOREVER = 1e9  # samples: nothing is forgotten
EXACT = 0.0  # every score in full


def made_up(seed=1, samples=30.0):
    """Beliefs with a covariance of its own at every pixel."""
    rng = np.random.default_rng(seed)
    root = rng.normal(0, 3, (*SHAPE, 3, 3))
    covariance = root @ root.swapaxes(-1, -2) + np.eye(3)
    return beliefs_from(
        np.ones((1, *SHAPE)),
        rng.uniform(0.2, 0.8, (1, *SHAPE, 3)),
        covariance[np.newaxis] / 255**2,
        int(samples),
        FOREVER,
    )


def full(triangle):
    """Return (.., 3, 3) matrices of lower triangles (6, ..)."""
    lower, upper = np.tril_indices(3)
    matrix = np.zeros((*triangle.shape[1:], 3, 3))
    matrix[..., lower, upper] = pixels(triangle)
    matrix[..., upper, lower] = pixels(triangle)
    return matrix


def learned(beliefs, frame, weight=1.0, memory=FOREVER, exact_from=EXACT) -> Judged:
    """Learn a frame as so many samples, and judge it by what is believed then."""
    limits = Limits(*map(np.float32, (memory, exact_from, np.inf)))
    return learn_and_judge(beliefs, frame.copy(), np.full(SHAPE, weight, np.float32), frame, limits, ONE_BAND)


def nothing_learned(beliefs, frame, exact_from=EXACT):
    return learned(beliefs, frame, weight=0, exact_from=exact_from).score


def test_a_score_is_that_of_students_t():
    beliefs = made_up()
    frame = (beliefs.mean + np.random.default_rng(2).normal(0, 15, (3, *SHAPE))).astype(np.float32)
    score = nothing_learned(beliefs, frame)
    n, nu = 30.0, float(PRIOR_SAMPLES)
    pooled = (full(beliefs.scatter) + nu * full(beliefs.local)) / (n + nu) + float(FLOOR) * np.eye(3)
    predicted = pooled * (1 + 1 / n)
    for i, j in [(0, 0), (5, 7), (11, 13)]:
        t = multivariate_t(beliefs.mean[:, i, j], predicted[i, j], df=n + nu - 2)
        expected = 2 * (t.logpdf(beliefs.mean[:, i, j]) - t.logpdf(frame[:, i, j]))
        assert score[i, j] == pytest.approx(expected, rel=1e-3)


def test_what_is_learned_one_by_one_is_mean_and_scatter_of_all():
    beliefs = made_up()
    rng = np.random.default_rng(3)
    first = np.full((3, *SHAPE), 100, np.float32)
    beliefs = beliefs._replace(
        mean=first.copy(),
        scatter=np.zeros_like(beliefs.scatter),
        samples=np.ones(SHAPE, np.float32),
        recent=np.full(SHAPE, 64, np.float32),
    )
    frames = rng.normal(100, 8, (20, 3, *SHAPE)).astype(np.float32)
    for frame in frames:
        learned(beliefs, frame)
    every = np.concatenate([first[np.newaxis], frames]).astype(float)
    away = every - every.mean(axis=0)
    scatter = np.einsum("naij,nbij->ijab", away, away)
    np.testing.assert_allclose(beliefs.mean, every.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(full(beliefs.scatter), scatter, rtol=1e-3, atol=0.05)
    assert (beliefs.samples == 21).all()


def test_memory_fades():
    """A background that became brighter is believed to be, by a twentieth of the rest with each frame."""
    beliefs = made_up()
    before = beliefs.mean.copy()
    brighter = before + np.float32(10)
    for _ in range(40):
        learned(beliefs, brighter, memory=20)
    np.testing.assert_allclose(beliefs.mean - before, 10 * (1 - 0.95**40), rtol=0.02)
    assert (beliefs.samples == 20).all()


def test_a_pixel_without_weight_learns_nothing():
    beliefs = made_up()
    copy = [part.copy() for part in beliefs]
    nothing_learned(beliefs, np.zeros((3, *SHAPE), np.float32))
    for part, before in zip(beliefs, copy, strict=True):
        np.testing.assert_array_equal(part, before)


def test_the_neighbourhoods_covariance_is_its_scatter_over_its_samples():
    beliefs = made_up()
    beliefs.samples[:] = np.random.default_rng(6).uniform(0, 50, SHAPE)
    beliefs.renew_local(Bands(SHAPE[0], 3))

    def around(picture):
        return uniform_filter(picture.astype(float), 5, mode="reflect")  # the border's own pixels twice

    for scatter, local in zip(beliefs.scatter, beliefs.local, strict=True):
        np.testing.assert_allclose(local, around(scatter) / around(beliefs.samples), rtol=1e-4, atol=1e-4)


def test_who_saw_little_is_mild():
    weights, means = np.ones((1, *SHAPE)), np.full((1, *SHAPE, 3), 0.4)
    covariances = np.broadcast_to(np.eye(3) * 9 / 255**2, (1, *SHAPE, 3, 3))
    few, many = (beliefs_from(weights, means, covariances, samples, FOREVER) for samples in (8, 50))
    frame = many.mean + np.float32(15)
    assert (nothing_learned(few, frame) < 0.8 * nothing_learned(many, frame)).all()


def test_a_quiet_pixel_has_the_noise_of_its_neighbours():
    quiet = made_up()
    frame = quiet.mean + np.float32(25)
    quiet.scatter[:, 6, 7] = 0  # it happened to be the same in all frames
    alone = quiet._replace(local=np.zeros_like(quiet.local))
    assert nothing_learned(quiet, frame)[6, 7] < 0.5 * nothing_learned(alone, frame)[6, 7]


def test_what_moved_past_in_training_does_not_blind_a_pixel_for_long():
    """Eight frames with a standard deviation of 45, then eighty with one of 2: by memory alone it were 12."""
    mean = np.full((1, *SHAPE, 3), 0.4)
    covariance = np.broadcast_to(np.eye(3) * (45 / 255) ** 2, (1, *SHAPE, 3, 3))
    beliefs = beliefs_from(np.ones((1, *SHAPE)), mean, covariance, 8, 50)
    rng = np.random.default_rng(5)
    for _ in range(80):
        frame = rng.normal(102, 2, (3, *SHAPE)).astype(np.float32)
        learned(beliefs, frame, memory=50)
    variance = full(beliefs.scatter).trace(axis1=-2, axis2=-1) / 3 / beliefs.samples
    assert np.sqrt(variance).max() < 6


def test_a_spared_logarithm_changes_no_verdict():
    beliefs = made_up()
    frame = beliefs.mean + np.random.default_rng(4).normal(0, 12, (3, *SHAPE)).astype(np.float32)
    exact, spared = nothing_learned(beliefs, frame), nothing_learned(beliefs, frame, exact_from=16.0)
    assert ((exact < 16) & (exact != spared)).any()
    np.testing.assert_array_equal(exact < 16, spared < 16)
    np.testing.assert_array_equal(exact[exact >= 16], spared[exact >= 16])


def test_a_pixel_without_a_model_is_not_a_number_nowhere():
    weights = np.full((2, *SHAPE), np.nan)
    beliefs = beliefs_from(
        weights, np.full((2, *SHAPE, 3), np.nan), np.full((2, *SHAPE, 3, 3), np.nan), 10, 50
    )
    assert all(np.isfinite(part).all() for part in beliefs)
    assert (beliefs.samples == 0).all()
    assert np.isfinite(nothing_learned(beliefs, np.zeros((3, *SHAPE), np.float32))).all()
