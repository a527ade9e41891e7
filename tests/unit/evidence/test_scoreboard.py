from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from bgsub.errors import InputError
from bgsub.evidence.cdnet import Scope
from bgsub.evidence.scoreboard import clip_counts, count_masks, overall_rows, scene_rows, score_rows
from bgsub.evidence.scores import COUNTS, MEASURES, Counts
from bgsub.masks.mask_file import Masks

KEEPS = [Counts(tp=90 - t % 3, fp=5, fn=10 + t % 3, tn=895, se=1, shadow=20) for t in range(12)]
LOSES = [Counts(tp=max(80 - 20 * t, 0), fn=min(20 + 20 * t, 100), tn=900, shadow=20) for t in range(12)]


def table(counts: list[Counts]) -> pd.DataFrame:
    """A method's counts.csv; the measures of frames are not read again."""
    return pd.DataFrame([{"frame": 44 + place, **asdict(found)} for place, found in enumerate(counts)])


def test_frames_have_their_counts_and_measures():
    groundtruth = np.zeros((5, 2, 5), np.uint8)
    groundtruth[:4, 0] = 255
    groundtruth[3, 0, 0] = 170
    masks = np.zeros((3, 2, 5), np.uint8)
    masks[1, 0, :3], masks[1, 1, 0] = 255, 255
    roi = np.ones((2, 5), bool)
    roi[1, 4] = False
    # Test frames 2 to 4, of which the temporal region holds 3 and 4.
    rows = count_masks(Masks(masks, np.int32([2, 3, 4])), groundtruth, Scope(roi, range(3, 5)))
    assert rows[0] == pytest.approx(
        {
            "frame": 3,
            "tp": 2,
            "fp": 1,
            "fn": 2,
            "tn": 3,
            "se": 0,
            "shadow": 0,
            "recall": 0.5,
            "precision": 2 / 3,
            "f_measure": 4 / 7,
        }
    )
    assert len(rows) == 2
    assert [rows[1][name] for name in ("frame", "tn", "recall", "precision", "f_measure")] == [
        4,
        9,
        None,
        None,
        None,
    ]


def test_a_clip_without_a_frame_to_score_is_refused():
    masks = Masks(np.zeros((2, 2, 2), np.uint8), np.int32([3, 4]))
    with pytest.raises(
        InputError, match=r"no test frame \(3 to 4\) .* \(0 to 2\); change split.train_fraction"
    ):
        count_masks(masks, np.zeros((5, 2, 2), np.uint8), Scope(np.ones((2, 2), bool), range(3)))


def test_a_frame_without_a_label_in_the_region_is_not_scored():
    groundtruth = np.full((4, 2, 2), 85, np.uint8)
    groundtruth[2] = [[85, 0], [0, 0]]
    groundtruth[3, 0, 0] = 255  # outside the region
    roi = np.array([[False, True], [True, True]])
    masks = Masks(np.zeros((3, 2, 2), np.uint8), np.int32([1, 2, 3]))
    scope = Scope(roi, range(4))
    assert [row["frame"] for row in count_masks(masks, groundtruth, scope)] == [2]
    with pytest.raises(InputError, match=r"no test frame \(1 to 3\) has a labelled pixel"):
        count_masks(masks, np.full_like(groundtruth, 85), scope)


def test_a_clip_is_scored_from_its_frames():
    assert clip_counts(table(KEEPS)) == sum(KEEPS, start=Counts())
    rows, differences = score_rows({"gmm": table(KEEPS), "mog2": table(LOSES)}, seed=0)
    assert list(rows[0]) == ["method", *MEASURES, "f_low", "f_high", *COUNTS, "frames", "block_length"]
    gmm, mog2 = rows
    assert (gmm["method"], gmm["tp"], gmm["se"], gmm["frames"]) == ("gmm", 1068, 12, 12)
    assert gmm["f_measure"] == pytest.approx(2 * 1068 / (2 * 1068 + 60 + 132))
    assert gmm["shadow_error"] == pytest.approx(1 / 20)
    assert mog2["recall"] == pytest.approx(200 / 1200)
    assert gmm["f_low"] < gmm["f_measure"] < gmm["f_high"]
    (pair,) = differences
    assert (pair["method"], pair["other"]) == ("gmm", "mog2")
    assert pair["difference"] == pytest.approx(gmm["f_measure"] - mog2["f_measure"])
    assert 0 < pair["low"] < pair["high"] < 1


