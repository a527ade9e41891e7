"""Frames and videos in a zip, a tar or a folder, read where they lie."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bgsub.source.limits import LIMITS, Limits
from bgsub.source.members import Archive, Folder, SingleFile, expect_readable, is_image
from bgsub.source.tars import is_tar, open_tar
from bgsub.source.zips import is_zip, open_zip


@contextmanager
def open_archive(path: str | Path, limits: Limits = LIMITS) -> Iterator[Archive]:
    """Open a zip, a tar, a folder, or a single image for reading.

    Raises
    ------
    InputError
        If there is no such file, it is no archive (an HTML page is recognised), or truncated, damaged,
        encrypted or larger than the limits. If a member would leave its folder when unpacked (`../`,
        absolute, drive letter) or is a link: such an archive is refused as a whole.
    """
    path = Path(path)
    expect_readable(path)
    if path.is_dir():
        yield Folder(path, limits)
    elif is_image(path):
        yield SingleFile(path, limits)
    elif is_tar(path) and not is_zip(path):
        with open_tar(path, limits) as tar:
            yield tar
    else:
        with open_zip(path, limits) as archive:
            yield archive


def holds_files(path: Path) -> bool:
    """Tell whether a source is for `open_archive`; else it is a video."""
    return path.is_dir() or is_image(path) or is_zip(path) or is_tar(path)
