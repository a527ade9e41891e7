"""Frames and videos in a zip archive or a folder, read where they lie: nothing is unpacked."""

import errno
import lzma
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from bgsub.errors import InputError

IMAGE_SUFFIXES = {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
VIDEO_SUFFIXES = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"}

# What zipfile and its decompressors raise on damaged or unsupported members.
_DAMAGE = (EOFError, OSError, RuntimeError, ValueError, lzma.LZMAError, zlib.error, zipfile.BadZipFile)


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Return a sort key that puts `frame_2` before `frame_10`.

    Runs of the digits 0-9 compare as numbers, everything else by code point. The name itself breaks the tie
    between `frame_1` and `frame_01`, so the order is total and does not depend on the order of the input.
    """
    parts = re.split("([0-9]+)", name)  # text, digits, text, ...: like always meets like
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], name


def html_page(head: bytes) -> str | None:
    """Describe the HTML page that a file beginning with `head` is, or return None if it is not one.

    Servers that refuse a download (Google Drive over its quota, log-in pages, bot checks) answer with a page
    and status 200; its title usually says why.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.lower().startswith((b"<!doctype", b"<html", b"<head")):
        return None
    title = re.search(rb"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    words = " ".join(title[1].decode(errors="replace").split()) if title else ""
    return f'an HTML page titled "{words[:100]}"' if words else "an HTML page"


def matches(name: str, pattern: str) -> bool:
    """Tell whether a posix name matches a pattern of `*`, `?` and `[...]`, none of which crosses a `/`.

    Case counts. `cam2/*.png` matches `cam2/a.png`, neither `a.png` nor `cam2/old/a.png`. A pattern that
    begins with `**/` matches in any folder.
    """
    parts, patterns = name.split("/"), pattern.split("/")
    if patterns[0] == "**":
        patterns = patterns[1:]
        parts = parts[-len(patterns) :]
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


class Archive:
    """Named files in natural order, whether they lie in a zip or in a folder.

    Attributes
    ----------
    path : pathlib.Path
        The zip or the folder.
    names : list of str
        Names of the files relative to it, with `/`, in natural order. Hidden files and macOS's `__MACOSX`
        copies are left out.
    """

    def __init__(self, path: Path, names: list[str]):
        self.path = path
        self.names = sorted(filter(_visible, names), key=natural_key)

    def read(self, name: str) -> bytes:
        """Return the bytes of one file; InputError if they are damaged."""
        raise NotImplementedError

    def file(self, name: str) -> AbstractContextManager[Path]:
        """Return a context manager that yields a path of one file, for libraries that cannot read bytes."""
        raise NotImplementedError

    def select(self, pattern: str | None) -> list[str]:
        """Return the names that make the clip, in natural order: images, or exactly one video.

        Parameters
        ----------
        pattern : str or None
            See `matches`. None takes the images if they all lie in one folder, else the only video.

        Raises
        ------
        InputError
            If nothing matches, or several videos, or without a pattern the choice is not clear.
        """
        if pattern is None:
            return self._only_choice()
        chosen = [name for name in self.names if matches(name, pattern)]
        if not chosen:
            raise InputError(f"{self.path}: no frames match '{pattern}'; it holds {_some(self.names)}")
        videos = [name for name in chosen if is_video(name)]
        if videos and len(chosen) > 1:
            raise InputError(
                f"{self.path}: '{pattern}' matches {len(chosen)} files of which {len(videos)} are videos "
                f"({_some(videos)}); expected images, or one video: make the pattern narrower"
            )
        return chosen

    def _only_choice(self) -> list[str]:
        images = [name for name in self.names if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES]
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
    """The files of a folder and of its subfolders."""

    def __init__(self, path: Path):
        super().__init__(path, [p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()])

    def read(self, name: str) -> bytes:
        """Return the bytes of one file."""
        return (self.path / name).read_bytes()

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """Yield the file's own path."""
        yield self.path / name


class Zip(Archive):
    """The members of a zip, checked to be safe and readable without a password."""

    def __init__(self, path: Path, archive: zipfile.ZipFile):
        self._zip = archive
        for info in archive.infolist():
            _refuse_unsafe(path, info)
        # A name that occurs twice means its last member, as for every unzip.
        self._members = {_posix(info): info for info in archive.infolist() if not info.is_dir()}
        super().__init__(path, list(self._members))

    @contextmanager
    def _member(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with self._zip.open(self._members[name]) as member:
                yield member
        except _DAMAGE as error:
            if _is_of_the_system(error):
                raise
            raise InputError(
                f"{self.path}: '{name}' cannot be read ({error}); get the archive again, or unpack it "
                "yourself and use the folder"
            ) from error

    def read(self, name: str) -> bytes:
        """Return the bytes of one member; InputError if its checksum is wrong."""
        with self._member(name) as member:
            return member.read()

    @contextmanager
    def file(self, name: str) -> Iterator[Path]:
        """Yield a temporary copy of one member, removed afterwards."""
        with tempfile.TemporaryDirectory(prefix="bgsub-") as folder:
            copy = Path(folder) / PurePosixPath(name).name
            try:
                with self._member(name) as member, copy.open("wb") as file:
                    shutil.copyfileobj(member, file, 1 << 20)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise InputError(
                        f"{folder}: no space left for a temporary copy of {self.path}'s '{name}'; "
                        "free some space or set TMPDIR to a larger disk"
                    ) from error
                raise
            yield copy


@contextmanager
def open_archive(path: str | Path) -> Iterator[Archive]:
    """Open a zip or a folder for reading.

    Raises
    ------
    InputError
        If there is no such file, it is not a zip (an HTML page is recognised), or truncated or encrypted.
        If a member would leave its folder when unpacked (`../`, absolute, drive letter) or is a symbolic
        link: such an archive is refused as a whole.
    """
    path = Path(path)
    if path.is_dir():
        yield Folder(path)
        return
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        if _is_of_the_system(error):
            raise
        raise InputError(f"{path}: {_not_a_zip(path)}") from error
    with archive:
        yield Zip(path, archive)


def archive_members(path: str | Path, pattern: str | None) -> list[str]:
    """Return the names in a zip or a folder that make the clip; see `open_archive` and `Archive.select`."""
    with open_archive(path) as archive:
        return archive.select(pattern)


def is_video(name: str | Path) -> bool:
    """Tell whether a name ends like a video's."""
    return PurePosixPath(name).suffix.lower() in VIDEO_SUFFIXES


def is_zip(path: Path) -> bool:
    """Tell whether a file is, or by its name should be, a zip."""
    with path.open("rb") as file:
        return path.suffix.lower() == ".zip" or file.read(2) == b"PK"


def _is_of_the_system(error: Exception) -> bool:
    """Tell a real OSError from bz2's for invalid data (no number) and from that of a seek to nowhere."""
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


def _visible(name: str) -> bool:
    return not any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _posix(info: zipfile.ZipInfo) -> str:
    return info.filename.replace("\\", "/")  # some Windows tools write backslashes


def _refuse_unsafe(path: Path, info: zipfile.ZipInfo) -> None:
    name = _posix(info)
    if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
        reason = "leaves its folder"
    elif stat.S_ISLNK(info.external_attr >> 16):
        reason = "is a symbolic link"
    elif info.flag_bits & 0x1:
        raise InputError(f"{path}: '{info.filename}' is encrypted; unpack it yourself and use the folder")
    else:
        return
    raise InputError(f"{path}: refused, since '{info.filename}' {reason}; get the archive from a safe source")


def _not_a_zip(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if page := html_page(head):
        return f"{page}, not a zip; delete it and put the real file there"
    size = f"{path.stat().st_size:,} bytes"
    if head.startswith(b"PK"):
        return f"a zip that is truncated or damaged ({size}); delete it and get it again"
    return f"not a zip ({size}, begins with {head[:8]!r}); expected a zip, a folder or a video"


def _some(names: list[str], count: int = 3) -> str:
    if not names:
        return "no files"
    more = f", ... ({len(names)} files)" if len(names) > count else ""
    return ", ".join(f"'{name}'" for name in names[:count]) + more
