"""Render a synthetic clip with its ground truth into an archive."""

from bgsub.demo.synthetic import render_clip
from job import progress, run


def main(archive: str, clip: dict, n_threads: int) -> None:
    render_clip(archive, **clip, threads=n_threads, progress=progress("rendering"))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        archive=snakemake.output.archive,
        clip=snakemake.params.clip,
        n_threads=snakemake.threads,
    )
