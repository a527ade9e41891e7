"""Reconstruct the empty scene by the ground truth, and measure how far off the background images are."""

from dataclasses import asdict

import numpy as np

from bgsub.evidence.background_metrics import score_background, true_background
from bgsub.files import read_arrays, write_image, write_table
from bgsub.masks.foreground import temporal_median
from bgsub.model.convergence import background_image
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(
    frames: str,
    training: str,
    split: str,
    groundtruth: str,
    models: dict[str, str],
    table: str,
    truth: str,
) -> None:
    clip = open_frames(frames)
    empty, count = true_background(clip, open_frames(groundtruth), progress=progress("averaging", "band"))
    backgrounds = {
        name: 255 * background_image(**read_arrays(file, "weights", "means")) for name, file in models.items()
    }
    backgrounds["median"] = temporal_median(frames_at(open_frames(training), read_split(split).train))
    rows = [
        {
            "background": name,
            **asdict(score_background(image, empty, known=count > 0)),
            "known": np.mean(count > 0),
        }
        for name, image in backgrounds.items()
    ]
    write_table(table, rows)
    write_image(truth, np.nan_to_num(empty) / 255)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        training=snakemake.input.training,
        split=snakemake.input.table,
        groundtruth=snakemake.input.groundtruth,
        models=dict(zip(snakemake.params.models, snakemake.input.models, strict=True)),
        table=snakemake.output.table,
        truth=snakemake.output.truth,
    )
