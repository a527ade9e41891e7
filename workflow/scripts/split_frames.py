"""Divide a clip's frames into training and test, if the disk has room for what will be made of them."""

from pathlib import Path
from typing import Any

from bgsub.evidence.cdnet import load_scope
from bgsub.source.frames import open_frames
from bgsub.source.room import expect_disk
from bgsub.source.split import own_split, split_by_other, training_places, write_split
from job import run


def main(
    clip: str,
    trained_on: str,
    settings: dict[str, Any],
    frames: str,
    training: str,
    names: str,
    training_names: str,
    scope: str | None,
    disk_mb: int,
    table: str,
) -> None:
    expect_disk(Path(table).parent, disk_mb * 10**6, f"results/{clip}", "models, masks and films")
    own = lines(names)
    if trained_on == clip:
        scored_from = load_scope(scope).frames.start if scope else None
        rows = own_split(own, clip, training_places(settings, clip, len(own), scored_from))
    else:
        sizes = open_frames(frames).shape[1:3], open_frames(training).shape[1:3]
        rows = split_by_other(own, clip, lines(training_names), trained_on, sizes)
    write_split(table, rows)


def lines(names: str) -> list[str]:
    """Read the names of a clip's frames."""
    return Path(names).read_text(encoding="utf-8").split("\n")[:-1]


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        clip=snakemake.wildcards.clip,
        trained_on=snakemake.params.split["trained_on"],
        settings=snakemake.params.split["train"],
        frames=snakemake.input.frames,
        training=snakemake.input.training,
        names=snakemake.input.names,
        training_names=snakemake.input.training_names,
        scope=next(iter(snakemake.input.scope), None),
        disk_mb=snakemake.resources.disk_mb,
        table=snakemake.output.table,
    )
