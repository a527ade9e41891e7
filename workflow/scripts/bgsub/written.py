"""What jobs have written, by their logs: a file of the results that was cut since is noticed by its size.

Imports nothing heavy: it is asked before every run.
"""

import logging
import re
from collections.abc import Iterable
from pathlib import Path

from bgsub.errors import InputError

logger = logging.getLogger(__name__)

_LINE = re.compile(r"^\S+ \S+ bgsub\.written: wrote (.+): (\d+) bytes$", re.MULTILINE)
_MOST = 5  # files that a message names


def log_sizes(files: Iterable[str]) -> None:
    """Log how many bytes each file has that a job has written."""
    for file in files:
        logger.info("wrote %s: %d bytes", file, Path(file).stat().st_size)


def check_sizes(logs: Iterable[Path]) -> None:
    """Raise InputError if a file has another size than the latest job that wrote it has logged."""
    sizes: dict[str, int] = {}
    for log in sorted(logs, key=lambda path: path.stat().st_mtime_ns):
        sizes |= {file: int(size) for file, size in _LINE.findall(log.read_text(errors="replace"))}
    changed = [
        file for file, size in sizes.items() if Path(file).is_file() and Path(file).stat().st_size != size
    ]
    if changed:
        first = changed[0]
        more = f" (and {len(changed) - _MOST} more)" if len(changed) > _MOST else ""
        raise InputError(
            f"{first}: {Path(first).stat().st_size:,} bytes, and {sizes[first]:,} were written, so it was cut"
            f" or edited; to have it made anew: rm {' '.join(changed[:_MOST])}{more}"
        )
