"""The chart of methods over clips: their mean ranks, and which of them cannot be told apart."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bgsub.evidence.over_clips import MINIMUM_CLIPS, Comparison
from bgsub.figures.style import GREY, new_figure, styled
from bgsub.names import Name
from bgsub.words import count

MEASURE_WORDS = {"f_measure": "F-measure", "retention": "Still person kept"}


@styled
def draw_ranks(comparisons: Sequence[Comparison], names: Mapping[str, Name]) -> Figure:
    """Draw the methods by mean rank, and lines that join those which Nemenyi's test cannot tell apart.

    Parameters
    ----------
    comparisons : sequence of Comparison
        By measure, a panel each.
    """
    height = len(comparisons) * (1.0 + 0.24 * len(names))
    figure, panels = new_figure(height, len(comparisons), 1, squeeze=False)
    for axes, comparison in zip(panels[:, 0], comparisons, strict=True):
        axes.set_title(_title(comparison))
        if len(comparison.values):
            _draw_panel(axes, comparison, names)
        else:
            axes.set_axis_off()
    return figure


def _title(comparison: Comparison) -> str:
    clips, measure = len(comparison.values), MEASURE_WORDS[comparison.measure]
    if not clips:
        return f"{measure}: no clip has it of all methods"
    if not comparison.enough:
        return f"{measure}, {count(clips, 'clip')}: too few for a test, which takes {MINIMUM_CLIPS}"
    p = comparison.friedman_p
    said = [] if p is None else ["Friedman p < 0.001" if p < 0.001 else f"Friedman p = {p:.3f}"]
    if comparison.critical_difference is not None:
        said.append(f"critical difference {comparison.critical_difference:.2f}")
    return f"{measure}, {count(clips, 'clip')}" + (": " + ", ".join(said) if said else "")


def _draw_panel(axes: Axes, comparison: Comparison, names: Mapping[str, Name]) -> None:
    ranks = comparison.mean_ranks.sort_values(kind="stable")
    for place, (method, rank) in enumerate(ranks.items()):
        axes.plot([1, rank], [place, place], color="#d0d0d0", linewidth=1.2, zorder=1)
        axes.plot(rank, place, "o", color=names[method].colour, markersize=7)
        axes.annotate(
            f"{rank:.2f}",
            (rank, place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    for column, (first, last) in enumerate(alike(ranks.to_numpy(), comparison.critical_difference)):
        x = len(ranks) + 0.4 + 0.18 * column
        axes.plot([x, x], [first - 0.2, last + 0.2], color=GREY, linewidth=3, solid_capstyle="butt")
    axes.set_yticks(range(len(ranks)), [names[method].label for method in ranks.index])
    axes.set_ylim(len(ranks) - 0.5, -0.5)
    axes.set_xticks(range(1, len(ranks) + 1))
    axes.set_xlim(0.9, len(ranks) + 1.5)
    axes.set_xlabel("mean rank (1: best on every clip)")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def alike(ranks: np.ndarray, critical_difference: float | None) -> list[tuple[int, int]]:
    """Find the longest runs of methods that cannot be told apart.

    Parameters
    ----------
    ranks : (methods,) float array
        Mean ranks, ascending.
    critical_difference : float or None
        None: no test was made, so nothing is joined.

    Returns
    -------
    list of (int, int)
        Places of the first and the last of each run of two or more.
    """
    if critical_difference is None:
        return []
    last = np.searchsorted(ranks, ranks + critical_difference, side="left") - 1
    runs = [(first, int(end)) for first, end in enumerate(last) if end > first]
    return [run for place, run in enumerate(runs) if not place or run[1] > runs[place - 1][1]]
