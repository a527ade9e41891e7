"""Decode a clip's label images into one array."""

from pathlib import Path

from bgsub.source.frames import open_frames
from bgsub.source.limits import Limits
from bgsub.source.reading import read_groundtruth
from bgsub.source.records import unchanged_file
from job import progress, run


def main(record: str, pattern: str, limits: dict, frames: str, names: str, groundtruth: str) -> None:
    read_groundtruth(
        unchanged_file(record),
        pattern,
        groundtruth,
        open_frames(frames),
        frame_names=Path(names).read_text(encoding="utf-8").splitlines(),
        limits=Limits(**limits),
        progress=progress("decoding"),
    )


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        record=snakemake.input.record,
        pattern=snakemake.params.pattern["groundtruth"],
        limits=snakemake.params.limits,
        frames=snakemake.input.frames,
        names=snakemake.input.names,
        groundtruth=snakemake.output.groundtruth,
    )
