"""Getting a clip's file, once, by downloads that resume and are checked."""

import errno
import fcntl
import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import gdown
import requests
from gdown.exceptions import DownloadError, FileURLRetrievalError

from bgsub.errors import InputError
from bgsub.files import file_sha256
from bgsub.progress import Progress
from bgsub.source.archives import html_page
from bgsub.source.download import (
    TIMEOUT,
    TransientError,
    discard,
    download,
    note_path,
    one_line,
)
from bgsub.source.records import expect_sha256

logger = logging.getLogger(__name__)


def fetch(
    kind: str, address: str, destination: str | Path, sha256: str | None = None, progress: Progress = iter
) -> None:
    """Get a clip's file from a source of kind `url` or `gdrive`; see `fetch_url` and `fetch_gdrive`."""
    if kind == "url":
        fetch_url(address, destination, sha256=sha256, progress=progress)
    elif kind == "gdrive":
        fetch_gdrive(address, destination, sha256=sha256)
    else:
        raise ValueError(f"nothing to fetch for a source of kind {kind!r}")


def fetch_url(
    url: str,
    destination: str | Path,
    *,
    sha256: str | None = None,
    progress: Progress = iter,
    retries: int = 3,
    backoff: float = 1.0,
) -> None:
    """Download a file over http or https, unless it is there already.

    The bytes go to `<destination>.part`, which the next attempt or the next run continues if the server
    supports ranges and the file is still the same (ETag or date, and length), or else begins anew. It becomes
    `destination` only when it is complete and checked. Processes that want the same destination take turns by
    a lock on `.<name>.lock` beside it; all but the first find the file there.

    Parameters
    ----------
    url : str
        Address, http or https.
    destination : path-like
        Where the file goes. If it is there, by an earlier run or by hand, the network is not used.
    sha256 : str, optional
        Expected checksum, hexadecimal. A download with another one is set aside as `<destination>.bad`;
        a file that was there before is left as it is.
    progress : callable
        Wraps the loop over blocks of 1 MiB.
    retries : int
        Further attempts after a refused or cut connection, a time-out, or a status of 500 and above.
    backoff : float
        Seconds before the first of them, doubled for each further one.

    Raises
    ------
    InputError
        If the address is not http(s), the server answers with an error or an HTML page, the connection stays
        cut, the checksum is wrong, or the disk is full.
    """
    if not re.match("https?://", url, re.IGNORECASE):
        raise InputError(f"url: found '{url}', expected http:// or https://; for a local file use path")
    _fetch(url, Path(destination), sha256, lambda part: download(url, part, progress), retries, backoff)


def fetch_gdrive(
    file_id: str,
    destination: str | Path,
    *,
    sha256: str | None = None,
    retries: int = 3,
    backoff: float = 1.0,
) -> None:
    """Download a public file from Google Drive by gdown, unless it is there already.

    As `fetch_url`, but each attempt begins anew. gdown shows its own progress bar, on a terminal only.

    Raises
    ------
    InputError
        If Google refuses the file (quota, permission, no such file), and as `fetch_url`.
    """
    what = f"Google Drive file {file_id}"
    _fetch(what, Path(destination), sha256, lambda part: _download_gdrive(file_id, part), retries, backoff)


def _fetch(
    what: str,
    destination: Path,
    sha256: str | None,
    attempt: Callable[[Path], None],
    retries: int,
    backoff: float,
) -> None:
    """Attempt to fill the part file until it is complete, check it, and put it in its place."""
    if _is_there(destination, sha256):
        return
    part = destination.with_name(f"{destination.name}.part")
    with _lock(destination):
        if _is_there(destination, sha256):  # another process has fetched it meanwhile
            return
        logger.info("%s: downloading to %s", what, destination)
        try:
            _repeat(lambda: attempt(part), retries, backoff)
            _check(part, sha256)
        except InputError as error:
            raise InputError(f"{what}: {error}, or put the file at {destination} yourself") from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise InputError(
                    f"{destination}: no space left on the disk for {what}; free some space and run again"
                ) from error
            raise
        part.replace(destination)
        note_path(part).unlink(missing_ok=True)
        logger.info("%s: %d bytes", destination, destination.stat().st_size)


def _is_there(destination: Path, sha256: str | None) -> bool:
    if not destination.exists():
        return False
    if sha256:
        expect_sha256(destination, file_sha256(destination), sha256)
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


def _repeat(attempt: Callable[[], None], retries: int, backoff: float) -> None:
    for number in range(retries + 1):
        try:
            attempt()
            return
        except TransientError as error:
            if number == retries:
                raise InputError(f"{error}, in {retries + 1} attempts; run again later") from error
            delay = backoff * 2**number
            logger.warning("%s; next attempt in %g s", error, delay)
            time.sleep(delay)


def _check(part: Path, sha256: str | None) -> None:
    with part.open("rb") as file:
        page = html_page(file.read(4096))
    if page:
        discard(part)
        raise InputError(f"got {page} instead of a file; open the address in a browser to see why")
    if sha256 and (found := file_sha256(part)) != sha256.lower():
        bad = part.with_suffix(".bad")
        part.replace(bad)
        discard(part)
        raise InputError(
            f"sha256 is {found}, expected {sha256.lower()}; the download was set aside as {bad}: if it is "
            "right, correct sha256 in the config"
        )


def _download_gdrive(file_id: str, part: Path) -> None:
    discard(part)
    try:
        with part.open("wb") as file:
            gdown.download(id=file_id, output=file, quiet=not sys.stderr.isatty(), timeout=TIMEOUT)
    except FileURLRetrievalError as error:
        raise InputError(
            f"Google does not give it out ({one_line(error)}); its download quota may be used up (wait a "
            "day) or it may not be shared with everyone"
        ) from error
    except requests.exceptions.HTTPError as error:
        if error.response is not None and error.response.status_code >= 500:
            raise TransientError(one_line(error)) from error
        raise InputError(f"{one_line(error)}; check the file id") from error
    except (DownloadError, requests.exceptions.RequestException) as error:
        raise TransientError(one_line(error)) from error
