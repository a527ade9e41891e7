"""Measure how much each pair of methods agrees, which takes no ground truth."""

from bgsub.evidence.agreement import agreement_rows
from bgsub.files import write_table
from bgsub.masks.mask_file import read_masks
from job import run


def main(masks: dict[str, str], table: str) -> None:
    found = {method: read_masks(file).masks for method, file in masks.items()}
    columns = ("method", "other", "both", "either", "f_measure", "iou")
    write_table(table, agreement_rows(found), columns=columns)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        table=snakemake.output.table,
    )
