"""How much a source may take before it is refused: a line that names the key, in place of a full disk."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le

from bgsub.errors import InputError
from bgsub.settings import Settings

Positive = Annotated[int, Ge(1)]


@dataclass(frozen=True, kw_only=True)
class Limits(Settings):
    """The most that a source may take; each is checked before bytes are fetched or memory is taken."""

    download_bytes: Positive = 100 * 10**9
    """Bytes of a download."""
    download_seconds: Annotated[float, Gt(0), Le(10**8)] = 24 * 60 * 60
    """Seconds that a download may take, with all its attempts and waits."""
    archive_members: Positive = 500_000
    """Files in an archive."""
    archive_bytes: Positive = 500 * 10**9
    """Bytes of all files in an archive, unpacked."""
    member_bytes: Positive = 20 * 10**9
    """Bytes of one file in an archive, unpacked, and of one image."""
    image_pixels: Positive = 100 * 10**6
    """Pixels of an image, or of a frame of a video."""
    frames: Positive = 1_000_000
    """Frames of a clip."""

    def check(self, key: str, found: float, what: str) -> None:
        """Raise `InputError` if a number is above the limit of a key; `what` names whose number it is."""
        limit = getattr(self, key)
        if found > limit:
            unit = key.rpartition("_")[2]
            raise InputError(
                f"{what}: {found:,} {unit}, and limits.{key} allows {limit:,}; raise it if that is right"
            )


LIMITS = Limits()
