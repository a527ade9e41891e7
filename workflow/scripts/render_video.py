"""Film the test frames beside the masks of one method."""

from bgsub.figures.video import comparison_frames, write_video
from bgsub.masks.mask_file import read_masks
from bgsub.source.frames import open_frames
from job import progress, run


def main(frames: str, method: str, masks: str, video: str, fps: float) -> None:
    found = read_masks(masks)
    pictures = comparison_frames(
        open_frames(frames)[found.frames[0] : found.frames[-1] + 1],
        found.frames,
        {method: found.masks},
        progress=progress("filming"),
    )
    write_video(video, pictures, fps)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        method=snakemake.wildcards.method,
        masks=snakemake.input.masks,
        video=snakemake.output.video,
        fps=snakemake.params.video["fps"],
    )
