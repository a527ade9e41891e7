"""Put the tiles of a model together, and draw its background image and its trajectory."""

from bgsub.files import read_arrays, write_arrays, write_image, write_table
from bgsub.model.convergence import background_image, trajectory_rows
from bgsub.model.tiles import join_tiles
from job import run


def main(fits: list[str], model: str, background: str, convergence: str) -> None:
    arrays, trajectory = join_tiles([read_arrays(fit) for fit in fits])
    write_arrays(model, arrays)
    write_image(background, background_image(arrays["weights"], arrays["means"]))
    write_table(convergence, trajectory_rows(trajectory))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        fits=snakemake.input.fits,
        model=snakemake.output.model,
        background=snakemake.output.background,
        convergence=snakemake.output.convergence,
    )
