"""Make a moving preview of the comparison, and pictures of its most telling moment."""

import pandas as pd

from bgsub.figures.style import label
from bgsub.figures.video import comparison_frames
from bgsub.files import atomic_path, write_text
from bgsub.masks.mask_file import read_masks
from bgsub.report.payload import to_json
from bgsub.report.preview import encode_animation, pack_moment, preview_frames, telling_moment
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(
    frames: str, table: str, masks: dict[str, str], absorption: str, fps: float, animation: str, moment: str
) -> None:
    clip, test = open_frames(frames), read_split(table).test
    shown = preview_frames(test)
    found = {method: read_masks(file) for method, file in masks.items()}
    pictures = comparison_frames(
        (clip[frame] for frame in shown),
        shown,
        {label(method): stored.of(shown) for method, stored in found.items()},
        progress=progress("animating"),
    )
    with atomic_path(animation) as temporary:
        temporary.write_bytes(encode_animation(pictures, shown.step / fps))
    chosen = telling_moment(pd.read_csv(absorption), test)
    told = {method: next(found[method].of([chosen.frame])) for method in (chosen.keeps, chosen.loses)}
    write_text(
        moment, to_json({"frame": chosen.frame, "pictures": pack_moment(clip[chosen.frame], told, found)})
    )


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        masks=dict(zip(snakemake.params.methods, snakemake.input.masks, strict=True)),
        absorption=snakemake.input.absorption,
        fps=snakemake.params.video["fps"],
        animation=snakemake.output.animation,
        moment=snakemake.output.moment,
    )
