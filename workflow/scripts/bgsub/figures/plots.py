"""The charts: convergence, gap, foreground area, absorption.

Each `draw_*` returns a matplotlib Figure made from tables, for `style.save_figure`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bgsub.figures.looks import TRUTH
from bgsub.figures.style import (
    GREY,
    GUIDE,
    NOTE,
    backed,
    bare,
    colour_map,
    legend_above,
    line_of,
    mark_place,
    new_figure,
    percent_axis,
    rooted,
    say_nobody,
    styled,
)
from bgsub.model.constants import CLOSE_ENOUGH
from bgsub.names import Name
from bgsub.source.rate import Rate

if TYPE_CHECKING:
    import pandas as pd


@styled
def draw_convergence(
    curves: Mapping[str, np.ndarray], tolerances: Mapping[str, float | None], names: Mapping[str, Name]
) -> Figure:
    """Draw how each model's EM went: mean log-likelihood, gain and share of pixels converged, by iteration.

    Parameters
    ----------
    curves : mapping of str to structured array
        `convergence.csv` of each model: iteration, log_likelihood (nats per sample), gain, converged (share).
    tolerances : mapping of str to float or None
        The gain below which a model's pixel stops; None where it never does.
    """
    figure, (likelihood, gain, share) = new_figure(6.4, 3, sharex=True, height_ratios=[1.25, 1, 1])
    for model, table in curves.items():
        curve = table[table["iteration"] >= 1]  # the axis is logarithmic
        for axes, rows, column in (
            (likelihood, curve, "log_likelihood"),
            (gain, curve[curve["gain"] > 0], "gain"),
            (share, curve, "converged"),
        ):
            axes.plot(rows["iteration"], rows[column], **line_of(names[model]))
            axes.plot(
                rows["iteration"][-1:], rows[column][-1:], "o", color=names[model].colour, markersize=5.5
            )
        if len(curve) and tolerances.get(model) is None:
            _say_it_stops(likelihood, curve[-1])
    for tolerance in sorted({value for value in tolerances.values() if value is not None}):
        gain.axhline(tolerance, **GUIDE)
        gain.annotate(
            f"a pixel stops below {tolerance:g}",
            (0, tolerance),
            xycoords=("axes fraction", "data"),
            xytext=(4, 3),
            textcoords="offset points",
            **NOTE,
        )
    likelihood.set(ylabel="log-likelihood\n(nats per sample)")
    legend_above(figure)
    gain.set(ylabel="gain\n(nats per sample)", yscale="log")
    gain.set_ylim(bottom=min([value for value in tolerances.values() if value], default=1e-6) / 10)
    if all(curve["iteration"].max() < 1 for curve in curves.values()):
        share.set(xlim=(1, 10))  # of a clip that does not change, EM has nothing to do, and the axes no range
    share.set(ylabel="pixels\nconverged", ylim=(-0.04, 1.04), xscale="log", xlabel="iteration")
    share.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    percent_axis(share)
    figure.align_ylabels()
    return figure


def _say_it_stops(axes: Axes, last: np.void) -> None:
    axes.annotate(
        f"stops after {last['iteration']:.0f}, unchecked",
        (last["iteration"], last["log_likelihood"]),
        xytext=(9, -3),
        textcoords="offset points",
        va="top",
        bbox=backed(0.75),
        **NOTE,
    )


@styled
def draw_gap(gap: np.ndarray, name: Name) -> Figure:
    """Draw how far each pixel's fit lies below the reference's: where, and on how many pixels.

    Parameters
    ----------
    gap : float array (height, width)
        Log-likelihood of the reference minus that of `name`, nats per sample; NaN where one is undefined.
    name : Name
        Of the model that falls short.
    """
    figure, (where, many) = new_figure(3.2, 1, 2, width_ratios=[1.1, 1])
    known = np.sort(gap[np.isfinite(gap)])
    bottom, top = np.quantile(known, [0.005, 0.99]) if known.size else (0.0, 1.0)
    bottom, top = min(bottom, 0.0), max(top, 5 * CLOSE_ENOUGH)
    image = where.imshow(np.clip(gap, 0, None), cmap=colour_map("viridis"), norm=rooted(top))
    where.set_title("Where it falls short")
    bare(where)
    below = where.inset_axes((0, -0.12, 1, 0.05))  # as wide as the map, whatever its shape
    bar = figure.colorbar(image, cax=below, orientation="horizontal", extend="max")
    bar.set_label("short by … nats per sample (grey: no fit)")
    share = (np.arange(known.size) + 1) / max(known.size, 1)
    shown = np.linspace(0, known.size - 1, min(known.size, 1000)).astype(int)  # a light SVG
    many.plot(known[shown], 1 - share[shown], color=name.colour)
    many.set(
        title="On how many pixels",
        xlabel=f"short by more than … nats per sample\n(dashed: {CLOSE_ENOUGH:g}, close enough)",
        xlim=(bottom, top),
        ylim=(-0.02, 1.02),
    )
    many.axvline(CLOSE_ENOUGH, **GUIDE)
    percent_axis(many)
    return figure


@styled
def draw_area(
    area: "pd.DataFrame",
    names: Mapping[str, Name],
    *,
    training: Sequence[range],
    events: Mapping[str, int] | None = None,
    truth: "pd.Series | None" = None,
) -> Figure:
    """Draw the share of the image that each method marks as foreground, over the clip.

    Parameters
    ----------
    area : DataFrame
        `area.csv`: frame, method, foreground_share.
    training : sequence of range
        Those of the clip's frames that train; none if they are of another clip.
    events : mapping of str to int, optional
        Frames to mark, by what happens in them.
    truth : Series, optional
        The true share of the person, indexed by frame.
    """
    figure, axes = new_figure(3.3)
    if truth is not None:
        axes.plot(truth.index, truth, linewidth=1.4, **line_of(TRUTH))
    for method, rows in area.groupby("method", sort=False):
        curve = rows.set_index("frame")["foreground_share"].sort_index()
        curve = curve.reindex(range(curve.index[0], curve.index[-1] + 1))  # gaps where frames train
        axes.plot(curve.index, curve, **line_of(names[method]))
    last = max([*area["frame"], *(stretch.stop for stretch in training)], default=1)
    for stretch in training:
        axes.axvspan(max(stretch.start - 0.5, 0), stretch.stop - 0.5, color="#f3f3f3", zorder=0)
    if training:
        longest = max(training, key=len)
        wide = longest.stop > last / 4
        axes.annotate(
            "training frames:\nthe models learn here",
            (longest.stop - 1 if wide else max(longest.start, last / 100), 0.9),
            xycoords=("data", "axes fraction"),
            ha="right" if wide else "left",
            va="top",
            **NOTE,
        )
    for place, (words, frame) in enumerate((events or {}).items()):
        mark_place(axes, frame, words, height=0.98 - 0.08 * place)  # each in a line of its own
    axes.set(xlabel="frame", ylabel="foreground\n(share of the image)")
    # The upper fourth is left to words.
    axes.set_ylim(0, 1.33 * max([*area["foreground_share"], *([] if truth is None else truth), 0.001]))
    axes.set_xlim(0, last)
    percent_axis(axes)
    legend_above(figure)
    return figure


@styled
def draw_absorption(
    visible: "pd.DataFrame", absorption: "pd.DataFrame", names: Mapping[str, Name], *, rate: Rate
) -> Figure:
    """Draw how much of the still person each method still sees, with half-lives and MOG2's predicted moment.

    Parameters
    ----------
    visible : DataFrame
        `visible.csv`: frame, method, visible_share.
    absorption : DataFrame
        `absorption.csv`: method, still_frame, initial_share, half_life, predicted are read.
    rate : Rate
        The clip's, for the axis in seconds.
    """
    figure, axes = new_figure(3.6)
    rows = absorption[absorption["still_frame"].notna()].set_index("method")
    if rows.empty:
        say_nobody(axes)
        return figure
    for method, row in rows.iterrows():
        name = names[method]
        curve = visible[visible["method"] == method].sort_values("frame")
        since = curve["frame"] - row["still_frame"]
        axes.plot(since, curve["visible_share"], **line_of(name))
        if not np.isnan(row["half_life"]):
            there = curve.loc[since == row["half_life"], "visible_share"]
            style = {"color": name.colour, "markeredgecolor": "white", "markersize": 7.5, "zorder": 5}
            axes.plot([row["half_life"]] * len(there), there, "D", **style)
        if not np.isnan(row["predicted"]):
            words = f"predicted for {name.label}: {row['predicted']:.0f}"
            axes.axvline(row["predicted"], label=words, **GUIDE | {"color": name.colour, "linewidth": 1.2})
    if rows["half_life"].notna().any():
        axes.plot([], [], "D", color=GREY, markeredgecolor="white", markersize=7, label="half-life")
    still = rows["still_frame"].iloc[0]
    axes.set(ylabel="person still visible", ylim=(-0.03, 1.05))
    fps = float(rate.fps)
    known = " (assumed)" if rate.known_by == "nothing" else ""
    words = f"frames since lying still (frame {still:.0f}), and seconds at {fps:.4g} frames per second{known}"
    axes.set_xlabel(words)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda frame, _: f"{frame:g}\n{frame / fps:.3g} s"))
    axes.set_xlim(left=0)
    percent_axis(axes)
    legend_above(figure)
    return figure
