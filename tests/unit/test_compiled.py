"""The cache of machine code, which must notice an edit of any module that compiled code is made of."""

from pathlib import Path

import pytest

from bgsub import compiled

FOLDER = Path(compiled.__file__).parent


@pytest.mark.parametrize(("module", "moves"), [("linalg.py", True), ("lanes.py", True), ("errors.py", False)])
def test_cache_moves_when_a_module_of_compiled_code_changes(module, moves, tmp_path, monkeypatch):
    for file in FOLDER.glob("*.py"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    monkeypatch.setattr(compiled.config, "CACHE_DIR", "")
    before = compiled._cache_folder()
    with (tmp_path / module).open("a") as file:
        file.write("# edited")
    after = compiled._cache_folder()
    assert (before != after) == moves
    assert Path(after).parent == tmp_path / "__pycache__"
