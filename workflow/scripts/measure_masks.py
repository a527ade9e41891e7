"""Tell what happens in a clip, and measure masks: foreground, agreement, the still person, ghosts."""

from dataclasses import asdict
from typing import Any

import numpy as np

from bgsub.evidence.absorption import absorption_row, visible_rows
from bgsub.evidence.agreement import agreement_rows
from bgsub.evidence.events import locate_events
from bgsub.evidence.ghosts import check_training, training_row
from bgsub.evidence.metrics import area_rows
from bgsub.evidence.scene import study
from bgsub.evidence.still import STILL_COLUMNS, locate_stills, longest, still_rows
from bgsub.files import write_table
from bgsub.masks.mask_file import read_masks
from bgsub.masks.methods import method_of
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(
    frames: str,
    trained: str,
    split_table: str,
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
    still_table: str,
    training_table: str,
) -> None:
    clip, split = open_frames(frames), read_split(split_table)
    learned = frames_at(open_frames(trained), split.train)
    scene = study(clip, progress("studying"))
    known: dict[str, Any] = {
        "groundtruth": open_frames(groundtruth) if groundtruth else None,
        "scene": scene,
        "progress": progress("searching"),
    }
    stills = locate_stills(clip, settings=still_settings, **known)
    still = longest(stills, len(clip))
    moments = locate_events(clip, still, settings=event_settings, **known)
    marked = {method: read_masks(file) for method, file in masks.items()}
    training = check_training(learned, split.own_train, scene)
    seen_before = None if still is None else split.seen_before(still.frame)

    def ghosts(frame: int, mask: np.ndarray) -> np.ndarray:
        return training.ghosts(clip[frame], mask)

    in_training = None if training.held is None else ghosts
    areas, shares, absorbed = [], [], []
    for method, found in marked.items():
        constants = method_of(methods[method]).absorption(len(split.train))
        seen = visible_rows(method, found, still, in_training)
        areas += area_rows(method, found, in_training)
        shares += seen
        absorbed.append(absorption_row(method, seen, still, constants, seen_before))
    write_table(area, areas)
    write_table(
        agreement,
        agreement_rows({method: found.masks for method, found in marked.items()}),
        columns=("method", "other", "both", "either", "f_measure", "iou"),
    )
    write_table(events, [asdict(moment) for moment in moments], columns=("event", "frame", "source", "end"))
    write_table(absorption, absorbed)
    write_table(visible, shares, columns=("frame", "method", "visible_share", "ghost_share"))
    write_table(still_table, still_rows(stills, len(clip)), columns=STILL_COLUMNS)
    write_table(training_table, [training_row(training, len(clip))])


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        trained=snakemake.input.training,
        split_table=snakemake.input.table,
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
        still_table=snakemake.output.still_frames,
        training_table=snakemake.output.training,
    )
