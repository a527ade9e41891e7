"""Pack a clip's test frames and masks for the player of its page, and pictures of the most telling moment."""

import pandas as pd

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
from bgsub.report.preview import pack_moment, telling_moment
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(
    frames: str,
    table: str,
    groundtruth: str | None,
    masks: dict[str, str],
    absorption: str,
    area: str,
    player: str,
    small: str,
    moment: str,
) -> None:
    clip, test = open_frames(frames), read_split(table).test
    truth = open_frames(groundtruth) if groundtruth else None
    truth_area = None if truth is None else foreground_share(truth[test.start :]).round(6).tolist()
    found = {method: read_masks(file) for method, file in masks.items()}
    sizes = {player: (MOST_WIDTH, BYTES), small: (SMALL_WIDTH, SMALL_BYTES)}
    for file, (width, budget) in sizes.items():
        packed = pack_player(
            clip,
            choose_shown(test, *clip.shape[1:3], width),
            found,
            truth,
            budget=budget,
            thin=file == small,  # the page's inspector has the frames that were chosen
            progress=progress("packing", "method"),
        )
        write_text(file, to_json(packed | {"truth_area": truth_area}))
    chosen = telling_moment(pd.read_csv(absorption), pd.read_csv(area), test)
    told = {name: next(found[name].of([chosen.frame])) for name in (chosen.keeps, chosen.loses)}
    pictures = pack_moment(clip[chosen.frame], told, masks)
    write_text(moment, to_json({"frame": chosen.frame, "pictures": pictures}))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        absorption=snakemake.input.absorption,
        area=snakemake.input.area,
        player=snakemake.output.player,
        small=snakemake.output.small,
        moment=snakemake.output.moment,
    )
