"""Average the scores of all clips as CDnet does: over the clips of a category, then over the categories."""

import pandas as pd

from bgsub.evidence.scoreboard import overall_rows
from bgsub.files import write_table
from job import run


def main(scores: dict[str, str], categories: dict[str, str], table: str) -> None:
    write_table(table, overall_rows({clip: pd.read_csv(file) for clip, file in scores.items()}, categories))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        scores=dict(zip(snakemake.params.categories, snakemake.input.scores, strict=True)),
        categories=snakemake.params.categories,
        table=snakemake.output.table,
    )
