import numpy as np
import pandas as pd
import pytest

from bgsub.evidence.moments import in_a_row, most_telling, telling_part, window

ABSORPTION = pd.DataFrame({"method": ["a", "b", "c"], "still_frame": 61.0, "retention": [0.6, 0.02, 0.9]})
AREA = pd.DataFrame({"method": ["a", "b", "c"], "frame": 70, "foreground_share": [0.1, 0.0, 0.12]})


def test_the_moment_shows_who_keeps_most_and_who_keeps_least():
    assert most_telling(ABSORPTION, AREA, range(44, 110)) == (69, "c", "b")
    assert most_telling(ABSORPTION, AREA, range(44, 65)) == (64, "c", "b")
    assert most_telling(ABSORPTION, AREA, range(80, 110)) == (88, "c", "b")
    full = AREA.assign(foreground_share=[0.1, 0.0, 0.5])
    assert most_telling(ABSORPTION, full, range(44, 110)) == (69, "a", "b")
    nobody = ABSORPTION.assign(still_frame=np.nan, retention=np.nan)
    assert most_telling(nobody, AREA, range(44, 110)) == (77, "a", "c")


def test_a_few_moments_in_a_row():
    assert in_a_row(range(44, 110), 61) == {
        44: "first test\nframe 44",
        51: "still -10\nframe 51",
        57: "still -4\nframe 57",
        62: "still +1\nframe 62",
        66: "still +5\nframe 66",
        71: "still +10\nframe 71",
        91: "still +30\nframe 91",
        109: "last\nframe 109",
    }
    assert list(in_a_row(range(44, 50), 46)) == [44, 47, 49]  # only frames that have masks
    assert list(in_a_row(range(2, 4), None)) == [2, 3]
    assert len(in_a_row(range(44, 110), None)) == 7


def test_with_nobody_still_the_moment_shows_the_best_and_the_worst_score():
    nobody = ABSORPTION.assign(still_frame=np.nan, retention=np.nan)
    scores = pd.DataFrame({"method": ["a", "b", "c"], "f_measure": [0.5, 0.9, np.nan]})
    there = [0.0, 0.1, 0.3, 0.2]
    assert most_telling(nobody, AREA, range(44, 48), scores=scores, truth_area=there) == (46, "b", "a")


def test_the_moment_lies_within_the_stillness():
    assert most_telling(ABSORPTION, AREA, range(44, 110), last_still=65) == (65, "c", "b")


def test_a_window_holds_what_is_there_in_the_picture_s_proportions():
    where = np.zeros((60, 90), bool)
    where[40:44, 70:80] = True
    rows, columns = window(where)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (20, 30)  # a third at least
    assert where[rows, columns].sum() == where.sum()
    where[5, 3] = True
    rows, columns = window(where, margin=0.0)
    assert where[rows, columns].sum() == where.sum()
    assert (columns.stop - columns.start) / (rows.stop - rows.start) == pytest.approx(1.5, rel=0.03)


@pytest.mark.parametrize("level", [False, True])
def test_a_window_of_nothing_and_of_everything_is_the_whole_picture(level):
    assert window(np.full((6, 9), level)) == (slice(0, 6), slice(0, 9))


def test_the_telling_part_leaves_out_what_one_method_of_many_marks():
    full, spot = np.full((60, 90), 255, np.uint8), np.zeros((60, 90), np.uint8)
    spot[30:33, 40:44] = 255
    rows, columns = telling_part([[full, spot, spot, spot]])
    assert (rows.stop - rows.start, columns.stop - columns.start) == (20, 30)
    assert spot[rows, columns].sum() == spot.sum()
    there = np.zeros((60, 90), bool)
    there[0, 0] = True
    rows, columns = telling_part([[spot], [spot]], [there])
    assert (rows.start, columns.start) == (0, 0)
    assert rows.stop >= 33
    assert columns.stop >= 44
