import csv
import errno
import hashlib
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.files import (
    atomic_path,
    file_sha256,
    read_arrays,
    read_checksum,
    read_image,
    write_arrays,
    write_checksum,
    write_image,
    write_table,
)
from bgsub.masks.mask_file import read_masks, write_masks
from bgsub.source.frames import open_frames
from bgsub.source.split import read_split


def fail_after(_: object) -> None:
    raise ZeroDivisionError


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(target) as temporary:
        fail_after(temporary.write_text("half"))
    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_target_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "folder" / "table.csv"
    with atomic_path(target) as temporary:
        temporary.write_text("half")
        assert not target.exists()
        assert temporary.suffix == target.suffix
    assert target.read_text() == "half"


def test_full_disk_is_told_in_one_line(tmp_path: Path) -> None:
    told = pytest.raises(InputError, match=r"table.csv: no space left on the disk; free")
    with told as caught, atomic_path(tmp_path / "table.csv"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_come_back_and_bytes_repeat(tmp_path: Path, compressed: bool) -> None:
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.array([0.1, 0.2])}
    for name in ("one.npz", "two.npz"):
        write_arrays(tmp_path / name, arrays, compressed=compressed)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert list(read_arrays(tmp_path / "one.npz")) == ["a", "b"]
    assert list(read_arrays(tmp_path / "one.npz", "b")) == ["b"]
    np.testing.assert_array_equal(read_arrays(tmp_path / "one.npz")["a"], arrays["a"])


def test_table_keeps_floats_in_full_and_none_as_nothing(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", [{"x": 0.1 + 0.2, "y": None}, {"x": 1, "y": "a,b"}])
    rows = list(csv.reader((tmp_path / "t.csv").open()))
    assert rows == [["x", "y"], ["0.30000000000000004", ""], ["1", "a,b"]]


def test_table_without_rows_has_its_header(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", [], columns=("x", "y"))
    assert (tmp_path / "t.csv").read_text() == "x,y\n"


def test_image_is_rounded_to_levels_and_keeps_its_colours(tmp_path: Path) -> None:
    levels = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3) * 10
    write_image(tmp_path / "i.png", (levels + 0.4) / 255)
    np.testing.assert_array_equal(read_image(tmp_path / "i.png"), levels)


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "background.png"
    path.write_bytes(b"half a file")
    with pytest.raises(InputError, match=r"background\.png: cannot be read as an image; delete it"):
        read_image(path)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1])
def test_checksum_at_the_edges_of_a_block(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(bytes(size))
    assert file_sha256(tmp_path / "file") == hashlib.sha256(bytes(size)).hexdigest()


def test_checksums_are_those_of_sha256sum(tmp_path: Path) -> None:
    file, checksum = tmp_path / "frames.npy", tmp_path / "frames.npy.sha256"
    file.write_bytes(b"frames")
    write_checksum(file, checksum)
    assert read_checksum(checksum) == hashlib.sha256(b"frames").hexdigest()
    check = ["sha256sum", "--check", "--strict", checksum.name]
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 0
    file.write_bytes(b"others")
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 1


def test_what_was_written_is_on_the_disk_before_its_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The file's bytes, then its name, then the folder: a power cut leaves the old or the new."""
    steps = []
    real = {name: getattr(os, name) for name in ("fsync", "replace")}

    def fsync(handle: int) -> None:
        steps.append(("flushed", Path(f"/proc/self/fd/{handle}").readlink().name))
        real["fsync"](handle)

    def replace(source: str, target: str) -> None:
        steps.append(("named", Path(target).name))
        real["replace"](source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_table(tmp_path / "table.csv", [{"a": 1}])
    part, *rest = steps
    assert part[0] == "flushed"
    assert part[1].startswith(".table.")
    assert rest == [("named", "table.csv"), ("flushed", tmp_path.name)]


def masks_of(path: Path) -> list[np.ndarray]:
    return list(read_masks(path).masks)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.97])
def test_cut_file_of_results_says_which_to_delete(tmp_path: Path, share: float):
    np.save(tmp_path / "frames.npy", np.zeros((4, 5, 6, 3), np.uint8))
    write_arrays(tmp_path / "model.npz", {"a": np.arange(500.0)})
    write_masks(tmp_path / "masks.npz", np.zeros((3, 20, 20), np.uint8), range(3))
    readers = {"frames.npy": open_frames, "model.npz": read_arrays, "masks.npz": masks_of}
    for name, read in readers.items():
        path = tmp_path / name
        read(path)
        data = path.read_bytes()
        path.write_bytes(data[: int(share * len(data))])
        told = pytest.raises(
            InputError, match=rf"{name}: cut or damaged .*; delete it and run again, and it is"
        )
        with told as error:
            read(path)
        assert "\n" not in str(error.value)


def test_table_that_is_cut_within_a_row_is_told(tmp_path: Path):
    (tmp_path / "frames.csv").write_text("frame,name,subset\n0,a.png,train\n1,b.png,te")
    with pytest.raises(
        InputError, match=r"frames\.csv: cut or damaged \(a row is cut\); delete it and run again"
    ):
        read_split(tmp_path / "frames.csv")
