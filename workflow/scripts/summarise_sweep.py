"""Compare the variants of a sweep: a table of them, and a picture."""

import pandas as pd

from bgsub.evidence.sweeps import summarise
from bgsub.figures.style import save_figure
from bgsub.figures.sweep_plots import draw_sweep
from bgsub.files import write_table
from bgsub.masks.methods import method_of
from job import run


def main(measures: list[str], fits: list[str], sweep: dict, table: str, figure: str) -> None:
    names = [point["variant"] for point in sweep["variants"]]
    rows = summarise(
        sweep["variants"],
        {name: method_of(row) for name, row in sweep["methods"].items()},
        {name: pd.read_csv(file) for name, file in zip(names, measures, strict=True)},
        {name: pd.read_csv(file) for name, file in zip(names, fits, strict=False)},
    )
    write_table(table, rows)
    save_figure(draw_sweep(pd.DataFrame(rows), list(sweep["configured"]), sweep["configured"]), figure)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        measures=snakemake.input.measures,
        fits=snakemake.input.fits,
        sweep=snakemake.params.sweep,
        table=snakemake.output.table,
        figure=snakemake.output.figure,
    )
