"""Methods over clips, held against the worked example of Demšar, JMLR 7 (2006)."""

import numpy as np
import pandas as pd
import pytest

from bgsub.evidence.over_clips import compare

# The ranks of table 6 there: four classifiers on fourteen data sets.
RANKS = np.array(
    [
        [4, 3, 2, 1],
        [1, 2, 3, 4],
        [4, 1, 2, 3],
        [4, 1, 3, 2],
        [4, 2, 3, 1],
        [1, 2.5, 4, 2.5],
        [3, 2, 4, 1],
        [2.5, 2.5, 4, 1],
        [4, 3, 2, 1],
        [2.5, 2.5, 2.5, 2.5],
        [4, 2.5, 1, 2.5],
        [3, 2, 4, 1],
        [4, 1, 2, 3],
        [3, 1, 4, 2],
    ]
)
METHODS = ("c45", "m", "cf", "m_cf")


def table(values: np.ndarray, measure: str = "f_measure") -> pd.DataFrame:
    """The long table of values by clip and method."""
    rows = [
        {"clip": f"clip{clip}", "method": method, measure: value}
        for clip, of_clip in enumerate(values)
        for method, value in zip(METHODS, of_clip, strict=False)
    ]
    return pd.DataFrame(rows)


def test_ranks_and_critical_difference_are_the_published_ones() -> None:
    found = compare(table(-RANKS), "f_measure")
    assert found.mean_ranks.round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)
    # 9.28 with three degrees of freedom is 0.0258; with the correction for ties, less.
    assert 0.01 < found.friedman_p < 0.0258


def test_nemenyi_s_p_is_a_twentieth_at_the_critical_difference() -> None:
    values = np.repeat([[4.0, 3, 2, 1]], 22, axis=0)
    values[:2] = values[:2, [1, 0, 2, 3]]
    found = compare(table(values), "f_measure")
    p = {(row["method"], row["other"]): row["nemenyi_p"] for row in found.difference_rows(seed=0)}
    apart = found.mean_ranks["m"] - found.mean_ranks["c45"]
    assert apart < found.critical_difference < 1 < found.mean_ranks["m_cf"] - found.mean_ranks["c45"]
    assert p["c45", "m"] > 0.05 > p["c45", "m_cf"]


def test_differences_are_paired_by_clips() -> None:
    rng = np.random.default_rng(1)
    rooms = rng.uniform(0.2, 0.9, (30, 1))  # clips differ more than methods do
    noise = rng.normal(0, 0.01, (30, 2))
    (row,) = compare(table(rooms + noise + [0.05, 0.0]), "f_measure").difference_rows(seed=0)
    assert row["clips"] == 30
    assert 0.035 < row["low"] < row["difference"] < row["high"] < 0.065
    again = compare(table(rooms + noise + [0.05, 0.0]), "f_measure").difference_rows(seed=0)
    assert [row] == again


def test_few_clips_have_ranks_and_differences_but_no_test() -> None:
    found = compare(table(-RANKS[:9]), "f_measure")
    assert not found.enough
    assert (found.friedman_p, found.critical_difference) == (None, None)
    assert {(row["low"], row["nemenyi_p"]) for row in found.difference_rows(seed=0)} == {(None, None)}
    assert len(found.rank_rows()) == 4


def test_a_clip_that_lacks_the_measure_of_a_method_is_left_out() -> None:
    values = -RANKS.copy()
    values[3, 1] = np.nan
    found = compare(table(values), "f_measure")
    assert {row["clips"] for row in found.rank_rows()} == {13}
    assert compare(table(values), "retention").rank_rows() == []
    assert compare(table(values), "retention").difference_rows(seed=0) == []


def test_methods_that_never_differ_have_no_test_of_ranks() -> None:
    found = compare(table(np.full((12, 3), 0.5)), "f_measure")
    assert found.friedman_p is None
    assert {(row["difference"], row["low"], row["high"]) for row in found.difference_rows(seed=0)} == {
        (0.0, 0.0, 0.0)
    }
