"""What PixelMixture promises its callers: shapes, errors, results independent of tiles and threads."""

import numpy as np
import pytest
from pixels import ATTRIBUTES, mixed_pixels, noisy_pixels, parameters_of, posterior_of, sklearn_from

from bgsub.model import gmm
from bgsub.model.gmm import PixelMixture

NOTEBOOK = {"start": "uniform", "tolerance": None, "max_iterations": 5, "covariance_floor": None}


@pytest.mark.parametrize(
    "settings_", [{}, NOTEBOOK, {"start": "random"}, {"n_components": 3}, {"n_components": "auto"}]
)
def test_bit_identical_for_any_tiling_and_threads(settings_, monkeypatch):
    frames = mixed_pixels(6, each=16).reshape(44, 16, 10, 3)
    whole = PixelMixture(**settings_).fit(frames)
    for tiles, n_threads, band_bytes in [(1, 2, 1), (4, 1, 2**20), (16, 2, 2**20), (5, 1, 3000)]:
        monkeypatch.setattr(gmm, "BAND_BYTES", band_bytes)
        parts = [
            PixelMixture(n_threads=n_threads, **settings_).fit(frames[:, rows], first_pixel=int(rows[0]) * 10)
            for rows in (slice(part[0], part[-1] + 1) for part in np.array_split(np.arange(16), tiles))
            for rows in [np.arange(rows.start, rows.stop)]
        ]
        for name in ATTRIBUTES:
            axis = 1 if name in ("weights_", "means_", "covariances_") else 0
            joined = np.concatenate([getattr(part, name) for part in parts], axis=axis)
            assert joined.tobytes() == np.ascontiguousarray(getattr(whole, name)).tobytes(), name
        for name in ("log_likelihood", "converged"):
            total = sum(getattr(part.trajectory_, name) for part in parts)
            np.testing.assert_array_equal(total, getattr(whole.trajectory_, name))


def test_a_pixel_does_not_depend_on_its_neighbours():
    frames = mixed_pixels(7, each=8)
    whole = PixelMixture().fit(frames)
    for x in (0, 11, 37, 79):
        alone = PixelMixture().fit(frames[:, :, x : x + 1], first_pixel=x)
        for name in ("weights_", "means_", "covariances_"):
            assert getattr(alone, name)[:, 0, 0].tobytes() == getattr(whole, name)[:, 0, x].tobytes()


@pytest.mark.parametrize(("settings", "channels"), [({"start": "random"}, 3), ({"start": "uniform"}, 1)])
def test_random_starts_go_by_the_place_of_each_pixel(settings, channels):
    frames = mixed_pixels(7, each=8)[..., :channels]
    whole = PixelMixture(seed=3, **settings).fit(frames)
    some = np.array([79, 3, 12, 11])
    chosen = PixelMixture(seed=3, **settings).fit(frames[:, :, some], first_pixel=some)
    assert chosen.means_.tobytes() == np.ascontiguousarray(whole.means_[:, :, some]).tobytes()


def test_one_thread_starts_no_pool(monkeypatch):
    monkeypatch.setattr(gmm, "ThreadPoolExecutor", None)
    frames = mixed_pixels(3, each=2)
    model = PixelMixture(n_threads=1).fit(frames)
    assert model.means_.shape == (2, 1, 20, 3)


def test_posteriors_and_scores_equal_scikit_learns():
    frames = noisy_pixels(np.random.default_rng(5), 3, covered=0.3, sigma=4.0)
    model = PixelMixture().fit(frames)
    score, probability = posterior_of(model, frames)
    assert probability.shape == (44, 2, 1, 3)
    np.testing.assert_allclose(score.mean(axis=0), model.log_likelihood_, atol=1e-10)
    for x in range(3):
        samples = frames[:, 0, x] / 255.0
        weights, means, covariances = parameters_of(model, x)
        theirs = sklearn_from(weights, means, covariances, samples, 1)
        theirs.weights_, theirs.means_ = weights, means
        theirs.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(covariances))
        np.testing.assert_allclose(score[:, 0, x], theirs.score_samples(samples), atol=1e-7)
        np.testing.assert_allclose(probability[:, :, 0, x], theirs.predict_proba(samples), atol=1e-7)
        np.testing.assert_array_equal(probability.argmax(axis=1)[:, 0, x], theirs.predict(samples))


def test_grey_frames_with_and_without_channel_axis():
    frames = noisy_pixels(np.random.default_rng(5), 6, covered=0.3)[..., 0]
    flat, deep = PixelMixture().fit(frames), PixelMixture().fit(frames[..., None])
    assert flat.means_.shape == (2, 1, 6, 1)
    assert flat.covariances_.shape == (2, 1, 6, 1, 1)
    for name in ATTRIBUTES:
        assert getattr(flat, name).tobytes() == getattr(deep, name).tobytes()


def test_reads_slices_of_memory_maps(tmp_path):
    frames = mixed_pixels(3, each=4).reshape(44, 4, 10, 3)
    np.save(tmp_path / "frames.npy", frames)
    mapped = np.load(tmp_path / "frames.npy", mmap_mode="r")
    one = PixelMixture().fit(mapped[:30, 1:3])
    two = PixelMixture().fit(frames[:30, 1:3].copy())
    assert one.means_.tobytes() == two.means_.tobytes()


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"n_components": 0}, "n_components is 0, expected 1 to 5"),
        ({"n_components": 6}, "n_components"),
        ({"start": "kmeans"}, "start"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"max_iterations": -1}, "max_iterations"),
        ({"covariance_floor": 0.0}, "covariance_floor"),
        ({"n_threads": 0}, "n_threads"),
    ],
)
def test_rejects_parameters_out_of_range(settings_, message):
    with pytest.raises(ValueError, match=message):
        PixelMixture(**settings_).fit(np.zeros((2, 1, 1, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("shape", "dtype"), [((2, 1, 1, 3), float), ((2, 1, 1, 2), np.uint8), ((0, 1, 1, 3), np.uint8)]
)
def test_rejects_frames_of_another_kind(shape, dtype):
    with pytest.raises(ValueError, match="expected"):
        PixelMixture().fit(np.zeros(shape, dtype))
