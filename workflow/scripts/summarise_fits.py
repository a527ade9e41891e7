"""Count iterations, converged and degenerate pixels of each model, and measure it against the first."""

from bgsub.files import read_arrays, write_table
from bgsub.model.convergence import summarise_fit
from job import run

NEEDED = ("weights", "means", "covariances", "log_likelihood", "n_iter", "converged", "flags")


def main(models: dict[str, str], table: str) -> None:
    reference, rows = {}, []
    for name, file in models.items():  # two are in memory at a time
        fit = read_arrays(file, *NEEDED)
        reference = reference or fit
        rows.append(summarise_fit(name, fit, reference))
    write_table(table, rows)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        table=snakemake.output.table,
    )
