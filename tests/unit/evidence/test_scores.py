from dataclasses import asdict, astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bgsub.evidence.scores import (
    MEASURES,
    Counts,
    Measures,
    average,
    average_categories,
    count_frame,
    count_frames,
    is_foreground,
    measure,
    total,
)

LABELS = [0, 50, 85, 170, 255]

# Per-video counts of Stauffer and Grimson's GMM on CDnet 2014, as published by the benchmark's site
# (jacarini.dinf.usherbrooke.ca/method/95): TP, FP, FN, TN, shadow errors.
PUBLISHED = {
    "baseline": {
        "pedestrians": (661976, 55587, 8886, 67513520, 12538),
        "PETS2006": (4232121, 1154934, 596069, 365558370, 0),
        "office": (4238342, 1440907, 4403752, 115097779, 0),
        "highway": (5011645, 378316, 446344, 86276153, 361498),
    },
    "intermittentObjectMotion": {
        "abandonedBox": (342533, 180231, 406271, 14641198, 13791),
        "winterDriveway": (491549, 2521264, 199821, 89138965, 103684),
        "sofa": (3813988, 624863, 3574692, 161204035, 0),
        "tramstop": (487983, 224014, 958228, 6388825, 1053),
        "parking": (166985, 53261, 58406, 2635929, 0),
        "streetLight": (227363, 27640, 477582, 13798357, 0),
    },
}


def official(masks, groundtruth, roi):
    """Transcribe the official C++ comparator's table: one pixel after the other, in its own words."""
    count = {"TP": 0, "FP": 0, "FN": 0, "TN": 0, "SE": 0}
    for mask, labels in zip(masks, groundtruth, strict=True):
        for row in range(mask.shape[0]):
            for column in range(mask.shape[1]):
                if roi[row, column] == 0 or labels[row, column] == 170:
                    continue
                if mask[row, column] == 255:
                    if labels[row, column] == 255:
                        count["TP"] += 1
                    else:
                        count["FP"] += 1
                        if labels[row, column] == 50:
                            count["SE"] += 1
                elif labels[row, column] == 255:
                    count["FN"] += 1
                else:
                    count["TN"] += 1
    return tuple(count.values())


def matlab(masks, groundtruth):
    """Transcribe the MATLAB tool's table: it knows no ROI and drops the labels 85 and 170."""
    tp = fp = fn = tn = 0
    for mask, labels in zip(masks, groundtruth, strict=True):
        scored = (labels != 85) & (labels != 170)
        tp += ((mask == 255) & (labels == 255) & scored).sum()
        fp += ((mask == 255) & (labels != 255) & scored).sum()
        fn += ((mask == 0) & (labels == 255) & scored).sum()
        tn += ((mask == 0) & (labels != 255) & scored).sum()
    return tp, fp, fn, tn


clips = st.integers(1, 3).flatmap(
    lambda frames: st.tuples(
        arrays(np.uint8, (frames, 4, 5), elements=st.sampled_from([0, 127, 255])),
        arrays(np.uint8, (frames, 4, 5), elements=st.sampled_from(LABELS)),
        arrays(bool, (4, 5)),
    )
)


@given(clips)
def test_counts_are_those_of_both_official_tools(clip):
    masks, groundtruth, roi = clip
    found = total(count_frames(masks, groundtruth, roi))
    # Where the tools differ, each is given what makes it agree: 85 outside the ROI, shadows as background.
    outside = np.where(groundtruth == 85, False, roi[None])
    assert sum(
        (
            Counts(*official(m[None], g[None], r), shadow=0)
            for m, g, r in zip(masks, groundtruth, outside, strict=True)
        ),
        start=Counts(),
    ) == Counts(*astuple(found)[:5], shadow=0)
    labels = np.where(roi, groundtruth, 85)
    assert matlab(np.where(masks == 127, 0, masks), labels) == astuple(found)[:4]
    assert found.shadow == np.count_nonzero((groundtruth == 50) & roi)


def test_each_label_and_each_mask_value_is_counted_as_defined():
    groundtruth = np.tile(np.uint8(LABELS)[:, None], 3)
    mask = np.tile(np.uint8([0, 127, 255]), (5, 1))
    assert count_frame(mask, groundtruth) == Counts(tp=1, fp=2, fn=2, tn=4, se=1, shadow=3)
    roi = np.ones((5, 3), bool)
    roi[1] = False
    assert count_frame(mask, groundtruth, roi) == Counts(tp=1, fp=1, fn=2, tn=2)


