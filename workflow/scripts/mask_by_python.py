"""Mark the foreground by a method in a Python file of the user's."""

from bgsub.files import write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.own import OwnMethod
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(frames: str, table: str, masks: str, checksum: str, method: dict) -> None:
    test = read_split(table).test
    write_masks(masks, OwnMethod(**method).masks(open_frames(frames), test, progress("running")), test)
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
