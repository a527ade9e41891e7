"""Count iterations, converged and degenerate pixels of each model, and measure it against the first."""

from bgsub.files import read_arrays, write_table
from bgsub.model.convergence import summarise_fit
from job import run

NEEDED = ("weights", "means", "covariances", "log_likelihood", "n_iter", "converged", "flags")


def main(models: dict[str, str], table: str) -> None:
    fits = {name: read_arrays(file, *NEEDED) for name, file in models.items()}
    reference = next(iter(fits.values()))
    write_table(table, [summarise_fit(name, fit, reference) for name, fit in fits.items()])


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        table=snakemake.output.table,
    )
