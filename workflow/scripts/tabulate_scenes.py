"""Put the scores of all scenes into one table."""

import pandas as pd

from bgsub.errors import InputError
from bgsub.evidence.scoreboard import scene_rows
from bgsub.files import write_table
from job import run


def main(clips: list[str], scores: list[str], absorption: list[str], table: str) -> None:
    if not clips:
        raise InputError("scenes: names no table of clips; expected one such as workflow/clips/scenes.tsv")
    scored, kept = (
        {clip: pd.read_csv(file) for clip, file in zip(clips, files, strict=True)}
        for files in (scores, absorption)
    )
    write_table(table, scene_rows(scored, kept))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        clips=snakemake.params.clips,
        scores=snakemake.input.scores,
        absorption=snakemake.input.absorption,
        table=snakemake.output.table,
    )
