"""One attempt to download a file over http or https, going on where an earlier one was cut.

A part file has a note beside it, `<part>.json`, of the version of the file it belongs to: address, validator
(ETag or date) and length. A part without a note that still holds is begun anew.
"""

import json
import math
import os
import queue
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import requests
import urllib3

from bgsub.errors import InputError
from bgsub.files import atomic_path
from bgsub.progress import Progress
from bgsub.source.addresses import fingerprint, is_of, with_variables, without_secrets
from bgsub.source.containers import html_page
from bgsub.source.limits import LIMITS, Limits

# The name of requests, without "Mozilla", which some data sets' sites answer with a bot check.
USER_AGENT = f"python-requests/{requests.__version__} fall-background-subtraction"
TIMEOUT = (10, 60)  # seconds to connect, seconds between two bytes
BLOCK = 1 << 20  # bytes, one step of a progress bar
_READ = 1 << 16  # bytes, the most of one read


class TransientError(Exception):
    """A failure that another attempt may mend.

    Attributes
    ----------
    wait : float
        Seconds that the server asks to wait before it.
    """

    def __init__(self, message: str, wait: float = 0.0):
        super().__init__(message)
        self.wait = wait


class Clock:
    """The time that a download may still take, all attempts together."""

    def __init__(self, limits: Limits = LIMITS):
        self._limits = limits
        self._begin = time.monotonic()

    def remaining(self) -> float:
        """Return the seconds that are left, 0 at least."""
        return max(0.0, self._begin + self._limits.download_seconds - time.monotonic())

    def check(self, wait: float = 0.0) -> None:
        """Raise `InputError` if the time is over, or will be after a wait of some seconds."""
        if wait >= self.remaining():
            why = f"the server asks to wait for {wait:,.0f} s, which" if wait else "it"
            raise InputError(
                f"{why} takes longer than limits.download_seconds, {self._limits.download_seconds:,g}, "
                "allows; raise it if that is right, or run again later"
            )


class _Sized:
    """An iterator of known length, so that a progress bar knows its end."""

    def __init__(self, steps: Iterator, length: int):
        self._steps, self._length = steps, length

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator:
        return self._steps


def download(
    url: str, part: Path, progress: Progress = iter, limits: Limits = LIMITS, clock: Clock | None = None
) -> None:
    """Make one attempt to get a file, or the rest of it, into `part`; when this returns, it is complete.

    Raises
    ------
    TransientError
        If the connection fails or is cut, or the status is 429, or 500 and above; `part` keeps what has
        arrived.
    InputError
        If the address or the server's answer is wrong: another status, an HTML page, more bytes than the
        limits or the disk allow, or a body in a compression that was not asked for. If the time is over.
    OSError
        If `part` cannot be written.
    """
    clock = clock or Clock(limits)
    note = _read_note(part, url)
    offset = part.stat().st_size if note else 0
    if note and offset == note["length"]:
        return  # complete, but the process was killed before it could say so
    # Identity, so that lengths are of the file's own bytes.
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if note:
        headers |= {"Range": f"bytes={offset}-", "If-Range": note["validator"]}
    try:
        with _answer(with_variables(url), headers, clock) as response:
            _check(response, part, note, offset)
            _save(response, part, url, progress, limits, clock)
    except requests.exceptions.SSLError as error:
        raise InputError(f"no secure connection ({one_line(error)}); check address and clock") from error
    except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
        reason = getattr(error.args[0], "reason", error) if error.args else error  # of "max retries exceeded"
        raise TransientError(f"connection failed ({one_line(reason)})") from error
    except (requests.exceptions.RequestException, ValueError) as error:
        raise InputError(f"{one_line(error)}; check the address") from error
    except urllib3.exceptions.HTTPError as error:
        size = part.stat().st_size if part.exists() else 0
        raise TransientError(f"connection was cut after {size:,} bytes") from error


def discard(part: Path) -> None:
    """Remove a part file and its note."""
    part.unlink(missing_ok=True)
    note_path(part).unlink(missing_ok=True)


def note_path(part: Path) -> Path:
    """Return where the note on a part file lies."""
    return part.with_name(f"{part.name}.json")


def one_line(error: Exception) -> str:
    """Return an exception's message as one line of at most 300 characters, without secrets."""
    return without_secrets(" ".join(str(error).split()))[:300]


def _answer(url: str, headers: dict[str, str], clock: Clock) -> requests.Response:
    """Ask for a file, and wait for the head of the answer; time-outs of requests are between two bytes."""
    answers: queue.SimpleQueue = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(requests.get(url, headers=headers, stream=True, timeout=TIMEOUT))
        except Exception as error:  # of any kind, to be raised below
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=clock.remaining())
    except queue.Empty:
        clock.check()
        raise
    if isinstance(answer, Exception):
        raise answer
    return answer


