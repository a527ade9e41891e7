from pathlib import Path

import pytest
from project import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small experiment, run once from its source to its report. Not to be changed: clone it."""
    project = Project.copied_to(tmp_path_factory.mktemp("finished") / "project")
    (project.folder / "said.txt").write_text(project.snakemake("--cores", "2").stdout)
    return project


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A clone of the finished experiment that a test may edit."""
    return finished.clone_to(tmp_path / "project")
