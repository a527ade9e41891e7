"""Getting a clip's file, once, by downloads that resume and are checked."""

import errno
import fcntl
import functools
import logging
import re
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import gdown
import requests
from gdown.exceptions import DownloadCancelled, DownloadError, FileURLRetrievalError

from bgsub.errors import InputError
from bgsub.files import file_sha256, replace_durably
from bgsub.progress import Progress
from bgsub.source.addresses import drive_id, expect_origin, shown, write_origin
from bgsub.source.containers import head_of, html_page, is_text, missing_bytes
from bgsub.source.download import (
    TIMEOUT,
    Clock,
    TransientError,
    discard,
    download,
    note_path,
    one_line,
)
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.records import expect_sha256

logger = logging.getLogger(__name__)


def fetch(
    kind: str,
    address: str,
    destination: str | Path,
    sha256: str | None = None,
    progress: Progress = iter,
    limits: Limits = LIMITS,
) -> None:
    """Get a clip's file from a source of kind `url` or `gdrive`; see `fetch_url` and `fetch_gdrive`."""
    if kind == "url":
        fetch_url(address, destination, sha256=sha256, progress=progress, limits=limits)
    elif kind == "gdrive":
        fetch_gdrive(address, destination, sha256=sha256, limits=limits)
    else:
        raise ValueError(f"nothing to fetch for a source of kind {kind!r}")


def fetch_url(
    url: str,
    destination: str | Path,
    *,
    sha256: str | None = None,
    progress: Progress = iter,
    limits: Limits = LIMITS,
    retries: int = 3,
    backoff: float = 1.0,
) -> None:
    """Download a file over http or https, unless it is there already.

    The bytes go to `<destination>.part`, which the next attempt or the next run continues if the server
    supports ranges and the file is still the same (ETag or date, and length), or else begins anew. It becomes
    `destination` only when it is complete and checked. Processes that want the same destination take turns by
    a lock on `.<name>.lock` beside it; all but the first find the file there. Where it came from is noted in
    `.<name>.origin.json`, so that it is not taken for that of another address.

    Parameters
    ----------
    url : str
        Address, http or https. `${NAME}` in it stands for the environment variable; user and password are
        also taken from ~/.netrc. Neither they nor the query are shown or kept.
    destination : path-like
        Where the file goes. If it is there, by an earlier run or by hand, the network is not used.
    sha256 : str, optional
        Expected checksum, hexadecimal. A download with another one is set aside as `<destination>.bad`;
        a file that was there before is left as it is.
    progress : callable
        Wraps the loop over blocks of 1 MiB.
    limits : Limits
        Of its bytes, and of the seconds for all attempts.
    retries : int
        Further attempts after a refused or cut connection, a time-out, or a status of 429, or 500 and above.
    backoff : float
        Seconds before the first of them, doubled for each further one; more if the server asks for it by
        Retry-After.

    Raises
    ------
    InputError
        If the address is not http(s), the server answers with an error, an HTML page, text, nothing, or a
        file that is cut by its own account, the connection stays cut, the checksum is wrong, the file that is
        there came from another address, a limit is exceeded, or the disk is full.
    """
    if not re.match("https?://", url, re.IGNORECASE):
        raise InputError(
            f"url: found '{shown(url)}', expected http:// or https://; for a local file use path"
        )
    clock = Clock(limits)
    attempt = functools.partial(download, url, progress=progress, limits=limits, clock=clock)
    _fetch(shown(url), url, Path(destination), sha256, attempt, clock, retries, backoff)


def fetch_gdrive(
    file_id: str,
    destination: str | Path,
    *,
    sha256: str | None = None,
    limits: Limits = LIMITS,
    retries: int = 3,
    backoff: float = 1.0,
) -> None:
    """Download a public file from Google Drive by gdown, unless it is there already.

    As `fetch_url`, but each attempt begins anew. gdown shows its own progress bar, on a terminal only. The
    id may also be given as a link to the file.

    Raises
    ------
    InputError
        If Google refuses the file (quota, permission, no such file), and as `fetch_url`.
    """
    file_id = drive_id(file_id)
    clock = Clock(limits)
    attempt = functools.partial(_download_gdrive, file_id, limits=limits, clock=clock)
    what = f"Google Drive file {file_id}"
    _fetch(what, file_id, Path(destination), sha256, attempt, clock, retries, backoff)


