from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from defaults import NAMES, called
from matplotlib.colors import to_hex, to_rgb

from bgsub.figures import pictures, plots
from bgsub.figures.looks import TRUTH
from bgsub.figures.style import save_figure
from bgsub.model import constants
from bgsub.source.rate import Rate

CURVES = {
    "em": pd.DataFrame(
        {
            "iteration": [0, 1, 2, 3, 4],
            "log_likelihood": [1.0, 2.0, 2.5, 2.6, 2.6],
            "gain": [0.0, 1.0, 0.5, 0.1, 0.0],
            "converged": [0.0, 0.1, 0.5, 0.9, 1.0],
        }
    ).to_records(index=False),
    "notebook": pd.DataFrame(
        {"iteration": [1, 2], "log_likelihood": [0.5, 0.7], "gain": [0.5, 0.2], "converged": [0.0, 0.0]}
    ).to_records(index=False),
}
TOLERANCES = {"em": 1e-6, "notebook": None}
RATE = Rate(Fraction(10), "config")
AREA = pd.DataFrame(
    {
        "frame": [4, 5, 6, 4, 5, 6],
        "method": ["gmm"] * 3 + ["mog2_default"] * 3,
        "foreground_share": [0.1, 0.2, 0.2, 0.1, 0.1, 0.0],
    }
)
VISIBLE = pd.DataFrame(
    {
        "frame": [5, 6, 7, 8] * 2,
        "method": ["gmm"] * 4 + ["mog2_default"] * 4,
        "visible_share": [0.8, 0.8, 0.8, 0.8, 0.6, 0.4, 0.2, 0.0],
    }
)
ABSORPTION = pd.DataFrame(
    {
        "method": ["gmm", "mog2_default"],
        "still_frame": [5, 5],
        "initial_share": [0.8, 0.6],
        "half_life": [np.nan, 2],
        "predicted": [np.nan, 3],
    }
)


def line(axes, label):
    (found,) = [drawn for drawn in axes.get_lines() if drawn.get_label() == label]
    return found


def verticals(axes):
    return [
        drawn.get_xdata()[0]
        for drawn in axes.get_lines()
        if len(set(drawn.get_xdata())) == 1 < len(drawn.get_xdata())
    ]


def texts(axes):
    return " ".join(text.get_text() for text in axes.texts)


def test_convergence_draws_the_tables():
    likelihood, gain, share = plots.draw_convergence(CURVES, TOLERANCES, NAMES.models).axes
    drawn = line(likelihood, "GMM")
    np.testing.assert_array_equal(drawn.get_xdata(), [1, 2, 3, 4])  # iteration 0 has no place on a log axis
    np.testing.assert_array_equal(drawn.get_ydata(), [2.0, 2.5, 2.6, 2.6])
    np.testing.assert_array_equal(line(likelihood, "notebook's GMM").get_xdata(), [1, 2])
    np.testing.assert_array_equal(line(gain, "GMM").get_ydata(), [1.0, 0.5, 0.1])  # nor has a gain of 0
    np.testing.assert_array_equal(line(share, "GMM").get_ydata(), [0.1, 0.5, 0.9, 1.0])
    assert [1e-6, 1e-6] in [list(drawn.get_ydata()) for drawn in gain.get_lines()]
    assert "stops after 2, unchecked" in texts(likelihood)
    assert texts(likelihood).count("unchecked") == 1  # the model with a tolerance is checked


def test_convergence_of_a_clip_that_does_not_change_can_be_drawn(tmp_path):
    curve = pd.DataFrame({"iteration": [0], "log_likelihood": [13.9], "gain": [0.0], "converged": [1.0]})
    curve = curve.to_records(index=False)
    figure = plots.draw_convergence({"em": curve, "notebook": curve}, TOLERANCES, NAMES.models)
    save_figure(figure, tmp_path / "convergence.png")
    assert (tmp_path / "convergence.png").stat().st_size > 1000


