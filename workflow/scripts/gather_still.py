"""Put the stillnesses of all clips into one table."""

import pandas as pd

from bgsub.files import write_table
from job import run


def main(tables: dict[str, str], table: str) -> None:
    read = {clip: pd.read_csv(file) for clip, file in tables.items()}
    rows = [{"clip": clip, **row} for clip, found in read.items() for row in found.to_dict("records")]
    write_table(table, rows, columns=("clip", *next(iter(read.values())).columns))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        tables=dict(zip(snakemake.params.clips, snakemake.input.tables, strict=True)),
        table=snakemake.output.table,
    )
