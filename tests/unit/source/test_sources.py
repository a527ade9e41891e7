import errno
import hashlib
import logging
import multiprocessing
import socket
import threading
from pathlib import Path

import gdown
import pytest
import requests
from gdown.exceptions import DownloadError, FileURLRetrievalError
from loopback import Loopback, Reply

from bgsub.errors import InputError
from bgsub.source.sources import fetch, fetch_gdrive, fetch_url

CLIP = bytes(range(256)) * 12000  # 3 MB: several blocks
SHA256 = hashlib.sha256(CLIP).hexdigest()


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "data" / "clip.zip"


def get(loopback: Loopback, destination: Path, **options) -> None:
    fetch_url(loopback.url("/clip.zip"), destination, **{"backoff": 0.01} | options)


def left_over(destination: Path) -> list[str]:
    return sorted(
        p.name for p in destination.parent.iterdir() if not p.name.endswith((".lock", ".origin.json"))
    )


# ---------------------------------------------------------------- good downloads


def test_file_is_downloaded_whole_and_alone(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP)]
    seen = []

    def progress(blocks):
        seen.append(len(blocks))
        return blocks

    fetch("url", loopback.url("/clip.zip"), destination, SHA256.upper(), progress)
    assert destination.read_bytes() == CLIP
    assert left_over(destination) == ["clip.zip"]
    assert seen == [3]  # MiB, for the progress bar
    assert "Mozilla" not in loopback.requests[0].headers["User-Agent"]


def test_file_that_is_there_needs_no_network(destination: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*arguments):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    destination.parent.mkdir()
    destination.write_bytes(CLIP)
    fetch_url("http://127.0.0.1:9/clip.zip", destination, sha256=SHA256)
    fetch_gdrive("id", destination)
    assert left_over(destination) == ["clip.zip"]


def test_file_of_unknown_length_is_downloaded(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP, length=False)]
    get(loopback, destination)
    assert destination.read_bytes() == CLIP


def test_slow_start_is_waited_for(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP, delay=0.3)]
    get(loopback, destination, retries=0)
    assert destination.read_bytes() == CLIP


def test_server_that_recovers_is_asked_again(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(status=500), Reply(status=503), Reply(CLIP)]
    get(loopback, destination)
    assert destination.read_bytes() == CLIP
    assert len(loopback.requests) == 3


# ---------------------------------------------------------------- resuming


def test_cut_download_resumes_within_the_run(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP, cut=2**20), Reply(CLIP, cut=2**19), Reply(CLIP)]
    get(loopback, destination, sha256=SHA256)
    assert destination.read_bytes() == CLIP
    assert [request.headers.get("Range") for request in loopback.requests] == [
        None,
        "bytes=1048576-",
        "bytes=1572864-",
    ]
    assert sum(request.served for request in loopback.requests) == len(CLIP)
    assert left_over(destination) == ["clip.zip"]


def test_cut_download_resumes_in_the_next_run(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP, cut=2**20), Reply(CLIP)]
    with pytest.raises(InputError):
        get(loopback, destination, retries=0)
    assert left_over(destination) == ["clip.zip.part", "clip.zip.part.json"]
    get(loopback, destination, retries=0)
    assert destination.read_bytes() == CLIP
    assert [request.served for request in loopback.requests] == [2**20, len(CLIP) - 2**20]


def test_server_without_ranges_is_asked_for_all(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP, cut=2**20), Reply(CLIP, ranges=False)]
    get(loopback, destination)
    assert destination.read_bytes() == CLIP
    assert loopback.requests[1].served == len(CLIP)


@pytest.mark.parametrize("etag", [None, 'W/"1"'])
def test_part_without_strong_validator_is_begun_anew(loopback: Loopback, destination: Path, etag: str | None):
    loopback.replies["/clip.zip"] = [Reply(CLIP, cut=2**20, etag=etag), Reply(CLIP, etag=etag)]
    get(loopback, destination)
    assert destination.read_bytes() == CLIP
    assert "Range" not in loopback.requests[1].headers


