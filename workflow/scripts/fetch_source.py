"""Fetch a clip's source unless it is there already, check it, and record where it came from."""

import os

from bgsub.source.kinds import KINDS
from bgsub.source.limits import Limits
from bgsub.source.records import source_record, write_record
from job import progress, run


def main(record: str, source: dict, limits: dict, rendered: str | None) -> None:
    kind = source["kind"]
    address = os.environ.get(source.get("variable", ""), source[kind])  # an address that may hold a secret
    file = rendered or address
    if KINDS[kind].fetched:
        from bgsub.source.sources import fetch  # which loads what downloads

        file = source["file"]
        fetch(
            kind,
            address,
            file,
            sha256=source.get("sha256"),
            progress=progress("fetching", "MiB"),
            limits=Limits(**limits),
        )
    found = source_record(kind, address, file, sha256=source.get("sha256"), frames=source.get("frames"))
    write_record(found, record)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        record=snakemake.output.record,
        source=snakemake.params.source,
        limits=snakemake.params.limits,
        rendered=snakemake.input[0] if snakemake.input else None,
    )
