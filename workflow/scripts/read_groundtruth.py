"""Decode a clip's label images into one array."""

from bgsub.source.frames import open_frames, read_groundtruth
from bgsub.source.records import recorded_file
from job import progress, run


def main(record: str, pattern: str, frames: str, groundtruth: str) -> None:
    read_groundtruth(
        recorded_file(record), pattern, groundtruth, open_frames(frames), progress=progress("decoding")
    )


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        record=snakemake.input.record,
        pattern=snakemake.params.pattern["groundtruth"],
        frames=snakemake.input.frames,
        groundtruth=snakemake.output.groundtruth,
    )