def test_date_serves_where_there_is_no_etag(loopback: Loopback, destination: Path):
    date = {"Last-Modified": "Sat, 01 Aug 2026 10:00:00 GMT"}
    loopback.replies["/clip.zip"] = [
        Reply(CLIP, cut=2**20, etag=None, headers=date),
        Reply(
            CLIP[2**20 :],
            206,
            etag=None,
            headers=date | {"Content-Range": "bytes 1048576-3071999/3072000"},
        ),
    ]
    get(loopback, destination)
    assert destination.read_bytes() == CLIP
    assert loopback.requests[1].headers["If-Range"] == date["Last-Modified"]


def test_changed_file_is_begun_anew(loopback: Loopback, destination: Path):
    new = CLIP[::-1]
    loopback.replies["/clip.zip"] = [Reply(CLIP, cut=2**20), Reply(new, etag='"2"')]
    get(loopback, destination)
    assert destination.read_bytes() == new
    assert loopback.requests[1].headers["If-Range"] == '"1"'


@pytest.mark.parametrize(
    "stale",
    [
        Reply(CLIP[2**20 :], 206, etag='"2"', headers={"Content-Range": "bytes 1048576-3071999/3072000"}),
        Reply(CLIP[2**20 :], 206, headers={"Content-Range": "bytes 1048576-3071999/4000000"}),
        Reply(CLIP[: 2**20], 206, headers={"Content-Range": "bytes 0-1048575/3072000"}),
        Reply(status=416),
    ],
    ids=["other etag", "other length", "other range", "416"],
)
def test_wrong_rest_is_not_appended(loopback: Loopback, destination: Path, stale: Reply):
    loopback.replies["/clip.zip"] = [Reply(CLIP, cut=2**20), stale, Reply(CLIP)]
    get(loopback, destination)
    assert destination.read_bytes() == CLIP
    assert "Range" not in loopback.requests[2].headers


def test_part_of_another_address_is_begun_anew(loopback: Loopback, destination: Path):
    loopback.replies["/old.zip"] = [Reply(CLIP[::-1], cut=2**20)]
    loopback.replies["/clip.zip"] = [Reply(CLIP)]
    with pytest.raises(InputError):
        fetch_url(loopback.url("/old.zip"), destination, retries=0)
    get(loopback, destination)
    assert destination.read_bytes() == CLIP


def test_complete_part_of_a_killed_run_is_taken(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP, cut=2**20)]
    with pytest.raises(InputError):
        get(loopback, destination, retries=0)
    destination.with_name("clip.zip.part").write_bytes(CLIP)
    get(loopback, destination, sha256=SHA256)
    assert destination.read_bytes() == CLIP
    assert len(loopback.requests) == 1


# ---------------------------------------------------------------- bad answers


def test_not_found_is_asked_once(loopback: Loopback, destination: Path):
    with pytest.raises(InputError) as error:
        get(loopback, destination)
    assert str(error.value) == (
        f"{loopback.url('/clip.zip')}: HTTP 404 Not Found; check the address, "
        f"or put the file at {destination} yourself"
    )
    assert len(loopback.requests) == 1
    assert left_over(destination) == []


def test_server_error_is_given_up(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(status=500)]
    with pytest.raises(InputError, match="HTTP 500 Internal Server Error, in 3 attempts; run again later"):
        get(loopback, destination, retries=2)
    assert len(loopback.requests) == 3
    assert left_over(destination) == []


def test_cut_connection_is_given_up_but_kept(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP, cut=100_000)]
    with pytest.raises(InputError, match=r"was cut after 300,000 bytes, in 3 attempts; .*put the file at"):
        get(loopback, destination, retries=2)
    assert not destination.exists()
    assert destination.with_name("clip.zip.part").read_bytes() == CLIP[:300_000]


