"""Draw a clip's scores: the methods ranked, and precision and recall by threshold."""

from pathlib import Path

import pandas as pd

from bgsub.curves import threshold_curve
from bgsub.files import read_arrays
from bgsub.learning import learning_of
from bgsub.scores_plots import plot_curves, plot_scores
from job import run


def main(
    scores: str, absorption: str, histograms: dict[str, str], methods: dict[str, dict], figures: str
) -> None:
    kept = pd.read_csv(absorption).set_index("method")["retention"]
    plot_scores(
        pd.read_csv(scores),
        {name: learning_of(settings) for name, settings in methods.items()},
        Path(figures) / "scores.png",
        retention=None if kept.isna().all() else kept.to_dict(),
    )
    curves = {name: threshold_curve(**read_arrays(file)) for name, file in histograms.items()}
    configured = {name: methods[name]["threshold"] for name in curves}
    plot_curves(curves, configured, Path(figures) / "curves.png")


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        scores=snakemake.input.scores,
        absorption=snakemake.input.absorption,
        histograms=dict(zip(snakemake.params.with_threshold, snakemake.input.histograms, strict=True)),
        methods=snakemake.params.methods,
        figures=str(Path(snakemake.output.scores).parent),
    )
