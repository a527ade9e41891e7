"""Mark the foreground of the test frames by comparing them with a model's background image."""

from bgsub.convergence import background_image
from bgsub.files import read_arrays
from bgsub.foreground import difference_masks
from bgsub.frames import open_frames, read_split
from bgsub.masks import write_masks
from job import progress, run


def main(frames: str, table: str, model: str, masks: str, method: dict) -> None:
    test = read_split(table).test
    arrays = read_arrays(model, "weights", "means")
    background = background_image(arrays["weights"], arrays["means"])
    marked = difference_masks(
        open_frames(frames)[test.start :], background, method["threshold"], progress=progress("comparing")
    )
    write_masks(masks, marked, test)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        model=snakemake.input.model,
        masks=snakemake.output.masks,
        method=snakemake.params.method,
    )
