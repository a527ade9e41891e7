"""Render a synthetic clip with its ground truth into an archive."""

from bgsub.demo.synthetic import render_clip
from job import progress, run


def main(archive: str, clip: dict) -> None:
    render_clip(archive, **clip, progress=progress("rendering"))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        archive=snakemake.output.archive,
        clip=snakemake.params.clip,
    )
