"""The charts of sweeps: what a method's scores and its memory of a still person do while a parameter varies.

Each `draw_*` returns a matplotlib Figure made from tables, for `style.save_figure`.
"""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bgsub.figures.style import GREY, colour_map, legend_above, mark_place, new_figure, say_nobody, styled
from bgsub.masks.subtractors import MOG2_LOOK
from bgsub.words import value_words

if TYPE_CHECKING:
    import pandas as pd

_BLUE, _ORANGE = "#0072B2", "#D55E00"
_WIDE = 10  # times that the largest value is the smallest, from where on an axis is logarithmic
# What is drawn against one parameter, and how.
_CURVES: dict[str, tuple[str, str, Any, str]] = {
    "f_measure": ("F-measure", _BLUE, "-", "o"),
    "recall": ("recall", _BLUE, (0, (1, 1)), ">"),
    "precision": ("precision", _BLUE, (0, (5, 2)), "D"),
    "retention": ("still person kept", _ORANGE, "-", "s"),
}
_MAPS = {"f_measure": "F-measure", "retention": "still person kept"}
_SHARE = "foreground_share"  # drawn only where there is no ground truth


@styled
def draw_sweep(table: "pd.DataFrame", keys: Sequence[str], in_config: Mapping[str, Any]) -> Figure:
    """Draw a sweep: curves over one parameter, or maps over two.

    Parameters
    ----------
    table : DataFrame
        One row per variant, with a column for each key; of `f_measure, recall, precision, retention,
        foreground_share` those are drawn that are there and not empty.
    keys : sequence of str
        One or two parameters.
    in_config : mapping
        The value that the config gives each of them, to be marked.
    """
    if len(keys) == 1:
        return _draw_curves(table, keys[0], in_config[keys[0]])
    return _draw_maps(table, keys, in_config)


def _draw_curves(table: "pd.DataFrame", key: str, in_config: Any) -> Figure:
    drawn = _present(table, _CURVES)
    panels = [drawn] if drawn else []
    if "f_measure" not in drawn:
        panels.append([_SHARE])
    figure, axes_of = new_figure(0.7 + 2.6 * len(panels), len(panels), sharex=True, squeeze=False)
    values = [*table[key], in_config]
    numbers = _all_numbers(values)
    if numbers:
        table = table.sort_values(key)
    places = list(table[key]) if numbers else [value_words(value) for value in table[key]]
    mark = in_config if numbers else value_words(in_config)
    for axes, columns in zip(axes_of[:, 0], panels, strict=True):
        for name in columns:
            look = ("foreground, share of the image", GREY, "-", "o") if name == _SHARE else _CURVES[name]
            words, colour, dashes, marker = look
            style: dict[str, Any] = {"color": colour, "linestyle": dashes, "marker": marker, "markersize": 6}
            axes.plot(places, table[name], label=words, **style)
        axes.set_ylim(bottom=0) if columns == [_SHARE] else axes.set_ylim(-0.03, 1.05)
        if numbers or mark in places:
            mark_place(axes, mark, "config", height=0.16)
    if numbers:
        _scale(axes_of[-1, 0], values)
    axes_of[-1, 0].set_xlabel(key)
    legend_above(figure)
    return figure


