"""Draw the figures about a clip's methods: area, agreement, visible share of the still person, masks."""

from typing import Any

import numpy as np
import pandas as pd

from bgsub.evidence.metrics import foreground_share
from bgsub.evidence.moments import in_a_row, telling_part
from bgsub.figures.looks import TRUTH
from bgsub.figures.pictures import draw_mask_strip
from bgsub.figures.plots import draw_absorption, draw_area
from bgsub.figures.scores_plots import draw_agreement
from bgsub.figures.style import save_figure
from bgsub.labels import FOREGROUND, MOTION
from bgsub.masks.mask_file import read_masks
from bgsub.names import from_params
from bgsub.source.frames import open_frames
from bgsub.source.rate import rate_of
from bgsub.source.records import read_record
from bgsub.source.split import read_split, runs
from bgsub.words import EVENT_WORDS
from job import run


def main(
    frames: str,
    table: str,
    groundtruth: str | None,
    masks: dict[str, str],
    area: str,
    agreement: str,
    visible: str,
    absorption: str,
    events: str,
    names: dict[str, dict],
    area_figure: str,
    agreement_figure: str,
    absorption_figure: str,
    mask_figure: str,
    decoding: str,
    rate: dict[str, Any],
) -> None:
    called = from_params(names)
    clip, split = open_frames(frames), read_split(table)
    known_rate = rate_of(read_record(decoding), **rate)
    truth = open_frames(groundtruth) if groundtruth else None
    absorbed = pd.read_csv(absorption)
    still = None if absorbed["still_frame"].isna().all() else int(absorbed["still_frame"].iloc[0])
    drawn = draw_area(
        pd.read_csv(area),
        called,
        training=runs(split.own_train),
        events=event_marks(pd.read_csv(events), len(clip)),
        truth=None if truth is None else pd.Series(foreground_share(truth)),
    )
    save_figure(drawn, area_figure)
    save_figure(draw_agreement(pd.read_csv(agreement), called), agreement_figure)
    drawn = draw_absorption(pd.read_csv(visible), absorbed, called, rate=known_rate)
    save_figure(drawn, absorption_figure)
    moments = in_a_row(split.test, still)
    rows = {"frame": [clip[frame] for frame in moments]}
    if truth is not None:
        rows[TRUTH.label] = [np.uint8(FOREGROUND) * (truth[frame] == MOTION) for frame in moments]
    found = {called[method].label: list(read_masks(file).of(moments)) for method, file in masks.items()}
    part = telling_part(zip(*found.values(), strict=True), (image > 0 for image in rows.get(TRUTH.label, ())))
    cropped = {label: [image[part] for image in images] for label, images in (rows | found).items()}
    save_figure(draw_mask_strip(cropped, list(moments.values())), mask_figure, vector=False)


def event_marks(events: pd.DataFrame, frames: int) -> dict[str, int]:
    """Return what happens when, with the end of a stillness that ends; what has no known time has no mark."""
    known = events[events["frame"].notna()]
    marks = {EVENT_WORDS[row.event]: int(row.frame) for row in known.itertuples()}
    end = known.loc[known["event"] == "still", "end"].max()  # of the one stillness, or NaN
    return marks | ({"stirs": int(end) + 1} if end < frames - 1 else {})


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        masks=dict(zip(snakemake.params.names, snakemake.input.masks, strict=True)),
        area=snakemake.input.area,
        agreement=snakemake.input.agreement,
        visible=snakemake.input.visible,
        absorption=snakemake.input.absorption,
        events=snakemake.input.events,
        names=snakemake.params.names,
        area_figure=snakemake.output.area,
        agreement_figure=snakemake.output.agreement,
        absorption_figure=snakemake.output.absorption,
        mask_figure=snakemake.output.masks,
        decoding=snakemake.input.decoding,
        rate=snakemake.params.rate,
    )
