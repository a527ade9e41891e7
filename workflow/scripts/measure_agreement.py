"""Measure and draw how much each pair of methods agrees, which takes no ground truth."""

import pandas as pd

from bgsub.evidence.agreement import agreement_rows
from bgsub.figures.scores_plots import plot_agreement
from bgsub.files import write_table
from bgsub.masks.mask_file import read_masks
from job import run


def main(masks: dict[str, str], table: str, figure: str) -> None:
    found = {method: read_masks(file).masks for method, file in masks.items()}
    columns = ("method", "other", "both", "either", "f_measure", "iou")
    rows = agreement_rows(found)
    write_table(table, rows, columns=columns)
    plot_agreement(pd.DataFrame(rows, columns=columns), list(masks), figure)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        table=snakemake.output.table,
        figure=snakemake.output.figure,
    )
