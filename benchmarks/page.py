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

from bgsub.files import atomic_path
from bgsub.style import GREY, legend_above, looks, new_figure, save_figure, styled

OURS, OTHERS, SCALED = "#0072B2", "#D55E00", "#b8b8b8"
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
        table=_table(fits),
        compiling=f"{compiling:.1f}",
        growth=_growth(growth),
        **{name: _digits(value) for name, value in roof.items()},
        share_percent=f"{100 * roof['share']:.0f}",
        issue_percent=f"{100 * roof['issue_share']:.0f}",
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
        ours = [case in ("converged", "notebook", "auto") for case in table.index]
        colours = np.where(ours, OURS, np.where(scaled, SCALED, OTHERS))
        places = np.arange(len(table))
        cell.barh(places, table["seconds"], color=colours, height=0.68)
        cell.hlines(places, table["fastest"], table["slowest"], color="black", linewidth=1)
        cell.axvline(table.loc["mog2", "seconds"], color=GREY, linewidth=1.1, linestyle=(0, (2, 2)), zorder=0)
        for place, (seconds, slowest, ratio) in enumerate(
            table[["seconds", "slowest", "ratio_to_mog2"]].to_numpy()
        ):
            text = f" {_seconds(seconds)}, {_digits(ratio)} x"
            cell.annotate(text, (max(seconds, slowest), place), va="center", fontsize=8)
        cell.set(xscale="log", title=f"{clip} clip", xlabel="seconds (and times MOG2's)")
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
    figure, axes = new_figure(4.6, 2, 3, sharex="col")
    growth = growth.assign(pixels=growth["height"] * growth["width"])
    styles = dict(zip((1, 2), looks(["notebook", "em"]).values(), strict=True))
    for column, name in enumerate(("frames", "pixels", "components")):
        table = growth[growth["series"] == name]
        time, memory = axes[:, column]
        for threads, part in table.groupby("threads"):
            look = styles[threads]
            words = "1 thread" if threads == 1 else f"{threads} threads"
            time.plot(
                part[name],
                part["seconds"],
                "o",
                color=look.colour,
                linestyle=look.dashes,
                markersize=4,
                label=words,
            )
        part = table[table["peak_mb"].notna()]
        memory.plot(part[name], part["peak_mb"], "o-", color=OURS, markersize=4, label="peak of the fit")
        samples = part["frames"] * np.minimum(part["pixels"], TILE) * 3 / 2**20
        memory.plot(part[name], samples, color=GREY, linestyle=(0, (2, 2)), label="its samples, uint8")
        for cell in (time, memory):
            cell.set(xscale="log", yscale="log")
            cell.xaxis.set_minor_formatter(NullFormatter())
        memory.set_xlabel(
            {"frames": "training frames", "pixels": "pixels", "components": "components K"}[name]
        )
        if name == "components":
            memory.set_xticks(part[name], part[name])
        if name == "frames":
            memory.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes[0, 0].set_ylabel("seconds")
    axes[1, 0].set_ylabel("MB")
    legend_above(axes[0, 0])
    legend_above(axes[1, 0], 2)
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
        f"Time is proportional to frames and to pixels. The {largest['width']:.0f} x {largest['height']:.0f} frames,"
        f" {largest['frames']:.0f} of them, take {_seconds(largest['seconds'])} s; {longest['frames']:.0f} training"
        f" frames of {BAND[1]} x {BAND[0]} pixels {_seconds(longest['seconds'])} s. Memory is that of one tile, however"
        f" large the clip: the series over pixels is fitted in tiles of up to {TILE:,} pixels and stays at"
        f" {_digits(pixels['peak_mb'].max())} MB. The series over components is on {STRIP[1]} x {STRIP[0]} pixels; one"
        f" and two components have kernels of their own, more take the general one."
    )


def _digits(value: float) -> str:
    """About three significant digits; nothing for NaN."""
    if np.isnan(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _seconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.3g}"


def _machine() -> str:
    """Processor and cores."""
    info = Path("/proc/cpuinfo")
    names = (
        [
            line.split(":")[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        if info.exists()
        else []
    )
    return f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} cores"
