"""What the decoders of images and videos complain of: libraries in C that write to standard error."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from bgsub.errors import printable

_LONGEST = 200  # letters of a message that is kept


class DecoderMessages:
    """Catch what is written to standard error while `heard` is entered, and count what are errors.

    OpenCV tells nothing of a damaged frame but by its decoders' messages there. Warnings are left out: they
    are about colour profiles and unknown tags, not about pixels.

    Attributes
    ----------
    first : str or None
        The first error, of at most 200 characters.
    """

    def __init__(self) -> None:
        self.first: str | None = None
        # In memory, where the system can: of what a full disk does not take, nobody would hear.
        in_memory = hasattr(os, "memfd_create")
        self._file = os.fdopen(os.memfd_create("")) if in_memory else tempfile.TemporaryFile()  # noqa: SIM115
        self._place = 0

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Turn standard error, as C knows it, to a file."""
        kept = os.dup(2)
        os.dup2(self._file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)

    def errors(self) -> list[str]:
        """Return the errors that were heard since the last call."""
        end = os.fstat(self._file.fileno()).st_size
        if end == self._place:
            return []
        text = os.pread(self._file.fileno(), end - self._place, self._place).decode(errors="replace")
        self._place = end
        lines = (line for line in text.splitlines() if line.strip() and "warn" not in line.lower())
        errors = [_without_address(line) for line in lines]
        if errors and self.first is None:
            self.first = errors[0]
        return errors


def _without_address(line: str) -> str:
    """`[h264 @ 0x55a66320] no frame!` -> `h264: no frame!`, and OpenCV's without a time: as in every run."""
    line = re.sub(r"^\[([^]@]*?) @ 0x[0-9a-f]+\] ", r"\1: ", line.strip())
    return printable(re.sub(r"^\[ *[A-Z]+:\d+@[\d.]+\] (global )?", "", line))[:_LONGEST]
