"""Compare the methods over all clips: ranks, differences and their picture, and the table for a paper."""

import pandas as pd

from bgsub.evidence.over_clips import COMPARED, DIFFERENCE_COLUMNS, RANK_COLUMNS, compare
from bgsub.figures.ranks_plot import draw_ranks
from bgsub.figures.style import save_figure
from bgsub.files import write_table, write_text
from bgsub.names import from_params
from bgsub.report.paper import paper_table
from job import run


def main(
    table: str, names: dict[str, dict], seed: int, ranks: str, differences: str, figure: str, paper: str
) -> None:
    measured = pd.read_csv(table)
    comparisons = [compare(measured, measure) for measure in COMPARED]
    rows = [row for comparison in comparisons for row in comparison.rank_rows()]
    pairs = [row for comparison in comparisons for row in comparison.difference_rows(seed=seed)]
    write_table(ranks, rows, columns=RANK_COLUMNS)
    write_table(differences, pairs, columns=DIFFERENCE_COLUMNS)
    save_figure(draw_ranks(comparisons, from_params(names)), figure)
    write_text(paper, paper_table(measured))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        linalg=True,  # scipy.stats needs it, where there are clips enough
        table=snakemake.input.table,
        names=snakemake.params.names,
        seed=snakemake.params.seed,
        ranks=snakemake.output.ranks,
        differences=snakemake.output.differences,
        figure=snakemake.output.figure,
        paper=snakemake.output.paper,
    )
