"""Tell how long each stillness lasts, by the clip's rate."""

import pandas as pd

from bgsub.evidence.still import TIMED_COLUMNS, timed
from bgsub.files import write_table
from job import run


def main(still_frames: str, fps: float, still: str) -> None:
    write_table(still, timed(pd.read_csv(still_frames).to_dict("records"), fps), columns=TIMED_COLUMNS)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        still_frames=snakemake.input.still_frames,
        fps=snakemake.params.video["fps"],
        still=snakemake.output.still,
    )
