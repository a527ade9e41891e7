"""Whether a clip fits into this machine's disk and memory, asked when its first frame is known."""

import os
import re
from pathlib import Path

from bgsub.errors import InputError

# What every run takes at least, for programs and for each pixel of an image: the audit of the fits of one
# model (workflow/rules/resources.smk). No step takes more for a longer clip.
_PROGRAM_BYTES = 570 * 10**6
_PIXEL_BYTES = 250


def expect_disk(free: int, needed: int, label: str) -> None:
    """Raise InputError if the disk has no room for a clip's frames.

    Parameters
    ----------
    free, needed : int
        Bytes.
    label : str
        Where the frames come from, for messages.
    """
    if needed > free:
        raise InputError(
            f"{label}: no space left on the disk for its frames: they take {needed:,} bytes, and {free:,} are"
            " left; free some space, or take a shorter or smaller clip"
        )


def expect_memory(height: int, width: int, label: str, available: int | None = None) -> None:
    """Raise InputError if frames are so large that no machine with so much memory could work on them.

    Parameters
    ----------
    height, width : int
        Pixels.
    label : str
        Where the frames come from, for messages.
    available : int, optional
        Bytes; by default those of this machine. A job of SLURM is not judged: others may run elsewhere.
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
    """Return the bytes of memory and swap that this process may use at most, by the kernel and by its group.

    Parameters
    ----------
    root : Path
        Where `proc` and `sys` are.
    """
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
