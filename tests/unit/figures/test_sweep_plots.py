import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from bgsub.figures import sweep_plots as plots
from bgsub.figures.style import save_figure

CURVE = pd.DataFrame(
    {
        "threshold": [80, 20, 50],
        "f_measure": [0.5, 0.7, 0.8],
        "recall": [0.4, 0.9, 0.7],
        "precision": [1.0, 0.6, 0.95],
        "retention": [0.3, 0.8, 0.6],
        "foreground_share": [0.01, 0.04, 0.02],
    }
)
UNSCORED = CURVE.assign(f_measure=None, recall=None, precision=None)
GRID = pd.DataFrame(
    {
        "model.covariance_floor": [None, None, 1.0, 1.0],
        "opening": [3, 1, 3, 1],
        "f_measure": [0.1, 0.2, 0.3, np.nan],
    }
)
HISTORY = pd.DataFrame(
    {
        "history": [500, 30, 60, 1000],
        "half_life": [7, None, 2, None],
        "censored_at": [None, None, None, 48],
        "predicted": [14, 3, 6, 14],
        "predicted_steady": [55, 3, 6, 110],
    }
).to_records(index=False)


def lines(axes):
    """Curves by label, without the line that marks the config."""
    found = {line.get_label(): line for line in axes.get_lines() if not line.get_label().startswith("_")}
    return {name: (list(line.get_xdata()), list(line.get_ydata())) for name, line in found.items()}


def texts(axes):
    return [text.get_text() for text in axes.texts]


def ticks(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_curves_are_drawn_in_the_order_of_the_values():
    (axes,) = plots.draw_sweep(CURVE, ["threshold"], {"threshold": 40}).axes
    found = lines(axes)
    assert found["F-measure"] == ([20, 50, 80], [0.7, 0.8, 0.5])
    assert found["still person kept"] == ([20, 50, 80], [0.8, 0.6, 0.3])
    assert set(found) == {"F-measure", "recall", "precision", "still person kept"}
    assert ticks(axes.xaxis) == ["20", "40", "50", "80"]  # the configured value is not one of the swept
    (mark,) = [line for line in axes.get_lines() if list(line.get_xdata()) == [40, 40]]
    assert mark.get_linestyle() == "--"
    assert texts(axes) == ["config"]


def test_without_ground_truth_the_share_of_foreground_is_drawn():
    person, share = plots.draw_sweep(UNSCORED, ["threshold"], {"threshold": 50}).axes
    assert list(lines(person)) == ["still person kept"]
    assert lines(share) == {"foreground, share of the image": ([20, 50, 80], [0.04, 0.02, 0.01])}
    (only,) = plots.draw_sweep(UNSCORED.assign(retention=None), ["threshold"], {"threshold": 50}).axes
    assert list(lines(only)) == ["foreground, share of the image"]


@pytest.mark.parametrize(
    ("values", "scale"), [([1, 2, 9], "linear"), ([1, 2, 11], "log"), ([0, 2, 99], "linear")]
)
def test_a_wide_range_is_logarithmic(values, scale):
    (axes,) = plots.draw_sweep(CURVE.assign(threshold=values), ["threshold"], {"threshold": 2}).axes
    assert axes.get_xscale() == scale


def test_values_that_are_no_numbers_keep_their_order():
    table = CURVE.assign(threshold=["split", "random", "uniform"])
    (axes,) = plots.draw_sweep(table, ["threshold"], {"threshold": "random"}).axes
    assert ticks(axes.xaxis) == ["split", "random", "uniform"]
    assert texts(axes) == ["config"]
    (axes,) = plots.draw_sweep(
        CURVE.assign(threshold=[True, False, None]), ["threshold"], {"threshold": None}
    ).axes
    assert ticks(axes.xaxis) == ["true", "false", "null"]


def test_a_grid_is_a_map_with_the_config_framed():
    keys = ["model.covariance_floor", "opening"]
    (axes,) = plots.draw_sweep(GRID, keys, {"model.covariance_floor": 1, "opening": 3}).axes
    np.testing.assert_array_equal(axes.images[0].get_array().filled(np.nan), [[0.2, 0.1], [np.nan, 0.3]])
    assert (ticks(axes.yaxis), ticks(axes.xaxis)) == (["null", "1"], ["1", "3"])
    assert texts(axes) == ["0.200", "0.100", "", "0.300"]
    (frame,) = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert (round(frame.get_center()[0]), round(frame.get_center()[1])) == (1, 1)


def test_history_shows_measured_predicted_censored_and_blind():
    (axes,) = plots.draw_history(HISTORY, 60).axes
    found = lines(axes)
    assert found["predicted for this clip"] == ([30, 60, 500, 1000], [3, 6, 14, 14])
    assert found["predicted after a long run"][1] == [3, 6, 55, 110]
    np.testing.assert_array_equal(found["measured half-life"][1], [np.nan, 2, 7, np.nan])
    np.testing.assert_array_equal(found["not yet at the end of the clip"][1], [np.nan, np.nan, np.nan, 48])
    assert found["background before"] == ([30], [0])
    assert "config" in texts(axes)


def test_history_says_when_there_is_nobody():
    (axes,) = plots.draw_history(HISTORY[:0], 60).axes
    assert texts(axes) == ["nobody lies still in the frames that were tested"]


def test_figures_are_saved_with_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        save_figure(
            plots.draw_sweep(CURVE, ["threshold"], {"threshold": 50}), tmp_path / folder / "sweep.png"
        )
        save_figure(plots.draw_history(HISTORY, 60), tmp_path / folder / "history.png")
    for name in ("sweep.png", "sweep.svg", "history.png", "history.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
