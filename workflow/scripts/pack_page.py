"""Pack what a clip's page plays and inspects: frames, masks, sampled pixels, a telling moment, a poster."""

import pandas as pd

from bgsub.evidence.inspector import inspect_clip
from bgsub.evidence.metrics import foreground_share
from bgsub.evidence.moments import most_telling, telling_part
from bgsub.files import write_text
from bgsub.labels import MOTION
from bgsub.masks.mask_file import read_masks
from bgsub.masks.methods import method_of
from bgsub.model.settings import Model
from bgsub.names import from_params
from bgsub.report.inspector import BLOCK_BYTES, COMPRESSION, pack_inspection
from bgsub.report.payload import to_json
from bgsub.report.player import (
    BYTES,
    MOST_WIDTH,
    SMALL_BYTES,
    SMALL_WIDTH,
    choose_shown,
    pack_player,
)
from bgsub.report.preview import pack_moment, pack_poster
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(
    frames: str,
    training: str,
    table: str,
    groundtruth: str | None,
    masks: dict[str, str],
    absorption: str,
    area: str,
    visible: str,
    scores: str | None,
    models: dict[str, dict],
    methods: dict[str, dict],
    names: dict[str, dict],
    player: str,
    small: str,
    inspector: str,
    moment: str,
    poster: str,
) -> None:
    clip, split = open_frames(frames), read_split(table)
    truth = open_frames(groundtruth) if groundtruth else None
    learned = frames_at(open_frames(training), split.train)
    truth_area = None
    if truth is not None:
        truth_area = foreground_share(frames_at(truth, split.test)).round(6).tolist()
    found = {method: read_masks(file) for method, file in masks.items()}

    def pack(width: int, budget: int) -> dict:
        shown = choose_shown(split.test, clip.shape[1], clip.shape[2], width)
        packed = pack_player(clip, shown, found, truth, budget=budget, progress=progress("packing", "method"))
        return packed | {"truth_area": truth_area}

    write_text(small, to_json(pack(SMALL_WIDTH, SMALL_BYTES)))
    packed = pack(MOST_WIDTH, BYTES)
    write_text(player, to_json(packed))
    inspected = inspect_clip(
        clip,
        learned,
        packed["frames"],
        found,
        truth,
        {name: Model(**row) for name, row in models.items()},
        {name: method_of(row) for name, row in methods.items()},
        budget=BLOCK_BYTES / COMPRESSION,
        progress=progress("fitting", "model"),
    )
    write_text(inspector, to_json(pack_inspection(inspected)))
    watched = pd.read_csv(visible)["frame"]
    chosen = most_telling(
        pd.read_csv(absorption),
        pd.read_csv(area),
        split.test,
        last_still=None if watched.empty else int(watched.max()),
        scores=pd.read_csv(scores) if scores else None,
        truth_area=truth_area,
    )
    marked = {name: next(of.of([chosen.frame])) for name, of in found.items()}
    there = [] if truth is None else [truth[chosen.frame] == MOTION]
    told = {name: marked[name] for name in (chosen.best, chosen.worst)}
    part = telling_part([list(marked.values())], there)
    pictures = pack_moment(clip[chosen.frame], told, from_params(names), part)
    write_text(moment, to_json({"frame": chosen.frame, "pictures": pictures}))
    write_text(poster, to_json(pack_poster(learned[len(learned) // 2])))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        training=snakemake.input.training,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        masks=dict(zip(snakemake.params.settings["methods"], snakemake.input.masks, strict=True)),
        absorption=snakemake.input.absorption,
        area=snakemake.input.area,
        visible=snakemake.input.visible,
        scores=next(iter(snakemake.input.scores), None),
        models=snakemake.params.settings["models"],
        methods=snakemake.params.settings["methods"],
        names=snakemake.params.names,
        player=snakemake.output.player,
        small=snakemake.output.small,
        inspector=snakemake.output.inspector,
        moment=snakemake.output.moment,
        poster=snakemake.output.poster,
    )
