"""Files in folders and tars, with the names and links that people have."""

import gzip
import io
import os
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from selecting import archive_members

from bgsub.errors import InputError, printable
from bgsub.source.archives import open_archive
from bgsub.source.decode import Decoding
from bgsub.source.frames import open_frames
from bgsub.source.limits import Limits
from bgsub.source.members import natural_key
from bgsub.source.reading import read_frames
from bgsub.source.records import source_record, write_record

PNG = cv2.imencode(".png", np.zeros((4, 6, 3), np.uint8))[1].tobytes()


def folder_of(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)
    return folder


def told(source: Path, pattern: str | None = "*") -> str:
    with pytest.raises(InputError) as error:
        read_frames(source, pattern, source.parent / "frames.npy")
    assert "\n" not in str(error.value)
    return str(error.value)


# ---------------------------------------------------------------- links


def test_link_to_nothing_is_told(tmp_path: Path):
    clip = folder_of(tmp_path / "clip", "1.png", "2.png")
    (clip / "3.png").symlink_to("gone.png")
    assert "clip/3.png: a link to 'gone.png', where nothing is; restore it or remove the link" in told(clip)
    with pytest.raises(InputError, match="a link to 'gone"):
        source_record("path", str(clip), clip)
    (tmp_path / "whole").symlink_to("nowhere")
    assert "whole: a link to 'nowhere', where nothing is" in told(tmp_path / "whole")


def test_linked_folder_holds_its_files_and_a_circle_ends(tmp_path: Path):
    folder_of(tmp_path / "disk/cam1", "1.png", "2.png")
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip/cam1").symlink_to(tmp_path / "disk/cam1")
    (tmp_path / "disk/cam1/up").symlink_to(tmp_path / "clip")
    assert archive_members(tmp_path / "clip", "cam1/*.png") == ["cam1/1.png", "cam1/2.png"]
    with open_archive(tmp_path / "clip") as archive:
        assert archive.names == ["cam1/1.png", "cam1/2.png"]


def test_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    clip = folder_of(tmp_path / "clip", "1.png")
    (clip / "1.png").chmod(0)
    if os.geteuid() == 0:  # who may read everything
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "1.png")
    assert "1.png: may not be read; give yourself the permission" in told(clip)


# ---------------------------------------------------------------- names


def test_name_that_is_no_utf_8_or_holds_a_line_break_is_escaped(tmp_path: Path):
    clip = folder_of(tmp_path / "clip", "1.png")
    for name in (b"2\xff.png", b"3\n.png", "4é.png".encode()):
        Path(os.fsdecode(os.fsencode(clip) + b"/" + name)).write_bytes(PNG)
    names = read_frames(clip, "*.png", tmp_path / "frames.npy")
    assert names == ["1.png", "2\\xff.png", "3\\n.png", "4é.png"]
    assert len("".join(f"{name}\n" for name in names).encode().splitlines()) == 4
    record = source_record("path", str(clip), clip)
    assert record["bytes"] == 4 * len(PNG)


