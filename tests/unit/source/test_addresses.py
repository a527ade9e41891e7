"""Which file came from which address, and what of an address is never shown or kept."""

import json
import os
from pathlib import Path

import pytest
from loopback import Loopback, Reply

from bgsub.errors import InputError
from bgsub.source.addresses import drive_id, origin_path, shown, without_secrets
from bgsub.source.records import source_record, unchanged_file, write_record
from bgsub.source.sources import fetch_gdrive, fetch_url

CLIP = bytes(range(256)) * 40
OTHER = CLIP[::-1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data/clip.mp4"


def get(url: str, file: Path, **options: object) -> None:
    fetch_url(url, file, **{"backoff": 0.01, "retries": 1} | options)


# ---------------------------------------------------------------- an address is bound to its file


def test_file_of_another_address_is_refused(loopback: Loopback, file: Path):
    loopback.replies["/a.mp4"], loopback.replies["/b.mp4"] = [Reply(CLIP)], [Reply(OTHER)]
    get(loopback.url("/a.mp4"), file)
    get(loopback.url("/a.mp4"), file)
    with pytest.raises(InputError) as error:
        get(loopback.url("/b.mp4"), file)
    first, second = loopback.url("/a.mp4"), loopback.url("/b.mp4")
    assert str(error.value) == (
        f"{file} came from another address, {first}, not from {second}: give "
        "the clip a `file` of its own, or delete that file to have it fetched anew"
    )
    assert file.read_bytes() == CLIP
    file.unlink()
    get(loopback.url("/b.mp4"), file)
    assert file.read_bytes() == OTHER


def test_addresses_that_differ_in_their_query_are_others(loopback: Loopback, file: Path):
    loopback.replies["/get?id=1"], loopback.replies["/get?id=2"] = [Reply(CLIP)], [Reply(OTHER)]
    get(loopback.url("/get?id=1"), file)
    with pytest.raises(InputError, match=r"/get \(it differs in what is not shown of it\), not from"):
        get(loopback.url("/get?id=2"), file)


def test_file_with_the_expected_checksum_may_come_from_anywhere(loopback: Loopback, file: Path):
    loopback.replies["/a.mp4"] = [Reply(CLIP)]
    get(loopback.url("/a.mp4"), file)
    record = source_record("url", loopback.url("/a.mp4"), file)
    get(loopback.url("/mirror.mp4"), file, sha256=record["sha256"])
    assert record["fetched"]
    assert not source_record("url", loopback.url("/mirror.mp4"), file)["fetched"]


def test_file_that_was_put_there_by_hand_is_bound_to_its_first_address(loopback: Loopback, file: Path):
    file.parent.mkdir()
    file.write_bytes(CLIP)
    get("http://127.0.0.1:9/a.mp4", file)
    assert not source_record("url", "http://127.0.0.1:9/a.mp4", file)["fetched"]
    with pytest.raises(InputError, match="came from another address"):
        get("http://127.0.0.1:9/b.mp4", file)
    with pytest.raises(InputError, match="came from another address"):
        fetch_gdrive("1LMNA", file)


def test_file_that_was_replaced_by_hand_is_not_said_to_be_fetched(loopback: Loopback, file: Path):
    loopback.replies["/a.mp4"] = [Reply(CLIP)]
    get(loopback.url("/a.mp4"), file)
    assert source_record("url", loopback.url("/a.mp4"), file)["fetched"]
    file.write_bytes(OTHER)
    get(loopback.url("/a.mp4"), file)
    assert not source_record("url", loopback.url("/a.mp4"), file)["fetched"]


# ---------------------------------------------------------------- the record is the truth about the frames


def test_source_that_changed_since_it_was_recorded_is_refused(tmp_path: Path):
    clip, record = tmp_path / "clip.avi", tmp_path / "source.json"
    clip.write_bytes(CLIP)
    times = clip.stat().st_atime_ns, clip.stat().st_mtime_ns
    write_record(source_record("path", str(clip), clip), record)
    assert unchanged_file(record) == clip
    clip.write_bytes(OTHER)  # of the same size, and of the same time
    os.utime(clip, ns=times)
    with pytest.raises(
        InputError, match=r"clip\.avi: changed since .*source\.json was written .*: delete .*source\.json"
    ):
        unchanged_file(record)


def test_record_that_is_cut_says_which_file_to_delete(tmp_path: Path):
    (tmp_path / "source.json").write_text('{"kind": "path", "fi')
    with pytest.raises(InputError, match=r"source\.json: cut or damaged .*; delete it and run again"):
        unchanged_file(tmp_path / "source.json")


# ---------------------------------------------------------------- secrets

SECRETS = ("gustav", "hunter2", "t0ken")


def secret(loopback: Loopback, path: str = "/x.mp4") -> str:
    return loopback.url(path).replace("//", "//gustav:hunter2@") + "?token=t0ken#part"


def assert_no_secret(text: str) -> None:
    assert not [word for word in SECRETS if word in text], text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://user:pass@host:81/a/b.zip?token=1#x", "https://host:81/a/b.zip"),
        ("HTTP://user@host/a", "http://host/a"),
        ("https://host/a@b.zip", "https://host/a@b.zip"),
        ("1LMNA-pvknbEp2", "1LMNA-pvknbEp2"),
        ("data/a?b.zip", "data/a?b.zip"),
    ],
)
def test_address_is_shown_without_what_may_be_secret(address: str, expected: str):
    assert shown(address) == expected


