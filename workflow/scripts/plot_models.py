"""Draw the figures about a clip's models: backgrounds, convergence, maps of fits, gaps to the reference."""

import numpy as np

from bgsub.figures.pictures import draw_backgrounds, draw_fit_maps
from bgsub.figures.plots import draw_convergence, draw_gap
from bgsub.figures.style import save_figure
from bgsub.files import read_arrays, read_image, read_numbers
from bgsub.masks.foreground import temporal_median
from bgsub.model.constants import UNDEFINED
from bgsub.names import MEDIAN, from_params
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import run


def main(
    training: str,
    table: str,
    models: dict[str, str],
    backgrounds: dict[str, str],
    convergence: dict[str, str],
    tolerances: dict[str, float | None],
    names: dict[str, dict],
    truth: str | None,
    background_figure: str,
    convergence_figure: str,
    fit_figures: dict[str, str],
    gap_figures: dict[str, str],
) -> None:
    called = from_params(names)
    fits = {name: read_arrays(file, "n_iter", "log_likelihood", "flags") for name, file in models.items()}
    median = temporal_median(frames_at(open_frames(training), read_split(table).train))
    drawn = draw_backgrounds(
        {called[name].label: read_image(file) for name, file in backgrounds.items()}
        | {MEDIAN.label: np.rint(median).astype(np.uint8)},
        undefined={called[name].label: (fit["flags"] & UNDEFINED) > 0 for name, fit in fits.items()},
        truth=None if truth is None else read_image(truth),
    )
    save_figure(drawn, background_figure, vector=False)
    curves = {name: read_numbers(file) for name, file in convergence.items()}
    save_figure(draw_convergence(curves, tolerances, called), convergence_figure)
    for name, figure in fit_figures.items():
        save_figure(draw_fit_maps(**fits[name]), figure, vector=False)
    reference = next(iter(fits.values()))
    for name, figure in gap_figures.items():
        undefined = (reference["flags"] | fits[name]["flags"]) & UNDEFINED
        gap = reference["log_likelihood"] - fits[name]["log_likelihood"]
        drawn = draw_gap(np.where(undefined, np.nan, gap), called[name])
        save_figure(drawn, figure, vector=False)


if __name__ == "__main__":
    models = snakemake.params.models
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        training=snakemake.input.training,
        table=snakemake.input.table,
        models=dict(zip(models, snakemake.input.models, strict=True)),
        backgrounds=dict(zip(models, snakemake.input.backgrounds, strict=True)),
        convergence=dict(zip(models, snakemake.input.convergence, strict=True)),
        tolerances={name: settings["tolerance"] for name, settings in models.items()},
        names=snakemake.params.names,
        truth=next(iter(snakemake.input.truth), None),
        background_figure=snakemake.output.backgrounds,
        convergence_figure=snakemake.output.convergence,
        fit_figures=dict(zip(models, snakemake.output.fits, strict=True)),
        gap_figures=dict(zip(list(models)[1:], snakemake.output.gaps, strict=True)),
    )
