"""Decode a clip's frames into one array."""

from bgsub.files import atomic_path, write_checksum
from bgsub.source.frames import read_frames
from bgsub.source.records import recorded_file
from job import progress, run


def main(record: str, pattern: str | None, frames: str, checksum: str, names: str) -> None:
    decoded = read_frames(recorded_file(record), pattern, frames, progress=progress("decoding"))
    with atomic_path(names) as temporary:
        temporary.write_text("".join(f"{name}\n" for name in decoded))
    write_checksum(frames, checksum)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        record=snakemake.input.record,
        pattern=snakemake.params.pattern["frames"],
        frames=snakemake.output.frames,
        checksum=snakemake.output.checksum,
        names=snakemake.output.names,
    )
