"""Mark the foreground of the test frames by comparing them with the median of the training frames."""

from bgsub.files import write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.scored import DifferenceToMedian
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(frames: str, training: str, table: str, masks: str, checksum: str, method: dict) -> None:
    split = read_split(table)
    learned = frames_at(open_frames(training), split.train)
    tested = frames_at(open_frames(frames), split.test)
    rule = DifferenceToMedian(**method)
    marked = rule.masks(tested, learned, len(split.train), progress("comparing"))
    write_masks(masks, marked, split.test)
    write_checksum(masks, checksum)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        training=snakemake.input.training,
        table=snakemake.input.table,
        masks=snakemake.output.masks,
        checksum=snakemake.output.checksum,
        method=snakemake.params.method,
    )
