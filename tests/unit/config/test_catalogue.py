from pathlib import Path

import pytest

from bgsub.config.catalogue import catalogue

CLIPS = {
    "demo": {"source": {"synthetic": {"frames": 40, "height": 64}}, "groundtruth": "gt/*.png"},
    "far": {
        "title": "Far, away",
        "source": {"url": "https://h/far.zip", "file": "far.zip"},
        "category": "falls",
        "licence": "MIT",
        "citation": "A. Author",
    },
    "mine": {"source": {"path": "mine.mp4"}},
    "folder": {"source": {"path": "frames"}},
}


def test_clips_are_listed_with_source_size_and_terms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("frames").mkdir()
    Path("mine.mp4").write_bytes(b"1234")
    demo, far, mine, folder = catalogue(CLIPS, ["far"])
    assert list(demo) == [
        *("clip", "title", "in_run", "kind", "source", "file", "bytes"),
        *("groundtruth", "category", "licence", "citation"),
    ]
    assert (demo["kind"], demo["source"], demo["file"]) == ("synthetic", "frames=40 height=64", None)
    assert (demo["in_run"], demo["groundtruth"]) == ("no", "yes")
    assert far == {
        "clip": "far",
        "title": "Far, away",
        "in_run": "yes",
        "kind": "url",
        "source": "https://h/far.zip",
        "file": "data/far.zip",
        "bytes": None,
        "groundtruth": "no",
        "category": "falls",
        "licence": "MIT",
        "citation": "A. Author",
    }
    assert (mine["file"], mine["bytes"]) == ("mine.mp4", 4)
    assert (folder["file"], folder["bytes"]) == ("frames", None)
    Path("data").mkdir()
    Path("data/far.zip").write_bytes(b"123")
    assert catalogue(CLIPS, [])[1]["bytes"] == 3
