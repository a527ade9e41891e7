import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgsub.evidence.curves import threshold_curve
from bgsub.evidence.histograms import ScoreHistogram, passed_thresholds, thresholds_passed
from bgsub.evidence.scores import count_frames, measure, total
from bgsub.masks.difference import difference
from bgsub.masks.foreground import foreground_masks
from bgsub.masks.rules import Difference

LABELS = np.array([0, 50, 85, 170, 255], np.uint8)


def clip(seed, count=3, height=9, width=11):
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    return frames, rng.choice(LABELS, (count, height, width)), rng.random((height, width)) < 0.8


def luma_and_a_half(frame):
    """Score in floats of which many are equal, and some not finite."""
    score = frame.mean(axis=2) // 16 / 2.0
    score[0, 0], score[-1, -1] = -np.inf, np.inf
    return score


def score_histogram(frames, groundtruth, score, thresholds, *, roi=None, **cleaned):
    histogram = ScoreHistogram(thresholds, roi)
    passed = passed_thresholds(frames, score, thresholds, **cleaned)
    for counts, labels in zip(passed, groundtruth, strict=True):
        by_bin = histogram.add(counts, labels)
        assert (by_bin == np.bincount(counts.ravel(), minlength=len(thresholds) + 1)).all()
    return histogram


def counts_of(histogram):
    """Counts of the masks with each edge as threshold."""
    tp, fp = (pixels[::-1].cumsum()[::-1] for pixels in (histogram.positives, histogram.negatives))
    fn, tn = histogram.positives.sum() - tp, histogram.negatives.sum() - fp
    return {"tp": tp, "fp": fp, "fn": fn, "tn": tn}


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 4]), st.sampled_from([1, 3, 7]), st.booleans())
def test_counts_are_those_of_the_masks_at_every_threshold(seed, opening, median, in_roi):
    frames, groundtruth, roi = clip(seed)
    roi = roi if in_roi else None
    background = np.random.default_rng(seed).random(frames.shape[1:])
    for score, thresholds in (
        (difference(background), [0, 10.5, 40, 41, 254, 255]),
        (luma_and_a_half, [-1.0, 0.0, 3.5, 3.75, 4.0, 99.0]),
        # more thresholds than a byte counts
        (luma_and_a_half, [*np.linspace(-9, 3, 300), 3.5, 3.75, 4.0, 99.0]),
    ):
        counts = counts_of(
            score_histogram(
                frames, groundtruth, score, np.array(thresholds), opening=opening, median=median, roi=roi
            )
        )
        for i, threshold in enumerate(thresholds, start=1):
            masks = foreground_masks(frames, score, threshold, opening=opening, median=median)
            expected = total(count_frames(masks, groundtruth, roi))
            found = {name: int(values[i]) for name, values in counts.items()}
            assert found == {name: getattr(expected, name) for name in ("tp", "fp", "fn", "tn")}


def test_below_all_thresholds_everything_is_foreground():
    frames, groundtruth, _ = clip(4)
    histogram = score_histogram(frames, groundtruth, luma_and_a_half, np.array([1.0, 2.0]))
    assert histogram.edges.tolist() == [-np.inf, 1.0, 2.0]
    counts = counts_of(histogram)
    assert (counts["fn"][0], counts["tn"][0]) == (0, 0)
    assert counts["tp"][0] == (groundtruth == 255).sum()
    assert counts["fp"][0] == np.isin(groundtruth, (0, 50)).sum()


def test_histogram_feeds_the_threshold_curve():
    frames, groundtruth, _ = clip(8)
    score = difference(np.zeros(frames.shape[1:]))
    histogram = score_histogram(frames, groundtruth, score, np.arange(*Difference.sweep))
    curve = threshold_curve(histogram.positives, histogram.negatives, histogram.edges)
    expected = measure(total(count_frames(foreground_masks(frames, score, 50), groundtruth)))
    i = histogram.edges.tolist().index(50)
    assert curve.precision[i] == pytest.approx(expected.precision)
    assert curve.recall[i] == pytest.approx(expected.recall)
    assert curve.f_measure[i] == pytest.approx(expected.f_measure)


def test_thresholds_that_do_not_ascend_are_refused():
    frames, groundtruth, _ = clip(1)
    with pytest.raises(ValueError, match="ascend"):
        score_histogram(frames, groundtruth, luma_and_a_half, np.array([2.0, 2.0]))


def test_a_frame_without_labels_is_not_scored():
    frames, groundtruth, _ = clip(5)
    thresholds = np.array([1.0, 4.0])
    (passed,) = passed_thresholds(frames[:1], luma_and_a_half, thresholds)
    histogram = ScoreHistogram(thresholds)
    assert (histogram.add(passed) == histogram.add(passed, groundtruth[0])).all()
    scored = np.isin(groundtruth[0], (0, 50, 255)).sum()
    assert histogram.positives.sum() + histogram.negatives.sum() == scored


def test_what_is_not_a_number_is_not_foreground():
    """As in a mask: NaN is above no threshold."""
    scores = np.array([[np.nan, -np.inf, 1.0, 1.5, np.inf]])
    assert thresholds_passed(scores, np.array([1.0, 2.0])).tolist() == [[0, 0, 0, 1, 2]]


@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=20, unique=True),
    st.lists(st.floats(-200, 200), min_size=1),
)
def test_thresholds_passed_are_those_below_the_score(thresholds, scores):
    ascending = np.sort(np.array(thresholds))
    scores = np.concatenate([scores, ascending])[np.newaxis]
    expected = (scores[..., np.newaxis] > ascending).sum(axis=-1)
    np.testing.assert_array_equal(thresholds_passed(scores, ascending), expected)


@given(st.integers(0, 2**32 - 1))
def test_shadows_of_the_masks_are_background_at_every_threshold(seed):
    frames, groundtruth, _ = clip(seed)
    thresholds, own = np.array([0.0, 2.0, 4.0, 6.0]), 4.0
    shadow = np.random.default_rng(seed).random(groundtruth.shape) < 0.3

    def score_without(frame):
        place = next(i for i, one in enumerate(frames) if np.array_equal(one, frame))
        return np.where(shadow[place], -np.inf, luma_and_a_half(frame))

    masks = list(foreground_masks(frames, score_without, own))
    cleared = counts_of(
        score_histogram(frames, groundtruth, luma_and_a_half, thresholds, without_shadows=(own, masks))
    )
    at_own = total(count_frames(masks, groundtruth))
    assert {name: cleared[name][3] for name in ("tp", "fp", "fn", "tn")} == {
        name: getattr(at_own, name) for name in ("tp", "fp", "fn", "tn")
    }
    scores = np.stack([luma_and_a_half(frame) for frame in frames])
    kept = ~((scores > own) & (np.stack(masks) == 0))
    assert cleared["fp"][1] == ((scores > 0) & kept & np.isin(groundtruth, (0, 50))).sum()
    # Above its own threshold, where what passes had passed it, shadows are gone as well.
    above = total(count_frames(foreground_masks(frames, score_without, 6.0), groundtruth))
    assert (cleared["tp"][4], cleared["fp"][4]) == (above.tp, above.fp)
    with pytest.raises(ValueError, match="shorter"):
        score_histogram(frames, groundtruth, luma_and_a_half, thresholds, without_shadows=(own, masks[:2]))
