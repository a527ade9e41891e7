"""Collect what the page's inspector shows of sampled pixels: samples, fits step by step, decisions."""

import numpy as np

from bgsub.files import write_text
from bgsub.masks.mask_file import read_masks
from bgsub.report.inspector import BLOCK_BYTES, inspect_pixels, pixel_bytes, sample_pixels
from bgsub.report.payload import to_json
from bgsub.report.player import FOREGROUND, choose_shown, mask_codes, truth_codes
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(
    frames: str,
    table: str,
    groundtruth: str | None,
    masks: dict[str, str],
    models: dict[str, dict],
    methods: dict[str, dict],
    inspector: str,
) -> None:
    clip, split = open_frames(frames), read_split(table)
    _, height, width, _ = clip.shape
    shown = choose_shown(split.test, height, width)
    active = np.zeros((height, width), bool)
    for file in masks.values():
        for mask in read_masks(file).masks:
            active |= mask == 255
    truth = None if groundtruth is None else open_frames(groundtruth)
    scored = sum("opencv" not in settings for settings in methods.values())
    most = BLOCK_BYTES / pixel_bytes(len(split.train), len(shown.frames), models, scored)
    pixels = sample_pixels(active, int(most))
    rows, columns = np.divmod(pixels, width)

    def at_pixels(images: np.ndarray, which: range) -> np.ndarray:
        return np.stack([images[frame][rows, columns] for frame in which])

    decisions = {
        method: mask_codes(np.stack([mask[rows, columns] for mask in read_masks(file).of(shown.frames)])).T
        for method, file in masks.items()
    }
    packed = inspect_pixels(
        pixels,
        at_pixels(clip, split.train),
        at_pixels(clip, shown.frames),
        decisions,
        None if truth is None else truth_codes(at_pixels(truth, shown.frames)).T,
        models,
        methods,
        width=width,
        progress=progress("fitting", "model"),
    )
    write_text(inspector, to_json({**packed, "height": height, "start": telling_pixel(pixels, decisions)}))


def telling_pixel(pixels: np.ndarray, decisions: dict[str, np.ndarray]) -> int:
    """Place in `pixels` of the one whose methods disagree most often, in the end above all."""
    marked = np.stack([codes == FOREGROUND for codes in decisions.values()]).astype(float).mean(axis=0)
    later = np.linspace(0, 1, marked.shape[1])
    return int((marked * (1 - marked) * later).sum(axis=1).argmax())


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        groundtruth=next(iter(snakemake.input.groundtruth), None),
        masks=dict(zip(snakemake.params.settings["methods"], snakemake.input.masks, strict=True)),
        models=snakemake.params.settings["models"],
        methods=snakemake.params.settings["methods"],
        inspector=snakemake.output.inspector,
    )
