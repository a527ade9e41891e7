"""Collect what the page's inspector shows of sampled pixels: samples, fits step by step, decisions."""

from bgsub.files import write_text
from bgsub.masks.mask_file import read_masks
from bgsub.report.inspector import inspect_clip
from bgsub.report.payload import to_json
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(
    frames: str,
    table: str,
    groundtruth: str | None,
    masks: dict[str, str],
    models: dict[str, dict],
    methods: dict[str, dict],
    inspector: str,
) -> None:
    packed = inspect_clip(
        open_frames(frames),
        read_split(table),
        {method: read_masks(file) for method, file in masks.items()},
        open_frames(groundtruth) if groundtruth else None,
        models,
        methods,
        progress=progress("fitting", "model"),
    )
    write_text(inspector, to_json(packed))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        masks=dict(zip(snakemake.params.settings["methods"], snakemake.input.masks, strict=True)),
        models=snakemake.params.settings["models"],
        methods=snakemake.params.settings["methods"],
        inspector=snakemake.output.inspector,
    )
