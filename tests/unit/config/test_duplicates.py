"""Keys that a config file has twice."""

from pathlib import Path

import pytest

from bgsub.config.duplicates import check_duplicates
from bgsub.errors import InputError


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "methods: {gmm: {}}\nvideo: {fps: 25}\nmethods: {knn: {}}\n",
            "line 3: 'methods' is in line 1 already",
        ),
        (
            "clips:\n  a: {x: 1}\n  b: {x: 1}\n  a: {x: 2}\n",
            "line 4: 'a' is in line 2 already; put them together",
        ),
        ("list:\n- a: 1\n  b: 2\n  a: 3\n", "line 4: 'a' is in line 2 already"),
        ("a: {threshold: 1,\n threshold: 2}", "line 2: 'threshold' is in line 1 already"),
    ],
)
def test_a_key_that_is_there_twice_is_told_with_both_lines(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(InputError) as error:
        check_duplicates([tmp_path / "mine.yaml"])
    assert told in str(error.value)
    assert "mine.yaml, " in str(error.value)


def test_a_name_may_be_there_again_in_another_section(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("a: {x: 1}\nb: {x: 1}\n1: 2\n'1': 3\n")
    (tmp_path / "empty.yaml").write_text("")
    check_duplicates([tmp_path / "mine.yaml", tmp_path / "empty.yaml"])


def test_what_a_section_takes_over_from_another_may_be_said_anew(tmp_path: Path) -> None:
    """YAML's `<<` is there to have a key twice: the section's own is the one that holds."""
    (tmp_path / "mine.yaml").write_text("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3\n")
    check_duplicates([tmp_path / "mine.yaml"])
