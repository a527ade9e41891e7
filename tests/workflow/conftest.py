import fcntl
import os
from pathlib import Path

import pytest
from project import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small experiment, run once from its source to its report. Not to be changed: clone it.

    The processes that share the tests share the run, and wait for the first that asks for it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with (folder / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "finished/done"
        if not done.exists():
            project = Project.copied_to(done.parent / "project")
            project.snakemake("--cores", "2")
            done.touch()
    return Project(done.parent / "project")


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A clone of the finished experiment that a test may edit."""
    return finished.clone_to(tmp_path / "project")
