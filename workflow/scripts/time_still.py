"""Tell how long each stillness lasts, by the clip's rate."""

from typing import Any

import pandas as pd

from bgsub.evidence.still import TIMED_COLUMNS, timed
from bgsub.files import write_table
from bgsub.source.rate import rate_of
from bgsub.source.records import read_record
from job import run


def main(still_frames: str, decoding: str, rate: dict[str, Any], still: str) -> None:
    rows = pd.read_csv(still_frames).to_dict("records")
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
