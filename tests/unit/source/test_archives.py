import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selecting import archive_members

from bgsub.errors import InputError
from bgsub.source.archives import open_archive
from bgsub.source.containers import html_page
from bgsub.source.members import matches, natural_key


def make_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def make_folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


FRAMES = {f"cam2/frame_{number}.png": b"%d" % number for number in (10, 2, 1)}


# ---------------------------------------------------------------- natural order


@given(st.lists(st.integers(0, 10**6)), st.text("ab_/", max_size=3))
def test_natural_order_is_that_of_the_numbers(numbers: list[int], stem: str):
    names = [f"{stem}{number}.png" for number in numbers]
    assert sorted(names, key=natural_key) == [f"{stem}{number}.png" for number in sorted(numbers)]


@given(st.lists(st.text("a01_²٣", max_size=6), unique=True), st.randoms())
def test_natural_order_is_total(names: list[str], random):
    shuffled = random.sample(names, len(names))
    assert sorted(shuffled, key=natural_key) == sorted(names, key=natural_key)


def test_natural_order_with_several_numbers():
    names = ["cam10/f_2", "cam2/f_10", "cam2/f_9", "cam2/f_09"]
    assert sorted(names, key=natural_key) == ["cam2/f_09", "cam2/f_9", "cam2/f_10", "cam10/f_2"]


# ---------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("cam2/a.png", "cam2/*.png", True),
        ("cam2/old/a.png", "cam2/*.png", False),
        ("a.png", "cam2/*.png", False),
        ("cam2/a.png", "*", False),
        ("cam2/a.png", "cam[12]/?.png", True),
        ("cam2/a.PNG", "cam2/*.png", False),
        ("cam2/a.png", "**/*.png", True),
        ("x/cam2/a.png", "**/*.png", True),
    ],
)
def test_star_does_not_cross_folders(name: str, pattern: str, expected: bool):
    assert matches(name, pattern) is expected


@pytest.mark.parametrize("make", [make_zip, make_folder])
def test_members_come_in_natural_order_without_hidden_ones(tmp_path: Path, make):
    junk = {"__MACOSX/cam2/._frame_1.png": b"", "cam2/.frame_3.png": b"", ".DS_Store": b"", "cam1/a.png": b""}
    source = make(tmp_path / "clip.zip", FRAMES | junk)
    expected = ["cam2/frame_1.png", "cam2/frame_2.png", "cam2/frame_10.png"]
    assert archive_members(source, "cam2/*.png") == expected
    with open_archive(source) as archive:
        assert [archive.read(name) for name in expected] == [b"1", b"2", b"10"]


def test_archive_of_eight_videos_serves_each(tmp_path: Path):
    videos = {f"chute08/cam{number}.avi": b"RIFF%d" % number for number in range(1, 9)}
    source = make_zip(tmp_path / "chute08.zip", videos)
    assert archive_members(source, "chute08/cam2.avi") == ["chute08/cam2.avi"]
    with open_archive(source) as archive, archive.file("chute08/cam2.avi") as path:
        assert path.read_bytes() == b"RIFF2"
        assert path.suffix == ".avi"
    assert not path.parent.exists()
    with pytest.raises(InputError, match=r"'chute08/\*' matches 8 files of which 8 are videos"):
        archive_members(source, "chute08/*")


def test_without_pattern_the_only_choice_is_taken(tmp_path: Path):
    assert len(archive_members(make_zip(tmp_path / "a.zip", FRAMES | {"readme.txt": b""}), None)) == 3
    assert archive_members(make_zip(tmp_path / "b.zip", {"v/fall.MP4": b"", "readme": b""}), None) == [
        "v/fall.MP4"
    ]


def test_without_pattern_an_unclear_choice_is_refused(tmp_path: Path):
    source = make_zip(tmp_path / "a.zip", FRAMES | {"groundtruth/gt_1.png": b""})
    with pytest.raises(InputError, match=r"4 images in 2 folders and 0 videos.*`frames`"):
        archive_members(source, None)
    with pytest.raises(InputError, match=r"no frames found; it holds 'readme.txt'"):
        archive_members(make_zip(tmp_path / "b.zip", {"readme.txt": b""}), None)


def test_no_frames_matched_names_pattern_and_content(tmp_path: Path):
    source = make_zip(tmp_path / "clip.zip", FRAMES | {"z.txt": b""})
    with pytest.raises(InputError) as error:
        archive_members(source, "cam3/*.png")
    assert str(error.value) == (
        f"{source}: no frames match 'cam3/*.png'; it holds 'cam2/frame_1.png', 'cam2/frame_2.png', "
        "'cam2/frame_10.png', ... (4 files)"
    )


def test_backslashes_of_windows_are_folders(tmp_path: Path):
    source = make_zip(tmp_path / "clip.zip", {"cam2\\a.png": b"a"})
    assert archive_members(source, "cam2/*.png") == ["cam2/a.png"]


