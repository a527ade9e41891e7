"""Files of the results that were cut since they were written."""

import logging
import os
from pathlib import Path

import pytest

from bgsub.errors import InputError
from bgsub.written import check_sizes, log_sizes


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table, and beside it the log of the job that wrote it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "area.csv").write_text("frame,share\n1,0.5\n2,0.5\n")
    write_log("measure.log")
    return Path("area.csv")


def write_log(name: str, *, at: int = 1) -> None:
    handler = logging.FileHandler(name, mode="w")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    logger = logging.getLogger("bgsub.written")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    log_sizes(["area.csv"])
    logger.removeHandler(handler)
    handler.close()
    os.utime(name, (at, at))


def test_a_table_that_is_cut_at_the_end_of_a_line_is_told_before_the_next_run(table: Path) -> None:
    check_sizes([Path("measure.log")])
    table.write_text("frame,share\n1,0.5\n")
    with pytest.raises(InputError) as error:
        check_sizes([Path("measure.log")])
    assert str(error.value) == (
        "area.csv: 18 bytes, and 24 were written, so it was cut or edited; to have it made anew: rm area.csv"
    )


def test_what_was_deleted_or_written_anew_is_no_fault(table: Path) -> None:
    table.write_text("frame,share\n1,0.5\n")
    write_log("again.log", at=2)
    check_sizes([Path("again.log"), Path("measure.log")])
    table.unlink()
    check_sizes([Path("measure.log")])
