"""Measure how long MOG2 sees the still person with one history after another, beside what it predicts."""

from dataclasses import fields

from bgsub.evidence.absorption import Absorption
from bgsub.evidence.absorption_sweep import absorption_by_history
from bgsub.evidence.still import locate_still
from bgsub.figures.style import save_figure
from bgsub.figures.sweep_plots import draw_history
from bgsub.files import read_numbers, write_table
from bgsub.masks.subtractors import Mog2
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run

COLUMNS = ("history", *(field.name for field in fields(Absorption)), "predicted", "predicted_steady")


def main(
    frames: str,
    training: str,
    split_table: str,
    groundtruth: str | None,
    method: dict,
    histories: list[int],
    still_settings: dict,
    table: str,
    figure: str,
) -> None:
    clip = open_frames(frames)
    still = locate_still(
        clip,
        groundtruth=open_frames(groundtruth) if groundtruth else None,
        settings=still_settings,
        progress=progress("searching"),
    )
    watch = progress("remembering", "history")
    rows = []
    if still is not None:
        split = read_split(split_table)
        seen = split.seen_before(still.frame)
        split = split.watched_from(still.frame)
        learned, tested = frames_at(open_frames(training), split.train), frames_at(clip, split.test)
        rows = absorption_by_history(
            learned, tested, split.test, Mog2(**method), still, histories, seen, watch
        )
    write_table(table, rows, columns=COLUMNS)
    save_figure(draw_history(read_numbers(table), method["history"]), figure)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        training=snakemake.input.training,
        split_table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        method=snakemake.params.method,
        histories=snakemake.params.histories,
        still_settings=snakemake.params.still,
        table=snakemake.output.table,
        figure=snakemake.output.figure,
    )