def test_name_that_occurs_twice_is_the_last_one(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "clip.zip", "w") as archive:
        archive.writestr("a.png", b"old")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.png", b"new")
    with open_archive(tmp_path / "clip.zip") as archive:
        assert [(name, archive.read(name)) for name in archive.names] == [("a.png", b"new")]


# ---------------------------------------------------------------- bad archives


@pytest.mark.parametrize(
    "name",
    ["../evil.png", "cam2/../../evil.png", "/evil.png", "C:/evil.png", "..\\evil.png", "\\evil.png", "a/.."],
)
def test_member_that_escapes_refuses_the_archive(tmp_path: Path, name: str):
    source = make_zip(tmp_path / "clip.zip", FRAMES | {name: b""})
    with pytest.raises(InputError, match=r"clip\.zip: refused, since .* leaves its folder"):
        archive_members(source, "cam2/*.png")


def test_symbolic_link_refuses_the_archive(tmp_path: Path):
    link = zipfile.ZipInfo("cam2/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "clip.zip", "w") as archive:
        archive.writestr("cam2/a.png", b"a")
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match=r"refused, since 'cam2/link.png' is a symbolic link"):
        archive_members(tmp_path / "clip.zip", "cam2/*.png")


def test_encrypted_archive_is_refused(tmp_path: Path):
    data = bytearray(make_zip(tmp_path / "clip.zip", {"a.png": b"a"}).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    (tmp_path / "clip.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"'a.png' is encrypted; unpack it yourself"):
        archive_members(tmp_path / "clip.zip", "*")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"\xef\xbb\xbf\n<!DOCTYPE html><html><title>Google Drive -\n Quota exceeded</title>",
            'an HTML page titled "Google Drive - Quota exceeded", not a zip',
        ),
        (b"<html>", "an HTML page, not a zip"),
        (b"Rar!\x1a\x07", r"not a zip \(6 bytes, begins with b'Rar!"),
        (b"", r"not a zip \(0 bytes"),
    ],
)
def test_file_that_is_no_zip_is_named(tmp_path: Path, data: bytes, message: str):
    (tmp_path / "clip.zip").write_bytes(data)
    with pytest.raises(InputError, match=message):
        archive_members(tmp_path / "clip.zip", "*")


def test_missing_archive_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"clip\.zip: no such file or folder"):
        archive_members(tmp_path / "clip.zip", "*")


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_truncated_archive_is_recognised_wherever_it_is_cut(tmp_path: Path, method: int):
    whole = make_zip(tmp_path / "whole.zip", FRAMES, method).read_bytes()
    cut = tmp_path / "cut.zip"
    for length in range(4, len(whole)):
        cut.write_bytes(whole[:length])
        with pytest.raises(InputError, match="a zip that is truncated or damaged"):
            archive_members(cut, "cam2/*.png")


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_changed_byte_is_never_read_as_good_data(tmp_path: Path, method: int):
    """Every single changed byte gives an InputError, or other names, or the true bytes: nothing else."""
    files = {"a.png": bytes(range(60)) * 3, "é.png": b"b" * 40}
    whole = make_zip(tmp_path / "whole.zip", files, method).read_bytes()
    damaged = tmp_path / "damaged.zip"
    refused = 0
    for index in range(len(whole)):
        damaged.write_bytes(whole[:index] + bytes([whole[index] ^ 0xFF]) + whole[index + 1 :])
        try:
            with open_archive(damaged) as archive:
                for name in archive.names:
                    assert archive.read(name) == files.get(name, archive.read(name))
        except InputError:
            refused += 1
    assert refused > len(whole) / 3


def test_wrong_checksum_names_the_member(tmp_path: Path):
    source = make_zip(tmp_path / "clip.zip", {"a.png": b"0123456789"}, zipfile.ZIP_STORED)
    source.write_bytes(source.read_bytes().replace(b"0123456789", b"0123406789"))
    with (
        open_archive(source) as archive,
        pytest.raises(InputError, match=r"'a.png' cannot be read .*Bad CRC-32"),
    ):
        archive.read("a.png")


def test_full_disk_for_the_temporary_copy_is_named(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = make_zip(tmp_path / "clip.zip", {"v.avi": bytes(1 << 20)})
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    with (
        open_archive(source) as archive,
        pytest.raises(InputError, match=r"no space left.*TMPDIR"),
        archive.file("v.avi"),
    ):
        pass
    assert list(small_disk.iterdir()) == []


def test_html_page_is_told_by_its_beginning():
    assert html_page(b"<HTML><head><title> Log in </title>") == 'an HTML page titled "Log in"'
    assert html_page(b"  <!doctype html>") == "an HTML page"
    assert html_page(b"PK\x03\x04<html>") is None
    assert html_page(io.BytesIO().read()) is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("cam1.avi", True),
        ("chute01/cam1.avi", True),
        ("dataset/chute01/cam1.avi", True),
        ("chute01/cam11.avi", False),
    ],
)
def test_pattern_of_any_folder(name: str, found: bool):
    assert matches(name, "**/cam1.avi") is found
