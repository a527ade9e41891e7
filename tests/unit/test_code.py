"""The version of the code behind a script: an edit of what it uses changes it, and of nothing else."""

from pathlib import Path

import pytest

from bgsub.code import code_files, code_version

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    files = {
        "run.py": "from lib.first import (\n    a,  # import lib.other\n    b,\n)\nimport lib.second\n",
        "lib/__init__.py": "",
        "lib/first.py": "def f():\n    from lib import third\n",
        "lib/second.py": "",
        "lib/third.py": "",
        "lib/other.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "run.py"


def test_files_are_those_that_are_imported_directly_or_not(script: Path) -> None:
    names = {str(file.relative_to(script.parent)) for file in code_files(script)}
    assert names == {"run.py", "lib/first.py", "lib/second.py", "lib/third.py", "lib/__init__.py"}


def test_version_follows_text_and_not_time(script: Path) -> None:
    version = code_version(script, "lib/other.py")
    assert version != code_version(script)
    (script.parent / "lib/other.py").touch()
    code_version.cache_clear()
    assert code_version(script, "lib/other.py") == version
    (script.parent / "lib/third.py").write_text("edited = True\n")
    code_version.cache_clear()
    assert code_version(script, "lib/other.py") != version


def test_no_job_loads_the_check_of_the_config() -> None:
    scripts = sorted(SCRIPTS.glob("*.py"))
    assert len(scripts) > 20
    for script in scripts:
        assert not [file for file in code_files(script) if "config" in file.parts[-2:]], script.name
