"""Writing results so that a killed job or a full disk leaves no half file, and reading them again."""

import csv
import errno
import hashlib
import os
import socket
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bgsub.errors import InputError

# What numpy, zipfile, csv and json raise on files that are not whole.
_BROKEN = (EOFError, KeyError, OSError, ValueError, zipfile.BadZipFile, zlib.error)


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, with its suffix, that takes its place when the block succeeds.

    If the block raises, it is removed and `path` is left as it was; InputError if the disk is full. What
    stands at `path` after that is whole, even if the power fails: its bytes are on the disk before its name
    is. Its folder is made if missing.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of this process alone, also where several machines write to one file system.
    writer = f"{socket.gethostname()}-{os.getpid()}"
    temporary = path.with_name(f".{path.stem}.{writer}.part{path.suffix}")
    try:
        yield temporary
        replace_durably(temporary, path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(f"{path}: no space left on the disk; free some space and run again") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def replace_durably(temporary: Path, path: Path) -> None:
    """Put a finished file in its place: its bytes first, then the entry in the folder."""
    _flush(temporary)
    temporary.replace(path)
    _flush(path.parent)


@contextmanager
def whole_file(path: str | Path) -> Iterator[None]:
    """Turn what readers raise on a file of results that is cut or damaged into one line that says what to do.

    Raises
    ------
    InputError
        If the block finds that the file is not whole.
    """
    try:
        yield
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(
            f"{path}: cut or damaged ({error}); delete it and run again, and it is made anew"
        ) from error


def _flush(path: Path) -> None:
    """Have the disk hold what was written to a file or a folder; some file systems cannot, for folders."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def write_arrays(path: str | Path, arrays: dict[str, np.ndarray], *, compressed: bool = False) -> None:
    """Write named arrays to an .npz file whose bytes depend on nothing but the arrays.

    To have them `compressed` is worth it for masks, not for noisy floats. InputError if the disk is full.
    """
    save: Callable[..., None] = np.savez_compressed if compressed else np.savez
    with atomic_path(path) as temporary:
        save(temporary, **arrays)


def read_arrays(path: str | Path, *names: str) -> dict[str, np.ndarray]:
    """Read arrays of an .npz file: those named, or all of them; InputError if it is cut or damaged."""
    with whole_file(path), np.load(path) as file:
        return {name: file[name] for name in names or file.files}


def write_table(
    path: str | Path, rows: Sequence[dict[str, Any]], columns: Sequence[str] | None = None
) -> None:
    """Write rows with the same keys as CSV: floats in full precision, None as nothing.

    `columns` is the header, by default the keys of the first row. InputError if the disk is full.
    """
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_numbers(path: str | Path) -> np.ndarray:
    """Read a table of numbers that `write_table` wrote: a structured array, float64, NaN for nothing."""
    return np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True))


def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8; InputError if the disk is full."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksum(path: str | Path, checksum: str | Path) -> None:
    """Write a file's SHA-256 into one beside it, as `sha256sum` writes it and `sha256sum --check` reads it.

    InputError if the disk is full.
    """
    write_text(checksum, f"{file_sha256(path)}  {Path(path).name}\n")


def read_checksum(checksum: str | Path) -> str:
    """Return the SHA-256 that `write_checksum` wrote."""
    return Path(checksum).read_text(encoding="utf-8").split()[0]


def write_image(path: str | Path, image: np.ndarray) -> None:
    """Write an (H, W, 3) RGB image with values in [0, 1] as an 8-bit PNG, rounded to whole levels.

    InputError if the disk is full.
    """
    import cv2

    levels = np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)
    encoded = cv2.imencode(".png", cv2.cvtColor(levels, cv2.COLOR_RGB2BGR))[1]
    with atomic_path(path) as temporary:
        temporary.write_bytes(encoded.tobytes())


def read_image(path: str | Path) -> np.ndarray:
    """Read an image file as (H, W, 3) uint8 RGB; InputError if it is damaged."""
    import cv2

    # Read by Python, so that an audit of what a job opens sees it.
    image = cv2.imdecode(np.frombuffer(Path(path).read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise InputError(f"{path}: cannot be read as an image; delete it and run again, and it is made anew")
    return image
