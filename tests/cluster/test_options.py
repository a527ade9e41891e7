"""Options that the profile and the docs tell of: what they do on a SLURM."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import Project
from runs import Run
from slurm import Cluster

MODELS = ("em", "notebook")


@pytest.fixture(scope="module")
def wide() -> Iterator[Cluster]:
    """A node that offers eight processors, whatever this machine has."""
    with (
        tempfile.TemporaryDirectory(prefix="slurm-") as folder,
        Cluster(Path(folder), nodes=1, processors=8) as cluster,
    ):
        yield cluster


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two models of the small experiment, fitted without a cluster. Not to be changed: clone it."""
    project = Project.copied_to(tmp_path_factory.mktemp("fitted") / "project")
    # So that a fit asks for as many processors as it may have.
    project.edit("workflow/rules/resources.smk", "PATIENCE = 10", "PATIENCE = 1e-9")
    project.snakemake("--cores", "2", *targets(*MODELS), timeout=600)
    return project


@pytest.fixture
def project(fitted: Project, tmp_path: Path) -> Project:
    """A clone of it without the models."""
    project = fitted.clone_to(tmp_path / "project")
    shutil.rmtree(project.results / "demo/models")
    return project


def targets(*models: str) -> list[str]:
    return [f"results/demo/models/{model}/model.npz" for model in models]


@pytest.mark.parametrize(
    ("option", "processors"), [((), min(len(os.sched_getaffinity(0)), 4)), (("--cores", "8"), 4)]
)
def test_a_job_gets_at_most_this_machine_s_processors_or_as_many_as_cores_says(
    project: Project, wide: Cluster, option: tuple[str, ...], processors: int
) -> None:
    with Run(project, wide, *targets("em"), *option) as run:
        run.succeeds()
        fits = [job for job in run.jobs if job["rule"] == "fit_tile"]
        assert {job["NumCPUs"] for job in fits} == {str(processors)}


def test_jobs_of_a_rule_go_as_an_array_and_their_results_are_the_same(
    project: Project, fitted: Project, cluster: Cluster
) -> None:
    with Run(project, cluster, *targets(*MODELS), "--slurm-array-jobs", "all") as run:
        run.succeeds()
    arrays = [job for job in cluster.jobs() if "ArrayJobId" in job and job["JobState"] == "COMPLETED"]
    assert len({job["ArrayTaskId"] for job in arrays}) > 1
    for target in targets(*MODELS):
        assert (project.folder / target).read_bytes() == (fitted.folder / target).read_bytes()
