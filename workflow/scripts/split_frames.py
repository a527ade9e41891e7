"""Divide a clip's frames in time into training and test."""

from pathlib import Path

from bgsub.source.frames import write_split
from job import run


def main(names: str, table: str, train_fraction: float) -> None:
    write_split(table, Path(names).read_text().split("\n")[:-1], train_fraction)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        names=snakemake.input.names,
        table=snakemake.output.table,
        train_fraction=snakemake.params.split["train_fraction"],
    )