def _check(response: requests.Response, part: Path, note: dict, offset: int) -> None:
    """Raise unless the response is the file, or the missing rest of the part file."""
    status = f"HTTP {response.status_code} {response.reason}".strip()
    partial = response.status_code == 206
    if response.status_code == 416 or (partial and not _continues(response, note, offset)):
        discard(part)
        raise TransientError(f"{status}: the file has changed since its download began; starting anew")
    if response.status_code == 429 or response.status_code >= 500:
        raise TransientError(status, wait=_retry_after(response))
    if response.status_code not in (200, 206):
        raise InputError(f"{status}; check the address")
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        page = html_page(response.raw.read1(BLOCK, decode_content=True)) or "an HTML page"
        raise InputError(f"got {page} instead of a file; open the address in a browser to see why")


def _retry_after(response: requests.Response) -> float:
    """Return the seconds that a server asks to wait, told as a number or as a date; 0 if it does not."""
    try:
        return float(urllib3.Retry().get_retry_after(response.raw) or 0)
    except (urllib3.exceptions.InvalidHeader, OverflowError, ValueError):
        return 0.0


def _continues(response: requests.Response, note: dict, offset: int) -> bool:
    if not note:
        return False
    whole = response.headers.get("Content-Range") == f"bytes {offset}-{note['length'] - 1}/{note['length']}"
    return whole and _validator(response) in (None, note["validator"])


def _save(
    response: requests.Response, part: Path, url: str, progress: Progress, limits: Limits, clock: Clock
) -> None:
    """Append the response to the part file (206), or begin a new one (200)."""
    decode = _Inflater.of(response)
    told = response.headers.get("Content-Length", "")
    length = int(told) if decode is None and told.isascii() and told.isdecimal() and len(told) < 19 else None
    if response.status_code == 200:
        discard(part)
        _write_note(part, url, _validator(response), length)
    with part.open("ab") as file:
        begin = file.tell()
        _expect_room(file, begin, length or 0, limits)
        steps = _write_blocks(response, file, decode, limits, clock)
        for _ in progress(steps if length is None else _Sized(steps, math.ceil(length / BLOCK))):
            pass
        received = file.tell() - begin
    if length is not None and received != length:
        raise TransientError(f"connection was cut after {received:,} of {length:,} bytes")


def _expect_room(file: BinaryIO, begin: int, length: int, limits: Limits) -> None:
    limits.check("download_bytes", begin + length, "too large")
    disk = os.fstatvfs(file.fileno())
    free = disk.f_bavail * disk.f_frsize
    if length > free:
        raise InputError(
            f"no space left on the disk: it takes {length:,} bytes, and {free:,} are left; free some space"
        )


def _write_blocks(
    response: requests.Response, file: BinaryIO, decode: "_Inflater | None", limits: Limits, clock: Clock
) -> Iterator[None]:
    """Write a response to a file, with a step for each block."""
    steps = 0
    # Whatever has arrived, or a server that sends a byte a second would never be noticed.
    while data := response.raw.read1(_READ, decode_content=False):
        clock.check()
        file.write(decode(data) if decode else data)
        place = file.tell()
        if place > limits.download_bytes:
            file.truncate(0)
            limits.check("download_bytes", place, "too large, more than")
        while steps * BLOCK < place:
            steps += 1
            yield
    if decode:
        decode.finish()


class _Inflater:
    """Undo a compression by gzip or deflate that was not asked for, and notice where it is cut."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=47)  # either header

    @classmethod
    def of(cls, response: requests.Response) -> "_Inflater | None":
        """Return what a response needs; InputError if it is a compression that is not known here."""
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in ("identity", ""):
            return None
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise InputError(
                f"the server sends it compressed by '{encoding[:40]}', which it was asked not to"
            )
        return cls()

    def __call__(self, data: bytes) -> bytes:
        try:
            return self._stream.decompress(data)
        except zlib.error as error:
            raise TransientError(f"the server's compression cannot be undone ({error})") from error

    def finish(self) -> None:
        if not self._stream.eof:
            raise TransientError("the compressed body was cut")


def _validator(response: requests.Response) -> str | None:
    """Return what names this version of the file: a strong ETag, else its date (RFC 9110, section 13.1.5)."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _write_note(part: Path, url: str, validator: str | None, length: int | None) -> None:
    if validator and length:
        note = fingerprint(url) | {"validator": validator, "length": length}
        with atomic_path(note_path(part)) as temporary:
            temporary.write_text(json.dumps(note))


def _read_note(part: Path, url: str) -> dict:
    """Return validator and length of what the part file belongs to; empty if it cannot be continued."""
    if not part.exists() or not note_path(part).exists():
        return {}
    try:
        note = json.loads(note_path(part).read_text())
        return note if is_of(note, url) and 0 < part.stat().st_size <= note["length"] else {}
    except (ValueError, KeyError, TypeError, AttributeError):  # of an older version, or cut
        return {}
