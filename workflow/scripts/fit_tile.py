"""Fit the mixture to one horizontal tile of a clip's training frames."""

from bgsub.files import write_arrays
from bgsub.model.fit import fit_rows, mixture_of
from bgsub.source.frames import open_frames, read_split, tile_rows
from job import run


def main(frames: str, table: str, settings: dict, n_threads: int, tile: int, tiles: int, fit: str) -> None:
    clip = open_frames(frames)
    mixture = mixture_of(settings, n_threads=n_threads)
    rows = tile_rows(clip.shape[1], tile - 1, tiles)
    write_arrays(fit, fit_rows(clip, rows, len(read_split(table).train), mixture))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        settings=snakemake.params.model,
        n_threads=snakemake.threads,
        tile=int(snakemake.wildcards.tile),
        tiles=int(snakemake.wildcards.tiles),
        fit=snakemake.output.fit,
    )
