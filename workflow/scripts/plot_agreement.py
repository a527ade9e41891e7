"""Draw how much each pair of methods agrees."""

import pandas as pd

from bgsub.figures.scores_plots import plot_agreement
from job import run


def main(table: str, methods: list[str], figure: str) -> None:
    plot_agreement(pd.read_csv(table), methods, figure)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        table=snakemake.input.table,
        methods=snakemake.params.methods,
        figure=snakemake.output.figure,
    )