def test_refused_connection_is_told(destination: Path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/clip.zip"
        with pytest.raises(InputError, match=r"connection failed .*refused.*, in 2 attempts"):
            fetch_url(url, destination, retries=1, backoff=0.01)


@pytest.mark.parametrize(
    ("page", "content_type", "found"),
    [
        (
            b"<!DOCTYPE html><html><title>Not a bot?</title>",
            "text/html; charset=utf-8",
            'page titled "Not a bot',
        ),
        (
            b"<!DOCTYPE html><html><title>Not a bot?</title>",
            "application/octet-stream",
            'page titled "Not a bot',
        ),
        (b"Too many requests", "text/html", "an HTML page"),
    ],
)
def test_html_page_is_not_a_file(
    loopback: Loopback, destination: Path, page: bytes, content_type: str, found: str
):
    loopback.replies["/clip.zip"] = [Reply(page, content_type=content_type)]
    with pytest.raises(InputError, match=rf"got .*{found}.* instead of a file; open the address"):
        get(loopback, destination)
    assert len(loopback.requests) == 1
    assert left_over(destination) == []


def test_wrong_checksum_sets_the_download_aside(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP)]
    with pytest.raises(
        InputError, match=rf"sha256 is {SHA256}, expected {'0' * 64}; .*clip\.zip\.bad: if it is"
    ):
        get(loopback, destination, sha256="0" * 64)
    assert left_over(destination) == ["clip.zip.bad"]


def test_wrong_checksum_leaves_the_users_file(loopback: Loopback, destination: Path):
    destination.parent.mkdir()
    destination.write_bytes(CLIP)
    with pytest.raises(
        InputError, match=rf"clip\.zip: sha256 is {SHA256}, expected 000.*; it was left as it is"
    ):
        get(loopback, destination, sha256="0" * 64)
    assert destination.read_bytes() == CLIP
    assert loopback.requests == []


@pytest.mark.parametrize("url", ["file:///data/clip.zip", "data/clip.zip", "ftp://host/clip.zip"])
def test_what_is_not_http_is_no_url(destination: Path, url: str):
    with pytest.raises(InputError, match="expected http:// or https://; for a local file use path"):
        fetch_url(url, destination)


def test_malformed_address_is_told(destination: Path):
    with pytest.raises(InputError, match=r"http://\[: .*check the address"):
        fetch_url("http://[", destination)


# ---------------------------------------------------------------- full disk, two at once


def test_full_disk_is_told_and_the_next_run_resumes(loopback: Loopback, small_disk: Path):
    destination = small_disk / "clip.zip"
    blocker = small_disk / "blocker"
    body = CLIP[:200_000]
    loopback.replies["/clip.zip"] = [Reply(body)]
    blocker.write_bytes(bytes(150_000))
    with pytest.raises(
        InputError,
        match=r"clip\.zip: too large: 200,000 bytes, and the disk has 1\d\d,\d+ left; free some space",
    ):
        get(loopback, destination)
    assert not destination.exists()
    blocker.unlink()
    get(loopback, destination)
    assert destination.read_bytes() == body


def test_full_device_is_told(loopback: Loopback, destination: Path, monkeypatch: pytest.MonkeyPatch):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    loopback.replies["/clip.zip"] = [Reply(CLIP)]
    destination.parent.mkdir()
    destination.with_name("clip.zip.part").symlink_to("/dev/full")
    monkeypatch.setattr("bgsub.source.download.discard", lambda part: None)  # or it would remove the link
    with pytest.raises(InputError, match="no space left on the disk"):
        get(loopback, destination)
    assert not destination.exists()


def _fetch_in_process(url: str, destination: Path, failures: multiprocessing.Queue) -> None:
    try:
        fetch_url(url, destination)
    except BaseException as error:
        failures.put(repr(error))
        raise


