"""The record of where a clip came from: its kind, address, file, size and checksum."""

import hashlib
import json
from pathlib import Path

from bgsub.errors import InputError
from bgsub.files import atomic_path, file_sha256
from bgsub.source.archives import Folder


def expect_sha256(path: Path, found: str, expected: str | None) -> None:
    """Raise `InputError` if a file's checksum that was found is not the expected one, if any is."""
    if expected and found != expected.lower():
        raise InputError(
            f"{path}: sha256 is {found}, expected {expected.lower()}; it was left as it is: move it away to "
            "have it downloaded, replace it, or correct sha256 in the config"
        )


def source_record(kind: str, address: str | dict, file: str | Path, sha256: str | None = None) -> dict:
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

    Returns
    -------
    dict
        kind, address, file (as given), bytes, sha256.
        For a folder: the bytes of all its files, hidden ones left out, and the SHA-256 of the lines that
        `sha256sum` prints for them, in natural order of their names within the folder.

    Raises
    ------
    InputError
        If the file is missing or has another checksum.
    """
    path = Path(file)
    if path.is_dir():
        names = Folder(path).names
        size = sum((path / name).stat().st_size for name in names)
        lines = "".join(f"{file_sha256(path / name)}  {name}\n" for name in names)
        digest = hashlib.sha256(lines.encode()).hexdigest()
    elif path.exists():
        size, digest = path.stat().st_size, file_sha256(path)
    else:
        raise InputError(f"{path}: no such file or folder; expected the source of a clip")
    expect_sha256(path, digest, sha256)
    return {"kind": kind, "address": address, "file": str(file), "bytes": size, "sha256": digest}


def write_record(record: dict, path: str | Path) -> None:
    """Write a dict as JSON: sorted keys, indented, the same bytes for the same content."""
    text = json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def recorded_file(record: str | Path) -> Path:
    """Return the path of the file or folder that a source record names."""
    return Path(json.loads(Path(record).read_text(encoding="utf-8"))["file"])
