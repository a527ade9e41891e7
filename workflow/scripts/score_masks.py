"""Score the masks of all methods against the ground truth, by frame and over the clip."""

import pandas as pd

from bgsub.evidence.cdnet import load_scope
from bgsub.evidence.scoreboard import count_masks, score_rows
from bgsub.files import write_table
from bgsub.masks.mask_file import read_masks
from bgsub.source.frames import open_frames
from job import progress, run


def main(
    masks: dict[str, str], groundtruth: str, scope: str, seed: int, counts: str, scores: str, differences: str
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


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        groundtruth=snakemake.input.groundtruth,
        scope=snakemake.input.scope,
        seed=snakemake.params.seed,
        counts=snakemake.output.counts,
        scores=snakemake.output.scores,
        differences=snakemake.output.differences,
    )
