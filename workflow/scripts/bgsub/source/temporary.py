"""Temporary copies of what libraries can only read from a file of its own."""

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from bgsub.errors import InputError

BLOCK = 1 << 20


@contextmanager
def temporary_copy(member: AbstractContextManager[IO[bytes]], what: str, name: str) -> Iterator[Path]:
    """Yield the path of a copy with the suffix of `name`, removed afterwards.

    InputError if there is no space for it, which names it by `what`.
    """
    with tempfile.TemporaryDirectory(prefix="bgsub-") as folder:
        copy = Path(folder) / f"copy{PurePosixPath(name).suffix[:16]}"
        with space_told(what), member as file, copy.open("wb") as target:
            shutil.copyfileobj(file, target, BLOCK)
        yield copy


@contextmanager
def space_told(what: str) -> Iterator[None]:
    """Turn the error of a full temporary disk into an `InputError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(
                f"{tempfile.gettempdir()}: no space left for a temporary copy of {what}; free some space or "
                "set TMPDIR to a larger disk"
            ) from error
        raise


@contextmanager
def damage_told(
    kinds: tuple[type[Exception], ...], told: Callable[[Exception], InputError]
) -> Iterator[None]:
    """Turn what is raised on damaged files into an `InputError`, but no OSError of the system.

    bz2's for invalid data has no number, and that of a seek to nowhere is EINVAL.
    """
    try:
        yield
    except kinds as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise told(error) from error
