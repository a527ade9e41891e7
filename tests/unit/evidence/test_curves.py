import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score

from bgsub.evidence.curves import threshold_curve, threshold_rows
from bgsub.evidence.scores import count_frame, measure

EDGES = np.array([-np.inf, 0.0, 1.0, 2.0])


def test_a_worked_example():
    # Of 10 pixels of the person 6 have the highest score, of 90 others 2.
    curve = threshold_curve([1, 1, 2, 6], [80, 6, 2, 2], EDGES)
    np.testing.assert_allclose(curve.recall, [1, 0.9, 0.8, 0.6])
    np.testing.assert_allclose(curve.precision, [0.1, 9 / 19, 8 / 12, 6 / 8])
    np.testing.assert_allclose(curve.f_measure, [20 / 110, 18 / 29, 16 / 22, 12 / 18])
    assert curve.best == 2
    assert curve.area == pytest.approx(0.6 * 6 / 8 + 0.2 * 8 / 12 + 0.1 * 9 / 19 + 0.1 * 0.1)
    assert [curve.index(t) for t in (-3, 0.9, 1, 50)] == [1, 2, 2, 3]


bins = arrays(np.int64, 4, elements=st.integers(0, 9))


@given(bins, bins)
def test_area_is_scikit_learns_average_precision(positives, negatives):
    assume(positives.any() and negatives.any())
    scores = np.repeat(np.tile(np.arange(4), 2), np.concatenate([positives, negatives]))
    labels = np.repeat([1, 0], [positives.sum(), negatives.sum()])
    curve = threshold_curve(positives, negatives, EDGES)
    assert curve.area == pytest.approx(average_precision_score(labels, scores))


@given(arrays(np.uint8, (6, 7), elements=st.integers(0, 3)), arrays(bool, (6, 7)))
def test_each_threshold_scores_as_the_mask_it_makes(scores, person):
    positives, negatives = (np.bincount(scores[which], minlength=4) for which in (person, ~person))
    curve = threshold_curve(positives, negatives, np.arange(4) - 1.0)
    for index, threshold in enumerate(curve.thresholds):
        found = measure(count_frame(scores > threshold, np.where(person, 255, 0).astype(np.uint8)))
        if person.any():
            assert curve.recall[index] == pytest.approx(found.recall)
            assert curve.f_measure[index] == pytest.approx(found.f_measure)
        if (scores > threshold).any():
            assert curve.precision[index] == pytest.approx(found.precision)


def test_of_equally_good_thresholds_the_lowest_is_best():
    assert threshold_curve([0, 0, 5, 0], [7, 0, 0, 0], np.arange(4)).best == 1


def test_without_a_person_there_is_nothing_to_find():
    curve = threshold_curve([0, 0], [5, 1], [0, 1])
    assert curve.best is None
    assert np.isnan(curve.recall).all()
    assert np.isnan(curve.area)
    empty = threshold_curve([4, 0], [5, 0], [0, 1])
    assert np.isnan(empty.precision[1])  # nothing is marked
    assert empty.f_measure[1] == 0
    assert empty.area == pytest.approx(4 / 9)


@pytest.mark.parametrize(
    ("positives", "edges", "said"), [([1, 2], [0, 1, 2], "edges"), ([1, 2, 3], [0, 1, 1], "ascend")]
)
def test_histograms_that_do_not_fit_are_refused(positives, edges, said):
    with pytest.raises(ValueError, match=said):
        threshold_curve(positives, positives, edges)


def test_rows_name_the_best_and_the_configured_threshold():
    curve = threshold_curve([1, 1, 2, 6], [80, 6, 2, 2], [-np.inf, 0, 10, 50])
    rows = threshold_rows("gmm", curve, 50)
    assert [row["threshold"] for row in rows] == [0, 10, 50]  # minus infinity is not a threshold
    assert [row["best"] for row in rows] == [False, True, False]
    assert [row["configured"] for row in rows] == [False, False, True]
    assert rows[2] | {"f_measure": None} == {
        "method": "gmm",
        "threshold": 50,
        "precision": 0.75,
        "recall": 0.6,
        "f_measure": None,
        "best": False,
        "configured": True,
    }
    assert rows[2]["f_measure"] == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))


def test_rows_are_empty_where_nothing_is_marked():
    rows = threshold_rows("gmm", threshold_curve([1, 0], [1, 0], [0, 9]), 9)
    assert (rows[1]["precision"], rows[1]["recall"]) == (None, 0)
    assert not any(row["best"] for row in threshold_rows("gmm", threshold_curve([0], [1], [0]), 0))
