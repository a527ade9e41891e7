"""Where the workflow runs."""

import os
import tempfile
from pathlib import Path

import pytest

from bgsub.config.surroundings import check_account, check_python
from bgsub.errors import InputError


@pytest.mark.parametrize("folder", ["my clips", "it's", "cam[1]", 'a"b', "a$b", "a(b)", "a;b", "a\tb"])
def test_a_path_of_python_that_a_shell_would_cut_is_told(folder: str) -> None:
    with pytest.raises(InputError) as error:
        check_python(f"/home/me/{folder}/.venv/bin/python")
    assert "move this folder to a path without blanks, quotes and brackets, or make the" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("folder", ["küche", "cam_1-b.2", "台所", "a+b@c,d=e%f:g~"])
def test_other_letters_are_fine(folder: str) -> None:
    check_python(f"/home/me/{folder}/.venv/bin/python")


def test_a_home_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    check_account(str(tmp_path / "home/.cache/snakemake"))
    with pytest.raises(InputError) as error:
        check_account("/proc/home/.cache")
    assert str(error.value) == (
        "/proc/home/.cache: Snakemake cannot write there (No such file or directory), where it keeps files of"
        " its own; set HOME or XDG_CACHE_HOME to a folder that you may write to"
    )


@pytest.mark.parametrize("free", [0, 2**17])
def test_a_full_folder_for_temporary_files_is_told(
    tmp_path: Path, small_disk: Path, free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(small_disk))
    (small_disk / "full").write_bytes(bytes(2**18 - free))
    with pytest.raises(InputError, match=r"^TMPDIR: .* be written \(.*No space left.*; free some, or"):
        check_account(str(tmp_path))


@pytest.mark.parametrize("folder", ["/none", ""])
def test_another_folder_serves_in_place_of_one_that_is_not_there(
    tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", folder)
    monkeypatch.setattr(tempfile, "tempdir", None)
    check_account(str(tmp_path))


def test_a_user_without_a_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**30)
    with pytest.raises(InputError, match=r"^USER: not set, and the system knows no name of this user"):
        check_account(str(tmp_path))
    monkeypatch.setenv("USER", "anybody")
    check_account(str(tmp_path))