def test_record_of_a_path_that_is_no_utf_8_can_be_written(tmp_path: Path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/a\xff\n.png")
    Path(path).write_bytes(PNG)
    write_record(source_record("path", path, path), tmp_path / "source.json")
    assert b"a\\udcff\\n.png" in (tmp_path / "source.json").read_bytes()


def test_message_is_one_line_whatever_the_name(tmp_path: Path):
    clip = folder_of(tmp_path / "cl\nip", "a\nb.txt")
    assert "cl\\nip: no frames found; it holds 'a\\nb.txt'" in told(clip, None)
    assert printable("a\u2028b\x1b[31m\u0085") == "a\\u2028b\\x1b[31m\\x85"
    assert printable("Stürze 人.png") == "Stürze 人.png"


def test_accents_match_however_they_are_composed(tmp_path: Path):
    decomposed = unicodedata.normalize("NFD", "Kamera_ü/bild_é1.png")
    clip = folder_of(tmp_path / "clip", decomposed)
    assert archive_members(clip, unicodedata.normalize("NFC", "Kamera_ü/*é?.png")) == [decomposed]


def test_brackets_in_names_are_found_or_explained(tmp_path: Path):
    clip = folder_of(tmp_path / "clip", "cam[1]/a.png")
    assert "no frames match 'cam[1]/*.png'" in told(clip, "cam[1]/*.png")
    assert "; [1] stands for the digit 1, and [[]1] for '[1]' itself" in told(clip, "cam[1]/*.png")
    assert (
        archive_members(clip, "cam[[]1]/*.png") == archive_members(clip, "cam[1]/a.png") == ["cam[1]/a.png"]
    )


def test_files_that_differ_in_upper_case_only_are_told(tmp_path: Path):
    clip = folder_of(tmp_path / "clip", "1.png", "2.PNG", "3.png")
    decoding = Decoding()
    assert read_frames(clip, "*.png", tmp_path / "frames.npy", decoding=decoding) == ["1.png", "3.png"]
    assert decoding.notes == ["'*.png' leaves out 1 files that differ in upper case only, as '2.PNG'"]
    assert "'1.png' differs in upper case only, which counts" in told(clip, "?.Png")


def test_number_of_thousands_of_digits_is_a_name_like_others():
    names = [f"f{'9' * 5000}.png", "f2.png", "f10.png"]
    assert sorted(names, key=natural_key) == ["f2.png", "f10.png", names[0]]


@pytest.mark.parametrize("suffix", ["3gp", "ts", "flv"])
def test_video_of_any_kind_is_found_in_an_archive(tmp_path: Path, suffix: str):
    with zipfile.ZipFile(tmp_path / "clip.zip", "w") as archive:
        archive.writestr(f"v/fall.{suffix}", b"")
    assert archive_members(tmp_path / "clip.zip", None) == [f"v/fall.{suffix}"]


# ---------------------------------------------------------------- tars


def tar_of(path: Path, files: dict[str, bytes | tarfile.TarInfo], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            info = data if isinstance(data, tarfile.TarInfo) else tarfile.TarInfo(name)
            if isinstance(data, bytes):
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data) if isinstance(data, bytes) else None)
    return path


def image(level: int) -> bytes:
    return cv2.imencode(".png", np.full((4, 6, 3), level, np.uint8))[1].tobytes()


FILES = {
    f"./cam{camera}/f{index}.png": image(10 * index + camera) for index in (10, 2, 1) for camera in (1, 2)
}


@pytest.mark.parametrize(
    "name", ["clip.tar", "clip.tar.gz", "clip.tgz", "clip.tar.bz2", "clip.tar.xz", "clip"]
)
def test_tar_is_read_like_a_zip(tmp_path: Path, name: str):
    mode = {"gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}.get(name.rpartition(".")[2], "w")
    source = tar_of(tmp_path / name, FILES, mode)
    assert read_frames(source, "cam2/*.png", tmp_path / "frames.npy") == [
        f"cam2/f{i}.png" for i in (1, 2, 10)
    ]
    assert open_frames(tmp_path / "frames.npy")[:, 0, 0, 0].tolist() == [12, 22, 102]
    assert "6 images in 2 folders and 0 videos" in told(source, None)


def link(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("../evil.png", PNG, "leaves its folder"),
        ("/evil.png", PNG, "leaves its folder"),
        ("a.png", link("a.png", tarfile.SYMTYPE), "is a link"),
        ("a.png", link("a.png", tarfile.LNKTYPE), "is a link"),
        ("a.png", link("a.png", tarfile.FIFOTYPE), "is neither file nor folder"),
    ],
)
def test_unsafe_tar_is_refused_as_a_whole(tmp_path: Path, name: str, data, reason: str):
    source = tar_of(tmp_path / "clip.tar", FILES | {name: data})
    assert f"clip.tar: refused, since '{name}' {reason}" in told(source, "cam2/*.png")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_cut_tar_is_an_error_wherever_it_is_cut(tmp_path: Path, mode: str):
    whole = tar_of(tmp_path / "whole.tar", FILES, mode).read_bytes()
    content = len(whole) if mode != "w" else len(FILES) * 1024 + 512
    for length in range(600, content, 97):
        (tmp_path / "cut.tar").write_bytes(whole[:length])
        assert "truncated or damaged" in told(tmp_path / "cut.tar", "cam2/*.png")


