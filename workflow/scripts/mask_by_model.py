"""Mark the foreground of the test frames by a decision rule that compares them with a model."""

from bgsub.files import read_arrays, write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.rules import MODEL_RULES
from bgsub.source.frames import frames_at, open_frames
from bgsub.source.split import read_split
from job import progress, run


def main(frames: str, table: str, model: str, masks: str, checksum: str, method: dict) -> None:
    split = read_split(table)
    rule = MODEL_RULES[method["rule"]](**method)
    background = read_arrays(model, *rule.parts)
    tested = frames_at(open_frames(frames), split.test)
    marked = rule.masks(tested, background, len(split.train), progress("comparing"))
    write_masks(masks, marked, split.test)
    write_checksum(masks, checksum)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        model=snakemake.input.model,
        masks=snakemake.output.masks,
        checksum=snakemake.output.checksum,
        method=snakemake.params.method,
    )
