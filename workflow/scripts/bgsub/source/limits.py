"""How much a source may take before it is refused: a line that names the key, in place of a full disk."""

from dataclasses import dataclass

from bgsub.errors import InputError


@dataclass(frozen=True)
class Limits:
    """The config's section `limits`; each is checked before the bytes are fetched or the memory is taken.

    Attributes
    ----------
    download_bytes : int
        Bytes of a download.
    download_seconds : float
        Seconds that a download may take, with all its attempts and waits.
    archive_members : int
        Files in an archive.
    archive_bytes : int
        Bytes of all files in an archive, unpacked.
    member_bytes : int
        Bytes of one file in an archive, unpacked, and of one image.
    image_pixels : int
        Pixels of an image, or of a frame of a video.
    frames : int
        Frames of a clip.
    """

    download_bytes: int = 100 * 10**9
    download_seconds: float = 24 * 60 * 60
    archive_members: int = 500_000
    archive_bytes: int = 500 * 10**9
    member_bytes: int = 20 * 10**9
    image_pixels: int = 100 * 10**6
    frames: int = 1_000_000

    def check(self, key: str, found: float, what: str) -> None:
        """Raise `InputError` if a number is above the limit of a key; `what` names whose number it is."""
        limit = getattr(self, key)
        if found > limit:
            unit = key.rpartition("_")[2]
            raise InputError(
                f"{what}: {found:,} {unit}, and limits.{key} allows {limit:,}; raise it if that is right"
            )


LIMITS = Limits()
