"""Summarise each fit of a clip, compare it with restarts on a sample of pixels, and draw what it found."""

from bgsub.evidence.audit import audit, audit_rows, path_rows, take_sample
from bgsub.evidence.fits import parameter_maps, summarise_fit
from bgsub.figures.convergence_plots import draw_audit, draw_parameter_maps
from bgsub.figures.style import save_figure
from bgsub.files import read_arrays, write_table
from bgsub.names import from_params
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run

PARAMETERS = ("weights", "means", "covariances", "flags")
PROGRESS = ("log_likelihood", "n_iter", "converged")


def summaries(models: dict[str, str]) -> list[dict]:
    """Rows of fits.csv. One model is held at a time, and of the reference what others are measured by."""
    reference = read_arrays(next(iter(models.values())), "weights", "means", "flags", "log_likelihood")
    return [
        summarise_fit(name, read_arrays(file, *PARAMETERS, *PROGRESS), reference)
        for name, file in models.items()
    ]


def main(
    training: str,
    table: str,
    groundtruth: str | None,
    models: dict[str, str],
    settings: dict[str, dict],
    names: dict[str, dict],
    pixels: int,
    restarts: int,
    seed: int,
    fits: str,
    audited: str,
    paths: str,
    figure: str,
    parameters: str,
) -> None:
    write_table(fits, summaries(models))
    places = read_split(table).train
    truth = frames_at(open_frames(groundtruth), places) if groundtruth else None
    sample = take_sample(frames_at(open_frames(training), places), pixels, seed, truth)
    audits, maps, called = {}, {}, from_params(names)
    for name, file in progress("auditing", "model")(models.items()):
        model = read_arrays(file, *PARAMETERS)
        audits[name] = audit(sample, model, settings[name], restarts=restarts, seed=seed)
        maps[name] = parameter_maps(model)
    write_table(audited, [row for name in audits for row in audit_rows(name, audits[name], sample.kinds)])
    write_table(paths, [row for name in audits for row in path_rows(name, audits[name], sample.kinds)])
    save_figure(draw_audit(audits, sample.kinds, called), figure)
    save_figure(draw_parameter_maps(maps, called), parameters, vector=False)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        training=snakemake.input.training,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        settings=snakemake.params.models,
        names=snakemake.params.names,
        **snakemake.params.audit,
        fits=snakemake.output.fits,
        audited=snakemake.output.table,
        paths=snakemake.output.paths,
        figure=snakemake.output.figure,
        parameters=snakemake.output.parameters,
    )
