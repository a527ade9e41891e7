"""Mark the foreground of the test frames by comparing them with the median of the training frames."""

from bgsub.files import write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.scored import DifferenceToMedian
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(frames: str, table: str, masks: str, checksum: str, method: dict) -> None:
    clip, (train, test) = open_frames(frames), read_split(table)
    rule = DifferenceToMedian(**method)
    marked = rule.masks(clip[test.start :], clip[: test.start], len(train), progress("comparing"))
    write_masks(masks, marked, test)
    write_checksum(masks, checksum)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        masks=snakemake.output.masks,
        checksum=snakemake.output.checksum,
        method=snakemake.params.method,
    )
