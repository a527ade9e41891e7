"""Write the page over all scenes: a frame and every method's mask of each, and how good they are."""

from pathlib import Path

import pandas as pd

from bgsub.masks.mask_file import read_masks
from bgsub.names import from_params
from bgsub.report.scenes import pack_scene, render_scenes, telling_frame
from bgsub.source.frames import open_frames
from job import run


def main(
    titles: dict[str, str],
    names: dict[str, dict],
    table: str,
    counts: list[str],
    frames: list[str],
    groundtruth: list[str],
    masks: list[str],
    templates: Path,
    page: str,
) -> None:
    scenes = []
    for place, (clip, title) in enumerate(titles.items()):
        frame = telling_frame(pd.read_csv(counts[place]))
        of_clip = masks[place * len(names) : (place + 1) * len(names)]
        found = {name: next(read_masks(file).of([frame])) for name, file in zip(names, of_clip, strict=True)}
        image, labels = open_frames(frames[place])[frame], open_frames(groundtruth[place])[frame]
        scenes.append(pack_scene(clip, title, frame, image, labels, found))
    render_scenes(scenes, pd.read_csv(table), from_params(names), page, templates=templates)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        titles=snakemake.params.titles,
        names=snakemake.params.names,
        table=snakemake.input.table,
        counts=snakemake.input.counts,
        frames=snakemake.input.frames,
        groundtruth=snakemake.input.groundtruth,
        masks=snakemake.input.masks,
        templates=Path(snakemake.scriptdir) / "../report",
        page=snakemake.output.page,
    )
