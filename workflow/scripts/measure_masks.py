"""Measure the masks of all methods: foreground by frame, agreement, and how long a still person is seen."""

from dataclasses import asdict
from typing import Any

from bgsub.evidence.absorption import absorption_row, visible_rows
from bgsub.evidence.agreement import agreement_rows
from bgsub.evidence.events import locate_events
from bgsub.evidence.metrics import area_rows
from bgsub.evidence.still import locate_still
from bgsub.files import write_table
from bgsub.masks.mask_file import read_masks
from bgsub.masks.methods import method_of
from bgsub.source.frames import open_frames
from job import progress, run


def main(
    frames: str,
    groundtruth: str | None,
    masks: dict[str, str],
    methods: dict[str, dict],
    still_settings: dict,
    event_settings: dict[str, int],
    area: str,
    agreement: str,
    events: str,
    absorption: str,
    visible: str,
) -> None:
    known: dict[str, Any] = {
        "groundtruth": open_frames(groundtruth) if groundtruth else None,
        "progress": progress("searching"),
    }
    clip = open_frames(frames)
    still = locate_still(clip, settings=still_settings, **known)
    moments = locate_events(clip, still, settings=event_settings, **known)
    marked = {method: read_masks(file) for method, file in masks.items()}
    areas, shares, absorbed = [], [], []
    for method, found in marked.items():
        constants = method_of(methods[method]).absorption(int(found.frames[0]))
        seen = visible_rows(method, found, still)
        areas += area_rows(method, found)
        shares += seen
        absorbed.append(absorption_row(method, seen, still, constants))
    write_table(area, areas)
    write_table(
        agreement,
        agreement_rows({method: found.masks for method, found in marked.items()}),
        columns=("method", "other", "both", "either", "f_measure", "iou"),
    )
    write_table(events, [asdict(moment) for moment in moments], columns=("event", "frame", "source"))
    write_table(absorption, absorbed)
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
        still_settings=snakemake.params.still,
        event_settings=snakemake.params.events,
        area=snakemake.output.area,
        agreement=snakemake.output.agreement,
        events=snakemake.output.events,
        absorption=snakemake.output.absorption,
        visible=snakemake.output.visible,
    )
