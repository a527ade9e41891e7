"""The members of a tar, plain or compressed as a whole."""

import bz2
import gzip
import lzma
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bgsub.errors import InputError
from bgsub.source.containers import head_of
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.members import Archive
from bgsub.source.temporary import BLOCK, damage_told, space_told

_COMPRESSIONS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_SUFFIXES = (".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
_DAMAGE = (EOFError, IndexError, KeyError, OSError, ValueError, lzma.LZMAError, tarfile.TarError, zlib.error)


class Tar(Archive):
    """The members of a tar, checked to be safe and whole."""

    def __init__(self, path: Path, archive: tarfile.TarFile, limits: Limits = LIMITS):
        self._tar = archive
        self._members: dict[str, tarfile.TarInfo] = {}
        size = 0
        for count, info in enumerate(archive, 1):
            limits.check("archive_members", count, f"{path} holds too many files")
            size += info.size
            limits.check("archive_bytes", size, f"{path} is too large unpacked")
            _refuse_unsafe(path, info)
            if info.isfile():
                self._members[info.name.removeprefix("./")] = info
        super().__init__(path, list(self._members), limits)

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """Yield one member, open; InputError if the archive ends within it."""
        info = self._members[name]
        self.limits.check("member_bytes", info.size, f"{self.path}: '{name}' is too large unpacked")
        with (
            damage_told(_DAMAGE, lambda error: _cut(self.path, f"at '{name}': {error}")),
            self._tar.extractfile(info) as member,  # type: ignore[union-attr]  # only regular files are here
        ):
            yield member


@contextmanager
def open_tar(path: Path, limits: Limits = LIMITS) -> Iterator[Tar]:
    """Open a tar for reading; see `source.archives.open_archive`."""
    with path.open("rb") as packed, _unpacked(path, packed, limits) as file:
        with damage_told(_DAMAGE, lambda error: _cut(path, str(error))):
            archive = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115  # the file is closed above
            tar = Tar(path, archive, limits)
            # At a damaged header tarfile ends without a word; after the last member come blocks of zeros.
            file.seek(archive.offset)
            end = file.read(tarfile.BLOCKSIZE)
        if len(end) < tarfile.BLOCKSIZE or any(end):
            raise _cut(path, f"its end mark is missing after {len(tar.names)} files")
        yield tar


def is_tar(path: Path) -> bool:
    """Tell whether a file is, or by its name should be, a tar, compressed or not."""
    head = head_of(path)
    return (
        head[257:262] == b"ustar"
        or path.name.lower().endswith(_SUFFIXES)
        or any(head.startswith(mark) for mark in _COMPRESSIONS)
    )


@contextmanager
def _unpacked(path: Path, file: IO[bytes], limits: Limits) -> Iterator[IO[bytes]]:
    """Yield the tar itself: the file, or an unpacked copy of it, in which any place is at hand."""
    head = file.read(8)
    file.seek(0)
    opened = next((opener for mark, opener in _COMPRESSIONS.items() if head.startswith(mark)), None)
    if opened is None:
        yield file
        return
    with tempfile.TemporaryFile(prefix="bgsub-") as copy:
        with (
            damage_told(_DAMAGE, lambda error: _cut(path, str(error))),
            space_told(f"{path}, unpacked"),
            opened(file, "rb") as stream,
        ):
            while block := stream.read(BLOCK):
                copy.write(block)
                limits.check("archive_bytes", copy.tell(), f"{path} is too large unpacked")
        copy.seek(0)
        yield copy


def _refuse_unsafe(path: Path, info: tarfile.TarInfo) -> None:
    if info.name.startswith("/") or ".." in info.name.split("/"):
        reason = "leaves its folder"
    elif info.issym() or info.islnk():
        reason = "is a link"
    elif not (info.isfile() or info.isdir()):
        reason = "is neither file nor folder"
    else:
        return
    raise InputError(f"{path}: refused, since '{info.name}' {reason}; get the archive from a safe source")


def _cut(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path}: not a tar, or one that is truncated or damaged ({reason}); delete it and get it again"
    )
