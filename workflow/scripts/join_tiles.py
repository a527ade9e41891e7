"""Put the tiles of a model together, and draw its background image and its trajectory."""

from bgsub.files import read_arrays, write_checksum
from bgsub.model.tiles import stack_tiles, write_model
from job import run


def main(fits: list[str], model: str, checksum: str, background: str, convergence: str) -> None:
    height = sum(len(read_arrays(fit, "n_iter")["n_iter"]) for fit in fits)
    write_model(stack_tiles(map(read_arrays, fits), height), model, background, convergence)
    write_checksum(model, checksum)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        fits=snakemake.input.fits,
        model=snakemake.output.model,
        checksum=snakemake.output.checksum,
        background=snakemake.output.background,
        convergence=snakemake.output.convergence,
    )
