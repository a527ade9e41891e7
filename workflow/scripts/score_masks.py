"""Score the masks of all methods against the ground truth, by frame and over the clip, and rank them."""

import pandas as pd

from bgsub.evidence.cdnet import load_scope
from bgsub.evidence.scoreboard import count_masks, score_rows
from bgsub.figures.scores_plots import draw_scores
from bgsub.figures.style import save_figure
from bgsub.files import write_table
from bgsub.masks.mask_file import read_masks
from bgsub.masks.methods import method_of
from bgsub.names import from_params
from bgsub.source.frames import open_frames
from job import progress, run


def main(
    masks: dict[str, str],
    methods: dict[str, dict],
    names: dict[str, dict],
    groundtruth: str,
    scope: str,
    absorption: str,
    seed: int,
    counts: str,
    scores: str,
    differences: str,
    figure: str,
) -> None:
    labels, region = open_frames(groundtruth), load_scope(scope)
    by_frame = {
        method: count_masks(read_masks(file), labels, region, progress=progress(f"scoring {method}"))
        for method, file in masks.items()
    }
    rows, pairs = score_rows({method: pd.DataFrame(found) for method, found in by_frame.items()}, seed=seed)
    write_table(counts, [{"method": method, **row} for method, found in by_frame.items() for row in found])
    write_table(scores, rows)
    write_table(differences, pairs, columns=("method", "other", "difference", "low", "high"))
    kept = pd.read_csv(absorption).set_index("method")["retention"]
    drawn = draw_scores(
        pd.DataFrame(rows),
        {name: method_of(row).learns for name, row in methods.items()},
        from_params(names),
        retention=None if kept.isna().all() else kept.to_dict(),
    )
    save_figure(drawn, figure)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        methods=snakemake.params.methods,
        names=snakemake.params.names,
        groundtruth=snakemake.input.groundtruth,
        scope=snakemake.input.scope,
        absorption=snakemake.input.absorption,
        seed=snakemake.params.seed,
        counts=snakemake.output.counts,
        scores=snakemake.output.scores,
        differences=snakemake.output.differences,
        figure=snakemake.output.figure,
    )
