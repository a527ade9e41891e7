from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bgsub.evidence.absorption import mog2_absorption
from bgsub.evidence.cdnet import Scope
from bgsub.evidence.scores import COUNTS
from bgsub.evidence.still import Still
from bgsub.evidence.sweeps import measure_frames, summarise
from bgsub.masks.mask_file import Masks
from bgsub.masks.rules import Difference
from bgsub.masks.subtractors import Mog2
from bgsub.source.split import Split

MOG2 = Mog2(opencv="mog2", history=60)
GMM = Difference(model="em", rule="difference")

SPLIT = Split([0], [1, 2, 3], "clip", "clip")


def found(first, masks):
    return Masks(np.array(masks, np.uint8), np.arange(first, first + len(masks), dtype=np.int32))


def table(first, shares, still_frame=4, **columns):
    """`measures.csv` with the visible shares of frames from `first` on, and by default 1 of each count."""
    frames = range(first, first + len(shares))
    rows = {"frame": frames, "foreground_share": shares, "still_frame": still_frame, "visible_share": shares}
    rows |= {"training": first, "frames_seen": still_frame}
    return pd.DataFrame(rows | dict.fromkeys(COUNTS, 1) | columns)


def test_a_frame_is_measured_where_and_when_it_counts():
    truth = np.array([[[0, 50, 255, 255]]] * 4, np.uint8)
    roi = np.array([[True, True, True, False]])
    masks = found(1, [[[255, 255, 127, 0]], [[0, 0, 255, 255]], [[0, 0, 0, 255]]])
    before, scored, last = measure_frames(
        masks, SPLIT, Still(2, "groundtruth", truth, "groundtruth"), truth, Scope(roi, range(2, 3))
    )
    assert before == {
        "frame": 1,
        "foreground_share": 0.5,  # a shadow is not foreground
        "training": 1,
        "still_frame": 2,
        "frames_seen": 2,
        "visible_share": None,  # not yet still
        **dict.fromkeys(COUNTS),  # not yet scored
    }
    assert (scored["frame"], scored["visible_share"], scored["foreground_share"]) == (2, 1.0, 0.5)
    assert [scored[name] for name in COUNTS] == [1, 0, 0, 2, 0, 1]
    assert (last["visible_share"], last["tp"]) == (0.5, None)


def test_without_truth_and_person_only_the_foreground_is_measured():
    (row,) = measure_frames(found(7, [[[255, 0]]]), SPLIT, None)
    assert {name: value for name, value in row.items() if value is not None} == {
        "frame": 7,
        "foreground_share": 0.5,
        "training": 1,
    }


def test_a_region_without_the_person_is_not_a_share():
    truth = np.zeros((3, 1, 2), np.uint8)
    (row,) = measure_frames(found(2, [[[255, 0]]]), SPLIT, Still(1, "config", truth, "groundtruth"))
    assert row["visible_share"] is None


def test_variants_are_compared_on_the_frames_they_share():
    points = [
        {"variant": "early", "split.train_fraction": 0.2},
        {"variant": "late", "split.train_fraction": 0.4},
    ]
    measures = {
        "early": table(2, [0.0, 0.0, 0.9, 0.8, 0.4, 0.3], tp=[50, 50, 3, 3, 3, 3]),
        "late": table(4, [1.0, 1.0, 1.0, 1.0]),
    }
    early, late = summarise(points, {"early": GMM, "late": GMM}, measures, {})
    assert (early["frames"], late["frames"]) == (4, 4)
    assert early["f_measure"] == pytest.approx(2 * 12 / (2 * 12 + 4 + 4))
    assert early["foreground_share"] == early["retention"] == pytest.approx((0.9 + 0.8 + 0.4 + 0.3) / 4)
    assert (early["initial_share"], early["half_life"], early["censored_at"]) == (0.9, 2, None)
    assert (late["half_life"], late["censored_at"], late["retention"]) == (None, 4, 1.0)
    assert early["split.train_fraction"] == 0.2
    assert early["predicted"] is None  # a fixed model absorbs nobody


def test_frames_are_counted_from_stillness_also_when_testing_begins_later():
    (row,) = summarise([{"variant": "mog2"}], {"mog2": MOG2}, {"mog2": table(6, [0.8, 0.8, 0.3])}, {})
    assert row["half_life"] == 4  # frame 8, the person lying still since frame 4


def test_mog2_is_predicted_from_its_own_settings():
    variants = {
        "mog2": MOG2,
        "mog2.history-200": replace(MOG2, history=200),
        "mog2.learning-frozen": replace(MOG2, learning="frozen"),
    }
    measures = {name: table(100, [1.0] * 20, still_frame=99) for name in variants}
    rows = summarise([{"variant": name} for name in variants], variants, measures, {})
    assert [row["predicted"] for row in rows] == [
        mog2_absorption(60, frames_seen=99),
        mog2_absorption(200, frames_seen=99),
        None,
    ]


def test_without_ground_truth_and_person_scores_and_absorption_are_empty():
    measured = table(4, [0.1, 0.3], visible_share=None, still_frame=None)
    measured = measured.assign(**dict.fromkeys(COUNTS, np.nan))
    (row,) = summarise([{"variant": "gmm", "threshold": 20}], {"gmm": GMM}, {"gmm": measured}, {})
    assert {name: value for name, value in row.items() if value is not None} == {
        "variant": "gmm",
        "threshold": 20,
        "frames": 2,
        "foreground_share": pytest.approx(0.2),
    }


def test_the_fit_is_the_end_of_its_trajectory():
    fit = pd.DataFrame(
        {"iteration": [0, 1, 2], "log_likelihood": [1.0, 2.0, 2.5], "gain": 0, "converged": [0, 0.5, 0.9]}
    )
    (row,) = summarise([{"variant": "gmm"}], {"gmm": GMM}, {"gmm": table(4, [1.0])}, {"gmm": fit})
    assert (row["iterations"], row["log_likelihood"], row["converged"]) == (2, 2.5, 0.9)
