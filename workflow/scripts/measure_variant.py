"""Measure a method's masks frame by frame: foreground, the still person, and counts against ground truth."""

from bgsub.evidence.cdnet import load_scope
from bgsub.evidence.still import locate_still
from bgsub.evidence.sweeps import measure_frames
from bgsub.files import write_table
from bgsub.masks.mask_file import read_masks
from bgsub.source.frames import open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(
    frames: str,
    split: str,
    masks: str,
    groundtruth: str | None,
    scope: str | None,
    still_settings: dict,
    table: str,
) -> None:
    truth = open_frames(groundtruth) if groundtruth else None
    still = locate_still(
        open_frames(frames), groundtruth=truth, settings=still_settings, progress=progress("searching")
    )
    region = load_scope(scope) if scope else None
    measured = measure_frames(
        read_masks(masks), read_split(split), still, truth, region, progress("measuring")
    )
    write_table(table, measured)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        split=snakemake.input.table,
        masks=snakemake.input.masks,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        scope=next(iter(snakemake.input.scope), None),
        still_settings=snakemake.params.still,
        table=snakemake.output.table,
    )
