"""Score every threshold of each method that has one, without making masks, and draw precision and recall."""

from dataclasses import replace

import numpy as np

from bgsub.evidence.cdnet import load_scope
from bgsub.evidence.curves import threshold_curve, threshold_rows
from bgsub.evidence.histograms import score_histogram
from bgsub.figures.scores_plots import draw_curves
from bgsub.figures.style import save_figure
from bgsub.files import read_arrays, write_table
from bgsub.masks.mask_file import read_masks
from bgsub.masks.rules import ModelMethod, scored_method
from bgsub.names import from_params
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(
    frames: str,
    training: str,
    table: str,
    groundtruth: str,
    scope: str,
    models: dict[str, str],
    masks: dict[str, str],
    rows: dict[str, dict],
    names: dict[str, dict],
    thresholds: str,
    figure: str,
) -> None:
    split, region = read_split(table), load_scope(scope)
    scored = [frame for frame in split.test if frame in region.frames]
    tested, labels = (frames_at(open_frames(file), scored) for file in (frames, groundtruth))
    learned = frames_at(open_frames(training), split.train)
    methods = {name: scored_method(row) for name, row in rows.items()}
    curves = {}
    for name, method in methods.items():
        model = isinstance(method, ModelMethod) and read_arrays(models[method.model], *method.parts)
        tried = np.union1d(np.arange(*method.sweep, dtype=float), method.threshold)
        # Scores may be right from the threshold on only, so from the lowest that is tried.
        score = replace(method, threshold=float(tried[0])).score(model or learned, len(split.train))
        histogram = score_histogram(
            tested,
            labels,
            score,
            tried,
            opening=method.opening,
            median=method.median,
            roi=region.roi,
            without_shadows=(
                (method.threshold, read_masks(masks[name]).of(scored)) if name in masks else None
            ),
            progress=progress(f"scoring {name}"),
        )
        curves[name] = threshold_curve(histogram.positives, histogram.negatives, histogram.edges)
    own = {name: method.threshold for name, method in methods.items()}
    table_rows = [row for name in methods for row in threshold_rows(name, curves[name], own[name])]
    write_table(thresholds, table_rows)
    save_figure(draw_curves(curves, own, from_params(names)), figure)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        training=snakemake.input.training,
        table=snakemake.input.table,
        groundtruth=snakemake.input.groundtruth,
        scope=snakemake.input.scope,
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        masks=dict(zip(snakemake.params.without_shadows, snakemake.input.masks, strict=True)),
        rows=snakemake.params.methods,
        names=snakemake.params.names,
        thresholds=snakemake.output.table,
        figure=snakemake.output.figure,
    )
