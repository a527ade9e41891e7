"""What goes wrong on a cluster: jobs and nodes that die, runs that are stopped; and nothing is lost by it.

Each test lets SLURM make the masks of one method of a finished experiment again, and their video: one job
to disturb, and one after it. Both results must become what they were, byte for byte. Scripts are stopped
(SIGSTOP) where a test needs them to last.
"""

import shutil
import signal
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from project import Project
from runs import Run, command_of, until
from slurm import Cluster

MASKS = "results/demo/methods/mog2/masks.npz"
VIDEO = "results/demo/methods/mog2/video.mp4"
RULE = "mask_by_opencv"


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    project = finished.clone_to(tmp_path / "project")
    shutil.rmtree((project.folder / MASKS).parent)
    return project


@pytest.fixture(autouse=True)
def all_nodes(cluster: Cluster) -> Iterator[None]:
    """Leave to the next test a cluster without jobs, with all its nodes."""
    yield
    cluster.cancel_jobs()
    for node in cluster.nodes:
        cluster.start_node(node)
        cluster.wait_for_node(node)


def attempts(run: Run) -> list[dict[str, str]]:
    """SLURM's records of the attempts at the masks."""
    return [job for job in run.jobs if job["rule"] == RULE]


def states(run: Run) -> list[str]:
    return [job["JobState"] for job in attempts(run)]


def assert_whole(project: Project, finished: Project) -> None:
    for file in (MASKS, VIDEO):
        assert (project.folder / file).read_bytes() == (finished.folder / file).read_bytes()


def test_node_that_dies(project: Project, finished: Project, cluster: Cluster) -> None:
    with Run(project, cluster, VIDEO) as run:
        run.script(RULE)
        first = run.job(RULE)
        cluster.kill_node(first["NodeList"])
        run.succeeds()
        assert states(run) == ["NODE_FAIL", "COMPLETED"]
        assert attempts(run)[1]["NodeList"] != first["NodeList"]
    assert_whole(project, finished)


def test_controller_that_is_away(project: Project, finished: Project, cluster: Cluster) -> None:
    """The job ends while nobody can be asked about it."""
    with Run(project, cluster, VIDEO) as run:
        script = run.script(RULE)
        cluster.stop_controller()
        time.sleep(12)
        script.resume()
        time.sleep(3)
        cluster.start_controller()
        run.succeeds()
        assert states(run) == ["COMPLETED"]
    assert_whole(project, finished)


def test_job_that_is_cancelled(project: Project, finished: Project, cluster: Cluster) -> None:
    with Run(project, cluster, VIDEO) as run:
        run.script(RULE)
        cluster.ask("scancel", run.job(RULE)["JobId"])
        run.succeeds()
        assert states(run) == ["CANCELLED", "COMPLETED"]
    assert_whole(project, finished)


def test_job_over_its_memory(project: Project, finished: Project, cluster: Cluster) -> None:
    project.edit("workflow/rules/resources.smk", "MEMORY_MARGIN = 1.25", "MEMORY_MARGIN = 0.3")
    with Run(project, cluster, VIDEO, "--retries", "4") as run:
        run.succeeds()
        *killed, last = attempts(run)
        assert {job["JobState"] for job in killed} == {"FAILED"}
        assert all(cluster.exceeded_memory(job) for job in killed)
        assert last["JobState"] == "COMPLETED"
        asked = [int(job["MinMemoryNode"].removesuffix("M")) for job in (*killed, last)]
        assert asked == [asked[0] * attempt for attempt in range(1, len(asked) + 1)]
    assert_whole(project, finished)


def test_job_over_its_time(project: Project, finished: Project, cluster: Cluster) -> None:
    with Run(project, cluster, VIDEO) as run:
        run.script(RULE)
        job = run.job(RULE)
        asked = minutes(job)
        # A limit counts in minutes, its end in seconds.
        cluster.ask("scontrol", "update", f"JobId={job['JobId']}", "EndTime=now+1")
        run.succeeds()
        assert states(run) == ["TIMEOUT", "COMPLETED"]
        assert minutes(attempts(run)[1]) == 2 * asked
    assert_whole(project, finished)


def minutes(job: dict[str, str]) -> int:
    hours, minute, _ = job["TimeLimit"].split(":")
    return 60 * int(hours) + int(minute)


