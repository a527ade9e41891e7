"""Take the masks of the test frames from images that another program made."""

from bgsub.files import write_checksum
from bgsub.masks.mask_file import write_masks
from bgsub.masks.own import MadeElsewhere
from bgsub.source.frames import open_frames
from bgsub.source.limits import Limits
from bgsub.source.split import read_names, read_split
from job import progress, run


def main(frames: str, table: str, masks: str, checksum: str, method: dict, limits: dict) -> None:
    test, size = read_split(table).test, open_frames(frames).shape[1:3]
    row = {key: value for key, value in method.items() if key != "fingerprint"}  # which is there for reruns
    bounds = Limits(**limits)
    found = MadeElsewhere(**row).read(read_names(table), test, size, progress("reading"), bounds)
    write_masks(masks, found, test)
    write_checksum(masks, checksum)


if __name__ == "__main__":
    run(
        main,
        log=snakemake.log[0],
        threads=snakemake.threads,
        frames=snakemake.input.frames,
        table=snakemake.input.table,
        masks=snakemake.output.masks,
        checksum=snakemake.output.checksum,
        method=snakemake.params.method,
        limits=snakemake.params.limits,
    )
