import re

import pandas as pd
import pytest

from bgsub.evidence.scoreboard import overall_rows
from bgsub.evidence.scores import MEASURES
from bgsub.report.paper import paper_table


def rows(clip: str, category: str, **f: float | None) -> list[dict]:
    return [
        {"clip": clip, "category": category, "method": name, "label": f"{name} & co", "retention": None}
        | {"foreground_share": 0.125, **dict.fromkeys(MEASURES, value)}
        for name, value in f.items()
    ]


TABLE = pd.DataFrame(
    rows("a1", "falls", gmm=0.25, mog2=0.5)
    + rows("a2", "falls", gmm=0.35, mog2=0.5)
    + rows("b", "night_1", gmm=0.9, mog2=0.1)
    + rows("c", "unlabelled", gmm=None, mog2=None)
)


def lines(text: str) -> list[list[str]]:
    """The rows of all tables in LaTeX, cell by cell."""
    return [re.split(r" & (?!co)", line.removesuffix(r" \\")) for line in text.splitlines() if " & " in line]


def test_means_are_over_clips_and_then_over_categories_as_in_scores_csv() -> None:
    table = lines(paper_table(TABLE))
    assert table[0] == ["", "Re", "Sp", "FPR", "FNR", "PWC", "Pr", "F", "Marked"]
    gmm = table[1]
    assert gmm[0] == r"gmm \& co"
    assert gmm[7] == r"\textbf{0.6000}"
    scored = TABLE.dropna(subset=["f_measure"])
    expected = overall_rows(
        dict(iter(scored.groupby("clip"))),
        dict(zip(scored["clip"], scored["category"], strict=True)),
    )
    (overall,) = (row for row in expected if (row["category"], row["method"]) == ("overall", "gmm"))
    assert overall["f_measure"] == pytest.approx(0.6)


def test_the_least_error_is_best_and_what_reads_the_same_is_bold_too() -> None:
    _, gmm, mog2, *_ = lines(paper_table(TABLE))
    assert [gmm[3], mog2[3]] == ["0.6000", r"\textbf{0.3000}"]  # FPR
    assert [gmm[8], mog2[8]] == ["0.1250", "0.1250"]  # marking less is no merit by itself
    alike = TABLE.assign(f_measure=[0.5, 0.50001] * 4)
    assert [row[7] for row in lines(paper_table(alike))[1:3]] == [r"\textbf{0.5000}"] * 2


def test_categories_with_ground_truth_have_a_table_of_their_own() -> None:
    table = lines(paper_table(TABLE))
    assert table[3:] == [
        ["", "falls", r"night\_1", "overall"],
        [r"gmm \& co", "0.3000", r"\textbf{0.9000}", r"\textbf{0.6000}"],
        [r"mog2 \& co", r"\textbf{0.5000}", "0.1000", "0.3000"],
    ]
    text = paper_table(TABLE)
    assert "3~clips in 2 categories" in text
    assert text.count(r"\resizebox{\ifdim\width>\linewidth") == 2  # none is wider than the text
    assert text.count("{") == text.count("}")
    assert len(lines(paper_table(TABLE[TABLE["category"] == "falls"]))) == 3


def test_the_caption_says_which_measures_are_of_fewer_clips() -> None:
    empty = TABLE.assign(f_measure=TABLE["f_measure"].where(TABLE["clip"] != "a1"))
    said = paper_table(empty)
    assert "Re, Sp, FPR, FNR, PWC, Pr: CDnet's measures, over 3~clips in 2 categories; F: CDnet's" in said
    assert "F: CDnet's measures, over 2~clips in 2 categories" in said


def test_without_ground_truth_there_is_what_was_measured() -> None:
    measured = TABLE[TABLE["category"] == "unlabelled"].assign(retention=[0.75, 0.5])
    table = lines(paper_table(measured))
    assert table == [
        ["", "Kept", "Marked"],
        [r"gmm \& co", r"\textbf{0.7500}", "0.1250"],
        [r"mog2 \& co", "0.5000", "0.1250"],
    ]
    assert r"\textbf{0.7500}" in paper_table(measured)
