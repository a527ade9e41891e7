"""Fit the mixture to one horizontal band of a clip's training frames."""

from bgsub.files import write_arrays
from bgsub.model.gmm import PixelMixture
from bgsub.model.tiles import stack_tiles, tile_arrays
from bgsub.source.frames import open_frames, read_rows, read_split, row_bands, tile_rows
from job import run


def main(frames: str, table: str, fit: str, tile: int, tiles: int, model: dict, n_threads: int) -> None:
    clip = open_frames(frames)
    training = len(read_split(table).train)
    mixture = PixelMixture(
        model["components"],
        max_components=model["max_components"],
        start=model["start"],
        tolerance=model["tolerance"],
        max_iterations=model["max_iterations"],
        covariance_floor=model["covariance_floor"],
        seed=model["seed"],
        n_threads=n_threads,
    )
    bands = []
    for rows in row_bands(tile_rows(clip.shape[1], tile - 1, tiles), clip.shape, training):
        mixture.fit(read_rows(clip, rows, training), first_pixel=rows.start * clip.shape[2])
        bands.append(tile_arrays(mixture))
    write_arrays(fit, stack_tiles(bands))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        fit=snakemake.output.fit,
        tile=int(snakemake.wildcards.tile),
        tiles=int(snakemake.wildcards.tiles),
        model=snakemake.params.model,
        n_threads=snakemake.threads,
    )
