"""Tests on a private SLURM, run by `make test-cluster`, which names this folder, since they need root."""

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

sys.path.append(str(Path(__file__).parents[1] / "workflow"))

from project import Project
from slurm import Cluster, ClusterError

# A job on a cluster costs about four seconds more than one on this machine, so there are not many.
KEPT = {"models": {"em", "notebook"}, "methods": {"gmm", "mog2"}}


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave these tests out of a run that does not ask for them."""
    return None if any("cluster" in argument for argument in config.args) else True


@pytest.fixture(scope="session", autouse=True)
def stop_in_order() -> None:
    """Take the cluster down after Ctrl-C and when pytest is terminated, also where it runs in the background.

    There SIGINT would be ignored, here and in the runs of Snakemake that tests interrupt.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as sockets need."""
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Two nodes of one processor each."""
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder, ExitStack() as stack:
        try:
            cluster = stack.enter_context(Cluster(Path(folder)))
        except ClusterError as error:
            pytest.exit(f"test-cluster: {error}", returncode=1)
        yield cluster


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small experiment with a few methods, run without a cluster. Not to be changed: clone it."""
    project = Project.copied_to(tmp_path_factory.mktemp("finished") / "project")
    config = yaml.safe_load((project.folder / "config.yaml").read_text())
    for section, kept in KEPT.items():
        project.configure({section: dict.fromkeys(config[section].keys() - kept)})
    project.snakemake("--cores", "2")
    return project


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A clone of the finished experiment that a test may edit."""
    return finished.clone_to(tmp_path / "project")
