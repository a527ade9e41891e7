"""Film the training frames."""

from bgsub.figures.video import write_video
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(frames: str, table: str, video: str, fps: float) -> None:
    training = open_frames(frames)[: len(read_split(table).train)]
    write_video(video, progress("filming")(training), fps)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        video=snakemake.output.video,
        fps=snakemake.params.video["fps"],
    )