def test_gap_shows_the_share_of_pixels_above_each_gap():
    gap = np.array([[0.0, 0.1, 0.2], [0.3, 0.4, np.nan]])
    where, many = plots.draw_gap(gap, NAMES.models["notebook"]).axes[:2]
    curve = many.get_lines()[0]
    np.testing.assert_allclose(curve.get_xdata(), [0, 0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(curve.get_ydata(), [0.8, 0.6, 0.4, 0.2, 0.0])
    assert verticals(many) == [0.01]
    assert where.images[0].get_array().mask.tolist() == [[False] * 3, [False, False, True]]


@pytest.mark.parametrize("gap", [np.full((2, 3), np.nan), np.zeros((2, 3)), np.full((2, 3), -1.0)])
def test_gap_of_nothing_can_be_drawn(gap, tmp_path):
    save_figure(plots.draw_gap(gap, NAMES.models["notebook"]), tmp_path / "gap.png", vector=False)


def test_area_marks_split_stillness_and_truth():
    truth = pd.Series([0.0, 0.0, 0.1, 0.2, 0.25, 0.3, 0.3])
    events = {"falls": 4, "lies still": 5}
    (axes,) = plots.draw_area(AREA, NAMES.methods, training=[range(4)], events=events, truth=truth).axes
    np.testing.assert_array_equal(line(axes, "GMM").get_xdata(), [4, 5, 6])
    np.testing.assert_array_equal(line(axes, "MOG2").get_ydata(), [0.1, 0.1, 0.0])
    np.testing.assert_array_equal(line(axes, TRUTH.label).get_ydata(), truth)
    assert verticals(axes) == [4, 5]
    assert "falls lies still" in texts(axes)
    heights = {text.get_text(): text.xy[1] for text in axes.texts}
    assert heights["falls"] - heights["lies still"] > 0.07  # so near to each other, but in lines of their own
    assert axes.get_xlim() == (0, 6)
    (training,) = axes.patches
    assert training.get_x() + training.get_width() == 3.5
    (axes,) = plots.draw_area(AREA, NAMES.methods, training=[range(4)]).axes
    assert verticals(axes) == []


def test_absorption_counts_from_stillness_and_marks_half_life_and_prediction():
    axes = plots.draw_absorption(VISIBLE, ABSORPTION, NAMES.methods, rate=RATE).axes[0]
    np.testing.assert_array_equal(line(axes, "MOG2").get_xdata(), [0, 1, 2, 3])
    np.testing.assert_array_equal(line(axes, "MOG2").get_ydata(), [0.6, 0.4, 0.2, 0.0])
    assert verticals(axes) == [3]
    assert line(axes, "predicted for MOG2: 3").get_xdata() == [3, 3]
    markers = [drawn for drawn in axes.get_lines() if drawn.get_marker() == "D" and len(drawn.get_xdata())]
    assert [(*m.get_xdata(), *m.get_ydata()) for m in markers] == [(2, 0.2)]
    assert to_hex(markers[0].get_color()) == NAMES.methods["mog2_default"].colour.lower()


def test_training_frames_leave_gaps_and_another_clips_are_not_there():
    (axes,) = plots.draw_area(
        AREA[AREA["frame"] != 5], NAMES.methods, training=[range(2, 4), range(5, 6)]
    ).axes
    assert [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches] == [
        (1.5, 3.5),
        (4.5, 5.5),
    ]
    curve = line(axes, "GMM")
    np.testing.assert_array_equal(curve.get_xdata(), [4, 5, 6])
    assert np.isnan(curve.get_ydata()).tolist() == [False, True, False]
    (axes,) = plots.draw_area(AREA, NAMES.methods, training=[]).axes
    assert not axes.patches
    assert "training" not in texts(axes)


def test_an_axis_in_seconds_says_if_the_rate_is_assumed():
    axes = plots.draw_absorption(
        VISIBLE, ABSORPTION, NAMES.methods, rate=Rate(Fraction(299, 20), "file")
    ).axes[0]
    assert axes.get_xlabel().endswith("seconds at 14.95 frames per second")
    axes = plots.draw_absorption(VISIBLE, ABSORPTION, NAMES.methods, rate=Rate(Fraction(10), "nothing")).axes[
        0
    ]
    assert axes.get_xlabel().endswith("seconds at 10 frames per second (assumed)")


def test_absorption_of_nobody_says_so():
    nobody = ABSORPTION.assign(still_frame=np.nan, half_life=np.nan, predicted=np.nan)
    (axes,) = plots.draw_absorption(VISIBLE.iloc[:0], nobody, NAMES.methods, rate=RATE).axes
    assert "nobody lies still in the frames that were tested" in texts(axes)


def test_long_names_do_not_run_out_of_the_figure():
    names = [f"{letter} method with a long name" for letter in "ABCDEFG"]
    area = pd.DataFrame({"frame": [0, 1] * 7, "method": np.repeat(names, 2), "foreground_share": 0.1})
    figure = plots.draw_area(area, called(*names), training=[])
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert legend.get_window_extent().x1 <= figure.bbox.x1
    assert figure.axes[0].get_window_extent().width > 0.85 * figure.bbox.width


def test_backgrounds_show_the_largest_channel_difference_and_the_undefined_pixels():
    reference = np.full((4, 6, 3), 100, np.uint8)
    other = reference.copy()
    other[1, 2] = [90, 100, 125]  # darker in red, brighter in blue: no wrap-around at 0
    undefined = np.zeros((4, 6), bool)
    undefined[3, 5] = True
    figure = pictures.draw_backgrounds({"em": reference, "notebook": other}, {"notebook": undefined})
    shown = figure.axes[3].images
    expected = np.zeros((4, 6))
    expected[1, 2] = 25
    np.testing.assert_array_equal(shown[0].get_array(), expected)
    np.testing.assert_array_equal(shown[1].get_array()[..., 3], undefined)
    assert "arithmetic breaks down" in figure.legends[0].get_texts()[0].get_text()


def test_backgrounds_differ_from_the_truth_where_it_is_known():
    truth, one = np.full((4, 6, 3), 50, np.uint8), np.full((4, 6, 3), 57, np.uint8)
    figure = pictures.draw_backgrounds({"em": one}, truth=truth)
    np.testing.assert_array_equal(figure.axes[3].images[0].get_array(), np.full((4, 6), 7))


def test_one_background_alone_can_be_drawn(tmp_path):
    save_figure(pictures.draw_backgrounds({"em": np.zeros((4, 6, 3), np.uint8)}), tmp_path / "one.png")


def test_flags_are_those_of_the_model():
    bits = {flag.bit for flag in pictures.FLAGS}
    assert bits == {
        constants.CONSTANT,
        constants.RANK_DEFICIENT,
        constants.AT_FLOOR,
        constants.DEAD,
        constants.UNDEFINED,
    }
    assert pictures.UNDEFINED == constants.UNDEFINED


def test_fit_maps_colour_the_first_cause_and_hide_undefined_likelihoods():
    flags = np.array([[0, 1, 4], [17, 16, 12]], np.uint8)
    figure = pictures.draw_fit_maps(np.full((2, 3), 5), np.arange(6.0).reshape(2, 3), flags)
    iterations, likelihood, special, legend = figure.axes[:4]
    np.testing.assert_array_equal(iterations.images[0].get_array(), np.full((2, 3), 5))
    np.testing.assert_array_equal(likelihood.images[0].get_array().mask, (flags & 16) > 0)
    colour = {flag.bit: to_rgb(flag.colour) for flag in pictures.FLAGS}
    drawn = special.images[0].get_array()
    expected = [[to_rgb(pictures.ORDINARY), colour[1], colour[4]], [colour[16], colour[16], colour[8]]]
    np.testing.assert_allclose(drawn, expected)
    words = [
        text.get_text().replace("\xa0", " ").replace("\n", " ") for text in legend.get_legend().get_texts()
    ]
    assert words[0].startswith("33 %  the notebook's arithmetic breaks down")
    assert words[1].startswith("33 %  constant")
    assert words[-1] == "17 %  none of these"


def test_mask_strip_has_a_row_per_method_and_a_column_per_moment():
    frames = [np.full((4, 6, 3), value, np.uint8) for value in (10, 20)]
    masks = [np.full((4, 6), value, np.uint8) for value in (0, 255)]
    figure = pictures.draw_mask_strip({"frame": frames, "MOG2": masks}, ["a", "b"])
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["a", "b"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["frame", "MOG2"]
    centres = np.ix_(axes.get_yticks().astype(int), axes.get_xticks().astype(int))
    np.testing.assert_array_equal(axes.images[0].get_array()[centres], np.dstack([[[10, 20], [0, 255]]] * 3))


def draw_all(folder: Path) -> dict[str, bytes]:
    noise = np.random.default_rng(0)
    image = noise.integers(0, 256, (12, 18, 3)).astype(np.uint8)
    maps = (
        noise.integers(0, 99, (12, 18)),
        noise.random((12, 18)),
        noise.integers(0, 32, (12, 18)).astype(np.uint8),
    )
    charts = {
        "convergence": plots.draw_convergence(CURVES, TOLERANCES, NAMES.models),
        "area": plots.draw_area(AREA, NAMES.methods, training=[range(4)], events={"lies still": 5}),
        "absorption": plots.draw_absorption(VISIBLE, ABSORPTION, NAMES.methods, rate=RATE),
    }
    images = {
        "gap": plots.draw_gap(noise.random((12, 18)), NAMES.models["notebook"]),
        "backgrounds": pictures.draw_backgrounds({"em": image, "median": image // 2}),
        "fit": pictures.draw_fit_maps(*maps),
        "masks": pictures.draw_mask_strip({"frame": [image] * 2}, ["a", "b"]),
    }
    for name, figure in (charts | images).items():
        save_figure(figure, folder / f"{name}.png", vector=name in charts)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_data_give_the_same_bytes_whatever_the_users_settings(tmp_path, monkeypatch):
    first = draw_all(tmp_path / "first")
    assert len(first) == 10  # seven figures as PNG, three of them charts and SVG too
    assert all(b"<dc:date>" not in content for content in first.values())
    monkeypatch.setitem(plots.new_figure.__globals__["mpl"].rcParams, "axes.facecolor", "red")
    assert draw_all(tmp_path / "second") == first
