import pandas as pd
import pytest
from defaults import NAMES

from bgsub.report.sentences_thresholds import false_alarm_answer, parted
from bgsub.words import NBSP


def said(**of):
    row = {"method": "gmm_mahalanobis", "threshold": 6.0, "expected": 2e-4, "measured": 3e-4}
    return false_alarm_answer(pd.DataFrame([row | {"colours": 34012, "fitted": 33} | of]), NAMES.methods)


def test_both_rates_are_told_and_nothing_is_warned_of_where_they_agree():
    (paragraph,) = said()
    assert paragraph.replace(NBSP, " ") == (
        "The threshold of the GMM by Mahalanobis lets 2.0 in 10,000 of a background's colours pass by "
        "theory; of 34,012 colours in training frames that were left out of the fit, where nothing covers "
        "the background, 3.0 in 10,000 did."
    )
    assert "none did." in said(measured=0.0, colours=1000)[0]


def test_it_is_warned_of_more_than_ten_times_as_many_and_of_less_than_a_tenth():
    assert "more than ten times as many." in said(measured=2.1e-3)[0]
    assert "1.2 % did, more than ten times" in said(measured=0.012)[0].replace(NBSP, " ")
    assert "One or the other does not hold here" in said(measured=2.1e-3)[0]
    assert "ten times" not in said(measured=1.9e-3)[0]
    assert "One or the other does not hold here" not in said(measured=1.9e-3)[0]
    assert "less than a tenth as many: it is stricter" in said(expected=0.6, measured=0.05)[0]
    assert "tenth" not in said(expected=0.6, measured=0.07)[0]


@pytest.mark.parametrize(
    ("expected", "measured", "colours", "found"),
    [
        (1e-6, 9e-4, 10_000, 0),  # nine colours tell no ratio
        (1e-6, 11e-4, 10_000, 1),
        (9e-3, 0.0, 10_000, 0),  # 90 colours are few as well
        (11e-3, 0.0, 10_000, -1),
        (0.1, 0.1, 10_000, 0),
    ],
)
def test_few_colours_tell_no_ratio(expected, measured, colours, found):
    assert parted(expected, measured, colours) == found


def test_what_parts_ways_is_explained_once():
    row = {"threshold": 6.0, "expected": 1e-4, "measured": 9e-3, "colours": 34012, "fitted": 33}
    table = pd.DataFrame([row | {"method": name} for name in ("gmm_mahalanobis", "gmm")])
    (paragraph,) = false_alarm_answer(table, NAMES.methods)
    assert paragraph.count("more than ten times as many.") == 2
    assert paragraph.count("The theory is that of a single Gaussian") == 1


def test_nothing_is_said_without_a_theory_or_a_measurement():
    assert said(expected=None) == []
    assert said(measured=None, colours=0) == []
    assert false_alarm_answer(pd.DataFrame(columns=["expected", "measured"]), NAMES.methods) == []
