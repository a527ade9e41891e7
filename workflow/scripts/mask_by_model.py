"""Mark the foreground of the test frames by a decision rule that compares them with a model."""

from bgsub.files import read_arrays, write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.rules import MODEL_RULES
from bgsub.source.frames import open_frames, read_split
from job import progress, run


def main(frames: str, table: str, model: str, masks: str, checksum: str, method: dict) -> None:
    train, test = read_split(table)
    rule = MODEL_RULES[method["rule"]](**method)
    background = read_arrays(model, *rule.parts)
    marked = rule.masks(open_frames(frames)[test.start :], background, len(train), progress("comparing"))
    write_masks(masks, marked, test)
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