def test_run_that_is_interrupted(project: Project, finished: Project, cluster: Cluster) -> None:
    with Run(project, cluster, VIDEO) as run:
        run.script(RULE)
        run.interrupt(signal.SIGINT)
        assert run.wait(30) != 0
        until("a cancelled job", lambda: states(run) == ["CANCELLED"], run, ended=True)
    with Run(project, cluster, VIDEO) as again:
        again.succeeds()
        assert states(again) == ["COMPLETED"]
    assert_whole(project, finished)


def test_run_that_is_interrupted_while_it_asks_how_its_jobs_are(project: Project, cluster: Cluster) -> None:
    project.edit("profiles/slurm/without-accounting/sacct", "while [", "sleep 4\nwhile [")
    with Run(project, cluster, VIDEO) as run:
        run.script(RULE)
        until("a question", lambda: asks(run), run)
        run.interrupt(signal.SIGINT)
        assert run.wait(60) != 0
        until("a cancelled job", lambda: states(run) == ["CANCELLED"], run, ended=True)


def asks(run: Run) -> bool:
    """Tell whether Snakemake is waiting for an answer about its jobs."""
    return any("sacct" in command_of(child) for child in psutil.Process(run.process.pid).children())


def test_run_that_is_terminated(project: Project, finished: Project, cluster: Cluster) -> None:
    with Run(project, cluster, VIDEO) as run:
        script = run.script(RULE)
        run.interrupt(signal.SIGTERM)
        until("a word about it", lambda: "Will exit after finishing currently running jobs" in run.text, run)
        script.resume()
        assert run.wait() != 0
        assert [job["rule"] for job in run.jobs] == [RULE]
        assert states(run) == ["COMPLETED"]
    with Run(project, cluster, VIDEO) as again:
        again.succeeds()
        assert [job["rule"] for job in again.jobs] == ["render_videos"]
    assert_whole(project, finished)


def test_run_that_is_killed(project: Project, finished: Project, cluster: Cluster) -> None:
    with Run(project, cluster, VIDEO) as run:
        run.script(RULE)
        run.interrupt(signal.SIGKILL)
        run.wait(10)
        with Run(project, cluster, VIDEO) as refused:
            assert refused.wait(60) != 0
            assert "snakemake --unlock" in refused.text or "--unlock argument" in refused.text
            assert refused.jobs == []
        # As docs/cluster.md says: cancel what the killed run left in the queue, unlock, run again.
        cluster.ask("scancel", "--name", run.name)
        until("a cancelled job", lambda: states(run) == ["CANCELLED"], run, ended=True)
        project.snakemake("--unlock")
        with Run(project, cluster, VIDEO) as again:
            again.succeeds()
            assert states(again) == ["COMPLETED"]
    assert_whole(project, finished)


def test_two_runs_at_once(project: Project, finished: Project, cluster: Cluster) -> None:
    with Run(project, cluster, VIDEO) as run:
        script = run.script(RULE)
        with Run(project, cluster, VIDEO) as second:
            assert second.wait(60) != 0
            assert "cannot be locked" in second.text
            assert "--unlock" in second.text
            assert second.jobs == []
        script.resume()
        run.succeeds()
    assert_whole(project, finished)


def written(result: Path) -> int:
    """Bytes of a result that are under its temporary name."""
    return sum(part.stat().st_size for part in result.parent.glob(f".{result.stem}.*.part{result.suffix}"))


def test_result_half_written(project: Project, cluster: Cluster, tmp_path: Path) -> None:
    """A node dies while a clip's frames are being written, and no other try is allowed."""
    frames = np.random.default_rng(0).integers(0, 256, (1500, 64, 96, 3), dtype=np.uint8)
    with zipfile.ZipFile(tmp_path / "clip.zip", "w") as archive:
        for number, frame in enumerate(frames):
            archive.writestr(f"{number:06d}.png", cv2.imencode(".png", frame[..., ::-1])[1].tobytes())
    clip = {"source": {"path": "../clip.zip"}, "frames": "*.png"}
    project.configure({"run": ["demo", "noise"], "clips": {"noise": clip}})
    result = project.results / "noise/frames.npy"
    with Run(project, cluster, str(result.relative_to(project.folder)), "--retries", "0") as run:
        until("a part of it", lambda: written(result), run, pause=0.002)
        run.script("read_frames")
        cluster.kill_node(run.job("read_frames")["NodeList"])
        assert run.wait() != 0
        assert run.jobs[-1]["JobState"] == "NODE_FAIL"
        assert 0 < written(result) < frames.nbytes
        assert not result.exists()
    cluster.start_node("n1")
    with Run(project, cluster, str(result.relative_to(project.folder))) as again:
        again.succeeds()
    assert np.array_equal(np.load(result), frames)
