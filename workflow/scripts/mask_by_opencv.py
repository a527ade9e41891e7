"""Mark the foreground by an OpenCV method that learns from all frames; the test frames' masks are kept."""

from bgsub.files import write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.subtractors import subtractor
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(frames: str, training: str, table: str, masks: str, checksum: str, method: dict) -> None:
    split = read_split(table)
    learned = frames_at(open_frames(training), split.train)
    tested = frames_at(open_frames(frames), split.test)
    marked = subtractor(method).masks(learned, tested, progress(method["opencv"]))
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
