"""Methods of the user's: a Python file of theirs, or masks that were made elsewhere."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import MinLen

from bgsub.masks.method import ELSEWHERE, OWN, Learns, Method
from bgsub.source.limits import LIMITS, Limits

if TYPE_CHECKING:
    import numpy as np

    from bgsub.source.frames import Frames

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, kw_only=True)
class OwnMethod(Method):
    """A method in a Python file, which learns and marks as it likes."""

    python: Annotated[str, MinLen(1)]
    """The file, relative to the working directory. Its `create(**settings)` gives an object with `apply`."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Passed to `create` by name."""

    @property
    def learns(self) -> Learns:
        """Only its author knows."""
        return OWN

    def masks(
        self,
        learned: "Frames",
        tested: "Frames",
        numbers: Sequence[int],
        progress: Callable[[Iterable], Iterable] = iter,
    ) -> "Iterator[np.ndarray]":
        """Yield its masks of the test frames; see `user_code.user_masks`."""
        from bgsub.masks.user_code import user_masks

        for mask in user_masks(self.python, self.settings, learned, tested, numbers, progress):
            yield self.cleaned(mask)


@dataclass(frozen=True, kw_only=True)
class MadeElsewhere(Method):
    """Masks that another program made of the clip's frames."""

    masks: Annotated[str, MinLen(1)]
    """Pattern of the images, or a folder or zip archive of them; {clip} in it is the clip's name."""

    @property
    def learns(self) -> Learns:
        """Whoever made them knows."""
        return ELSEWHERE

    def read(
        self,
        names: Sequence[str],
        test: Sequence[int],
        size: tuple[int, int],
        progress: Callable[[Iterable], Iterable] = iter,
        limits: Limits = LIMITS,
    ) -> "Iterator[np.ndarray]":
        """Yield its masks of a clip's test frames; see `elsewhere.read_images`.

        The clip's name stands in the path already.
        """
        from bgsub.masks.elsewhere import read_images

        for mask in read_images(self.masks, names, test, size, progress, limits):
            yield self.cleaned(mask)


def split_pattern(path: str) -> tuple[Path, str | None]:
    """Divide a path into the folder or zip to look into, and the pattern of names in it, if there is one."""
    parts = PurePosixPath(path).parts
    plain = next((place for place, part in enumerate(parts) if _WILD.search(part)), len(parts))
    return Path(*parts[:plain]), "/".join(parts[plain:]) or None
