"""Read which pixels and frames of a clip are scored."""

from bgsub.evidence.cdnet import read_scope, write_scope
from bgsub.source.frames import open_frames
from bgsub.source.records import recorded_file
from job import run


def main(record: str, regions: dict[str, str | None], frames: str, scope: str) -> None:
    write_scope(scope, read_scope(recorded_file(record), open_frames(frames), **regions))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        record=snakemake.input.record,
        regions=snakemake.params.regions,
        frames=snakemake.input.frames,
        scope=snakemake.output.scope,
    )
