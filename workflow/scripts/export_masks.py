"""Export a method's masks as CDnet's tools read them."""

from bgsub.evidence.cdnet import export_masks
from bgsub.masks.mask_file import read_masks
from job import progress, run


def main(masks: str, archive: str) -> None:
    found = read_masks(masks)
    export_masks(archive, found.masks, found.frames.tolist(), progress=progress("exporting"))


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        masks=snakemake.input.masks,
        archive=snakemake.output.archive,
    )
