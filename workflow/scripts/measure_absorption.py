"""Measure how long each method sees the person who lies still, and predict it for MOG2."""

from bgsub.evidence.absorption import absorption_row, visible_rows
from bgsub.evidence.still import locate_still
from bgsub.files import write_table
from bgsub.masks.mask_file import read_masks
from bgsub.masks.subtractors import mog2_constants
from bgsub.source.frames import open_frames
from job import progress, run


def main(
    frames: str,
    groundtruth: str | None,
    masks: dict[str, str],
    methods: dict[str, dict],
    configured: dict,
    absorption: str,
    visible: str,
) -> None:
    still = locate_still(
        open_frames(frames),
        groundtruth=open_frames(groundtruth) if groundtruth else None,
        configured=configured,
        progress=progress("searching"),
    )
    rows, shares = [], []
    for method, file in masks.items():
        settings, found = methods[method], read_masks(file)
        frozen_from = int(found.frames[0]) if settings.get("learning") == "frozen" else None
        seen = visible_rows(method, found, still)
        shares += seen
        rows.append(absorption_row(method, seen, still, mog2_constants(settings), frozen_from))
    write_table(absorption, rows)
    write_table(visible, shares, columns=("frame", "method", "visible_share"))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        methods=snakemake.params.methods,
        configured=snakemake.params.still,
        absorption=snakemake.output.absorption,
        visible=snakemake.output.visible,
    )
