"""List all clips that can be run."""

from bgsub.files import write_table
from job import run


def main(rows: list[dict], table: str) -> None:
    write_table(table, rows)


if __name__ == "__main__":
    run(main, log=snakemake.log[0], rows=snakemake.params.rows, table=snakemake.output.table)
