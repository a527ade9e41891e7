import contextlib
import email.utils
import errno
import gzip
import hashlib
import http.server
import logging
import multiprocessing
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import gdown
import pytest
import requests
from gdown.exceptions import DownloadError, FileURLRetrievalError
from loopback import Loopback, Reply

from bgsub.errors import InputError
from bgsub.source.limits import Limits
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


# ---------------------------------------------------------------- limits, waits, and bodies that are none


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("seconds", ["1", None])
def test_retry_after_is_waited_for(
    loopback: Loopback, destination: Path, monkeypatch: pytest.MonkeyPatch, status: int, seconds: str | None
):
    """As a number of seconds, or as a date."""
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    loopback.replies["/clip.zip"] = [
        Reply(status=status, headers={"Retry-After": seconds or date}),
        Reply(CLIP),
    ]
    get(loopback, destination)
    assert destination.read_bytes() == CLIP
    wait = next(wait for wait in waits if wait)
    assert wait == 1 if seconds else 25 < wait <= 30


def test_retry_after_beyond_the_limit_is_told(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(
        InputError,
        match=r"the server asks to wait for 3,600 s, which takes longer than limits\.download_seconds, 60,",
    ):
        get(loopback, destination, limits=Limits(download_seconds=60))
    assert len(loopback.requests) == 1


@pytest.mark.parametrize("told", ["soon", "-5", "9" * 400, ""])
def test_nonsense_to_wait_for_is_no_wait(loopback: Loopback, destination: Path, told: str):
    loopback.replies["/clip.zip"] = [Reply(status=429, headers={"Retry-After": told})]
    with pytest.raises(
        InputError, match=r"HTTP 429 Too Many Requests, in 2 attempts|the server asks to wait"
    ):
        get(loopback, destination, retries=1, limits=Limits(download_seconds=60))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "nothing, 0 bytes,"),
        (b'{"error": "quota"}', 'text that begins with \'{"error": "quota"}\''),
        (b"PK\x03\x04" + bytes(500), "a zip that is cut"),
        (b"RIFF\x00\x10\x00\x00AVI " + bytes(500), r"a video that lacks 3,592 bytes at its end"),
        (
            b"\0\0\0\x18ftypmp42" + bytes(12) + b"\0\1\0\0mdat" + bytes(100),
            r"a video that lacks 65,428 bytes",
        ),
    ],
)
@pytest.mark.parametrize("length", [True, False])
def test_body_that_is_no_clip_is_not_kept(
    loopback: Loopback, destination: Path, body: bytes, found: str, length: bool
):
    loopback.replies["/clip.zip"] = [Reply(body, length=length)]
    with pytest.raises(InputError, match=f"got {found}"):
        get(loopback, destination)
    assert left_over(destination) == []


@pytest.mark.parametrize("cut", [None, 1000])
def test_compression_that_was_not_asked_for_is_undone_and_a_cut_one_noticed(
    loopback: Loopback, destination: Path, cut: int | None
):
    packed = gzip.compress(CLIP)
    reply = Reply(packed[:cut], headers={"Content-Encoding": "gzip"}, length=False)
    loopback.replies["/clip.zip"] = [reply]
    if cut is None:
        get(loopback, destination)
        assert destination.read_bytes() == CLIP
    else:
        with pytest.raises(InputError, match="the compressed body was cut, in 2 attempts"):
            get(loopback, destination, retries=1)
        assert not destination.exists()


@pytest.mark.parametrize(
    ("encoding", "message"),
    [("br", "compressed by 'br', which it was asked not to"), ("gzip", "cannot be undone")],
)
def test_compression_that_cannot_be_undone_is_told(
    loopback: Loopback, destination: Path, encoding: str, message: str
):
    loopback.replies["/clip.zip"] = [Reply(CLIP, headers={"Content-Encoding": encoding})]
    with pytest.raises(InputError, match=message):
        get(loopback, destination, retries=0)
    assert not destination.exists()


@pytest.mark.parametrize("length", ["abc", "-5", "1e3", "²"])
def test_length_that_is_no_number_is_no_length(loopback: Loopback, destination: Path, length: str):
    loopback.replies["/clip.zip"] = [
        Reply(CLIP, headers={"Content-Length": length.encode().decode("latin-1")})
    ]
    get(loopback, destination)
    assert destination.read_bytes() == CLIP


def test_size_is_limited_before_anything_is_fetched(loopback: Loopback, destination: Path):
    loopback.replies["/clip.zip"] = [Reply(CLIP)]
    with pytest.raises(
        InputError, match=r"too large: 3,072,000 bytes, and limits\.download_bytes allows 1,000,000; raise it"
    ):
        get(loopback, destination, limits=Limits(download_bytes=10**6))
    assert not destination.exists()


class Endless(http.server.BaseHTTPRequestHandler):
    """Answers that never end: the path says which."""

    def do_GET(self) -> None:
        if self.path == "/head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        else:
            self.send_response(200)
            self.end_headers()
        step = {"/body": bytes(1 << 16), "/drip": b"x", "/head": b"x"}[self.path]
        with contextlib.suppress(OSError):
            while not self.server.over.wait(0 if self.path == "/body" else 0.05):
                self.wfile.write(step)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        server.over = threading.Event()
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.over.set()
        server.shutdown()


def test_endless_body_ends_at_the_limit(endless: str, destination: Path):
    with pytest.raises(
        InputError, match=r"too large, more than: [\d,]+ bytes, and limits\.download_bytes allows"
    ):
        fetch_url(f"{endless}/body", destination, limits=Limits(download_bytes=10**7))
    assert sum(path.stat().st_size for path in destination.parent.iterdir()) < 1000


