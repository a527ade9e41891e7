"""Masks that another program made: which image belongs to which frame, and what its values mean."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np

from bgsub.errors import InputError
from bgsub.labels import FOREGROUND, MASK_VALUES
from bgsub.masks.own import split_pattern
from bgsub.source.archives import open_archive
from bgsub.source.images import ImageDecoder
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.members import Archive

logger = logging.getLogger(__name__)

# The names that frames of a video get here; theirs are the names of files.
_OF_VIDEO = re.compile(r"frame_[0-9]{6,}")


def read_images(
    path: str,
    names: Sequence[str],
    test: Sequence[int],
    size: tuple[int, int],
    progress: Callable[[Iterable], Iterable] = iter,
    limits: Limits = LIMITS,
) -> Iterator[np.ndarray]:
    """Yield the masks of the test frames.

    Parameters
    ----------
    path : str
        A folder or a zip of images, or a pattern of them, such as `masks/*.png`.
    names : sequence of str
        Names of all the clip's frames, in order.
    test : sequence of int
        The frames whose masks are yielded.
    size : (int, int)
        Height and width of the frames.
    progress : callable
        Wraps the loop over images, for example tqdm.
    limits : Limits
        How large archive and images may be.

    Yields
    ------
    (H, W) uint8 array
        0 background, 127 shadow, 255 foreground; in the order of the frames.

    Raises
    ------
    InputError
        If there are no images, they do not match the frames (see `match`), or one is damaged, of another
        size, in colour or transparent, or has other values than 0, 127 and 255, or 0 and 1.
    """
    root, pattern = split_pattern(path)
    decoder = ImageDecoder(limits=limits)
    with open_archive(root, limits) as archive:
        images = _images(archive, path, pattern)
        chosen = match(path, images, names, test)
        for image in progress(chosen):
            yield _decoded(decoder, archive.read(image), f"{archive.path}: mask '{image}'", size)


def match(path: str, images: Sequence[str], names: Sequence[str], test: Sequence[int]) -> list[str]:
    """Find the image of each test frame: by the number in its name, else by order.

    The number is the last one of a name, `bin000045.png` for `in000045.jpg`. Frames of a video have no
    numbers of their own: they count from 1 if an image has the number of all frames, else from 0.

    Parameters
    ----------
    path : str
        Where the images are, for messages.
    images : sequence of str
        Their names, in natural order.
    names : sequence of str
        Names of all the clip's frames.
    test : sequence of int
        The frames to match.

    Raises
    ------
    InputError
        If a test frame has no image by number, and there are not as many images as frames or as test frames.
    """
    by_number = {number: image for image in images if (number := _number(image)) is not None}
    unique = len(by_number) == len(images)
    numbers = _frame_numbers(names, by_number)
    missing = [frame for frame in test if numbers[frame] not in by_number]
    known = {number: frame for frame, number in enumerate(numbers) if number is not None}
    strange = _counted(names) and by_number.keys() - known.keys()
    if unique and not missing and not strange and len(known) == len(names):
        logger.info("%s: %d masks; those of %d test frames found by number", path, len(images), len(test))
        by_frame = {known[number]: image for number, image in by_number.items() if number in known}
        return [by_frame[frame] for frame in test]
    if len(images) in (len(test), len(names)):
        logger.info("%s: %d masks, taken in the order of their names", path, len(images))
        return list(images) if len(images) == len(test) else [images[frame] for frame in test]
    first = "" if not missing else f" ({_some(missing)} missing by number, first '{names[missing[0]]}')"
    raise InputError(
        f"{path}: {len(images)} masks, from '{images[0]}' to '{images[-1]}', do not fit the {len(test)} test"
        f" frames{first}; expected a mask for each, with the frame's number at the end of its name, or in"
        f" order one for each of the {len(test)} test frames or of all {len(names)}"
    )


def _images(archive: Archive, path: str, pattern: str | None) -> list[str]:
    """Names of the images that are masks."""
    images = archive.images(pattern)
    if not images:
        raise InputError(f"{path}: no masks there; expected images, such as PNG")
    folders = sorted({str(PurePosixPath(name).parent) for name in images})
    if len(folders) > 1:
        raise InputError(
            f"{path}: masks in {len(folders)} folders, '{folders[0]}' and '{folders[1]}' among them; expected"
            " those of one clip: say which by a pattern, or by {clip} in the path"
        )
    return images


def _counted(names: Sequence[str]) -> bool:
    """Tell whether the frames' names only count them, as those of a video."""
    return bool(names) and all(_OF_VIDEO.fullmatch(name) for name in names)


def _frame_numbers(names: Sequence[str], by_number: dict[int, str]) -> list[int | None]:
    """Numbers of the frames, as the masks' names have them."""
    if _counted(names):
        first = 1 if len(names) in by_number else 0
        return list(range(first, first + len(names)))
    return [_number(name) for name in names]


def _number(name: str) -> int | None:
    """Return the number at the end of a file's name, without its suffix."""
    digits = re.search(r"[0-9]+$", PurePosixPath(name).stem)
    return int(digits[0]) if digits else None


def _some(missing: Sequence[int]) -> str:
    return "1 is" if len(missing) == 1 else f"{len(missing)} are"


def _decoded(decoder: ImageDecoder, data: bytes, label: str, size: tuple[int, int]) -> np.ndarray:
    """Decode an image to a mask of 0, 127 and 255."""
    image = decoder.labels(data, label)
    if image.shape != size:
        raise InputError(
            f"{label} is {image.shape[1]} x {image.shape[0]}, but the frames are {size[1]} x {size[0]};"
            " expected masks of the frames' size"
        )
    values = set(np.unique(image).tolist())
    if values <= {0, 1}:
        return image * np.uint8(FOREGROUND)
    if not values <= set(MASK_VALUES):
        raise InputError(
            f"{label} has the value {min(values.difference(MASK_VALUES))}; expected only 0, 127 and 255, or 0"
            " and 1: save masks as PNG, as JPEG changes them"
        )
    return image
