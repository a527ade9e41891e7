"""Pack a clip's test frames and masks for the player of its page."""

from functools import partial

from bgsub.files import write_text
from bgsub.frames import open_frames, read_split
from bgsub.masks import read_masks
from bgsub.metrics import foreground_share
from bgsub.payload import to_json
from bgsub.player import choose_shown, pack_player
from job import progress, run


def main(frames: str, table: str, groundtruth: str | None, masks: dict[str, str], player: str) -> None:
    clip, test = open_frames(frames), read_split(table).test
    truth = open_frames(groundtruth) if groundtruth else None
    packed = pack_player(
        clip,
        choose_shown(test, *clip.shape[1:3]),
        {method: partial(_masks, file) for method, file in masks.items()},
        truth,
        first_test_frame=test.start,
        progress=progress("packing", "method"),
    )
    truth_area = None if truth is None else foreground_share(truth[test.start :]).round(6).tolist()
    write_text(player, to_json(packed | {"truth_area": truth_area}))


def _masks(file: str):
    return read_masks(file).masks


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
    )
