"""The benchmark's pictures and its page, made from the tables."""

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from string import Template

import numpy as np
import pandas as pd
from cases import CASES
from growth import BAND, STRIP, TILE
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullFormatter

from bgsub.figures.style import GREY, new_figure, save_figure, styled
from bgsub.files import atomic_path

OURS, OTHERS, SCALED = "#0072B2", "#D55E00", "#b8b8b8"
OUR_CASES = ("converged", "notebook", "auto", "three", "five", "grey")
LIBRARIES = ("numpy", "numba", "opencv-contrib-python-headless", "scikit-learn", "scipy")


def write(folder: Path, clips: dict[str, str], compiling: float) -> None:
    """Write fit.png, growth.png (if there is growth.csv) and index.md from the tables in `folder`.

    Parameters
    ----------
    folder : Path
        Holds fit.csv, roofline.json and perhaps growth.csv.
    clips : dict of str to str
        What each clip is.
    compiling : float
        Seconds until the kernels were compiled or loaded.
    """
    fits = pd.read_csv(folder / "fit.csv")
    save_figure(draw_fits(fits), folder / "fit.png")
    growth = pd.read_csv(folder / "growth.csv") if (folder / "growth.csv").exists() else None
    if growth is not None:
        save_figure(draw_growth(growth), folder / "growth.png")
    roof = json.loads((folder / "roofline.json").read_text())
    text = Template((Path(__file__).parent / "index.md.in").read_text()).substitute(
        machine=_machine(),
        libraries=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        threads=fits["threads"].iloc[0],
        clips="\n".join(f"- `{name}`: {words}" for name, words in clips.items()),
        headline=_headline(fits),
        table=_table(fits),
        compiling=f"{compiling:.1f}",
        growth=_growth(growth),
        **{name: _digits(value) for name, value in roof.items()},
        **{
            f"{name}_percent": f"{100 * roof[name]:.0f}"
            for name in ("share", "iteration_share", "issue_share")
        },
    )
    with atomic_path(folder / "index.md") as temporary:
        temporary.write_text(text, encoding="utf-8")


@styled
def draw_fits(fits: pd.DataFrame) -> Figure:
    """Draw the seconds of every case, clip by clip, beside MOG2's."""
    shown = list(fits["clip"].unique())
    figure, axes = new_figure(3.3, 1, len(shown), sharey=True, squeeze=False)
    for cell, clip in zip(axes[0], shown, strict=True):
        table = fits[fits["clip"] == clip].set_index("case").loc[::-1]
        scaled = table["scaled_from_pixels"].notna()
        ours = [case in OUR_CASES for case in table.index]
        colours = np.where(ours, OURS, np.where(scaled, SCALED, OTHERS))
        places = np.arange(len(table))
        cell.barh(places, table["seconds"], color=colours, height=0.68)
        cell.hlines(places, table["fastest"], table["slowest"], color="black", linewidth=1)
        cell.axvline(table.loc["mog2", "seconds"], color=GREY, linewidth=1.1, linestyle=(0, (2, 2)), zorder=0)
        figures = table[["seconds", "slowest", "ratio_to_mog2"]].to_numpy()
        for place, (seconds, slowest, ratio) in enumerate(figures):
            text = f" {_seconds(seconds)} s, {_digits(ratio)} x"
            cell.annotate(text, (max(seconds, slowest), place), va="center", fontsize=8)
        cell.set(xscale="log", title=f"{clip} clip", xlabel="seconds, and how many times MOG2's")
        cell.set_yticks(places, table.index)
        low, high = cell.get_xlim()
        cell.set_xlim(low, high * (high / low) ** 0.45)
        cell.grid(visible=False, axis="y")
    handles = [
        Patch(color=OURS, label="ours"),
        Patch(color=OTHERS, label="others"),
        Patch(color=SCALED, label="scaled up from a sample of pixels"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
    return figure


@styled
def draw_growth(growth: pd.DataFrame) -> Figure:
    """Draw time and memory against frames, pixels and components."""
    figure, axes = new_figure(4.4, 2, 3, sharex="col")
    growth = growth.assign(pixels=growth["height"] * growth["width"])
    styles = {1: ("#E69F00", (0, (5, 2))), 2: (OURS, "-")}
    titles = {"frames": "training frames", "pixels": "pixels", "components": "components K"}
    for (time, memory), (name, title) in zip(axes.T, titles.items(), strict=True):
        table = growth[growth["series"] == name]
        for threads, part in table.groupby("threads"):
            style = dict(zip(("color", "linestyle"), styles[threads], strict=True)) | {"markersize": 4}
            words = "1 thread" if threads == 1 else f"{threads} threads"
            time.plot(part[name], part["seconds"], "o", **style, label=words)
        part = table[table["peak_mb"].notna()]
        samples = part["frames"] * np.minimum(part["pixels"], TILE) * 3 / 2**20
        memory.plot(part[name], part["peak_mb"], "o-", color=OURS, markersize=4, label="peak of the fit")
        memory.plot(part[name], samples, color=GREY, linestyle=(0, (2, 2)), label="samples of the tile")
        memory.set_xlabel(title)
        for cell in (time, memory):
            cell.set(xscale="log", yscale="log")
            cell.xaxis.set_minor_formatter(NullFormatter())
            cell.yaxis.set_minor_formatter(NullFormatter())
            low, high = cell.get_ylim()
            cell.set_ylim(10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high)))
    axes[1, 0].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes[1, 2].set_xticks(part["components"], part["components"])
    axes[0, 0].set_ylabel("seconds")
    axes[1, 0].set_ylabel("MB")
    axes[0, 0].legend(loc="upper left", fontsize=8)
    axes[1, 0].legend(loc="upper left", fontsize=8)
    figure.align_ylabels()
    return figure


