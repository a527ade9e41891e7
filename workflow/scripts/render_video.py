"""Film the test frames beside the masks of one method or of several."""

from bgsub.figures.video import comparison_frames, write_video
from bgsub.masks.mask_file import read_masks
from bgsub.source.frames import open_frames
from job import progress, run


def main(frames: str, masks: dict[str, str], video: str, fps: float) -> None:
    marked = {method: read_masks(file) for method, file in masks.items()}
    numbers = next(iter(marked.values())).frames
    pictures = comparison_frames(
        open_frames(frames)[numbers[0] : numbers[-1] + 1],
        numbers,
        {method: found.masks for method, found in marked.items()},
        progress=progress("filming"),
    )
    write_video(video, pictures, fps)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        video=snakemake.output.video,
        fps=snakemake.params.video["fps"],
    )
