"""Config files that Snakemake could not read."""

from pathlib import Path

import pytest

from bgsub.config.duplicates import check_duplicates
from bgsub.config.readable import check_readable
from bgsub.errors import InputError

# Each line is ten times the one before it.
BILLIONS = b"a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 10)) for i in range(1, 9)
)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("run: [k]\ntitle: Küche\n".encode("latin-1"), "line 2: byte 0xfc is no UTF-8; save the file as UTF"),
        ("run: [k]\n".encode("utf-16"), "line 1: byte 0xff is no UTF-8"),
        (b"", "holds nothing; expected keys of the config, such as run"),
        (b"# nothing yet\n", "holds nothing"),
        (b"- run\n", "holds no keys"),
        (
            b"clips:\n\tk: {}\n",
            "line 2: cannot be read as YAML (found character '\\t' that cannot start any ",
        ),
        (b'clips:\n  path: "C:\\Users\\me"\n', "line 2: cannot be read as YAML (expected escape sequence"),
        (b'path: "C:\\Users\\me"\n', "write a path with backslashes in single quotes"),
        (b"run: [a\nclips: {}\n", "line 2: cannot be read as YAML (expected ',' or ']', but got ':'"),
        (b"run: [demo]\0\n", "cannot be read as YAML (special characters are not allowed)"),
        (b"run: " + b"[" * 5000 + b"]" * 5000, "its brackets are nested too deep"),
        (b"a: &a {b: *a}\n", "line 1: contains itself by an alias"),
        (BILLIONS, "stand for more than 1,000,000 values"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, data: bytes, told: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(data)
    with pytest.raises(InputError) as error:
        check_readable(["--configfile", str(file)])
    assert str(error.value).startswith(f"{file}")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_config_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "fine.yaml").write_bytes(b"\xef\xbb\xbfrun: [demo]\r\n")
    (tmp_path / "fall.mp4").write_bytes(b"\xff")
    check_readable(["-n", f"--configfile={tmp_path / 'fine.yaml'}", str(tmp_path / "fall.mp4"), "no.yaml"])


def test_json_may_be_indented_by_tabs(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{\n\t"run": ["demo"],\n\t"video": {"fps": 5}\n}\n')
    check_readable([str(file)])
    check_duplicates([file])
    file.write_text('{\n\t"run": ["a"],\n\t"run": ["b"]\n}\n')
    with pytest.raises(InputError, match="line 3: 'run' is in line 2 already"):
        check_duplicates([file])


def test_a_result_behind_configfile_is_told_where_it_belongs() -> None:
    with pytest.raises(InputError) as told:
        check_readable(
            ["-n", "--configfile", "mine.yaml", "results/a/report.html", "--cores", "2", "results/b"]
        )
    assert str(told.value) == (
        "results/a/report.html is a target, and comes first: "
        "snakemake results/a/report.html --configfile mine.yaml"
    )
    check_readable(["results/a/report.html", "--configfile", "mine.yaml", "--cores", "2"])
    check_readable(["--configfile", "mine.yaml", "--", "results/a/report.html"])
