"""Mark the foreground of the test frames by a posterior that starts from a model and goes on learning."""

from bgsub.files import read_arrays, write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.posterior import Posterior
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(
    frames: str,
    table: str,
    model: str,
    masks: str,
    checksum: str,
    method: dict,
    mixture: dict,
    n_threads: int,
) -> None:
    test = read_split(table).test
    posterior = Posterior(**method)
    start = read_arrays(model, *posterior.parts)
    marked = posterior.masks(open_frames(frames), test, start, mixture, progress("learning"), n_threads)
    write_masks(masks, marked, test)
    write_checksum(masks, checksum)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        n_threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        model=snakemake.input.model,
        masks=snakemake.output.masks,
        checksum=snakemake.output.checksum,
        method=snakemake.params.method,
        mixture=snakemake.params.mixture,
    )
