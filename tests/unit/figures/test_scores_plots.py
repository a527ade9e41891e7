import numpy as np
import pandas as pd
import pytest
from defaults import called
from matplotlib.colors import to_hex

from bgsub.evidence.curves import threshold_curve
from bgsub.figures import scores_plots as plots
from bgsub.figures.style import save_figure
from bgsub.masks.method import ADAPTIVE, FROZEN, OWN, PROTECTED, RECONSIDERING

SCORES = pd.DataFrame(
    {
        "method": ["mog2_default", "gmm", "safe", "idle"],
        "f_measure": [0.3, 0.8, 0.9, np.nan],
        "f_low": [0.1, 0.75, 0.85, np.nan],
        "f_high": [0.6, 0.85, 0.95, np.nan],
        "recall": [0.2, 0.7, 0.9, np.nan],
        "precision": [1.0, 0.95, 0.9, np.nan],
    }
)
LEARNING = {"mog2_default": ADAPTIVE, "gmm": FROZEN, "safe": PROTECTED, "idle": FROZEN}
METHODS = called(*LEARNING, "nobody")
CURVES = {
    "gmm": threshold_curve([1, 1, 2, 6], [80, 6, 2, 2], [-np.inf, 0, 10, 50]),
    "nobody": threshold_curve([0, 0], [5, 5], [0, 1]),
}
AGREEMENT = pd.DataFrame(
    {
        "method": ["gmm", "gmm", "mog2_default"],
        "other": ["mog2_default", "idle", "idle"],
        "f_measure": [0.999, 0.25, np.nan],
    }
)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_scores_are_ranked_with_their_intervals():
    score, found, kept = plots.draw_scores(
        SCORES, LEARNING, METHODS, {"mog2_default": 0.02, "gmm": 0.6, "safe": np.nan}
    ).axes
    assert [label.get_text() for label in score.get_yticklabels()] == ["safe", "GMM", "MOG2", "idle"]
    assert score.get_ylim() == (3.5, -0.5)  # the best on top
    assert texts(score) == ["0.900", "0.800", "0.300", "none"]
    intervals, dots = score.get_lines()[::2], score.get_lines()[1::2]
    assert [list(line.get_xdata()) for line in intervals[:3]] == [[0.85, 0.95], [0.75, 0.85], [0.1, 0.6]]
    assert [(*dot.get_xdata(), *dot.get_ydata()) for dot in dots[:3]] == [(0.9, 0), (0.8, 1), (0.3, 2)]
    assert to_hex(dots[2].get_color()) == METHODS["mog2_default"].colour.lower()
    markers = [(line.get_marker(), *line.get_xdata()) for line in found.get_lines()[1:3]]
    assert markers == [(">", 0.9), ("D", 0.9)]
    assert [bar.get_width() for bar in kept.patches][1:3] == [0.6, 0.02]


def test_a_clip_without_anybody_and_anything_marked_is_drawn():
    nothing = pd.DataFrame(
        {"method": ["gmm", "mog2_default"], **{key: [None, None] for key in SCORES.columns[1:]}}
    )
    score, _ = plots.draw_scores(nothing, LEARNING, METHODS).axes
    assert texts(score) == ["none", "none"]


def test_how_a_method_learns_shows_at_a_glance():
    figure = plots.draw_scores(SCORES, LEARNING, METHODS)
    assert len(figure.axes) == 2  # nobody lies still
    safe, gmm, mog2, _ = figure.axes[0].get_lines()[1::2]
    assert (safe.get_fillstyle(), gmm.get_fillstyle()) == ("left", "full")
    assert mog2.get_markerfacecolor() == "white" != gmm.get_markerfacecolor()
    (legend,) = figure.legends
    said = [text.get_text() for text in legend.get_texts()]
    assert said == [
        "learned once, then frozen",
        "learns around what it marks",
        "goes on learning",
        "recall",
        "precision",
    ]


def test_a_method_that_lets_go_of_mistakes_is_half_full_the_other_way():
    figure = plots.draw_scores(SCORES, LEARNING | {"idle": RECONSIDERING}, METHODS)
    safe, *_, idle = figure.axes[0].get_lines()[1::2]
    assert {safe.get_fillstyle(), idle.get_fillstyle()} == {"left", "bottom"}


def test_a_method_of_which_that_is_not_known_has_a_square():
    figure = plots.draw_scores(SCORES, LEARNING | {"idle": OWN}, METHODS)
    *others, idle = figure.axes[0].get_lines()[1::2]
    assert idle.get_marker() == "s"
    assert {other.get_marker() for other in others} == {"o"}
    assert "a method of yours" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_curves_mark_the_configured_and_the_best_threshold():
    (axes,) = plots.draw_curves(CURVES, {"gmm": 50, "nobody": 1}, METHODS).axes
    (curve,) = [line for line in axes.get_lines() if line.get_label() == "GMM (area 0.641)"]
    np.testing.assert_array_equal(curve.get_xdata(), CURVES["gmm"].recall)
    np.testing.assert_array_equal(curve.get_ydata(), CURVES["gmm"].precision)
    marks = {
        line.get_marker(): (*line.get_xdata(), *line.get_ydata())
        for line in axes.get_lines()
        if line.get_marker() in "o*" and len(line.get_xdata())
    }
    assert marks == {"o": (0.6, 0.75), "*": (0.8, 8 / 12)}
    assert not any("nobody" in str(line.get_label()) for line in axes.get_lines())
    assert "F 0.8" in texts(axes)


def test_lines_of_equal_f_are_that():
    (axes,) = plots.draw_curves({}, {}, {}).axes
    for line, f in zip(axes.get_lines(), (0.2, 0.4, 0.6, 0.8), strict=True):
        recall, precision = line.get_xdata(), line.get_ydata()
        np.testing.assert_allclose(2 * recall * precision / (recall + precision), f)


def test_agreement_is_symmetric_and_not_rounded_up():
    axes = plots.draw_agreement(AGREEMENT, called("gmm", "mog2_default", "idle")).axes[0]
    matrix = axes.images[0].get_array()
    np.testing.assert_array_equal(matrix, matrix.T)
    assert matrix.mask.tolist() == [[True, False, False], [False, True, True], [False, True, True]]
    assert texts(axes) == ["", "0.99", "0.25", "0.99", "", "none", "0.25", "none", ""]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["GMM", "MOG2", "idle"]


def test_figures_are_saved_with_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        drawn = {
            "scores": plots.draw_scores(SCORES, LEARNING, METHODS, retention={"gmm": 0.6}),
            "curves": plots.draw_curves(CURVES, {"gmm": 50}, METHODS),
            "agreement": plots.draw_agreement(AGREEMENT, called("gmm", "mog2_default", "idle")),
        }
        for name, figure in drawn.items():
            save_figure(figure, tmp_path / folder / f"{name}.png")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == [
        f"{name}.{suffix}" for name in ("agreement", "curves", "scores") for suffix in ("png", "svg")
    ]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("methods", [["gmm"], []])
def test_little_can_be_drawn(methods, tmp_path):
    scores = SCORES[SCORES["method"].isin(methods)]
    drawn = [
        plots.draw_scores(scores, LEARNING, METHODS, retention={"gmm": 0.5}),
        plots.draw_curves({}, {}, {}),
        *(plots.draw_agreement(AGREEMENT[:0], called(method)) for method in methods),
    ]
    for number, figure in enumerate(drawn):
        save_figure(figure, tmp_path / f"{number}.png")
