"""Methods of the user's: a Python file of theirs, or masks that were made elsewhere."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from annotated_types import MinLen

from bgsub.masks.method import Method


@dataclass(frozen=True, kw_only=True)
class OwnMethod(Method):
    """A method in a Python file, which learns and marks as it likes."""

    python: Annotated[str, MinLen(1)]
    """The file, relative to the working directory. Its `create(**settings)` gives an object with `apply`."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Passed to `create` by name."""


@dataclass(frozen=True, kw_only=True)
class MadeElsewhere(Method):
    """Masks that another program made of the clip's frames."""

    masks: Annotated[str, MinLen(1)]
    """Pattern of the images, or a folder or zip archive of them; {clip} in it is the clip's name."""
