"""What the first bytes of a file tell of it: an HTML page, text, or a container that says how long it is."""

import re
from pathlib import Path

HEAD = 4096  # bytes that the functions here look at

_TEXT = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(0x20, 0x7F)))
_UNKNOWN_LENGTH = (0, 0xFFFFFFFF)  # what recorders write that cannot go back to correct it
_ISO_BOXES = b"ftyp moov mdat free skip wide pnot styp moof sidx uuid".split()


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file."""
    with path.open("rb") as file:
        return file.read(HEAD)


def html_page(head: bytes) -> str | None:
    """Describe the HTML page that a file beginning with `head` is, or return None if it is not one.

    Servers that refuse a download (Google Drive over its quota, log-in pages, bot checks) answer with a page
    and status 200; its title usually says why.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.lower().startswith((b"<!doctype", b"<html", b"<head")):
        return None
    title = re.search(rb"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    words = " ".join(title[1].decode(errors="replace").split()) if title else ""
    return f'an HTML page titled "{words[:100]}"' if words else "an HTML page"


def is_text(head: bytes) -> bool:
    """Tell whether a file that begins with `head` is text in UTF-8, as no video is."""
    if not head:
        return False
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(head) or len(head) < HEAD:  # else the head ends within a letter
            return False
        text = head[: error.start].decode("utf-8")
    return not text.encode("ascii", errors="ignore").translate(None, _TEXT)


def lists_its_frames(head: bytes) -> bool:
    """Tell whether a container counts its frames; others give a duration, of which a number is estimated."""
    return head[:4] == b"RIFF" or _is_iso(head)


def missing_bytes(path: Path) -> int:
    """Return how many bytes an AVI, MP4 or QuickTime file lacks of what its own headers say; 0 if none.

    Also 0 for a file of another kind. An AVI's first list is told by its length, and the boxes that an MP4 or
    QuickTime file is made of follow one another to its end.
    """
    size, head = path.stat().st_size, head_of(path)
    if head[:4] == b"RIFF":
        length = int.from_bytes(head[4:8], "little")
        return 0 if length in _UNKNOWN_LENGTH else max(0, 8 + length - size)
    if not _is_iso(head):
        return 0
    with path.open("rb") as file:
        place = 0
        while place + 8 <= size:
            file.seek(place)
            header = file.read(16)
            length = int.from_bytes(header[:4], "big")
            if length == 1:
                length = int.from_bytes(header[8:], "big")
            if length < 8 or not header[4:8].isalnum():  # to the end of the file, or no box
                return 0
            place += length
    return max(0, place - size)


def _is_iso(head: bytes) -> bool:
    return head[4:8] in _ISO_BOXES
