"""Film the test frames beside the masks of all methods, and make a moving picture of that for a README."""

from bgsub.figures.style import label
from bgsub.figures.video import comparison_frames, write_video
from bgsub.files import atomic_path
from bgsub.masks.mask_file import read_masks
from bgsub.report.preview import Preview
from bgsub.source.frames import open_frames
from job import progress, run


def main(frames: str, masks: dict[str, str], video: str, animation: str, fps: float) -> None:
    marked = {label(method): read_masks(file) for method, file in masks.items()}
    numbers = next(iter(marked.values())).frames
    pictures = comparison_frames(
        open_frames(frames)[numbers[0] : numbers[-1] + 1],
        numbers,
        {method: found.masks for method, found in marked.items()},
        progress=progress("filming"),
    )
    preview = Preview(len(numbers), fps)
    write_video(video, preview.watching(pictures), fps)
    with atomic_path(animation) as temporary:
        temporary.write_bytes(preview.encoded())


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        video=snakemake.output.video,
        animation=snakemake.output.animation,
        fps=snakemake.params.video["fps"],
    )
