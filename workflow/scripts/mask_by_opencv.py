"""Mark the foreground by an OpenCV method that learns from all frames; the test frames' masks are kept."""

from bgsub.files import write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.subtractors import subtractor
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(frames: str, table: str, masks: str, checksum: str, method: dict) -> None:
    test = read_split(table).test
    marked = subtractor(method).masks(open_frames(frames), test, progress(method["opencv"]))
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
