"""Decode a clip's frames into one array."""

import dataclasses

from bgsub.files import write_text
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
    names: str,
    decoding: str | None,
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
    write_text(names, "".join(f"{name}\n" for name in decoded))
    if decoding:
        write_record(dataclasses.asdict(told), decoding)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        record=snakemake.input.record,
        pattern=snakemake.params.pattern["frames"],
        bits=snakemake.params.pattern.get("bits"),
        limits=snakemake.params.get("limits", {}),
        frames=snakemake.output.frames,
        names=snakemake.output.names,
        decoding=snakemake.output.get("decoding"),
    )
