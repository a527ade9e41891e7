"""The members of a zip, read where they lie: nothing is unpacked."""

import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bgsub.errors import InputError
from bgsub.source.containers import head_of, html_page
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.members import Archive
from bgsub.source.temporary import damage_told

# What zipfile and its decompressors raise on damaged or unsupported members.
_DAMAGE = (
    *(EOFError, IndexError, KeyError, OSError, OverflowError, RuntimeError, ValueError, lzma.LZMAError),
    *(struct.error, zlib.error, zipfile.BadZipFile),
)
_UTF_8 = 0x800  # the flag of a name that is not in the old code page
_LOCAL = struct.Struct("<4s22xH2x")  # before a member's bytes: mark, length of its name
# Of the central directory: mark, disks, entries, size, offset, length of comment.
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")


class Zip(Archive):
    """The members of a zip, checked to be safe, whole in its directory, and readable without a password."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, limits: Limits = LIMITS):
        self._zip = archive
        members = archive.infolist()
        limits.check("archive_members", len(members), f"{path} holds too many files")
        for info in members:
            _refuse_unsafe(path, info)
        limits.check(
            "archive_bytes", sum(info.file_size for info in members), f"{path} is too large unpacked"
        )
        # A name that occurs twice means its last member, as for every unzip.
        self._members = {_posix(info): info for info in members if not info.is_dir()}
        super().__init__(path, list(self._members), limits)

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """Yield one member, open; InputError if its checksum is wrong."""
        info = self._members[name]
        self.limits.check("member_bytes", info.file_size, f"{self.path}: '{name}' is too large unpacked")

        def unreadable(error: Exception) -> InputError:
            return InputError(
                f"{self.path}: '{name}' cannot be read ({error}); get the archive again, or unpack it "
                "yourself and use the folder"
            )

        with damage_told(_DAMAGE, unreadable), self._zip.open(info) as member:
            yield member


@contextmanager
def open_zip(path: Path, limits: Limits = LIMITS) -> Iterator[Zip]:
    """Open a zip for reading; see `source.archives.open_archive`."""
    with damage_told(_DAMAGE, lambda _: InputError(f"{path}: {_not_a_zip(path)}")):
        declared = _declared_members(path)
        limits.check("archive_members", declared or 0, f"{path} holds too many files")
        archive = zipfile.ZipFile(path)
        found = len(archive.infolist())
        if declared is not None and (found - declared) % 0x10000:  # old writers count in 16 bits
            archive.close()
            raise zipfile.BadZipFile(f"{found} of {declared} files in its directory")
    with archive:
        _expect_whole_directory(path, archive)
        yield Zip(path, archive, limits)


def is_zip(path: Path) -> bool:
    """Tell whether a file is, or by its name should be, a zip."""
    return path.suffix.lower() == ".zip" or head_of(path)[:2] == b"PK"


def _declared_members(path: Path) -> int | None:
    """Return how many members a zip's last record tells of, before they are read; None if there is none."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        begin = max(0, size - _END.size - 0xFFFF - _LOCATOR64.size)
        file.seek(begin)
        tail = file.read()
        place = tail.rfind(b"PK\5\6")
        if place < 0 or place + _END.size > len(tail):
            return None
        entries = _END.unpack_from(tail, place)[4]
        locator = place - _LOCATOR64.size
        if entries < 0xFFFF or locator < 0 or tail[locator : locator + 4] != b"PK\6\7":
            return entries if entries < 0xFFFF else None
        file.seek(_LOCATOR64.unpack_from(tail, locator)[2])
        record = file.read(_END64.size)
    return _END64.unpack(record)[7] if record[:4] == b"PK\6\6" and len(record) == _END64.size else None


def _expect_whole_directory(path: Path, archive: zipfile.ZipFile) -> None:
    """Compare each member's name with the one before its bytes: a damaged one would match no pattern."""
    with path.open("rb") as file:
        for info in archive.infolist():
            file.seek(max(0, info.header_offset))  # nonsense, if it is negative
            header = file.read(_LOCAL.size)
            mark, length = _LOCAL.unpack(header) if len(header) == _LOCAL.size else (b"", 0)
            name = file.read(length).decode("utf-8" if info.flag_bits & _UTF_8 else "cp437", errors="replace")
            if mark != b"PK\3\4" or name != info.orig_filename:
                raise InputError(
                    f"{path}: its directory is damaged at '{info.filename}', where '{name}' lies; delete it "
                    "and get it again"
                )


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
    head = head_of(path)
    if page := html_page(head):
        return f"{page}, not a zip; delete it and put the real file there"
    size = f"{path.stat().st_size:,} bytes"
    if head.startswith(b"PK"):
        return f"a zip that is truncated or damaged ({size}); delete it and get it again"
    return f"not a zip ({size}, begins with {head[:8]!r}); expected a zip, a tar, a folder or a video"
