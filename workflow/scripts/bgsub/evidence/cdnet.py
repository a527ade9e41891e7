"""What CDnet's folder has beside frames and labels: the pixels and frames to score. And its form of masks."""

import logging
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bgsub.errors import InputError
from bgsub.files import atomic_path, read_arrays, write_arrays
from bgsub.labels import FOREGROUND
from bgsub.progress import Progress
from bgsub.source.archives import open_archive
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.members import Archive

logger = logging.getLogger(__name__)

_MIDDLE = 127  # of black and white: where the official tools part an image in two
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: no time stamp of this run


@dataclass(frozen=True)
class Scope:
    """What of a clip is scored: its region of interest, and its temporal one."""

    roi: np.ndarray  # (H, W) bool
    frames: range  # places in the clip, from 0


def read_scope(
    source: str | Path,
    frames: np.ndarray,
    *,
    roi: str | None = None,
    temporal_roi: str | None = None,
    limits: Limits = LIMITS,
) -> Scope:
    """Read a clip's regions of interest from its zip, tar or folder.

    Parameters
    ----------
    source, limits
        See `source.archives.open_archive`.
    frames : (N, H, W, 3) array
        The clip, which they must fit.
    roi : str, optional
        Name of the image within the source, in CDnet `ROI.bmp`: white, above 127, is inside. By default the
        whole frame.
    temporal_roi : str, optional
        Name of the text file, in CDnet `temporalROI.txt`. By default all frames.

    Raises
    ------
    InputError
        If a file is missing, damaged, or does not fit the frames.
    """
    height, width = frames.shape[1:3]
    region, time = np.ones((height, width), bool), range(len(frames))
    if roi is None and temporal_roi is None:
        return Scope(region, time)
    with open_archive(source, limits) as archive:
        if roi is not None:
            region = _region(archive, roi, (height, width))
        if temporal_roi is not None:
            time = _frame_range(archive, temporal_roi, len(frames))
    return Scope(region, time)


def write_scope(path: str | Path, scope: Scope) -> None:
    """Write what is scored to an .npz file: `roi` (H, W) bool, `frames` (2,) int32: first, one past last."""
    ends = np.array([scope.frames.start, scope.frames.stop], np.int32)
    write_arrays(path, {"roi": scope.roi, "frames": ends}, compressed=True)


def load_scope(path: str | Path) -> Scope:
    """Read what `write_scope` wrote."""
    arrays = read_arrays(path)
    return Scope(arrays["roi"], range(*arrays["frames"].tolist()))


def export_masks(
    destination: str | Path, masks: Iterable[np.ndarray], frames: Iterable[int], progress: Progress = iter
) -> None:
    """Write masks as CDnet's tools read results: a zip of `bin000001.png` and so on.

    Parameters
    ----------
    destination : path-like
        The zip; the same masks give the same bytes.
    masks : iterable of (H, W) uint8 arrays
        In the images 0 is background, with shadows, and 255 is foreground.
    frames : iterable of int
        Places of the masks in the clip, from 0; the names count from 1.
    """
    from cv2 import imencode

    with atomic_path(destination) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for frame, mask in progress(zip(frames, masks, strict=True)):
            image = (mask == FOREGROUND).astype(np.uint8) * 255
            encoded = imencode(".png", image)[1].tobytes()
            archive.writestr(zipfile.ZipInfo(f"bin{frame + 1:06d}.png", _EPOCH), encoded)


def _region(archive: Archive, name: str, size: tuple[int, int]) -> np.ndarray:
    from bgsub.source.images import ImageDecoder

    label = f"{archive.path}: region of interest '{name}'"
    image = ImageDecoder(limits=archive.limits).labels(_member(archive, name, "roi"), label)
    if image.shape != size:
        raise InputError(
            f"{label} is {image.shape[1]} x {image.shape[0]}, but the frames are {size[1]} x {size[0]}: "
            "replace it, or leave out the clip's roi"
        )
    region = image > _MIDDLE
    if not region.any():
        at_most = f"has no value above {_MIDDLE}, but {image.max()} at most"
        found = at_most if image.any() else "is black everywhere"
        raise InputError(f"{label} {found}; expected white (255) where to score")
    between = np.count_nonzero((image > 0) & (image < 255))
    if between:
        logger.warning(
            "%s is not black and white: %d pixels lie between, as a JPEG leaves them; above %d is inside",
            *(label, between, _MIDDLE),
        )
    return region


def _frame_range(archive: Archive, name: str, count: int) -> range:
    text = _member(archive, name, "temporal_roi").decode("utf-8-sig", errors="replace")
    words = text.split()
    ends = [int(word) for word in words[:3] if word.isascii() and word.isdecimal() and len(word) < 19]
    if len(words) != 2 or len(ends) != 2 or not 1 <= ends[0] <= ends[1] <= count:
        found = " ".join(words)[:40]
        raise InputError(
            f"{archive.path}: temporal region '{name}' says '{found}'; expected the numbers of its first and "
            f"last frame, of 1 to {count}: correct it, or leave out the clip's temporal_roi"
        )
    return range(ends[0] - 1, ends[1])


def _member(archive: Archive, name: str, key: str) -> bytes:
    if name not in archive.names:
        raise InputError(f"{archive.path}: no file '{name}'; expected the one that the clip's {key} names")
    return archive.read(name)
