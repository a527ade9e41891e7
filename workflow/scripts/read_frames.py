"""Decode a clip's frames into one array."""

import dataclasses

from bgsub.files import write_checksum, write_text
from bgsub.source.decode import Decoding
from bgsub.source.limits import Limits
from bgsub.source.reading import read_frames
from bgsub.source.records import unchanged_file, write_record
from job import progress, run


def main(
    record: str,
    pattern: str | None,
    bits: int | None,
    limits: dict,
    frames: str,
    checksum: str,
    names: str,
    decoding: str,
) -> None:
    told = Decoding()
    decoded = read_frames(
        unchanged_file(record),
        pattern,
        frames,
        bits=bits,
        limits=Limits(**limits),
        decoding=told,
        progress=progress("decoding"),
    )
    write_checksum(frames, checksum)
    write_text(names, "".join(f"{name}\n" for name in decoded))
    write_record(dataclasses.asdict(told), decoding)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        record=snakemake.input.record,
        pattern=snakemake.params.pattern["frames"],
        bits=snakemake.params.pattern["bits"],
        limits=snakemake.params.limits,
        frames=snakemake.output.frames,
        checksum=snakemake.output.checksum,
        names=snakemake.output.names,
        decoding=snakemake.output.decoding,
    )
