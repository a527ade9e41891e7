"""Tell how long each stillness lasts, by the clip's rate."""

import csv
from pathlib import Path
from typing import Any

from bgsub.evidence.still import TIMED_COLUMNS, timed
from bgsub.files import write_table
from bgsub.source.rate import rate_of
from bgsub.source.records import read_record
from job import run


def main(still_frames: str, decoding: str, rate: dict[str, Any], still: str) -> None:
    with Path(still_frames).open(newline="", encoding="utf-8") as file:
        rows = [row | {key: int(row[key]) for key in ("start", "end")} for row in csv.DictReader(file)]
    write_table(still, timed(rows, rate_of(read_record(decoding), **rate)), columns=TIMED_COLUMNS)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        still_frames=snakemake.input.still_frames,
        decoding=snakemake.input.decoding,
        rate=snakemake.params.rate,
        still=snakemake.output.still,
    )
