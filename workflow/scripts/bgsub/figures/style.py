"""How every figure looks: fonts, legends, maps, and files of reproducible bytes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from bgsub.files import atomic_path
from bgsub.names import Name

WIDTH = 7.2  # inches: two columns of a paper; half of it is one column
DPI = 150
GREY = "#6b6b6b"
MISSING = "#bdbdbd"  # on a map, where there is no value
GUIDE: dict[str, Any] = {"color": GREY, "linewidth": 1.1, "linestyle": (0, (2, 2))}
NOTE: dict[str, Any] = {"color": "#444444", "fontsize": 8.5}

_SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # shipped with matplotlib, so the same on every machine
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.9,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "svg.hashsalt": "bgsub",
    "svg.fonttype": "path",
}


# Decorates what draws, so that it does so by these settings, whatever matplotlibrc the user has.
styled = mpl.style.context(["default", _SETTINGS])


@styled
def save_figure(figure: Figure, path: str | Path, *, vector: bool = True) -> None:
    """Write a figure as PNG and, beside it, as SVG; the same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
    path : path-like
        The PNG; the SVG has the same name with `.svg`.
    vector : bool
        Whether to write the SVG: of a figure made of pixels it would be a wrapper around pictures.
    """
    path = Path(path)
    # Laid out here and once: before each file, matplotlib would draw the whole figure once more to do it.
    layout_of(figure).execute(figure)
    figure.set_layout_engine(None)
    options: Mapping[str, Any] = {
        # A level of 6, the default, takes 1.5 times as long for pictures that are 2 % smaller.
        ".png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 4}},
        ".svg": {"metadata": {"Date": None}},
    }
    for suffix in (".png", ".svg") if vector else (".png",):
        with atomic_path(path.with_suffix(suffix)) as temporary:
            figure.savefig(temporary, **options[suffix])


def new_figure(height: float, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """Return a figure of the common width, `height` inches high, and its axes as from `Figure.subplots`.

    Made without pyplot: no display, no global list of open figures.
    """
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def layout_of(figure: Figure) -> ConstrainedLayoutEngine:
    """Return what lays out a figure of `new_figure`."""
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    return engine


def legend_above(figure: Figure, columns: int = 4) -> None:
    """Put one legend of all axes at the top of the figure, where it can neither hide nor squeeze them."""
    named: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, text in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(text, handle)
    if not named:
        return
    figure.legend(
        named.values(),
        named.keys(),
        loc="outside upper left",
        ncols=_fitting_columns(list(named), columns),
        handlelength=2.2,
        columnspacing=1.4,
    )


def _fitting_columns(labels: list[str], most: int) -> int:
    """Return the largest number of columns, up to `most`, in which a legend is no wider than the figure."""
    for columns in range(min(most, len(labels)), 1, -1):
        longest = [max(len(text) for text in column) for column in np.array_split(labels, columns)]
        if sum(0.55 + 0.075 * letters for letters in longest) <= WIDTH:  # inches: line and gap, a letter
            return columns
    return 1


def mark_place(axes: Axes, place: Any, text: str, height: float) -> None:
    """Draw a vertical line at a place (a number or a category), and its meaning beside it.

    `height` is that of the text, in axes fractions.
    """
    axes.axvline(place, zorder=1, **GUIDE | {"linewidth": 1.2})
    axes.annotate(
        text,
        (place, height),
        xycoords=("data", "axes fraction"),
        xytext=(5, 0),
        textcoords="offset points",
        va="top",
        bbox=backed(0.8),
        **NOTE,
    )


def backed(alpha: float, pad: float = 1) -> dict[str, Any]:
    """Return the white ground that keeps a text readable over lines."""
    return {"facecolor": "white", "edgecolor": "none", "alpha": alpha, "pad": pad}


def line_of(name: Name) -> dict[str, Any]:
    """Return how a model's or a method's line looks, and what a legend calls it."""
    return {"color": name.colour, "linestyle": name.line, "label": name.label}


def bare(axes: Axes) -> None:
    """Leave nothing of axes but the picture in them."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def say_nobody(axes: Axes) -> None:
    """Say in place of a chart of the still person that there is none."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, "nobody lies still in the frames that were tested", ha="center", color="#444444")


def rooted(high: float, low: float = 0.0) -> PowerNorm:
    """Return a scale of colours that goes by the root, so that most pixels, which are small, use them too."""
    return PowerNorm(0.5, vmin=low, vmax=high)


def colour_map(name: str) -> Colormap:
    """Return a colour map that shows missing values in grey."""
    return mpl.colormaps[name].with_extremes(bad=MISSING)


def percent_axis(axes: Axes) -> None:
    """Write the vertical axis, shares in [0, 1], as percent; what is above for room has no number."""
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda share, _: f"{100 * share:g} %" if share < 1.01 else "")
    )
