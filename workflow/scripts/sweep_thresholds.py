"""Score every threshold of each method that has one, without making masks, and draw precision and recall."""

import numpy as np

from bgsub.evidence.cdnet import load_scope
from bgsub.evidence.curves import threshold_curve, threshold_rows
from bgsub.evidence.histograms import THRESHOLDS, score_histogram
from bgsub.figures.scores_plots import plot_curves
from bgsub.files import write_table
from bgsub.masks.difference import Score, difference_to_median
from bgsub.masks.rules import score_by_file
from bgsub.source.frames import Split, open_frames, read_split
from job import progress, run


def main(
    frames: str,
    table: str,
    groundtruth: str,
    scope: str,
    models: dict[str, str],
    methods: dict[str, dict],
    thresholds: str,
    figure: str,
) -> None:
    clip, labels, split, region = (
        open_frames(frames),
        open_frames(groundtruth),
        read_split(table),
        load_scope(scope),
    )
    scored = slice(max(split.test.start, region.frames.start), region.frames.stop)
    curves = {}
    for method, settings in methods.items():
        histogram = score_histogram(
            clip[scored],
            labels[scored],
            score_of(settings, models, clip, split),
            np.union1d(THRESHOLDS[settings["rule"]], settings["threshold"]),
            opening=settings["opening"],
            roi=region.roi,
            progress=progress(f"scoring {method}"),
        )
        curves[method] = threshold_curve(histogram.positives, histogram.negatives, histogram.edges)
    own = {method: settings["threshold"] for method, settings in methods.items()}
    rows = [row for method in methods for row in threshold_rows(method, curves[method], own[method])]
    write_table(thresholds, rows)
    plot_curves(curves, own, figure)


def score_of(settings: dict, models: dict[str, str], clip: np.ndarray, split: Split) -> Score:
    if "background" in settings:
        return difference_to_median(clip[: split.test.start])
    return score_by_file(settings, models[settings["model"]])


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        groundtruth=snakemake.input.groundtruth,
        scope=snakemake.input.scope,
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        methods=snakemake.params.methods,
        thresholds=snakemake.output.table,
        figure=snakemake.output.figure,
    )