def _fetch(
    what: str,
    address: str,
    destination: Path,
    sha256: str | None,
    attempt: Callable[[Path], None],
    clock: Clock,
    retries: int,
    backoff: float,
) -> None:
    """Attempt to fill the part file until it is complete, check it, and put it in its place."""
    if _is_there(destination, address, sha256):
        return
    part = destination.with_name(f"{destination.name}.part")
    with _lock(destination):
        if _is_there(destination, address, sha256):  # another process has fetched it meanwhile
            return
        logger.info("%s: downloading to %s", what, destination)
        try:
            _repeat(lambda: attempt(part), clock, retries, backoff)
            digest = _check(part, sha256)
        except InputError as error:
            raise InputError(f"{what}: {error}, or put the file at {destination} yourself") from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise InputError(
                    f"{destination}: no space left on the disk for {what}; free some space and run again"
                ) from error
            raise
        write_origin(destination, address, digest, part)
        replace_durably(part, destination)
        note_path(part).unlink(missing_ok=True)
        logger.info("%s: %d bytes", destination, destination.stat().st_size)


def _is_there(destination: Path, address: str, sha256: str | None) -> bool:
    if not destination.exists():
        return False
    if sha256:  # says more than where it came from
        expect_sha256(destination, file_sha256(destination), sha256)
    else:
        expect_origin(destination, address)
    return True


@contextmanager
def _lock(destination: Path) -> Iterator[None]:
    """Hold a lock until the block ends or the process dies; the empty file stays: removing it would race."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    with destination.with_name(f".{destination.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("%s: waiting for another process that downloads it", destination)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _repeat(attempt: Callable[[], None], clock: Clock, retries: int, backoff: float) -> None:
    for number in range(retries + 1):
        try:
            attempt()
            return
        except TransientError as error:
            if number == retries:
                raise InputError(f"{error}, in {retries + 1} attempts; run again later") from error
            delay = max(backoff * 2**number, error.wait)
            clock.check(delay)
            logger.warning("%s; next attempt in %g s", error, delay)
            time.sleep(delay)


def _check(part: Path, sha256: str | None) -> str:
    """Return the checksum of a file that was fetched; InputError if it is not what was expected."""
    digest = file_sha256(part)
    if sha256 and digest == sha256.lower():
        return digest
    if found := html_page(head_of(part)) if sha256 else _not_a_clip(part):
        discard(part)
        raise InputError(f"got {found} instead of a file; open the address in a browser to see why")
    if sha256:
        bad = part.with_suffix(".bad")
        part.replace(bad)
        discard(part)
        raise InputError(
            f"sha256 is {digest}, expected {sha256.lower()}; the download was set aside as {bad}: if it is "
            "right, correct sha256 in the config"
        )
    return digest


def _not_a_clip(part: Path) -> str | None:
    """Say what a fetched file is, if it can be no clip or is not whole by its own account."""
    head = head_of(part)
    if not head:
        return "nothing, 0 bytes,"
    if page := html_page(head):
        return page
    if is_text(head) and not head.startswith((b"P2", b"P3")):
        return f"text that begins with '{head[:60].decode(errors='replace').strip()}'"
    if lost := missing_bytes(part):
        return f"a video that lacks {lost:,} bytes at its end"
    if head.startswith(b"PK") and not zipfile.is_zipfile(part):
        return "a zip that is cut"
    return None


def _download_gdrive(file_id: str, part: Path, limits: Limits, clock: Clock) -> None:
    discard(part)
    over = threading.Event()
    alarm = threading.Timer(clock.remaining(), over.set)
    alarm.daemon = True
    alarm.start()

    def check(received: int, total: int | None) -> None:
        limits.check("download_bytes", max(received, total or 0), "too large")

    try:
        with part.open("wb") as file:
            quiet = not sys.stderr.isatty()
            gdown.download(id=file_id, output=file, quiet=quiet, timeout=TIMEOUT, progress=check, cancel=over)
    except DownloadCancelled as error:
        clock.check()
        raise TransientError("cancelled") from error
    except FileURLRetrievalError as error:
        raise InputError(_refusal(file_id, one_line(error))) from error
    except requests.exceptions.HTTPError as error:
        status = 0 if error.response is None else error.response.status_code
        if status == 429 or status >= 500:
            raise TransientError(one_line(error)) from error
        raise InputError(f"{one_line(error)}; check the file id") from error
    except (DownloadError, requests.exceptions.RequestException) as error:
        raise TransientError(one_line(error)) from error
    except (AssertionError, LookupError, TypeError, ValueError) as error:  # of pages unknown to gdown
        raise InputError(
            f"Google's answer is not understood ({one_line(error)}); open "
            f"https://drive.google.com/file/d/{file_id}/view in a browser to see why"
        ) from error
    finally:
        alarm.cancel()


def _refusal(file_id: str, told: str) -> str:
    if "too many users" in told.lower() or "quota" in told.lower():
        return f"Google does not give it out ({told}); its download quota is used up: wait a day"
    return (
        f"Google does not give it out ({told}); it may be deleted, not shared with everyone, or over its "
        f"download quota: open https://drive.google.com/file/d/{file_id}/view in a browser without logging in"
    )
