"""Named files that a clip is made of, and the patterns that choose among them."""

import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from bgsub.errors import InputError, printable
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.temporary import temporary_copy

IMAGE_SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
VIDEO_SUFFIXES = {
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv"),
    *(".ts", ".webm", ".wmv"),
}


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Return a sort key that puts `frame_2` before `frame_10`.

    Runs of the digits 0-9 compare as numbers, everything else by code point. The name itself breaks the tie
    between `frame_1` and `frame_01`, so the order is total and does not depend on the order of the input.
    """
    parts = re.split("([0-9]+)", name)  # text, digits, text, ...: like always meets like
    return [_number(part) if index % 2 else part for index, part in enumerate(parts)], name


def matches(name: str, pattern: str) -> bool:
    """Tell whether a posix name matches a pattern of `*`, `?` and `[...]`, none of which crosses a `/`.

    Case counts. `cam2/*.png` matches `cam2/a.png`, neither `a.png` nor `cam2/old/a.png`. A pattern that
    begins with `**/` matches in any folder. Letters with accents match however they are composed.
    """
    name, pattern = (unicodedata.normalize("NFC", text) for text in (name, pattern))
    parts, patterns = name.split("/"), pattern.split("/")
    if patterns[0] == "**":
        patterns = patterns[1:]
        parts = parts[-len(patterns) :]
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def is_video(name: str | Path) -> bool:
    """Tell whether a name ends like a video's."""
    return PurePosixPath(name).suffix.lower() in VIDEO_SUFFIXES


def is_image(name: str | Path) -> bool:
    """Tell whether a name ends like an image's."""
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


