"""One attempt to download a file over http or https, going on where an earlier one was cut.

A part file has a note beside it, `<part>.json`, of the version of the file it belongs to: address, validator
(ETag or date) and length. A part without a note that still holds is begun anew.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import requests

from bgsub.errors import InputError
from bgsub.files import atomic_path
from bgsub.progress import Progress
from bgsub.source.archives import html_page

# The name of requests, without "Mozilla", which some data sets' sites answer with a bot check.
USER_AGENT = f"python-requests/{requests.__version__} fall-background-subtraction"
TIMEOUT = (10, 60)  # seconds to connect, seconds between two bytes
BLOCK = 1 << 20  # bytes, one step of a progress bar
# Bytes in one read. What has arrived of an unfinished read is lost when the connection is cut.
_READ = 1 << 16


class TransientError(Exception):
    """A failure that another attempt may mend."""


class _Sized:
    """An iterator of known length, so that a progress bar knows its end."""

    def __init__(self, steps: Iterator, length: int):
        self._steps, self._length = steps, length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator:
        return self._steps


def download(url: str, part: Path, progress: Progress = iter) -> None:
    """Make one attempt to get a file, or the rest of it, into `part`; when this returns, it is complete.

    Raises
    ------
    TransientError
        If the connection fails or is cut, or the status is 500 or above; `part` keeps what has arrived.
    InputError
        If the address or the server's answer is wrong: another status, or an HTML page.
    OSError
        If `part` cannot be written.
    """
    note = _read_note(part, url)
    offset = part.stat().st_size if note else 0
    if note and offset == note["length"]:
        return  # complete, but the process was killed before it could say so
    # Identity, so that lengths are of the file's own bytes.
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if note:
        headers |= {"Range": f"bytes={offset}-", "If-Range": note["validator"]}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            _check(response, part, note, offset)
            _save(response, part, url, progress)
    except requests.exceptions.SSLError as error:
        raise InputError(f"no secure connection ({one_line(error)}); check address and clock") from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise TransientError(f"connection was cut after {part.stat().st_size:,} bytes") from error
    except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
        reason = getattr(error.args[0], "reason", error)  # of urllib3's "max retries exceeded"
        raise TransientError(f"connection failed ({one_line(reason)})") from error
    except requests.exceptions.RequestException as error:
        raise InputError(f"{one_line(error)}; check the address") from error


def discard(part: Path) -> None:
    """Remove a part file and its note."""
    part.unlink(missing_ok=True)
    note_path(part).unlink(missing_ok=True)


def note_path(part: Path) -> Path:
    """Return where the note on a part file lies."""
    return part.with_name(f"{part.name}.json")


def one_line(error: Exception) -> str:
    """Return an exception's message as one line of at most 300 characters."""
    return " ".join(str(error).split())[:300]


def _check(response: requests.Response, part: Path, note: dict, offset: int) -> None:
    """Raise unless the response is the file, or the missing rest of the part file."""
    status = f"HTTP {response.status_code} {response.reason}".strip()
    partial = response.status_code == 206
    if response.status_code == 416 or (partial and not _continues(response, note, offset)):
        discard(part)
        raise TransientError(f"{status}: the file has changed since its download began; starting anew")
    if response.status_code >= 500:
        raise TransientError(status)
    if response.status_code not in (200, 206):
        raise InputError(f"{status}; check the address")
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        page = html_page(next(response.iter_content(BLOCK), b"")) or "an HTML page"
        raise InputError(f"got {page} instead of a file; open the address in a browser to see why")


def _continues(response: requests.Response, note: dict, offset: int) -> bool:
    if not note:
        return False
    whole = response.headers.get("Content-Range") == f"bytes {offset}-{note['length'] - 1}/{note['length']}"
    return whole and _validator(response) in (None, note["validator"])


def _save(response: requests.Response, part: Path, url: str, progress: Progress) -> None:
    """Append the response to the part file (206), or begin a new one (200)."""
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    length = None if encoded else response.headers.get("Content-Length")
    if response.status_code == 200:
        discard(part)
        _write_note(part, url, _validator(response), length)
    with part.open("ab") as file:
        begin = file.tell()
        steps = _write_blocks(response, file)
        for _ in progress(steps if length is None else _Sized(steps, math.ceil(int(length) / BLOCK))):
            pass
        received = file.tell() - begin
    if length is not None and received != int(length):
        raise TransientError(f"connection was cut after {received:,} of {int(length):,} bytes")


def _write_blocks(response: requests.Response, file: BinaryIO) -> Iterator[None]:
    """Write a response to a file, with a step for each block."""
    for index, data in enumerate(response.iter_content(_READ)):
        file.write(data)
        if index % (BLOCK // _READ) == 0:
            yield


def _validator(response: requests.Response) -> str | None:
    """Return what names this version of the file: a strong ETag, else its date (RFC 9110, section 13.1.5)."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _write_note(part: Path, url: str, validator: str | None, length: str | None) -> None:
    if validator and length:
        with atomic_path(note_path(part)) as temporary:
            temporary.write_text(json.dumps({"url": url, "validator": validator, "length": int(length)}))


def _read_note(part: Path, url: str) -> dict:
    """Return url, validator and length of what the part file belongs to; empty if it cannot be continued."""
    if not part.exists() or not note_path(part).exists():
        return {}
    note = json.loads(note_path(part).read_text())
    return note if note["url"] == url and 0 < part.stat().st_size <= note["length"] else {}
