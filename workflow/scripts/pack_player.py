"""Pack a clip's test frames and masks for the player of its page."""

from bgsub.evidence.metrics import foreground_share
from bgsub.files import write_text
from bgsub.masks.mask_file import read_masks
from bgsub.report.payload import to_json
from bgsub.report.player import (
    BYTES,
    MOST_WIDTH,
    SMALL_BYTES,
    SMALL_WIDTH,
    choose_shown,
    pack_player,
)
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(
    frames: str, table: str, groundtruth: str | None, masks: dict[str, str], player: str, small: str
) -> None:
    clip, test = open_frames(frames), read_split(table).test
    truth = open_frames(groundtruth) if groundtruth else None
    truth_area = None if truth is None else foreground_share(truth[test.start :]).round(6).tolist()
    sizes = {player: (MOST_WIDTH, BYTES), small: (SMALL_WIDTH, SMALL_BYTES)}
    for file, (width, budget) in sizes.items():
        shown = choose_shown(test, *clip.shape[1:3], width)
        packed = pack_player(
            clip,
            shown,
            {method: read_masks(stored).of(shown.frames) for method, stored in masks.items()},
            truth,
            budget=budget,
            progress=progress("packing", "method"),
        )
        write_text(file, to_json(packed | {"truth_area": truth_area}))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        player=snakemake.output.player,
        small=snakemake.output.small,
    )
