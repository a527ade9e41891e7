import numpy as np
import pandas as pd

from bgsub.evidence.over_clips import compare
from bgsub.figures.ranks_plot import alike, draw_ranks
from bgsub.names import Look, Name

NAMES = {name: Name(label, look=Look("#123456")) for name, label in (("a", "A"), ("b", "B"), ("c", "C"))}


def compared(clips: int):
    rng = np.random.default_rng(0)
    values = rng.normal([0.9, 0.5, 0.5], [0.01, 0.1, 0.1], (clips, 3))
    rows = [
        (f"clip{n}", name, value)
        for n, of in enumerate(values)
        for name, value in zip("abc", of, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["clip", "method", "f_measure"])
    return [compare(table, "f_measure"), compare(table, "retention")]


def test_methods_that_cannot_be_told_apart_are_joined() -> None:
    assert alike(np.array([1.0, 1.8, 2.4, 4.0]), 1.0) == [(0, 1), (1, 2)]
    assert alike(np.array([1.0, 1.2, 1.9]), 1.0) == [(0, 2)]
    assert alike(np.array([1.0, 2.0]), 1.0) == []  # a difference that is critical is one
    assert alike(np.array([1.0, 1.0]), None) == []


def test_ranks_are_drawn_best_first_with_their_test() -> None:
    top, bottom = draw_ranks(compared(30), NAMES).axes
    assert top.get_yticklabels()[0].get_text() == "A"
    assert "30\N{NO-BREAK SPACE}clips: Friedman p < 0.001, critical difference 0.61" in top.get_title(
        loc="left"
    )
    joined = [line for line in top.lines if line.get_linewidth() == 3]
    assert [line.get_ydata().tolist() for line in joined] == [[0.8, 2.2]]
    assert "no clip has it" in bottom.get_title(loc="left")


def test_few_clips_are_said_to_be_too_few() -> None:
    top, _ = draw_ranks(compared(9), NAMES).axes
    assert top.get_title(loc="left").endswith("9\N{NO-BREAK SPACE}clips: too few for a test, which takes 10")
    assert [line for line in top.lines if line.get_linewidth() == 3] == []
