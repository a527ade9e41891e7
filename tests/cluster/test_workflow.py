"""The workflow on SLURM, from clip to report: the same results as on one machine, and the same reruns."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from gauge import Gauge
from project import Project
from runs import Run
from slurm import Cluster

# On the submitting node.
LOCAL = {
    "fetch_source",
    "split_frames",
    "gather_tables",
    "time_still",
    "make_page",
    "make_overview",
}
# What tells the time of a run, and so differs from one to the next.
TIMED = ("*.html", "logs/*", "*/logs/*", "*/benchmarks/*", "summary.json", "table.csv")


@pytest.fixture(scope="session")
def gauge(cluster: Cluster) -> Gauge:
    """What the jobs of `run` took."""
    return Gauge(cluster)


@pytest.fixture(scope="session")
def run(cluster: Cluster, finished: Project, gauge: Gauge, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The small experiment on the cluster, done."""
    project = finished.clone_to(tmp_path_factory.mktemp("on-cluster") / "project")
    shutil.rmtree(project.results)
    shutil.rmtree(project.folder / ".snakemake")
    with gauge, Run(project, cluster) as run:
        run.succeeds()
    return run


def contents(project: Project) -> dict[str, bytes]:
    """All results but those that tell the time, by their paths."""
    files = [path.relative_to(project.results) for path in project.results.rglob("*") if path.is_file()]
    timeless = [file for file in files if not any(file.match(pattern) for pattern in TIMED)]
    return {str(file): (project.results / file).read_bytes() for file in sorted(timeless)}


def rules_of(jobs: list[dict[str, str]]) -> dict[str, int]:
    """How many jobs of each rule there are."""
    return dict(Counter(job["rule"] for job in jobs))


def for_slurm(planned: dict[str, int]) -> dict[str, int]:
    """Those of the planned jobs that are not done on the submitting node."""
    return {rule: count for rule, count in planned.items() if rule not in LOCAL}


def test_results_are_byte_for_byte_those_of_a_local_run(run: Run, finished: Project) -> None:
    there, here = contents(run.project), contents(finished)
    assert there.keys() == here.keys()
    assert [file for file in here if there[file] != here[file]] == []
    tables = [pd.read_csv(project.results / "table.csv") for project in (run.project, finished)]
    one, other = (table.drop(columns="seconds_per_frame") for table in tables)
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    suffixes = {Path(file).suffix for file in here}
    assert suffixes >= {".npy", ".npz", ".csv", ".json", ".png", ".mp4"}
    page = (run.project.results / "demo/report.html").read_text()
    assert "</html>" in page
    assert len(page) > 100_000
    assert "demo/report.html" in (run.project.results / "report.html").read_text()


def test_slurm_ran_the_work_and_the_submitting_node_the_rest(run: Run, finished: Project) -> None:
    assert rules_of(run.jobs) == for_slurm(finished.planned("--forceall"))
    assert {job["JobState"] for job in run.jobs} == {"COMPLETED"}
    assert set(re.findall(r"^localrule (\w+):", run.text, re.MULTILINE)) == LOCAL | {"all"}


def test_jobs_ran_on_both_nodes(run: Run, cluster: Cluster) -> None:
    assert {job["NodeList"] for job in run.jobs} == set(cluster.nodes)
    records = (cluster.folder / "finished-jobs.log").read_text().splitlines()
    nodes = [re.search(r"NodeList=(\S+)", record)[1] for record in records if f"Name={run.name}" in record]
    assert Counter(nodes) == Counter(job["NodeList"] for job in run.jobs)


def test_memory_asked_for_is_one_to_four_times_what_a_job_takes(run: Run, gauge: Gauge) -> None:
    for job in run.jobs:
        asked, taken = int(job["MinMemoryNode"].removesuffix("M")), gauge.taken(job)
        assert taken < asked < 4 * taken, f"{job['rule']} asked for {asked} MB and took {taken:.0f} MB"


def test_changed_parameter_reruns_only_its_jobs_in_the_partition_of_the_profile(
    run: Run, cluster: Cluster, tmp_path: Path
) -> None:
    project = run.project.clone_to(tmp_path / "project")
    assert project.planned() == {}
    project.edit("profiles/slurm/profile.yaml", "# slurm_partition: normal", "slurm_partition: other")
    project.configure({"audit": {"restarts": 3}})
    planned = project.planned()
    with Run(project, cluster) as changed:
        jobs = changed.succeeds().jobs
    assert rules_of(jobs) == for_slurm(planned)
    assert planned == {"audit_convergence": 1, "make_page": 1, "make_overview": 1}
    assert {job["Partition"] for job in jobs} == {"other"}
    assert project.planned() == {}
