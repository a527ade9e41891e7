"""Score every threshold of each method that has one, without making masks, and draw precision and recall."""

import numpy as np

from bgsub.evidence.cdnet import load_scope
from bgsub.evidence.curves import threshold_curve, threshold_rows
from bgsub.evidence.histograms import score_histogram
from bgsub.figures.scores_plots import plot_curves
from bgsub.files import read_arrays, write_table
from bgsub.masks.rules import ModelMethod, scored_method
from bgsub.names import from_params
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(
    frames: str,
    table: str,
    groundtruth: str,
    scope: str,
    models: dict[str, str],
    rows: dict[str, dict],
    names: dict[str, dict],
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
    methods = {name: scored_method(row) for name, row in rows.items()}
    curves = {}
    for name, method in methods.items():
        compares = clip[: split.test.start]
        if isinstance(method, ModelMethod):
            compares = read_arrays(models[method.model], *method.parts)
        histogram = score_histogram(
            clip[scored],
            labels[scored],
            method.score(compares),
            np.union1d(np.arange(*method.sweep, dtype=float), method.threshold),
            opening=method.opening,
            median=method.median,
            roi=region.roi,
            progress=progress(f"scoring {name}"),
        )
        curves[name] = threshold_curve(histogram.positives, histogram.negatives, histogram.edges)
    own = {name: method.threshold for name, method in methods.items()}
    table_rows = [row for name in methods for row in threshold_rows(name, curves[name], own[name])]
    write_table(thresholds, table_rows)
    plot_curves(curves, own, from_params(names), figure)


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
        rows=snakemake.params.methods,
        names=snakemake.params.names,
        thresholds=snakemake.output.table,
        figure=snakemake.output.figure,
    )
