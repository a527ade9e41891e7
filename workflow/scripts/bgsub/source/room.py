"""Whether a clip fits into this machine's disk and memory, asked before the work on it."""

import math
import os
import re
from collections.abc import Iterable
from pathlib import Path

from bgsub.errors import InputError

# What every run takes at least, for programs and for each pixel of an image: the audit of the fits of one
# model (workflow/rules/resources.smk). No step takes more for a longer clip.
_PROGRAM_BYTES = 570 * 10**6
_PIXEL_BYTES = 250

# The least that masks and films of some thirty clips took for each pixel of each frame: masks of an empty
# scene, films of a rendered one. Those of real clips took up to a hundred and ten times as much.
_MASK_BYTES = 0.0006
_FILM_BYTES = 0.007


def expect_disk(folder: str | Path, needed: int, label: str, what: str = "frames") -> None:
    """Raise InputError if the disk that a folder is on has no room for the bytes that a clip takes.

    `label` is the clip or where its frames come from, and `what` of it takes them, in the plural.
    """
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if needed > free:
        raise InputError(
            f"{label}: no space left on the disk for its {what}: they take {needed:,} bytes, and {free:,} are"
            " left; free some space, or take a shorter or smaller clip"
        )


def least_bytes(shape: tuple[int, ...], pixels: Iterable[float], methods: int) -> int:
    """Return how many bytes the models, masks and films of a clip take on the disk at least.

    Parameters
    ----------
    shape : (frames, height, width)
    pixels : iterable of float
        Bytes that each model takes for a pixel.
    methods : int
        How many there are.
    """
    frames, height, width = shape
    shown = methods * (_MASK_BYTES + _FILM_BYTES) + _FILM_BYTES  # a film of all is as large as that of one
    return math.floor(height * width * (sum(pixels) + frames * shown))


def expect_memory(height: int, width: int, label: str, available: int | None = None) -> None:
    """Raise InputError if frames are too large for any machine with so many bytes of memory to work on.

    By default these are the machine's own; then a job of SLURM is not judged, as others may run elsewhere.
    """
    if available is None:
        if "SLURM_JOB_ID" in os.environ:
            return
        available = machine_memory()
    needed = _PROGRAM_BYTES + _PIXEL_BYTES * height * width
    if needed > available:
        raise InputError(
            f"{label}: its frames of {width} x {height} pixels take at least {needed / 1e9:.1f} GB of memory,"
            f" and this machine has {available / 1e9:.1f} GB; take smaller frames, such as by"
            " `ffmpeg -i VIDEO -vf scale=1280:-2 NEW`, or a machine with more"
        )


def machine_memory(root: Path = Path("/")) -> int:
    """Return the bytes of memory and swap that this process may use, by the kernel and by its group."""
    limits = [
        _number(root / f"sys/fs/cgroup/{file}") for file in ("memory.max", "memory/memory.limit_in_bytes")
    ]
    try:
        told = (root / "proc/meminfo").read_text()
        kilobytes = re.findall(r"^(?:MemTotal|SwapTotal): +(\d+) kB", told, re.MULTILINE)
        limits.append(1024 * sum(map(int, kilobytes)) or None)
    except OSError:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(limit for limit in limits if limit)


def _number(file: Path) -> int | None:
    """Return the number in a file, None if there is no such file or it says that there is no limit."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
