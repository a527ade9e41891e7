import numpy as np
import pandas as pd
import pytest
from defaults import NAMES

from bgsub.report.alts import figure_alts

FIT = {
    "iterations_median": 5.0,
    "iterations_max": 204,
    "undefined": 0.0,
    "gap_median": 0.0,
    "gap_over_0.01": 0.0,
}
SAID = {
    "worth": None,
    "converged": ["Yes: it has."],
    "audit": None,
    "background": "It is 1.5 levels off.",
    "verdict": "MOG2 has lost them.",
    "history": [],
    "foreground": "It is 3 %.",
    "scores": ["The highest is 0.9."],
    "thresholds": ["The best is 13."],
}


@pytest.fixture
def alts() -> dict[str, str]:
    fits = pd.DataFrame(
        [
            {"model": "em", **FIT},
            {"model": "notebook", **FIT, "gap_median": 0.15, "gap_over_0.01": 0.96, "undefined": 0.05},
            {"model": "auto", **FIT, "gap_median": np.nan},
        ]
    )
    agreement = pd.DataFrame(
        {"method": ["gmm"], "other": ["mog2"], "both": 5, "either": 9, "f_measure": 0.31}
    )
    return {stem: alt.replace("\xa0", " ") for stem, alt in figure_alts(SAID, fits, agreement, NAMES).items()}


def test_a_fit_and_its_gap_are_told_by_their_figures(alts):
    assert "half of the pixels took at most 5 iterations, the slowest 204 iterations" in alts["fit_em"]
    assert "95 % of them have a fit" in alts["fit_notebook"]
    short = "by more than 0.01 nats per sample on 96 % of the pixels, the typical one by 0.15"
    assert short in alts["gap_notebook"]
    assert "no pixel has a defined fit in both" in alts["gap_auto"]


def test_charts_are_told_by_what_the_page_says_of_them(alts):
    assert "MOG2 has lost them." in alts["absorption"]
    assert "1.5 levels off" in alts["backgrounds"]
    assert alts["scores"] == "The highest is 0.9."
    assert "The best is 13." in alts["curves"]
    assert "is 0.310" in alts["agreement"]
    assert "nan" not in " ".join(alts.values()).lower()
