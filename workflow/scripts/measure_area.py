"""Measure the share of each test frame that each method calls foreground."""

from bgsub.evidence.metrics import foreground_share
from bgsub.files import write_table
from bgsub.masks.mask_file import read_masks
from job import run


def main(masks: dict[str, str], table: str) -> None:
    rows = []
    for method, file in masks.items():
        found = read_masks(file)
        rows += [
            {"frame": frame, "method": method, "foreground_share": share}
            for frame, share in zip(found.frames, foreground_share(found.masks), strict=True)
        ]
    write_table(table, rows)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        table=snakemake.output.table,
    )
