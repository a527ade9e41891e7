"""Draw the figures about a clip's models: backgrounds, convergence, maps of fits, gaps to the reference."""

from pathlib import Path

import numpy as np
import pandas as pd

from bgsub.figures.pictures import plot_backgrounds, plot_fit_maps
from bgsub.figures.plots import plot_convergence, plot_gap
from bgsub.files import read_arrays, read_image
from bgsub.masks.foreground import temporal_median
from bgsub.model.constants import UNDEFINED
from bgsub.names import MEDIAN, from_params
from bgsub.source.frames import open_frames, read_split
from job import run


def main(
    frames: str,
    table: str,
    models: dict[str, str],
    backgrounds: dict[str, str],
    convergence: dict[str, str],
    tolerances: dict[str, float | None],
    names: dict[str, dict],
    truth: str | None,
    figures: str,
) -> None:
    folder, called = Path(figures), from_params(names)
    fits = {name: read_arrays(file, "n_iter", "log_likelihood", "flags") for name, file in models.items()}
    median = temporal_median(open_frames(frames)[: len(read_split(table).train)])
    plot_backgrounds(
        {called[name].label: read_image(file) for name, file in backgrounds.items()}
        | {MEDIAN.label: np.rint(median).astype(np.uint8)},
        folder / "backgrounds.png",
        undefined={called[name].label: (fit["flags"] & UNDEFINED) > 0 for name, fit in fits.items()},
        truth=None if truth is None else read_image(truth),
    )
    plot_convergence(
        {name: pd.read_csv(file) for name, file in convergence.items()},
        tolerances,
        called,
        folder / "convergence.png",
    )
    for name, fit in fits.items():
        plot_fit_maps(**fit, path=folder / f"fit_{name}.png")
    reference, *others = fits
    for name in others:
        undefined = (fits[reference]["flags"] | fits[name]["flags"]) & UNDEFINED
        gap = fits[reference]["log_likelihood"] - fits[name]["log_likelihood"]
        plot_gap(np.where(undefined, np.nan, gap), called[name], folder / f"gap_{name}.png")


if __name__ == "__main__":
    models = snakemake.params.models
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        models=dict(zip(models, snakemake.input.models, strict=True)),
        backgrounds=dict(zip(models, snakemake.input.backgrounds, strict=True)),
        convergence=dict(zip(models, snakemake.input.convergence, strict=True)),
        tolerances={name: settings["tolerance"] for name, settings in models.items()},
        names=snakemake.params.names,
        truth=next(iter(snakemake.input.truth), None),
        figures=str(Path(snakemake.output.backgrounds).parent),
    )
