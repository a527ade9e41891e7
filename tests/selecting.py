"""What a pattern chooses in a source."""

from pathlib import Path

from bgsub.source.archives import open_archive


def archive_members(path: str | Path, pattern: str | None) -> list[str]:
    """Names in an archive or a folder that make the clip."""
    with open_archive(path) as archive:
        return archive.select(pattern)
