"""The cache of machine code, which must notice an edit of any module that compiled code is made of."""

import gc
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bgsub.model import compiled

LIBRARY = Path(compiled.__file__).parents[1]


@pytest.mark.parametrize(
    ("module", "moves"),
    [
        ("model/lanemath.py", True),
        ("model/steps.py", True),
        ("model/constants.py", True),
        ("masks/densities.py", True),
        ("sorting.py", True),
        ("errors.py", False),
    ],
)
def test_cache_moves_when_a_module_of_compiled_code_changes(module, moves, tmp_path, monkeypatch):
    shutil.copytree(LIBRARY, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "model/compiled.py"))
    monkeypatch.setattr(compiled.config, "CACHE_DIR", "")
    before = compiled._cache_folder()
    with (tmp_path / module).open("a") as file:
        file.write("# edited")
    after = compiled._cache_folder()
    assert (before != after) == moves
    assert Path(after).parent == tmp_path / "__pycache__"


def test_what_is_compiled_is_logged_once_before_and_once_with_its_seconds(caplog, tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "CACHE_FOLDER", str(tmp_path))
    inner = compiled.compiled(_one_more)
    outer = compiled.compiled(lambda x: inner(x) + 1)
    with caplog.at_level("INFO", logger="bgsub.model.compiled"):
        assert (outer(1), outer(2)) == (3, 4)
    began, said = caplog.messages
    assert began == "compiling <lambda>"
    assert re.fullmatch(r"compiled <lambda> in \d+\.\d\d s", said)


def _one_more(x: int) -> int:
    return x + 1


JOB = """
import sys
from own import one_more
print("ready", flush=True)
sys.stdin.readline()
one_more(1)
print(len(one_more.stats.cache_misses))
"""


def test_two_jobs_at_the_same_time_compile_a_function_once(tmp_path):
    own = "from bgsub.model.compiled import compiled\n@compiled\ndef one_more(x):\n    return x + 1\n"
    (tmp_path / "own.py").write_text(own)
    paths = f"{tmp_path}:{LIBRARY.parent}"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": paths}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    jobs = [subprocess.Popen([sys.executable, "-c", JOB], **pipes) for _ in range(2)]
    for job in jobs:
        assert job.stdout.readline() == "ready\n"
    for job in jobs:
        job.stdin.write("\n")
        job.stdin.flush()
    assert sorted(job.communicate()[0] for job in jobs) == ["0\n", "1\n"]


def test_without_a_folder_to_keep_machine_code_in_each_job_compiles_for_itself(monkeypatch, caplog):
    """As where the workflow and the home folder are on file systems that may only be read."""
    monkeypatch.setattr(compiled, "CACHE_FOLDER", "/proc/none")
    for locators in ("InTreeCacheLocator", "UserWideCacheLocator"):
        monkeypatch.setattr(f"numba.core.caching.{locators}.from_function", lambda function, file: None)
    function = compiled.compiled(_one_more)
    with caplog.at_level("INFO", logger="bgsub.model.compiled"):
        assert function(1) == 2
    assert caplog.records[0].kept.startswith(
        "for this job alone, as no folder for machine code can be written"
    )
    assert compiled.compiled(_one_more).stats.cache_path is None


def test_garbage_is_left_alone_while_compiling_also_what_others_call_and_only_then():
    with compiled._garbage_left_alone():
        with compiled._garbage_left_alone():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
