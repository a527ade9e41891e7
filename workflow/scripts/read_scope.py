"""Read which pixels and frames of a clip are scored."""

from bgsub.evidence.cdnet import read_scope, write_scope
from bgsub.source.frames import open_frames
from bgsub.source.limits import Limits
from bgsub.source.records import recorded_file, unchanged_file
from job import run


def main(record: str, regions: dict[str, str | None], limits: dict, frames: str, scope: str) -> None:
    source = unchanged_file(record) if any(regions.values()) else recorded_file(record)
    write_scope(scope, read_scope(source, open_frames(frames), **regions, limits=Limits(**limits)))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        record=snakemake.input.record,
        regions=snakemake.params.regions,
        limits=snakemake.params.limits,
        frames=snakemake.input.frames,
        scope=snakemake.output.scope,
    )