def _draw_maps(table: "pd.DataFrame", keys: Sequence[str], in_config: Mapping[str, Any]) -> Figure:
    drawn = _present(table, _MAPS)
    if "f_measure" not in drawn:
        drawn.append(_SHARE)
    down, across = (_ordered(table[key]) for key in keys)
    figure, panels = new_figure(1.5 + 0.34 * len(down), 1, len(drawn), squeeze=False)
    chosen = tuple(value_words(in_config[key]) for key in keys)
    for axes, name in zip(panels[0], drawn, strict=True):
        cells = np.full((len(down), len(across)), np.nan)
        for row in table.to_dict("records"):
            here, there = (value_words(row[key]) for key in keys)
            cells[down.index(here), across.index(there)] = row[name]
        axes.imshow(cells, cmap=colour_map("Blues"), vmin=0, vmax=1, aspect="auto")
        for (here, there), value in np.ndenumerate(cells):
            words = "" if np.isnan(value) else f"{value:.3f}"
            colour = "white" if value > 0.6 else "#1a1a1a"
            axes.text(there, here, words, ha="center", va="center", fontsize=8.5, color=colour)
            if (down[here], across[there]) == chosen:
                frame = Rectangle((there - 0.47, here - 0.47), 0.94, 0.94, fill=False, linewidth=2)
                axes.add_patch(frame).set_edgecolor(_ORANGE)
        axes.set_xticks(range(len(across)), across)
        axes.set_yticks(range(len(down)), down)
        axes.set(title=_MAPS.get(name, "foreground"), xlabel=keys[1])
        axes.tick_params(length=0)
        axes.grid(visible=False)
    panels[0, 0].set_ylabel(keys[0])
    return figure


@styled
def draw_history(rows: np.ndarray, history_in_config: float) -> Figure:
    """Draw MOG2's half-life of the still person against its history, measured and predicted.

    Parameters
    ----------
    rows : structured array
        `history.csv`: history, half_life, censored_at, predicted, predicted_steady, all in frames. Empty if
        nobody lies still.
    history_in_config : float
        The history in the config, to be marked.
    """
    figure, axes = new_figure(3.6)
    if not rows.size:
        say_nobody(axes)
        return figure
    rows = rows[np.argsort(rows["history"])]
    mog2 = MOG2_LOOK.colour
    style: dict[str, Any] = {"color": mog2, "linewidth": 1.6}
    axes.plot(
        rows["history"], rows["predicted"], linestyle=(0, (2, 2)), label="predicted for this clip", **style
    )
    axes.plot(
        rows["history"],
        rows["predicted_steady"],
        linestyle=(0, (5, 2)),
        label="predicted after a long run",
        **style | {"color": GREY},
    )
    axes.plot(rows["history"], rows["half_life"], "D", color=mog2, markersize=7, label="measured half-life")
    unknown = {column: np.isnan(rows[column]) for column in ("half_life", "censored_at")}
    if not unknown["censored_at"].all():
        words = "not yet at the end of the clip"
        axes.plot(rows["history"], rows["censored_at"], "^", color=mog2, markersize=8, label=words)
    blind = unknown["half_life"] & unknown["censored_at"]
    if blind.any():
        style = {"color": mog2, "markersize": 8, "markeredgewidth": 2, "clip_on": False}
        axes.plot(rows["history"][blind], 0 * rows["history"][blind], "x", label="background before", **style)
    axes.set(xlabel="history (frames)", ylabel="frames until the still person is background")
    _scale(axes, [*rows["history"], history_in_config])
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=0)
    ticks = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
    axes.set_yticks([tick for tick in ticks if tick <= axes.get_ylim()[1]])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    mark_place(axes, history_in_config, "config", height=0.1)
    legend_above(figure, columns=2)
    return figure


def _present(table: "pd.DataFrame", columns: Iterable[str]) -> list[str]:
    return [name for name in columns if name in table and table[name].notna().any()]


def _all_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(one, Number) and one == one and not isinstance(one, bool) for one in values)


def _ordered(values: "pd.Series") -> list[str]:
    """Distinct values as texts, ascending if they are numbers, else in the order they came in."""
    values = values.sort_values() if _all_numbers(values) else values
    return list(dict.fromkeys(value_words(value) for value in values))


def _scale(axes: Axes, values: Sequence[float]) -> None:
    """Put ticks at the values, on a logarithmic axis if they span a wide range."""
    values = sorted(set(values))
    if values[0] > 0 and values[-1] > _WIDE * values[0]:
        axes.set_xscale("log")
    axes.set_xticks(values, [f"{value:g}" for value in values])
    axes.minorticks_off()
