"""The charts of scores: ranked F-measures, precision and recall by threshold, agreement between methods.

Each `draw_*` returns a matplotlib Figure made from tables, for `style.save_figure`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bgsub.evidence.curves import ThresholdCurve
from bgsub.figures.style import GREY, backed, colour_map, legend_above, line_of, new_figure, styled
from bgsub.masks.method import ADAPTIVE, ELSEWHERE, LEARNING_WORDS, OWN, PROTECTED, RECONSIDERING
from bgsub.names import Name

if TYPE_CHECKING:
    import pandas as pd

_EVEN_F = (0.2, 0.4, 0.6, 0.8)


@styled
def draw_scores(
    scores: "pd.DataFrame",
    learning: Mapping[str, str],
    names: Mapping[str, Name],
    retention: Mapping[str, float] | None = None,
) -> Figure:
    """Draw the methods ranked by F-measure, with what it is made of and what became of the still person.

    Parameters
    ----------
    scores : DataFrame
        `scores.csv`: method, f_measure, f_low, f_high, recall, precision are read.
    learning : mapping of str to str
        How each method learns, see `masks.method`.
    retention : mapping of str to float, optional
        Share of the still person that stays visible, on average. NaN leaves a place empty.
    """
    # None, where nothing is defined for any method, is not a number to draw.
    drawn = dict.fromkeys(("f_measure", "f_low", "f_high", "recall", "precision"), float)
    ranked = scores.astype(drawn).sort_values("f_measure", ascending=False, na_position="last", kind="stable")
    titles = ["F-measure (line: 95 %)", "recall, precision"]
    titles += ["still person kept"] if retention else []
    height = 1.15 + 0.31 * max(len(ranked), 1)
    figure, panels = new_figure(height, 1, len(titles), sharey=True, width_ratios=[1.5, 1, 1][: len(titles)])
    undefined = ranked["f_measure"].isna()
    for place, (row, none) in enumerate(zip(ranked.to_dict("records"), undefined, strict=True)):
        look = names[row["method"]]
        panels[0].plot([row["f_low"], row["f_high"]], [place, place], color=look.colour, linewidth=1.6)
        panels[0].plot(row["f_measure"], place, **_dot(look.colour, learning[row["method"]]))
        panels[0].annotate(
            "none" if none else f"{row['f_measure']:.3f}",
            (1.0, place),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=8.5,
            bbox=backed(0.85),
        )
        panels[1].plot([row["recall"], row["precision"]], [place, place], color=look.colour, linewidth=1.2)
        panels[1].plot(row["recall"], place, ">", color=look.colour, markersize=6.5)
        panels[1].plot(row["precision"], place, "D", color=look.colour, markersize=5.5)
        if retention:
            panels[2].barh(place, retention.get(row["method"], np.nan), height=0.55, color=look.colour)
    for axes, title in zip(panels, titles, strict=True):
        axes.set(title=title, xlim=(-0.06, 1.06))
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
    panels[0].set_xlim(-0.04, 1.24)
    panels[0].set_yticks(range(len(ranked)), [names[method].label for method in ranked["method"]])
    panels[0].set_ylim(max(len(ranked), 1) - 0.5, -0.5)
    if retention:
        panels[2].set_xlim(0, 1.06)
    _score_legend(figure, [kind for kind in LEARNING_WORDS if kind in set(learning.values())])
    return figure


def _score_legend(figure: Figure, kinds: list[str]) -> None:
    handles = [Line2D([], [], label=LEARNING_WORDS[kind], **_dot(GREY, kind)) for kind in kinds]
    handles += [
        Line2D([], [], color=GREY, linestyle="", marker=marker, markersize=6, label=name)
        for marker, name in ((">", "recall"), ("D", "precision"))
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=3, handletextpad=0.2, columnspacing=1.6)


def _dot(colour: str, kind: str) -> dict[str, Any]:
    """Style of a mark: full if frozen, half if it spares what it marks, hollow if adaptive, else a square."""
    marker = "s" if kind in (OWN, ELSEWHERE) else "o"
    style = {"marker": marker, "linestyle": "", "color": colour, "markersize": 7.5, "markeredgewidth": 1.6}
    face = "white" if kind in (ADAPTIVE, OWN, ELSEWHERE) else colour
    halves: dict[str, str] = {PROTECTED: "left", RECONSIDERING: "bottom"}
    fill = halves.get(kind, "full")
    return style | {"markerfacecolor": face, "markerfacecoloralt": "white", "fillstyle": fill}


@styled
def draw_curves(
    curves: Mapping[str, ThresholdCurve], thresholds: Mapping[str, float], names: Mapping[str, Name]
) -> Figure:
    """Draw precision against recall over all thresholds, with the config's and the best threshold.

    Parameters
    ----------
    curves : mapping of str to ThresholdCurve
        By method; those without anything to find are left out.
    thresholds : mapping of str to float
        The threshold that the config gives each of them.
    """
    figure, axes = new_figure(4.6)
    _even_f(axes)
    shown = {name: curve for name, curve in curves.items() if curve.best is not None}
    for method, curve in shown.items():
        name = names[method]
        label = f"{name.label} (area {curve.area:.3f})"
        axes.plot(curve.recall, curve.precision, **line_of(name) | {"label": label})
        style: dict[str, Any] = {"color": name.colour, "markeredgecolor": "white", "zorder": 5}
        for index, marker, size in ((curve.index(thresholds[method]), "o", 9), (curve.best, "*", 14)):
            axes.plot(curve.recall[index], curve.precision[index], marker, markersize=size, **style)
    if shown:
        axes.plot([], [], "o", color=GREY, markersize=8, label="threshold in the config")
        axes.plot([], [], "*", color=GREY, markersize=12, label="best threshold")
        legend_above(figure, columns=2)
    axes.set(xlabel="recall: share of the person that is marked", xlim=(0, 1.01), ylim=(0, 1.02))
    axes.set_ylabel("precision: share of the marked that is person")
    return figure


def _even_f(axes: Axes) -> None:
    """Draw where the F-measure is the same."""
    for f in _EVEN_F:
        recall = np.linspace(f / (2 - f), 1, 200)
        axes.plot(recall, f * recall / (2 * recall - f), color="#d0d0d0", linewidth=0.9, zorder=1)
        axes.annotate(
            f"F {f:g}",
            (f, f),
            ha="center",
            va="center",
            color=GREY,
            fontsize=8,
            bbox=backed(0.8, pad=0.5),
        )


@styled
def draw_agreement(agreement: "pd.DataFrame", names: Mapping[str, Name]) -> Figure:
    """Draw how much each pair of methods agrees: the F-measure of one scored against the other.

    Parameters
    ----------
    agreement : DataFrame
        `agreement.csv`: method, other, f_measure are read.
    names : mapping of str to Name
        Of the methods, in the order to show.

    Notes
    -----
    The figures are cut off after two digits: only equal masks have 1.00.
    """
    size, methods = len(names), list(names)
    matrix = np.full((size, size), np.nan)
    for row in agreement.itertuples():
        here, there = methods.index(row.method), methods.index(row.other)
        matrix[here, there] = matrix[there, here] = row.f_measure
    figure, axes = new_figure(1.5 + 0.42 * size)
    image = axes.imshow(matrix, cmap=colour_map("Blues"), vmin=0, vmax=1)
    for (here, there), value in np.ndenumerate(matrix):
        words = "" if here == there else "none" if np.isnan(value) else f"{np.floor(100 * value) / 100:.2f}"
        colour = "white" if value > 0.6 else "#1a1a1a"
        axes.text(there, here, words, ha="center", va="center", color=colour, fontsize=8.5)
    labels = [name.label for name in names.values()]
    axes.set_xticks(range(size), labels, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), labels)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, shrink=0.8, label="agreement (F-measure)")
    return figure
