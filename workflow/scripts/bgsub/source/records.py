"""The record of where a clip came from: its kind, address, file, size and checksum."""

import hashlib
import json
import os
from pathlib import Path

from bgsub.errors import InputError
from bgsub.files import atomic_path, file_sha256, whole_file
from bgsub.source.addresses import drive_id, is_of, shown
from bgsub.source.members import Folder
from bgsub.source.origin import read_origin


def expect_sha256(path: Path, found: str, expected: str | None) -> None:
    """Raise `InputError` if a file's checksum that was found is not the expected one, if any is."""
    if expected and found != expected.lower():
        raise InputError(
            f"{path}: sha256 is {found}, expected {expected.lower()}; it was left as it is: move it away to "
            "have it downloaded, replace it, or correct sha256 in the config"
        )


def source_record(
    kind: str, address: str | dict, file: str | Path, sha256: str | None = None, frames: str | None = None
) -> dict:
    """Describe where a clip came from.

    Parameters
    ----------
    kind : str
        gdrive, url, path or synthetic.
    address : str or dict
        File id, address, path, or a synthetic clip's parameters.
    file : path-like
        The local file or folder.
    sha256 : str, optional
        Expected checksum, hexadecimal.
    frames : str, optional
        Pattern that chooses the clip's files in a folder; see `source.members.Archive.select`.

    Returns
    -------
    dict
        kind, address (without what may be secret), file (as given), bytes, sha256; for url and gdrive also
        fetched, whether these bytes came from there by this workflow: a file may be put in its place by hand.
        For a folder: the pattern frames, the bytes of the files that it chooses, and the SHA-256 of the lines
        that `sha256sum` prints for them, in natural order of their names within the folder.

    Raises
    ------
    InputError
        If the file is missing or has another checksum, or the pattern chooses none.
    """
    path = Path(file)
    size, digest = size_and_sha256(path, frames)
    expect_sha256(path, digest, sha256)
    record: dict = {
        "kind": kind,
        "address": _recorded(kind, address),
        "file": str(file),
        "bytes": size,
        "sha256": digest,
    }
    if path.is_dir():
        record["frames"] = frames
    if kind in ("url", "gdrive"):
        origin = read_origin(path)
        record["fetched"] = origin.get("sha256") == digest and is_of(origin, str(address))
    return record


def _recorded(kind: str, address: str | dict) -> str | dict:
    if kind == "url":
        return shown(str(address))
    return drive_id(str(address)) if kind == "gdrive" else address


def size_and_sha256(path: Path, frames: str | None = None) -> tuple[int, str]:
    """Return the bytes and the SHA-256 of a file or a folder; see `source_record`."""
    if path.is_dir():
        folder = Folder(path)
        size, lines = 0, []
        for name in folder.select(frames):
            with folder.file(name) as file:
                size += file.stat().st_size
                lines.append(f"{file_sha256(file)}  {name}\n")
        return size, hashlib.sha256(os.fsencode("".join(lines))).hexdigest()
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; expected the source of a clip")
    return path.stat().st_size, file_sha256(path)


def write_record(record: dict, path: str | Path) -> None:
    """Write a dict as JSON: sorted keys, indented, the same bytes for the same content."""
    text = json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False)
    with atomic_path(path) as temporary:
        # Names of files may hold bytes that are no UTF-8: the escapes of Python stand for them in JSON, too.
        temporary.write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))


def read_record(path: str | Path) -> dict:
    """Read what `write_record` wrote; InputError if the file is cut."""
    with whole_file(path):
        return json.loads(Path(path).read_text(encoding="utf-8"))


def recorded_file(record: str | Path) -> Path:
    """Return the path of the file or folder that a source record names."""
    return Path(read_record(record)["file"])


def unchanged_file(record: str | Path) -> Path:
    """Return the path of the file or folder that a source record names, after a look at its checksum.

    Raises
    ------
    InputError
        If its bytes are not those that were recorded: results would come from a source that nothing tells of.
    """
    recorded = read_record(record)
    path = Path(recorded["file"])
    found = size_and_sha256(path, recorded.get("frames"))
    if found != (recorded["bytes"], recorded["sha256"]):
        raise InputError(
            f"{path}: changed since {record} was written ({found[0]:,} bytes, sha256 {found[1][:12]}..., "
            f"expected {recorded['bytes']:,} bytes, {recorded['sha256'][:12]}...): delete {record} and run "
            "again, if it is right"
        )
    return path