class Archive:
    """Named files in natural order, whether they lie in a zip, a tar or a folder.

    Attributes
    ----------
    path : pathlib.Path
        The archive or the folder.
    names : list of str
        Names of the files relative to it, with `/`, in natural order. Hidden files and macOS's `__MACOSX`
        copies are left out.
    notes : list of str
        What a person ought to know of the choice that `select` made.
    """

    def __init__(self, path: Path, names: list[str], limits: Limits = LIMITS):
        self.path = path
        self.names = sorted(filter(_visible, names), key=natural_key)
        self.notes: list[str] = []
        self.limits = limits

    def member(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Return a context manager that yields one file, open; InputError if it is damaged."""
        raise NotImplementedError

    def read(self, name: str) -> bytes:
        """Return the bytes of one file; InputError if they are damaged."""
        with self.member(name) as file:
            return file.read()

    def file(self, name: str) -> AbstractContextManager[Path]:
        """Return a context manager that yields a path of one file, for libraries that cannot read bytes.

        It is that of a temporary copy, which is removed afterwards.
        """
        return temporary_copy(self.member(name), f"{self.path}'s '{name}'", name)

    def select(self, pattern: str | None) -> list[str]:
        """Return the names that make the clip, in natural order: images, or exactly one video.

        Parameters
        ----------
        pattern : str or None
            See `matches`; a file of just this name is meant, too. None takes the images if they all lie in
            one folder, else the only video.

        Raises
        ------
        InputError
            If nothing matches, or several videos, or without a pattern the choice is not clear.
        """
        if pattern is None:
            return self._only_choice()
        chosen = [name for name in self.names if matches(name, pattern) or name == pattern]
        others = self._matching_but_for_case(pattern, chosen)
        if not chosen:
            raise InputError(
                f"{self.path}: no frames match '{pattern}'; it holds "
                f"{_some(self.names)}{_hint(pattern, others)}"
            )
        if others:
            note = (
                f"'{pattern}' leaves out {len(others)} files that differ in upper case only, as '{others[0]}'"
            )
            self.notes.append(printable(note))
        videos = [name for name in chosen if is_video(name)]
        if videos and len(chosen) > 1:
            raise InputError(
                f"{self.path}: '{pattern}' matches {len(chosen)} files of which {len(videos)} are videos "
                f"({_some(videos)}); expected images, or one video: make the pattern narrower"
            )
        return chosen

    def images(self, pattern: str | None) -> list[str]:
        """Return the names of images in natural order: those that match a pattern, or all."""
        return [name for name in self.names if is_image(name) and (not pattern or matches(name, pattern))]

    def _matching_but_for_case(self, pattern: str, chosen: list[str]) -> list[str]:
        taken, lower = set(chosen), pattern.lower()
        return [name for name in self.names if name not in taken and matches(name.lower(), lower)]

    def _only_choice(self) -> list[str]:
        images = self.images(None)
        videos = [name for name in self.names if is_video(name)]
        folders = sorted({str(PurePosixPath(name).parent) for name in images})
        if len(folders) == 1 and not videos:
            return images
        if not images and len(videos) == 1:
            return videos
        if not images and not videos:
            raise InputError(f"{self.path}: no frames found; it holds {_some(self.names)}")
        raise InputError(
            f"{self.path}: {len(images)} images in {len(folders)} folders and {len(videos)} videos "
            f"({_some(self.names)}); say by the pattern `frames` which of them are the clip"
        )


class Folder(Archive):
    """The files of a folder and of its subfolders, linked ones as well; a link to nothing is a file."""

    def __init__(self, path: Path, limits: Limits = LIMITS):
        super().__init__(path, list(_files(path)), limits)

    def read(self, name: str) -> bytes:
        """Return the bytes of one file; InputError if it cannot be read or is larger than the limits."""
        with self.file(name) as path:
            return path.read_bytes()

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """Yield the file's own path; InputError if a link leads to nothing, or it may not be read."""
        path = self.path / name
        expect_readable(path)
        self.limits.check("member_bytes", path.stat().st_size, f"{path} is too large")
        yield path


class SingleFile(Archive):
    """One image file, as if it were alone in a folder: a stack of pages, or an animation."""

    def __init__(self, path: Path, limits: Limits = LIMITS):
        super().__init__(path.parent, [], limits)
        self.names = [path.name]

    def select(self, pattern: str | None) -> list[str]:
        """Return the file's name; there is nothing to choose."""
        return self.names

    read = Folder.read
    file = Folder.file


def expect_readable(path: Path) -> None:
    """Raise `InputError` if there is no such file, or it may not be read."""
    if path.is_symlink() and not path.exists():
        raise InputError(
            f"{path}: a link to '{path.readlink()}', where nothing is; restore it or remove the link"
        )
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: may not be read; give yourself the permission (chmod u+r)")


def _files(folder: Path, within: str = "", above: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the names of all files below a folder; links to folders are followed, but not in circles."""
    above |= {os.path.realpath(folder)}
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except PermissionError as error:
        raise InputError(f"{folder}: may not be read; give yourself the permission (chmod u+rx)") from error
    for entry in entries:
        name = within + entry.name
        if entry.is_dir():
            if os.path.realpath(entry.path) not in above:
                yield from _files(Path(entry.path), f"{name}/", above)
        elif entry.is_file() or entry.is_symlink():
            yield name


def _number(digits: str) -> int:
    significant = digits.lstrip("0")
    # Python refuses more than 4300 digits; a number of that length is ordered by its length.
    return int(significant or 0) if len(significant) < 4000 else len(significant) * 10**4000


def _visible(name: str) -> bool:
    return not any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _hint(pattern: str, others: list[str]) -> str:
    if others:
        return f"; '{others[0]}' differs in upper case only, which counts"
    if "[" in pattern:
        return "; [1] stands for the digit 1, and [[]1] for '[1]' itself"
    return ""


def _some(names: list[str], count: int = 3) -> str:
    if not names:
        return "no files"
    more = f", ... ({len(names)} files)" if len(names) > count else ""
    return ", ".join(f"'{name}'" for name in names[:count]) + more
