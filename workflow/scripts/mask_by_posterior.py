"""Mark the foreground of the test frames by a posterior that starts from a model and goes on learning."""

from bgsub.files import read_arrays, write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.posterior import Posterior
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(
    frames: str,
    training: str,
    table: str,
    model: str,
    masks: str,
    checksum: str,
    method: dict,
    mixture: dict,
    n_threads: int,
) -> None:
    split = read_split(table)
    learned = frames_at(open_frames(training), split.train)
    tested = frames_at(open_frames(frames), split.test)
    posterior = Posterior(**method)
    start = read_arrays(model, *posterior.parts)
    marked = posterior.masks(learned, tested, start, mixture, progress("learning"), n_threads)
    write_masks(masks, marked, split.test)
    write_checksum(masks, checksum)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=1,  # OpenCV's own would wait for work beside those, for a sixth more processor time
        n_threads=snakemake.threads,
        frames=snakemake.input.frames,
        training=snakemake.input.training,
        table=snakemake.input.table,
        model=snakemake.input.model,
        masks=snakemake.output.masks,
        checksum=snakemake.output.checksum,
        method=snakemake.params.method,
        mixture=snakemake.params.mixture,
    )
