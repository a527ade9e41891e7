"""Snakemake on the test cluster: runs that can be watched and disturbed."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
from project import Project
from slurm import Cluster

# As docs/cluster.md says for a cluster without accounting, with less patience with the disk.
COMMAND = [
    sys.executable, str(Path(__file__).with_name("quick.py")), "--configfile", "small.yaml",
    "--profile", "profiles/slurm", "--latency-wait", "5",
]  # fmt: skip


class Run:
    """`snakemake --profile profiles/slurm` in a project's folder, under way or done.

    As a context manager it ends with the block at the latest; its jobs may not.
    """

    def __init__(self, project: Project, cluster: Cluster, *arguments: str) -> None:
        self.project = project
        self.cluster = cluster
        self.log = project.folder / f"run-{time.monotonic_ns()}.log"
        environment = {name: value for name, value in cluster.environment.items() if "SNAKEMAKE" not in name}
        stand_in = project.folder / "profiles/slurm/without-accounting"
        environment["PATH"] = f"{stand_in}:{environment['PATH']}"
        with self.log.open("w") as log:
            # As docs/cluster.md says for nodes with a single processor.
            single = ["--max-threads", "1"] if cluster.processors == 1 else []
            self.process = subprocess.Popen(
                [*COMMAND, *single, *arguments],
                cwd=project.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def text(self) -> str:
        """What Snakemake has said so far."""
        return self.log.read_text()

    @property
    def name(self) -> str:
        """What its jobs are called."""
        return re.search(r"SLURM run ID: (\S+)", self.text)[1]

    @property
    def jobs(self) -> list[dict[str, str]]:
        """SLURM's records of its jobs."""
        return self.cluster.jobs(self.name) if "SLURM run ID" in self.text else []

    def wait(self, timeout: float = 400) -> int:
        """Wait for the end; returns the exit code."""
        return self.process.wait(timeout)

    def succeeds(self) -> "Run":
        """Wait for the end, which must be a good one."""
        assert self.wait() == 0, self.text
        return self

    def job(self, rule: str, state: str = "RUNNING") -> dict[str, str]:
        """Wait until a job of a rule is in a state; returns SLURM's record of it."""

        def found() -> list[dict[str, str]]:
            return [job for job in self.jobs if job["rule"] == rule and job["JobState"] == state]

        return until(f"{rule} {state}", found, self)[0]

    def script(self, rule: str) -> psutil.Process:
        """Wait until a rule's script runs on a node; returns its process, stopped, so that it lasts."""

        def found() -> list[psutil.Process]:
            return [process for process in self.cluster.processes() if f".{rule}.py" in command_of(process)]

        process = until(f"the script of {rule}", found, self)[-1]
        process.suspend()
        return process

    def interrupt(self, number: signal.Signals) -> None:
        """Send a signal to Snakemake alone; on a terminal, Ctrl-C is SIGINT."""
        os.kill(self.process.pid, number)


def until(
    what: str,
    found: Callable[[], Any],
    run: Run,
    *,
    seconds: float = 60,
    pause: float = 0.05,
    ended: bool = False,
) -> Any:
    """Wait until `found` finds something while the run goes on, or after it has `ended`; returns it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := found():
            return result
        assert ended or run.process.poll() is None, f"the run ended before there was {what}:\n{run.text}"
        time.sleep(pause)
    raise AssertionError(f"no {what} within {seconds} s:\n{run.text}\n{run.jobs}")


def command_of(process: psutil.Process) -> str:
    """Command line of a process, nothing if it has gone."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
