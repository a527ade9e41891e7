"""Film the training frames, and the test frames beside the masks of each method and of all together."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from bgsub.figures.video import comparison_frames, write_video
from bgsub.files import atomic_path
from bgsub.masks.mask_file import read_masks
from bgsub.names import from_params
from bgsub.report.preview import Preview
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.rate import rate_of
from bgsub.source.records import read_record
from bgsub.source.split import read_split
from job import progress, run


def main(
    frames: str,
    training: str,
    table: str,
    masks: dict[str, str],
    names: dict[str, dict],
    training_video: str,
    videos: dict[str, str],
    comparison: str,
    animation: str,
    decoding: str,
    rate: dict[str, Any],
) -> None:
    split, fps = read_split(table), rate_of(read_record(decoding), **rate).fps
    tested = frames_at(open_frames(frames), split.test)
    learned = frames_at(open_frames(training), split.train)
    marked = {method: read_masks(file) for method, file in masks.items()}
    called = from_params(names)

    def beside_masks(methods: Iterable[str], what: str) -> Iterator[np.ndarray]:
        shown = {called[method].label: marked[method].masks for method in methods}
        return comparison_frames(tested, split.test, shown, progress=progress(f"filming {what}"))

    write_video(training_video, progress("filming the training frames")(learned), fps)
    for method, video in videos.items():
        write_video(video, beside_masks([method], method), fps)
    preview = Preview(len(split.test), fps)
    write_video(comparison, preview.watching(beside_masks(marked, "all methods")), fps)
    with atomic_path(animation) as temporary:
        temporary.write_bytes(preview.encoded())


if __name__ == "__main__":
    methods = list(snakemake.params.names)
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        training=snakemake.input.training,
        table=snakemake.input.table,
        masks=dict(zip(methods, snakemake.input.masks, strict=True)),
        names=snakemake.params.names,
        training_video=snakemake.output.training,
        videos=dict(zip(methods, snakemake.output.videos, strict=True)),
        comparison=snakemake.output.comparison,
        animation=snakemake.output.animation,
        decoding=snakemake.input.decoding,
        rate=snakemake.params.rate,
    )