def test_two_processes_share_one_download(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP, delay=0.5)]
    context = multiprocessing.get_context("spawn")
    failures = context.Queue()
    arguments = (loopback.url("/clip.zip"), destination, failures)
    processes = [context.Process(target=_fetch_in_process, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert failures.empty(), failures.get()
    assert destination.read_bytes() == CLIP
    assert len(loopback.requests) == 1


def test_waiting_for_another_download_is_told(loopback: Loopback, destination: Path, caplog):
    caplog.set_level(logging.INFO)
    loopback.replies["/clip.zip"] = [Reply(CLIP, delay=0.5)]
    threads = [threading.Thread(target=get, args=(loopback, destination)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loopback.requests) == 1
    assert "waiting for another process that downloads it" in caplog.text


# ---------------------------------------------------------------- Google Drive


def gdown_that(monkeypatch: pytest.MonkeyPatch, *outcomes: bytes | Exception) -> list[dict]:
    """Replace `gdown.download` by one that writes bytes or raises, one outcome after another."""
    calls = []

    def download(**arguments):
        outcome = outcomes[len(calls)]
        calls.append(arguments)
        if isinstance(outcome, Exception):
            arguments["output"].write(b"some bytes")
            raise outcome
        arguments["output"].write(outcome)
        return arguments["output"]

    monkeypatch.setattr(gdown, "download", download)
    return calls


def test_gdrive_file_is_downloaded(destination: Path, monkeypatch: pytest.MonkeyPatch):
    calls = gdown_that(monkeypatch, CLIP)
    fetch("gdrive", "1LMNA", destination, SHA256)
    assert destination.read_bytes() == CLIP
    assert calls[0]["id"] == "1LMNA"
    assert left_over(destination) == ["clip.zip"]


def test_gdrive_interruption_begins_anew(destination: Path, monkeypatch: pytest.MonkeyPatch):
    calls = gdown_that(
        monkeypatch,
        DownloadError("Download is incomplete: received 10 bytes but the server announced 20 bytes."),
        requests.exceptions.ConnectionError("reset"),
        CLIP,
    )
    fetch_gdrive("1LMNA", destination, sha256=SHA256, backoff=0.01)
    assert destination.read_bytes() == CLIP
    assert len(calls) == 3


def http_error(status: int) -> requests.exceptions.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.exceptions.HTTPError(f"{status} for url", response=response)


@pytest.mark.parametrize(
    ("outcome", "attempts", "message"),
    [
        (
            FileURLRetrievalError(
                "Failed to retrieve file url:\n\n\tToo many users have viewed this file\n\n"
            ),
            1,
            r"out \(Failed to retrieve file url: Too many users have viewed this file\); its download quota",
        ),
        (
            DownloadError("Response exceeds the announced byte range"),
            2,
            "announced byte range, in 2 attempts",
        ),
        (http_error(404), 1, "404 for url; check the file id"),
        (http_error(500), 2, "500 for url, in 2 attempts"),
        (b"<!doctype html><title>Google Drive - Quota exceeded</title>", 1, "Quota exceeded"),
    ],
)
def test_gdrive_refusal_is_told(
    destination: Path,
    monkeypatch: pytest.MonkeyPatch,
    outcome: bytes | Exception,
    attempts: int,
    message: str,
):
    calls = gdown_that(monkeypatch, *[outcome] * 4)
    with pytest.raises(InputError, match=rf"file 1LMNA: .*{message}.*, or put the file at") as error:
        fetch_gdrive("1LMNA", destination, retries=1, backoff=0.01)
    assert "\n" not in str(error.value)
    assert len(calls) == attempts
    assert not destination.exists()


def test_gdrive_full_disk_is_told(destination: Path, monkeypatch: pytest.MonkeyPatch):
    gdown_that(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(InputError, match="no space left on the disk for Google Drive file 1LMNA"):
        fetch_gdrive("1LMNA", destination)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (
            b'<p class="uc-error-subcaption">Too many users have viewed this file.</p>',
            "Too many users have viewed",
        ),
        (b"<html>Sign in</html>", "Cannot retrieve the public link"),
    ],
)
def test_real_gdown_on_googles_pages(
    loopback: Loopback, destination: Path, monkeypatch: pytest.MonkeyPatch, page: bytes, message: str
):
    """Let gdown itself meet a page of Google's, served here."""
    loopback.replies["/uc"] = [Reply(page, content_type="text/html")]
    real_get = requests.Session.get
    monkeypatch.setenv("HOME", str(destination.parent))
    monkeypatch.setattr(
        requests.Session, "get", lambda self, url, **k: real_get(self, loopback.url("/uc"), **k)
    )
    with pytest.raises(InputError, match=f"does not give it out .*{message}"):
        fetch_gdrive("1LMNA", destination, backoff=0.01)
