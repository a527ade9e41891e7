import numpy as np
import pytest
from scipy.stats import norm

from bgsub.evidence.uncertainty import MINIMUM_FRAMES, RESAMPLES, bootstrap, influence, optimal_block_length


def autoregressive(n: int, rho: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=n + 200)
    series = np.zeros(n + 200)
    for t in range(1, n + 200):
        series[t] = rho * series[t - 1] + noise[t]
    return series[200:]


def counts_of(recall: np.ndarray, person: int = 1000) -> np.ndarray:
    tp = np.rint(person * np.clip(recall, 0, 1)).astype(np.int64)
    return np.stack([tp, np.full_like(tp, 50), person - tp], axis=1)


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.8])
def test_block_length_of_an_autoregression_is_near_its_closed_form(rho):
    # For AR(1) sum |k| R(k) / sum R(k) = 2 rho / (1 - rho^2).
    n = 4000
    ideal = (1.5 * (2 * rho / (1 - rho**2)) ** 2 * n) ** (1 / 3)
    found = [optimal_block_length(autoregressive(n, rho, seed)) for seed in range(7)]
    assert np.median(found) == pytest.approx(ideal, rel=0.2)


def test_block_length_has_limits():
    assert optimal_block_length(np.ones(50)) == 1
    assert optimal_block_length(np.array([1.0, 2.0])) == 1
    for n in range(3, 60):  # random walks: at most a third of the series
        assert 1 <= optimal_block_length(autoregressive(n, 1.0, n)) <= -(-n // 3)
    assert optimal_block_length(autoregressive(500, 0.995, 0)) > 30
    assert optimal_block_length(np.random.default_rng(0).normal(size=4000)) <= 4


def test_influence_is_the_derivative_of_f():
    counts = np.random.default_rng(1).integers(1, 100, size=(12, 3))

    def f(weights):
        tp, fp, fn = weights @ counts
        return 2 * tp / (2 * tp + fp + fn)

    ones, step = np.ones(12), 1e-6
    numeric = [(f(ones + step * unit) - f(ones)) / step * 12 for unit in np.eye(12)]
    np.testing.assert_allclose(influence(counts), numeric, atol=1e-4)
    assert influence(counts).sum() == pytest.approx(0, abs=1e-9)
    assert influence(np.zeros((4, 3), int)).tolist() == [0] * 4


def test_each_resample_is_made_of_runs_of_as_many_frames():
    # Frame t has 4^t true positives: the digits to base 4 of a sum say how often it has each frame.
    counts = np.stack([4 ** np.arange(11), np.zeros(11, int), np.full(11, 10**6)], axis=1)
    f = bootstrap({"a": counts}, seed=3, block_length=4).resampled["a"]
    sums = np.rint(f / (1 - f) * 11 * 10**6 / 2).astype(int)  # from F = 2 TP / (2 TP + FN)
    drawn = sums[:, None] // 4 ** np.arange(11) % 4
    assert (drawn.sum(axis=1) == 11).all()
    rises = np.clip(drawn - np.roll(drawn, 1, axis=1), 0, None).sum(axis=1)
    assert rises.max() == 3  # three runs, of 4, 4 and 3 frames
    np.testing.assert_allclose(drawn.mean(axis=0), 1, atol=0.08)  # each frame as often as the others


def test_the_interval_covers_the_truth_as_often_as_it_says():
    # Correlated recall around 0.7: in about 95 of 100 clips the interval holds the F of an endless one.
    truth = 2 * 700 / (2 * 700 + 50 + 300)
    hits = single = 0
    for seed in range(100):
        counts = {"a": counts_of(0.7 + 0.03 * autoregressive(300, 0.7, seed))}
        low, high = bootstrap(counts, seed=seed).interval("a")
        hits += low <= truth <= high
        low, high = bootstrap(counts, seed=seed, block_length=1).interval("a")
        single += low <= truth <= high
    assert hits >= 85  # short clips cover somewhat less than 95 %
    assert single <= 75  # frames drawn one by one would pretend to know far more


def test_the_interval_of_independent_frames_is_the_textbooks():
    counts = {"a": counts_of(np.random.default_rng(2).normal(0.7, 0.05, 400))}
    low, high = bootstrap(counts, seed=0).interval("a")
    se = influence(counts["a"]).std() / np.sqrt(400)
    assert high - low == pytest.approx(2 * norm.ppf(0.975) * se, rel=0.15)


def test_pairs_share_their_frames():
    # Both lose the same frames, so their difference is far surer than either.
    shared = 0.05 * autoregressive(200, 0.6, 5)
    counts = {"a": counts_of(0.75 + shared), "b": counts_of(0.70 + shared)}
    result = bootstrap(counts, seed=0)
    (row,) = result.differences()
    low, high = result.interval("a")
    assert (row["method"], row["other"]) == ("a", "b")
    assert row["difference"] == pytest.approx(result.estimates["a"] - result.estimates["b"])
    assert 0 < row["low"] < row["difference"] < row["high"]
    assert row["high"] - row["low"] < (high - low) / 5


def test_the_same_seed_gives_the_same_draws():
    counts = {"a": counts_of(0.7 + 0.05 * autoregressive(50, 0.5, 1))}
    first, again, other = (bootstrap(counts, seed=seed).resampled["a"] for seed in (0, 0, 1))
    assert len(first) == RESAMPLES
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_clip_may_be_too_short_or_have_nothing_to_find():
    counts = counts_of(np.full(MINIMUM_FRAMES, 0.5))
    assert bootstrap({"a": counts[1:]}, seed=0) is None
    assert bootstrap({"a": counts}, seed=0).interval("a") == pytest.approx((0.645161, 0.645161), abs=1e-6)
    nothing = bootstrap({"a": np.zeros_like(counts)}, seed=0)
    assert np.isnan([nothing.estimates["a"], *nothing.interval("a")]).all()
    with pytest.raises(ValueError, match="frames"):
        bootstrap({"a": counts, "b": counts[1:]}, seed=0)