def test_damaged_header_of_a_tar_is_an_error(tmp_path: Path):
    """Python's tarfile takes it for the end, and the frames after it would be lost without a word."""
    source = tar_of(tmp_path / "clip.tar", FILES)
    data = bytearray(source.read_bytes())
    data[data.index(b"./cam1/f2.png") + 3] ^= 1
    source.write_bytes(data)
    assert "clip.tar: not a tar, or one that is truncated or damaged" in told(source, "cam2/*.png")


def test_compressed_file_that_is_no_tar_is_told(tmp_path: Path):
    (tmp_path / "clip.mp4.gz").write_bytes(gzip.compress(b"\0\0\0\x18ftypmp42" * 100))
    assert "clip.mp4.gz: not a tar, or one that is truncated or damaged" in told(tmp_path / "clip.mp4.gz")


# ---------------------------------------------------------------- limits


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("make", "name"), [(zip_of, "clip.zip"), (tar_of, "clip.tar"), (tar_of, "clip.tar.gz")]
)
@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            Limits(archive_members=2),
            r"holds too many files: \d members, and limits\.archive_members allows 2",
        ),
        (
            Limits(archive_bytes=50_000),
            r"is too large unpacked: [\d,]+ bytes, and limits\.archive_bytes allows 50,0",
        ),
        (
            Limits(member_bytes=50_000),
            r"'b\.png' is too large unpacked: 100,000 bytes, and limits\.member_bytes",
        ),
    ],
)
def test_archive_is_limited_before_it_is_read(tmp_path: Path, make, name: str, limits: Limits, message: str):
    mode = ("w:gz",) if name.endswith("gz") else ()
    source = make(tmp_path / name, {"a.png": PNG, "b.png": bytes(100_000), "c.png": PNG}, *mode)
    with pytest.raises(InputError, match=message):
        read_frames(source, "b.png", tmp_path / "frames.npy", limits=limits)


def test_file_of_a_folder_is_limited(tmp_path: Path):
    clip = folder_of(tmp_path / "clip", "1.png")
    with pytest.raises(
        InputError, match=r"1\.png is too large: \d+ bytes, and limits\.member_bytes allows 10"
    ):
        read_frames(clip, "*", tmp_path / "frames.npy", limits=Limits(member_bytes=10))


def test_members_that_a_zip_lost_from_its_directory_are_missed(tmp_path: Path):
    """zipfile believes the directory's size; its own count of members says that one is gone."""
    source = zip_of(tmp_path / "clip.zip", {f"{index}.png": PNG for index in range(5)})
    data = source.read_bytes()
    places = [place for place in range(len(data)) if data[place : place + 4] == b"PK\1\2"]
    size = places[4] - places[3]
    end = data.index(b"PK\5\6")
    shorter = bytearray(data[: places[4]] + data[end:])
    shorter[-10:-6] = (int.from_bytes(shorter[-10:-6], "little") - size).to_bytes(4, "little")
    source.write_bytes(shorter)
    assert "a zip that is truncated or damaged" in told(source)


@pytest.mark.parametrize("place", [b"PK\1\2", b"PK\3\4"])
def test_damaged_name_in_a_zip_is_an_error(tmp_path: Path, place: bytes):
    source = zip_of(tmp_path / "clip.zip", {f"in/{index}.png": PNG for index in range(3)})
    data = bytearray(source.read_bytes())
    at = data.rindex(b"in/1.png") if place == b"PK\1\2" else data.index(b"in/1.png")
    data[at] ^= 0x20
    source.write_bytes(data)
    assert "clip.zip: its directory is damaged at" in told(source, "in/*.png")
