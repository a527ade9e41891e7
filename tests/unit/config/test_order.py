"""The order of rows that an overlay changes."""

from pathlib import Path

import pytest

from bgsub.config.order import in_order_of


def test_a_row_that_an_overlay_changes_keeps_its_place(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("methods: {gmm: {}, mog2: {}, knn: {}}\nmodels: {em: {}}\n")
    merged = {
        "methods": {"mine": {"python": "mine.py"}, "knn": {"seed": 1}, "gmm": {}, "mog2": {}},
        "models": {"em": {"seed": 3}},
        "run": ["demo"],
    }
    ordered = in_order_of(tmp_path / "config.yaml", merged)
    assert list(ordered["methods"]) == ["gmm", "mog2", "knn", "mine"]
    assert ordered == merged


@pytest.mark.parametrize("text", ["", "- 1\n", "methods: null\n", "methods: [1]\n"])
def test_a_file_without_rows_changes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.yaml").write_text(text)
    merged = {"methods": {"b": {}, "a": {}}, "models": None}
    assert list(in_order_of(tmp_path / "other.yaml", merged)["methods"]) == ["b", "a"]
