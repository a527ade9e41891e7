import numpy as np
import pytest
from defaults import NAMES

from bgsub.evidence.audit import Audit
from bgsub.figures.convergence_plots import draw_audit, draw_parameter_maps
from bgsub.figures.style import save_figure


def audit(gap, paths, flags=None):
    gap = np.array(gap, float)
    zero = np.zeros(gap.size)
    return Audit(
        zero - gap,
        zero,
        zero,
        np.ones(gap.size, int),
        np.array(paths, float),
        np.array(flags or zero, np.uint8),
    )


AUDITS = {
    "em": audit([0, 0, 0, 0.5], [[-2, -1, 0]] * 3 + [[-2, -1, -0.5]]),
    "notebook": audit([0.2, 0.4, 0.2, 9], [[-3, -0.2, -0.2], [-3, -0.4, -0.4]] * 2, [0, 0, 0, 16]),
}
TWO_MODE = np.array([True, True, False, False])
KINDS = {"all": np.ones(4, bool), "two_mode": TWO_MODE, "static": ~TWO_MODE}


def curve(axes, colour):
    (found,) = [line for line in axes.get_lines() if line.get_color() == colour]
    return found.get_xdata(), found.get_ydata()


def test_the_audit_shows_the_share_of_pixels_within_a_gap_and_leaves_undefined_ones_out():
    figure = draw_audit(AUDITS, KINDS, NAMES.models)
    many = figure.axes[0], figure.axes[1]
    assert [axes.get_title(loc="left").split(" (")[1] for axes in many] == ["2\N{NO-BREAK SPACE}pixels)"] * 2
    gaps, share = curve(many[1], "#0072B2")
    assert share[np.searchsorted(gaps, 0.01) - 1] == 0.5
    gaps, share = curve(many[1], "#E69F00")
    assert gaps[0] == pytest.approx(0.2)
    assert share[0] == 1  # its other static pixel is undefined


def test_the_audit_shows_how_far_below_the_best_each_iteration_is():
    figure = draw_audit({"em": AUDITS["em"]}, {"all": np.ones(4, bool)}, NAMES.models)
    assert len(figure.axes) == 2
    (path,) = [
        line
        for line in figure.axes[1].get_lines()
        if line.get_linestyle() == "-" and len(line.get_xdata()) == 2
    ]
    assert path.get_xdata().tolist() == [1, 2]
    assert path.get_ydata().tolist() == [1, 0]


def test_maps_share_their_scales_between_models():
    shape = (6, 9)
    maps = {
        name: {
            "components": np.full(shape, most),
            "heaviest_weight": np.full(shape, 0.8),
            "narrowest": np.full(shape, width),
        }
        for name, most, width in (("em", 2, 1.0), ("auto", 3, 4.0))
    }
    figure = draw_parameter_maps(maps, NAMES.models)
    images = [axes.images[0] for axes in figure.axes if axes.images]
    assert [image.get_clim() for image in images] == 2 * [(0.5, 3.5), (1 / 3, 1), (0, 4.0)]
    assert [axes.get_ylabel() for axes in figure.axes[:6:3]] == ["GMM", "GMM by BIC"]


def test_the_files_are_the_same_twice(tmp_path):
    for name in ("a", "b"):
        save_figure(draw_audit(AUDITS, KINDS, NAMES.models), tmp_path / f"{name}.png")
    for suffix in ("png", "svg"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
