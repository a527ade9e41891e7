"""Pictures of convergence: the audit of a clip's models, and maps of what a model found at each pixel."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bgsub.evidence.audit import Audit
from bgsub.figures.style import (
    GUIDE,
    WIDTH,
    bare,
    colour_map,
    layout_of,
    legend_above,
    line_of,
    new_figure,
    percent_axis,
    rooted,
    styled,
)
from bgsub.model.constants import CLOSE_ENOUGH
from bgsub.names import Name
from bgsub.words import NBSP

SMALLEST_GAP = 1e-5  # nats per sample, left end of the axis: smaller gaps are no gaps
PANEL_PIXELS = 360  # that a map is drawn with, across
TITLES = {
    "all": "All pixels",
    "two_mode": "A person crosses",
    "static": "Nobody crosses",
}


@styled
def draw_audit(
    audits: Mapping[str, Audit], kinds: Mapping[str, np.ndarray], names: Mapping[str, Name]
) -> Figure:
    """Draw how far each model ends below the best of the restarts, and how it came there.

    Parameters
    ----------
    audits : mapping of str to Audit
        By model.
    kinds : mapping of str to ndarray (P,) bool
        Which of the audited pixels are of which kind; see `evidence.audit.Sample`. Two-mode and static pixels
        have a column each, or all pixels one, if either is missing.
    """
    shown = [kind for kind in ("two_mode", "static") if kind in kinds]
    shown = shown if len(shown) == 2 else ["all"]
    figure, axes = new_figure(5.4, 2, len(shown), sharex="row", squeeze=False)
    for column, kind in enumerate(shown):
        many, path = axes[:, column]
        many.set_title(f"{TITLES[kind]} ({np.count_nonzero(kinds[kind]):,}{NBSP}pixels)")
        for model, found in audits.items():
            judged = kinds[kind] & found.defined
            if judged.any():
                _distribution(many, found.gap[judged], names[model])
                _approach(path, found, judged, names[model])
        many.axvline(CLOSE_ENOUGH, **GUIDE)
        many.set(xscale="log", xlim=(SMALLEST_GAP, None), ylim=(-0.02, 1.04))
        many.set(xlabel=f"nats per sample below the best\n(dashed: {CLOSE_ENOUGH:g})")
        percent_axis(many)
        path.set(xscale="log", xlabel="iteration")
        path.axhline(0, **GUIDE)
        path.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    many, path = axes[:, 0]
    many.set(ylabel="share of pixels at least\nthat near to the best")
    path.set(ylabel="nats per sample below the best\n(median, 10 to 90 % of pixels)")
    legend_above(figure)
    figure.align_ylabels()
    return figure


def _distribution(axes: Axes, gap: np.ndarray, name: Name) -> None:
    """Cumulative distribution of the gap, from the left end of the axis on."""
    ordered = np.sort(np.maximum(gap, SMALLEST_GAP))
    share = (np.arange(ordered.size) + 1) / ordered.size
    axes.step(
        np.append(ordered, 2 * max(ordered[-1], 1.0)),
        np.append(share, 1.0),
        where="post",
        **line_of(name),
    )


def _approach(axes: Axes, found: Audit, judged: np.ndarray, name: Name) -> None:
    """How far the model was below the best after each iteration, up to the last pixel to stop."""
    short = found.best[judged, np.newaxis] - found.paths[judged]
    moved = (np.diff(short, axis=1) != 0).any(axis=0)
    last = int(np.flatnonzero(moved)[-1]) + 1 if moved.any() else 1
    low, median, high = np.quantile(short[:, 1 : last + 1], [0.1, 0.5, 0.9], axis=0)
    iterations = np.arange(1, last + 1)
    axes.fill_between(iterations, low, high, color=name.colour, alpha=0.18, linewidth=0)
    axes.plot(iterations, median, color=name.colour, linestyle=name.line)
    axes.plot(iterations[-1:], median[-1:], "o", color=name.colour, markersize=5.5)


@styled
def draw_parameter_maps(maps: Mapping[str, Mapping[str, np.ndarray]], names: Mapping[str, Name]) -> Figure:
    """Draw what each model found at each pixel.

    Parameters
    ----------
    maps : mapping of str to mapping of str to ndarray (H, W)
        By model, what `evidence.fits.parameter_maps` returns.
    """
    first = next(iter(maps.values()))["components"]
    step = max(1, first.shape[1] // PANEL_PIXELS)
    most = max(int(found["components"].max()) for found in maps.values())
    widest = max(float(np.quantile(found["narrowest"], 0.99)) for found in maps.values())
    columns = {
        "components": (
            "Components",
            "number",
            "neither",
            colour_map("viridis").resampled(most),
            Normalize(0.5, most + 0.5),
        ),
        "heaviest_weight": (
            "Heaviest component",
            "weight",
            "neither",
            colour_map("cividis"),
            Normalize(1 / most, 1),
        ),
        "narrowest": (
            "Narrowest direction",
            "standard deviation, levels",
            "max",
            colour_map("viridis"),
            rooted(widest),
        ),
    }
    height = len(maps) * (WIDTH / len(columns) * first.shape[0] / first.shape[1] + 0.02) + 0.75
    figure, axes = new_figure(height, len(maps), len(columns), squeeze=False)
    layout_of(figure).set(h_pad=0.02, hspace=0)
    for row, (model, found) in zip(axes, maps.items(), strict=True):
        row[0].set_ylabel(names[model].label)
        for cell, (key, (*_, colours, scale)) in zip(row, columns.items(), strict=True):
            cell.imshow(found[key][::step, ::step], cmap=colours, norm=scale)
            bare(cell)
    for column, (title, unit, extend, *_) in zip(axes.T, columns.values(), strict=True):
        column[0].set_title(title)
        bar = figure.colorbar(
            column[-1].images[0], ax=column, orientation="horizontal", extend=extend, aspect=30, pad=0.02
        )
        bar.set_label(unit)
        bar.ax.grid(visible=False)
        if title == "Components":
            bar.set_ticks(range(1, most + 1))
    return figure