def _table(fits: pd.DataFrame) -> str:
    """Rows of a markdown table, by clip and case."""
    lines = [
        "| clip | case | seconds | times MOG2's | iterations | peak MB | peak / samples | what |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    for row in fits.itertuples():
        mark = (
            "" if np.isnan(row.scaled_from_pixels) else f" (scaled from {row.scaled_from_pixels:,.0f} pixels)"
        )
        cells = [
            row.clip,
            f"`{row.case}`",
            _seconds(row.seconds),
            _digits(row.ratio_to_mog2),
            _digits(row.iterations_mean),
            _digits(row.peak_rss_mb),
            _digits(row.peak_to_samples),
            CASES[row.case].words + mark,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _growth(growth: pd.DataFrame | None) -> str:
    if growth is None:
        return "Not measured in this run."
    pixels = growth[(growth["series"] == "pixels") & (growth["threads"] == 2)]
    frames = growth[(growth["series"] == "frames") & (growth["threads"] == 2)]
    largest, longest = pixels.iloc[-1], frames.iloc[-1]
    return (
        f"![Time and memory against frames, pixels and components](growth.png)\n\n"
        f"{largest['frames']:.0f} frames of {largest['width']:.0f} x {largest['height']:.0f} take"
        f" {_seconds(largest['seconds'])} s, {longest['frames']:.0f} frames of {BAND[1]} x {BAND[0]}"
        f" {_seconds(longest['seconds'])} s. Memory is that of one tile, however large the clip: the series"
        f" over pixels is fitted in tiles of up to {TILE:,} pixels, one after another, and needs no more than"
        f" {_digits(pixels['peak_mb'].max())} MB. The series over components is on {STRIP[1]} x {STRIP[0]}"
        f" pixels, too few for a second thread."
    )


def _headline(fits: pd.DataFrame) -> str:
    """Say how our converged fit compares, clip by clip."""
    lines = []
    for clip, table in fits.groupby("clip"):
        case = table.set_index("case")
        ratio = {name: _digits(value) for name, value in case["ratio_to_mog2"].items()}
        times, fewer = (
            case.loc[name, "seconds"] / case.loc["converged", "seconds"]
            for name in ("sklearn", "sklearn_one_thread")
        )
        lines.append(
            f"- `{clip}`: our fit takes {ratio['converged']} times as long as MOG2 until it has converged,"
            f" {ratio['notebook']} times for the notebook's 5 iterations, {ratio['auto']} times with the"
            f" number of components chosen. scikit-learn takes {times:,.0f} times as long as our converged"
            f" fit, and {fewer:,.0f} times if it gets one thread only, which suits it better, and ours"
            f" keeps {table['threads'].iloc[0]}. With three components ours takes {ratio['three']} times as"
            f" long as MOG2, with five {ratio['five']} times."
        )
    return "\n".join(lines)


def _digits(value: float) -> str:
    """About three significant digits; nothing for NaN."""
    if np.isnan(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _seconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.3g}"


def _machine() -> str:
    """Name the processor, and count its cores."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} cores"
