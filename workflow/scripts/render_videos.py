"""Film the test frames beside the masks of each method, and of all, also as a moving picture for a README."""

from collections.abc import Iterator

import numpy as np

from bgsub.figures.looks import label
from bgsub.figures.video import comparison_frames, write_video
from bgsub.files import atomic_path
from bgsub.masks.mask_file import Masks, read_masks
from bgsub.report.preview import Preview
from bgsub.source.frames import open_frames
from job import progress, run


def main(
    frames: str, masks: dict[str, str], videos: dict[str, str], comparison: str, animation: str, fps: float
) -> None:
    clip = open_frames(frames)
    marked = {method: read_masks(file) for method, file in masks.items()}

    def pictures(shown: dict[str, Masks], what: str) -> Iterator[np.ndarray]:
        numbers = next(iter(shown.values())).frames
        return comparison_frames(
            clip[numbers[0] : numbers[-1] + 1],
            numbers,
            {label(method): found.masks for method, found in shown.items()},
            progress=progress(f"filming {what}"),
        )

    for method, video in videos.items():
        write_video(video, pictures({method: marked[method]}, method), fps)
    preview = Preview(len(next(iter(marked.values())).frames), fps)
    write_video(comparison, preview.watching(pictures(marked, "all methods")), fps)
    with atomic_path(animation) as temporary:
        temporary.write_bytes(preview.encoded())


if __name__ == "__main__":
    methods = snakemake.params.methods
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        masks=dict(zip(methods, snakemake.input.masks, strict=True)),
        videos=dict(zip(methods, snakemake.output.videos, strict=True)),
        comparison=snakemake.output.comparison,
        animation=snakemake.output.animation,
        fps=snakemake.params.video["fps"],
    )
