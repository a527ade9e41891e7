import cv2
import numpy as np
import pytest
from scipy.stats import f

from bgsub.evidence.false_alarms import COLUMNS, background_pixels, false_alarms
from bgsub.masks.rules import scored_method
from bgsub.model.gmm import PixelMixture

SINGLE = {"components": 1, "start": "split", "tolerance": 1e-6, "max_iterations": 50, "covariance_floor": 1.0}
ROW = {"model": "em", "rule": "mahalanobis"}


def noise(frames=32, height=30, width=40, seed=1, spread=4):
    rng = np.random.default_rng(seed)
    return np.rint(rng.normal(128, spread, (frames, height, width, 3))).clip(0, 255).astype(np.uint8)


def fitted(training):
    mixture = PixelMixture(1).fit(training)
    return {"weights": mixture.weights_, "means": mixture.means_, "covariances": mixture.covariances_}


def measured(training, **keys):
    pixels = background_pixels(training, None, 0)
    return false_alarms(scored_method(ROW | keys), training, pixels, SINGLE, fitted(training))


def hotelling(threshold, samples):
    return f.sf(threshold**2 * (samples - 3) / (3 * (samples + 1)), 3, samples - 3)


@pytest.mark.parametrize("threshold", [3, 4])
def test_theory_and_measurement_agree_on_a_gaussian(threshold):
    row = measured(noise(), threshold=threshold)
    assert row["expected"] == pytest.approx(hotelling(threshold, 24))
    assert row["measured"] == pytest.approx(row["expected"], rel=0.15)
    assert set(row) == set(COLUMNS) - {"method"}
    assert (row["fitted"], row["threshold"]) == (24, threshold)


def test_theory_is_on_the_safe_side_of_pooled_covariances():
    """It allows for neighbours that differ as much as 20 samples would; these are all alike."""
    row = measured(noise(height=40, width=60), threshold=4, pooling=20)
    assert row["expected"] < hotelling(4, 24) / 2
    assert row["expected"] / 2 < row["measured"] < row["expected"]


def test_what_is_left_out_is_judged_by_the_others_alone():
    """A pixel that is 20 levels brighter in a quarter of the frames is no outlier of a fit that saw them."""
    training = noise(spread=2)
    training[8:16] += 20
    fit = fitted(training)
    score = scored_method(ROW).score(fit, 32)
    assert np.mean([(score(frame) > 6).mean() for frame in training]) < 0.001
    row = measured(training)
    assert row["measured"] == pytest.approx(0.25, abs=0.03)
    assert row["expected"] == pytest.approx(hotelling(6, 24))


def test_patches_give_the_scores_of_whole_frames():
    """With all keys that look around: scores at the pixels, up to the border, by a fit of whole frames."""
    training, keys = noise(height=20, width=24), {"pooling": 20, "neighbours": True, "threshold": 3}
    pixels = background_pixels(training, None, 0)
    method = scored_method(ROW | keys)
    found = false_alarms(method, training, pixels, SINGLE, fitted(training))
    passed = []
    for stretch in np.array_split(np.arange(32), 4):
        learned = np.delete(training, stretch, axis=0)
        padded = np.stack([cv2.copyMakeBorder(frame, 3, 3, 3, 3, cv2.BORDER_REFLECT) for frame in learned])
        score = method.score(fitted(padded), 24)
        for place in stretch:
            frame = cv2.copyMakeBorder(training[place], 3, 3, 3, 3, cv2.BORDER_REFLECT)
            passed.append(score(frame)[3:-3, 3:-3][tuple(pixels.T)] > 3)
    assert found["measured"] == np.mean(passed) > 0
    assert found["expected"] is None  # no theory of the smallest of nine


def test_other_methods_are_measured_without_a_theory():
    training = noise()
    pixels = background_pixels(training, None, 0)
    for row, model in (({"background": "median"}, None), ({"model": "em", "rule": "difference"}, SINGLE)):
        background = training if model is None else fitted(training)
        found = false_alarms(scored_method(row | {"threshold": 8}), training, pixels, model, background)
        assert found["expected"] is None
        assert 0 < found["measured"] < 0.05


def test_only_what_nothing_covers_is_background():
    training = noise()
    training[3, :10] = 250  # a channel over 30 levels off
    labels = np.zeros(training.shape[:3], np.uint8)
    labels[5, 20:] = 170
    labels[:, :, :5] = 85  # outside of what is scored says nothing
    rows, columns = background_pixels(training, labels, 0).T
    assert (rows.min(), rows[columns >= 5].max(), rows.max(), columns.min()) == (10, 19, 29, 0)
    none = np.zeros((0, 2), int)
    assert false_alarms(scored_method(ROW), training, none, SINGLE, None)["measured"] is None


def test_fewer_pixels_are_looked_at_where_all_would_not_fit(monkeypatch):
    monkeypatch.setattr("bgsub.evidence.false_alarms._BYTES", 32 * 3 * 100)
    assert measured(noise())["colours"] <= 32 * 100
