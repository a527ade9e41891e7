"""What every script does around its one function call."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
SCRIPT = """
import sys
from types import SimpleNamespace
from job import run
snakemake = SimpleNamespace(output=[])
def main():
    import cv2
    print(cv2.getNumThreads())
if "before" in sys.argv:
    import cv2
run(main, log=sys.argv[1], threads=3)
"""


@pytest.mark.parametrize("loaded", ["before", "later"])
def test_opencv_takes_the_threads_of_its_job_whenever_it_is_loaded(tmp_path: Path, loaded: str) -> None:
    command = [sys.executable, "-c", SCRIPT, tmp_path / "log", loaded]
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"
