"""Compare each model of a clip with restarts on a sample of pixels, and draw what it found at each pixel."""

from bgsub.figures.convergence_plots import plot_audit, plot_parameter_maps
from bgsub.files import read_arrays, write_table
from bgsub.model.audit import audit, audit_rows, path_rows, take_sample
from bgsub.model.convergence import parameter_maps
from bgsub.source.frames import open_frames, read_split
from job import progress, run

NEEDED = ("weights", "means", "covariances", "flags")


def main(
    frames: str,
    table: str,
    groundtruth: str | None,
    models: dict[str, str],
    settings: dict[str, dict],
    pixels: int,
    restarts: int,
    seed: int,
    audited: str,
    paths: str,
    figure: str,
    parameters: str,
) -> None:
    training = len(read_split(table).train)
    truth = open_frames(groundtruth)[:training] if groundtruth else None
    sample = take_sample(open_frames(frames)[:training], pixels, seed, truth)
    audits, maps = {}, {}
    for name, file in models.items():
        model = read_arrays(file, *NEEDED)
        audits[name] = audit(
            sample, model, settings[name], restarts=restarts, seed=seed, progress=progress(name, "pixel")
        )
        maps[name] = parameter_maps(model)
    write_table(audited, [row for name in audits for row in audit_rows(name, audits[name], sample.kinds)])
    write_table(paths, [row for name in audits for row in path_rows(name, audits[name], sample.kinds)])
    plot_audit(audits, sample.kinds, figure)
    plot_parameter_maps(maps, parameters)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        settings=snakemake.params.models,
        **snakemake.params.audit,
        audited=snakemake.output.table,
        paths=snakemake.output.paths,
        figure=snakemake.output.figure,
        parameters=snakemake.output.parameters,
    )
