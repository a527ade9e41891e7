"""How this library compiles its loops: numba, machine code kept on disk, no lock held while it runs."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from numba import config, njit

# Modules that compiled code is made of; numba notices only a change of the file that a function is in.
SOURCES = (
    "choice.py", "compiled.py", "em.py", "lanemath.py", "lanes.py", "linalg.py", "numerics.py", "pair.py",
    "pairband.py", "pairstart.py", "single.py", "starts.py",
)  # fmt: skip


def _cache_folder() -> str:
    """Folder for the machine code of exactly these sources; numba's own choice if it cannot be written."""
    here = Path(__file__).parent
    version = hashlib.sha256(b"".join((here / name).read_bytes() for name in SOURCES)).hexdigest()[:12]
    folder = (Path(config.CACHE_DIR) if config.CACHE_DIR else here / "__pycache__") / f"bgsub-{version}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return config.CACHE_DIR
    return str(folder)


CACHE_FOLDER = _cache_folder()


def compiled(function: Callable) -> Callable:
    """Compile `function` at its first call, or load it from the cache on disk.

    Arithmetic is IEEE's, operation by operation (no fastmath, no contraction), so results are the same on any
    machine.
    """
    before, config.CACHE_DIR = config.CACHE_DIR, CACHE_FOLDER
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before