@pytest.mark.parametrize("path", ["/drip", "/head"])
def test_server_that_sends_a_byte_now_and_then_ends_at_the_limit(endless: str, destination: Path, path: str):
    with pytest.raises(
        InputError, match=r"it takes longer than limits\.download_seconds, 0\.5, allows; raise it"
    ):
        fetch_url(endless + path, destination, limits=Limits(download_seconds=0.5))
    assert not destination.exists()


# ---------------------------------------------------------------- full disk, two at once


def test_full_disk_is_told_and_the_next_run_resumes(loopback: Loopback, small_disk: Path):
    destination = small_disk / "clip.zip"
    blocker = small_disk / "blocker"
    body = CLIP[:200_000]
    loopback.replies["/clip.zip"] = [Reply(body)]
    blocker.write_bytes(bytes(150_000))
    with pytest.raises(
        InputError,
        match=r"clip\.zip: no space left on the disk: it takes 200,000 bytes, and 1\d\d,\d+ are left",
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


# What Google answers, in short. The confirm form stands between a large file and its download.
CONFIRM = (
    "<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>"
    '<form id="download-form" action="{action}" method="get"><input type="hidden" name="id" value="1LMNA">'
    '<input type="hidden" name="export" value="download">'
    '<input type="hidden" name="confirm" value="t"></form>'
)
QUOTA = """<html><head><title>Google Drive - Quota exceeded</title></head><body>
<p class="uc-error-caption">Sorry, you can't view or download this file at this time.</p>
<p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently.</p></html>"""
LOGIN = "<!doctype html><html><head><title>Sign in - Google Accounts</title></head></html>"
GONE = "<!DOCTYPE html><html><head><title>Error 404 (Not Found)!!1</title></head></html>"
ATTACHMENT = {"Content-Disposition": 'attachment; filename="clip.zip"'}


@pytest.fixture
def google(loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """Let gdown itself meet Google's pages, served here: any address of Google's is that of this server."""
    real_get = requests.Session.get

    def get_here(session: requests.Session, url: str, **options: object) -> requests.Response:
        path = re.sub(r"https?://[^/]*google[^/]*", "", url)
        return real_get(session, loopback.url(path) if path.startswith("/") else url, **options)

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(requests.Session, "get", get_here)
    return loopback


def page(text: str, status: int = 200) -> Reply:
    return Reply(text.encode(), status=status, content_type="text/html; charset=utf-8", etag=None)


def test_real_gdown_goes_through_the_confirm_form(google: Loopback, destination: Path):
    google.replies["/uc?id=1LMNA"] = [
        page(CONFIRM.format(action="https://drive.usercontent.google.com/download"))
    ]
    google.replies["/download?id=1LMNA&export=download&confirm=t"] = [Reply(CLIP, headers=ATTACHMENT)]
    fetch_gdrive("https://drive.google.com/file/d/1LMNA/view?usp=sharing", destination, backoff=0.01)
    assert destination.read_bytes() == CLIP


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (page(QUOTA), r"Too many users have viewed .*; its download quota is used up: wait a day"),
        (
            page(LOGIN),
            r"may be deleted, not shared with everyone, or over its download quota: open https://drive",
        ),
        (
            page(GONE, 404),
            r"may be deleted, not shared with everyone, or over its download quota: open https://drive",
        ),
        (
            page("<form id='download-form'></form>"),
            r"Google's answer is not understood .*; open https://drive",
        ),
        (Reply(b"", headers=ATTACHMENT), r"got nothing, 0 bytes, instead of a file"),
        (
            Reply(QUOTA.encode(), headers=ATTACHMENT),
            r'got an HTML page titled "Google Drive - Quota exceeded"',
        ),
        (Reply(CLIP, headers=ATTACHMENT, cut=1000), r"Download is incomplete.*, in 2 attempts"),
    ],
    ids=["quota", "login", "deleted", "strange", "empty", "quota as file", "cut"],
)
def test_real_gdown_on_googles_refusals(google: Loopback, destination: Path, reply: Reply, message: str):
    google.replies["/uc?id=1LMNA"] = [reply]
    with pytest.raises(InputError, match=f"^Google Drive file 1LMNA: .*{message}") as error:
        fetch_gdrive("1LMNA", destination, retries=1, backoff=0.01)
    assert "\n" not in str(error.value)
    assert not destination.exists()


def test_gdrive_file_is_limited_in_size(google: Loopback, destination: Path):
    google.replies["/uc?id=1LMNA"] = [Reply(CLIP, headers=ATTACHMENT)]
    with pytest.raises(
        InputError, match=r"too large: 3,072,000 bytes, and limits\.download_bytes allows 1,000,000"
    ):
        fetch_gdrive("1LMNA", destination, limits=Limits(download_bytes=10**6))


def test_gdrive_download_ends_at_the_limit_of_time(google: Loopback, destination: Path):
    """A confirm form that leads to itself is followed for ever."""
    google.replies["/uc?id=1LMNA"] = [page(CONFIRM.format(action="https://drive.google.com/uc"))]
    google.replies["/uc?id=1LMNA&export=download&confirm=t"] = google.replies["/uc?id=1LMNA"]
    with pytest.raises(InputError, match=r"takes longer than limits\.download_seconds, 0\.5, allows"):
        fetch_gdrive("1LMNA", destination, limits=Limits(download_seconds=0.5))
