"""Fit the mixture to one horizontal tile of a clip's training frames."""

from bgsub.files import write_arrays
from bgsub.model.fit import fit_rows, mixture_of
from bgsub.source.frames import frames_at, open_frames, tile_rows
from bgsub.source.split import read_split
from job import run


def main(training: str, table: str, settings: dict, n_threads: int, tile: int, tiles: int, fit: str) -> None:
    frames = frames_at(open_frames(training), read_split(table).train)
    mixture = mixture_of(settings, n_threads=n_threads)
    rows = tile_rows(frames.shape[1], tile - 1, tiles)
    write_arrays(fit, fit_rows(frames, rows, mixture))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        training=snakemake.input.training,
        table=snakemake.input.table,
        settings=snakemake.params.model,
        n_threads=snakemake.threads,
        tile=int(snakemake.wildcards.tile),
        tiles=int(snakemake.wildcards.tiles),
        fit=snakemake.output.fit,
    )
