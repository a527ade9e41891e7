"""The note beside a fetched file that says where it came from, and how a file is told from another one.

Imports nothing heavy: it is asked while a run is planned.
"""

import hashlib
import json
import os
from pathlib import Path

_BLOCKS, _BLOCK = 33, 2**16  # bytes


def origin_path(file: Path) -> Path:
    """Return where the note on a fetched file's origin lies."""
    return file.with_name(f".{file.name}.origin.json")


def read_origin(file: Path) -> dict:
    """Return the note on a file's origin, empty if there is none that can be read."""
    try:
        note = json.loads(origin_path(file).read_text())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def sample_of(file: str | Path) -> str:
    """Return a hash of a file's size and of blocks spread over it: fast for any size, and blind to its times.

    Of a file of at most 2 MiB all bytes count; of a larger one a change that is smaller than the distance of
    two blocks may be missed.
    """
    with Path(file).open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        digest = hashlib.sha256(str(size).encode())
        for place in range(_BLOCKS):
            stream.seek(max(size - _BLOCK, 0) * place // (_BLOCKS - 1))
            digest.update(stream.read(_BLOCK))
            if size <= _BLOCK:
                break
    return digest.hexdigest()[:16]
