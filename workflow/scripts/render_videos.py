"""Film the training frames, and the test frames beside the masks of each method and of all together."""

from collections.abc import Iterable, Iterator

import numpy as np

from bgsub.figures.video import comparison_frames, write_video
from bgsub.files import atomic_path
from bgsub.masks.mask_file import read_masks
from bgsub.names import from_params
from bgsub.report.preview import Preview
from bgsub.source.frames import open_frames
from job import progress, run


def main(
    frames: str,
    masks: dict[str, str],
    names: dict[str, dict],
    training: str,
    videos: dict[str, str],
    comparison: str,
    animation: str,
    fps: float,
) -> None:
    clip = open_frames(frames)
    marked = {method: read_masks(file) for method, file in masks.items()}
    called = from_params(names)
    test = next(iter(marked.values())).frames  # what comes before it trains

    def beside_masks(methods: Iterable[str], what: str) -> Iterator[np.ndarray]:
        shown = {called[method].label: marked[method].masks for method in methods}
        return comparison_frames(clip[test[0] :], test, shown, progress=progress(f"filming {what}"))

    write_video(training, progress("filming the training frames")(clip[: test[0]]), fps)
    for method, video in videos.items():
        write_video(video, beside_masks([method], method), fps)
    preview = Preview(len(test), fps)
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
        masks=dict(zip(methods, snakemake.input.masks, strict=True)),
        names=snakemake.params.names,
        training=snakemake.output.training,
        videos=dict(zip(methods, snakemake.output.videos, strict=True)),
        comparison=snakemake.output.comparison,
        animation=snakemake.output.animation,
        fps=snakemake.params.video["fps"],
    )