def test_secrets_are_kept_nowhere(loopback: Loopback, file: Path, caplog):
    caplog.set_level("INFO")
    loopback.replies["/x.mp4?token=t0ken"] = [Reply(status=503), Reply(CLIP, cut=2000), Reply(CLIP)]
    url = secret(loopback)
    with pytest.raises(InputError):
        get(url, file)  # leaves a part file and its note
    kept = [path.read_text() for path in file.parent.glob("*.json")]
    assert kept
    get(url, file)
    assert file.read_bytes() == CLIP
    assert loopback.requests[0].headers["Authorization"].startswith("Basic ")
    record = source_record("url", url, file)
    assert record["address"] == loopback.url("/x.mp4")
    assert_no_secret(json.dumps(record) + origin_path(file).read_text() + "".join(kept) + caplog.text)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=404),
        Reply(status=500),
        Reply(b"<html><title>Log in</title>", content_type="text/html"),
        Reply(status=302, headers={"Location": "http://gustav:hunter2@127.0.0.1:9/y?token=t0ken"}),
        Reply(status=302, headers={"Location": "ftp://gustav:hunter2@127.0.0.1:9/y?token=t0ken"}),
        Reply(status=302, headers={"Location": "/x.mp4?token=t0ken"}),
        Reply(status=302, headers={"Location": "http://gustav:hunter2@[?token=t0ken"}),
    ],
    ids=["404", "500", "page", "redirect", "ftp", "circle", "nonsense"],
)
def test_secrets_are_in_no_message(loopback: Loopback, file: Path, caplog, reply: Reply):
    caplog.set_level("INFO")
    loopback.replies["/x.mp4?token=t0ken"] = [reply]
    with pytest.raises(InputError) as error:
        get(secret(loopback), file)
    assert_no_secret(str(error.value) + caplog.text)
    assert "\n" not in str(error.value)


def test_variables_of_the_environment_stand_in_for_secrets(
    loopback: Loopback, file: Path, monkeypatch: pytest.MonkeyPatch
):
    loopback.replies["/x.mp4?token=t0ken"] = [Reply(CLIP)]
    with pytest.raises(
        InputError, match=r"url: no environment variable CLIP_TOKEN, which http://.*/x\.mp4 names; set"
    ):
        get(loopback.url("/x.mp4?token=${CLIP_TOKEN}"), file)
    monkeypatch.setenv("CLIP_TOKEN", "t0ken")
    get(loopback.url("/x.mp4?token=${CLIP_TOKEN}"), file)
    assert file.read_bytes() == CLIP
    monkeypatch.setenv("CLIP_TOKEN", "another")
    get(loopback.url("/x.mp4?token=${CLIP_TOKEN}"), file)  # the same address, whatever the token


def test_credentials_may_come_from_netrc(
    loopback: Loopback, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login gustav password hunter2\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    loopback.replies["/x.mp4"] = [Reply(CLIP)]
    get(loopback.url("/x.mp4"), file)
    assert loopback.requests[0].headers["Authorization"] == "Basic Z3VzdGF2Omh1bnRlcjI="


def test_messages_lose_what_may_be_secret():
    text = "GET 'https://u:p@host/a?x=1&y=2' failed (Caused by /a?x=1); why? no"
    assert without_secrets(text) == "GET 'https://host/a' failed (Caused by /a); why? no"


# ---------------------------------------------------------------- links of Google Drive


@pytest.mark.parametrize(
    "link",
    [
        "1LMNA-pvk_nb",
        "https://drive.google.com/file/d/1LMNA-pvk_nb/view?usp=sharing",
        "https://drive.google.com/file/u/0/d/1LMNA-pvk_nb/edit",
        "drive.google.com/file/d/1LMNA-pvk_nb",
        "https://drive.google.com/open?id=1LMNA-pvk_nb",
        "https://drive.google.com/uc?export=download&id=1LMNA-pvk_nb",
        "https://drive.usercontent.google.com/download?id=1LMNA-pvk_nb&confirm=t",
    ],
)
def test_link_of_google_drive_is_taken_apart(link: str):
    assert drive_id(link) == "1LMNA-pvk_nb"


@pytest.mark.parametrize(
    "link",
    [
        "https://drive.google.com/drive/folders/1LMNA-pvk_nb",
        "https://docs.google.com/document/d/1LMNA-pvk_nb/edit",
        "https://example.org/file/d/1LMNA-pvk_nb/view",
        "https://drive.google.com/open",
        "",
        "two words",
    ],
)
def test_link_to_no_file_of_google_drive_is_refused(link: str):
    with pytest.raises(
        InputError, match=r"^gdrive: found '.*', expected the id of a file, or a link such as"
    ):
        drive_id(link)
