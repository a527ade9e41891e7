"""Draw a clip's scores: the methods ranked, and what became of the still person."""

import pandas as pd

from bgsub.figures.scores_plots import plot_scores
from bgsub.masks.learning import learning_of
from job import run


def main(scores: str, absorption: str, methods: dict[str, dict], figure: str) -> None:
    kept = pd.read_csv(absorption).set_index("method")["retention"]
    plot_scores(
        pd.read_csv(scores),
        {name: learning_of(settings) for name, settings in methods.items()},
        figure,
        retention=None if kept.isna().all() else kept.to_dict(),
    )


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        scores=snakemake.input.scores,
        absorption=snakemake.input.absorption,
        methods=snakemake.params.methods,
        figure=snakemake.output.figure,
    )
