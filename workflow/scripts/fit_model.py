"""Fit the mixture to a clip's training frames, and draw its background image and its trajectory."""

from bgsub.model.fit import fit_rows, mixture_of
from bgsub.model.tiles import write_model
from bgsub.source.frames import open_frames, read_split
from job import run


def main(
    frames: str, table: str, settings: dict, n_threads: int, model: str, background: str, convergence: str
) -> None:
    clip = open_frames(frames)
    mixture = mixture_of(settings, n_threads=n_threads)
    fit = fit_rows(clip, slice(0, clip.shape[1]), len(read_split(table).train), mixture)
    write_model(fit, model, background, convergence)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        settings=snakemake.params.model,
        n_threads=snakemake.threads,
        model=snakemake.output.model,
        background=snakemake.output.background,
        convergence=snakemake.output.convergence,
    )