def test_a_clip_of_few_frames_has_no_interval():
    rows, differences = score_rows({"gmm": table(KEEPS[:9])}, seed=0)
    assert (rows[0]["f_low"], rows[0]["f_high"], rows[0]["block_length"]) == (None, None, None)
    assert rows[0]["f_measure"] > 0.9
    assert differences == []


def test_a_clip_that_shows_no_foreground_counts_in_no_method_s_mean_of_what_is_found() -> None:
    marks = [Counts(fp=9, tn=991)] * 20
    rows, differences = score_rows({"marks": table(marks), "not": table([Counts(tn=1000)] * 20)}, seed=0)
    found = ("recall", "precision", "f_measure", "fnr", "f_low", "f_high")
    assert [[row[name] for name in found] for row in rows] == [[None] * 6] * 2
    assert [row["specificity"] for row in rows] == [0.991, 1]
    assert differences == []


def clip(**f: float | None) -> pd.DataFrame:
    rows = [{"method": name, **dict.fromkeys(MEASURES, value)} for name, value in f.items()]
    return pd.DataFrame(rows)


def test_over_clips_categories_weigh_the_same():
    scores = {"a1": clip(gmm=0.2), "a2": clip(gmm=0.4), "b": clip(gmm=0.9)}
    rows = overall_rows(scores, {"a1": "falls", "a2": "falls", "b": "empty"})
    assert [(row["category"], row["method"], row["clips"]) for row in rows] == [
        ("falls", "gmm", 2),
        ("empty", "gmm", 1),
        ("overall", "gmm", 3),
    ]
    assert [row["f_measure"] for row in rows] == pytest.approx([0.3, 0.9, 0.6])
    assert {row["undefined"] for row in rows} == {None}


def test_over_clips_what_is_not_defined_is_counted():
    none = clip(gmm=0.5, mog2=0.1)
    none["shadow_error"] = np.nan  # as it comes from a file
    rows = overall_rows({"a": none, "b": clip(gmm=0.7)}, {"a": "x", "b": "y"})
    assert [
        (row["category"], row["method"], row["clips"], row["shadow_error"], row["undefined"]) for row in rows
    ] == [
        ("x", "gmm", 1, None, "shadow_error: 1"),
        ("y", "gmm", 1, 0.7, None),
        ("overall", "gmm", 2, 0.7, "shadow_error: 1"),
        ("x", "mog2", 1, None, "shadow_error: 1"),
        ("overall", "mog2", 1, None, "shadow_error: 1"),
    ]


def test_scenes_stand_side_by_side_and_an_empty_one_has_no_f_measure():
    nobody = [Counts(fp=9, tn=991, shadow=0)] * 3
    tables = {
        "falls": {"keeps": table(KEEPS), "loses": table(LOSES)},
        "empty": {"keeps": table(nobody), "loses": table([Counts(tn=1000)] * 3)},
    }
    scores = {clip: pd.DataFrame(score_rows(of, seed=0)[0]) for clip, of in tables.items()}
    kept = {
        "falls": pd.DataFrame({"method": ["loses", "keeps"], "retention": [0.2, 0.9]}),
        "empty": pd.DataFrame({"method": ["keeps", "loses"], "retention": [None, None]}),
    }
    keeps, loses, some, none = scene_rows(scores, kept)
    assert [row["clip"] for row in (keeps, loses, some, none)] == ["falls", "falls", "empty", "empty"]
    assert keeps["behind"] == 0
    assert loses["behind"] == pytest.approx(keeps["f_measure"] - loses["f_measure"]) != 0
    assert (keeps["retention"], loses["retention"]) == (0.9, 0.2)
    assert keeps["shadow_error"] == pytest.approx(1 / 20)
    assert some["fpr"] == pytest.approx(0.009)
    assert none["fpr"] == 0
    for row in (some, none):
        assert [row[key] for key in ("f_measure", "behind", "precision", "recall", "retention")] == [None] * 5


def test_a_single_category_is_not_told_twice() -> None:
    rows = overall_rows({"a": clip(gmm=0.5), "b": clip(gmm=0.7)}, {"a": "x", "b": "x"})
    assert [(row["category"], row["clips"], row["f_measure"]) for row in rows] == [("overall", 2, 0.6)]
