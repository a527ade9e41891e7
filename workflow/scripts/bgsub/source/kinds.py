"""The kinds of source that a clip may have: each is a key of `source` in the config."""

from typing import NamedTuple


class Kind(NamedTuple):
    """What is known of a kind of source without looking at one."""

    words: str  # that its address stands behind on the page
    fetched: bool = False  # and kept in data/; else it is on this machine already


KINDS = {
    "gdrive": Kind("Google Drive, file id", fetched=True),
    "url": Kind("downloaded from", fetched=True),
    "path": Kind("local"),
    "synthetic": Kind("drawn by this workflow"),
}