def test_masks_of_ones_are_masks():
    mask = np.uint8([[0, 1], [1, 0]])
    assert is_foreground(mask).tolist() == is_foreground(mask * 255).tolist() == mask.astype(bool).tolist()
    assert is_foreground(mask.astype(bool)).tolist() == mask.astype(bool).tolist()
    assert not is_foreground(np.uint8([[0, 127]])).any()
    assert is_foreground(np.uint8([[1, 254, 255]])).tolist() == [[False, False, True]]  # not 0/1: 255 only


def test_what_does_not_fit_is_refused():
    mask = np.zeros((2, 3), np.uint8)
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        count_frame(mask, np.zeros((3, 2), np.uint8))
    with pytest.raises(ValueError, match="ROI"):
        count_frame(mask, mask, np.ones((3, 2), bool))
    with pytest.raises(ValueError, match="argument"):
        list(count_frames([mask], [mask, mask]))


def test_the_measures_of_a_worked_example():
    found = measure(Counts(tp=60, fp=20, fn=40, tn=880, se=5, shadow=50))
    assert asdict(found) == pytest.approx(
        {
            "recall": 0.6,
            "specificity": 880 / 900,
            "fpr": 20 / 900,
            "fnr": 0.4,
            "pwc": 6.0,
            "precision": 0.75,
            "f_measure": 2 / 3,
            "shadow_error": 0.1,
        }
    )


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(tn=9), (None, None, None)),  # nothing there, nothing marked: nothing to judge
        (Counts(fp=2, tn=9), (0, 0, 0)),
        (Counts(fn=2, tn=9), (0, 0, 0)),
        (Counts(fp=1, fn=2), (0, 0, 0)),
        (Counts(tp=4), (1, 1, 1)),
    ],
)
def test_zero_denominators(counts, expected):
    found = measure(counts)
    assert (found.recall, found.precision, found.f_measure) == expected


def test_what_has_no_pixels_is_not_defined():
    found = measure(Counts(tp=4))
    assert (found.specificity, found.fpr, found.shadow_error) == (None, None, None)
    assert (found.fnr, found.pwc) == (0, 0)
    assert measure(Counts(fp=1)).fnr is None
    assert set(astuple(measure(Counts()))) == {None}


positive = st.integers(1, 10**9)


@given(positive, positive, positive, positive)
def test_measures_hang_together(tp, fp, fn, tn):
    found = measure(Counts(tp, fp, fn, tn))
    assert found.recall + found.fnr == pytest.approx(1)
    assert found.specificity + found.fpr == pytest.approx(1)
    harmonic = 2 * found.recall * found.precision / (found.recall + found.precision)
    assert found.f_measure == pytest.approx(harmonic)


@pytest.mark.parametrize(
    ("category", "mean_f", "f_of_means", "pooled"),
    [("intermittentObjectMotion", 0.5207, 0.5814, 0.5431), ("baseline", 0.8245, 0.8318, 0.7693)],
)
def test_published_counts_give_the_published_averages(category, mean_f, f_of_means, pooled):
    videos = [Counts(*counts) for counts in PUBLISHED[category].values()]
    mean = average(map(measure, videos)).measures
    assert mean.f_measure == pytest.approx(mean_f, abs=5e-5)
    # The two ways that CDnet does not mean differ by far more than rounding.
    assert 2 * mean.recall * mean.precision / (mean.recall + mean.precision) == pytest.approx(
        f_of_means, abs=5e-5
    )
    assert measure(total(videos)).f_measure == pytest.approx(pooled, abs=5e-5)


def test_overall_is_the_mean_over_categories_not_over_videos():
    measured = {
        name: [measure(Counts(*counts)) for counts in videos.values()] for name, videos in PUBLISHED.items()
    }
    by_category, overall = average_categories(measured)
    assert by_category["baseline"].measures.f_measure == pytest.approx(0.8245, abs=5e-5)
    assert by_category["intermittentObjectMotion"].measures.recall == pytest.approx(0.514, abs=5e-4)
    assert overall.measures.f_measure == pytest.approx((0.8245 + 0.5207) / 2, abs=5e-5)
    assert overall.undefined == dict.fromkeys(MEASURES, 0) | {"shadow_error": 2}


def test_undefined_measures_are_left_out_and_counted():
    nothing, half = measure(Counts()), Measures(0.5, 0.5, 0.5, 0.5, 50.0, None, 0.5, None)
    mean = average([nothing, half, half])
    assert mean.measures == half
    assert mean.undefined == dict.fromkeys(MEASURES, 1) | {"precision": 3, "shadow_error": 3}
    by_category, overall = average_categories({"a": [nothing], "b": [half, half]})
    assert by_category["a"].measures == nothing
    assert overall.measures == half
    assert overall.undefined["recall"] == 1
    assert average([]).measures == nothing
