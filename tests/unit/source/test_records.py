import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from bgsub.errors import InputError
from bgsub.source.records import recorded_file, source_record, unchanged_file, write_record

CLIP = bytes(range(256)) * 12000  # 3 MB: several blocks
SHA256 = hashlib.sha256(CLIP).hexdigest()


def test_record_of_a_file(tmp_path: Path):
    (tmp_path / "clip.zip").write_bytes(CLIP)
    record = source_record("url", "http://host/clip.zip", tmp_path / "clip.zip", SHA256)
    assert record == {
        "kind": "url",
        "address": "http://host/clip.zip",
        "file": str(tmp_path / "clip.zip"),
        "bytes": len(CLIP),
        "sha256": SHA256,
        "fetched": False,
    }
    write_record(record, tmp_path / "out" / "source.json")
    assert json.loads((tmp_path / "out" / "source.json").read_text()) == record
    assert recorded_file(tmp_path / "out" / "source.json") == tmp_path / "clip.zip"


def test_record_does_not_depend_on_the_order_of_parameters(tmp_path: Path):
    write_record({"address": {"seed": 1, "frames": 110}}, tmp_path / "a.json")
    write_record({"address": {"frames": 110, "seed": 1}}, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_record_of_a_folder_is_that_of_sha256sum(tmp_path: Path):
    for name, data in {"f_10": b"ten", "f_9": b"nine", "sub/f_1": b"one", ".hidden": b"x"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    listing = subprocess.run(
        ["sha256sum", "f_9", "f_10", "sub/f_1"], cwd=tmp_path, capture_output=True, check=True
    )
    record = source_record("path", str(tmp_path), tmp_path, frames="**/f_*")
    assert record["bytes"] == 10
    assert record["sha256"] == hashlib.sha256(listing.stdout).hexdigest()


def test_record_of_a_folder_is_of_the_files_that_the_pattern_chooses(tmp_path: Path):
    clip, record = tmp_path / "clip", tmp_path / "source.json"
    clip.mkdir()
    for name in ("f_1.png", "f_2.png", "notes.txt"):
        (clip / name).write_bytes(name.encode())
    found = source_record("path", str(clip), clip, frames="*.png")
    assert (found["frames"], found["bytes"]) == ("*.png", 14)
    write_record(found, record)
    (clip / "notes.txt").write_bytes(b"more")
    assert unchanged_file(record) == clip
    (clip / "f_2.png").write_bytes(b"f_3.png")
    with pytest.raises(InputError, match=r"clip: changed since .*source\.json was written"):
        unchanged_file(record)
    with pytest.raises(InputError, match=r"clip: no frames match '\*\.bmp'; it holds 'f_1\.png'"):
        source_record("path", str(clip), clip, frames="*.bmp")


def test_record_checks_a_users_file(tmp_path: Path):
    (tmp_path / "clip.zip").write_bytes(CLIP)
    with pytest.raises(InputError, match=rf"clip\.zip: sha256 is {SHA256}, expected 000"):
        source_record("path", "clip.zip", tmp_path / "clip.zip", "0" * 64)
    with pytest.raises(InputError, match=r"none\.zip: no such file or folder"):
        source_record("path", "none.zip", tmp_path / "none.zip")
