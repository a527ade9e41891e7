"""The test cluster itself: it says what is wrong where it cannot come up, and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from slurm import Cluster, ClusterError, require_slurm

HERE = Path(__file__).parent
MINUTE = 60


@contextmanager
def failing(message: str) -> Iterator[None]:
    """Expect a ClusterError in one line within a minute."""
    begin = time.monotonic()
    with pytest.raises(ClusterError, match=message) as caught:
        yield
    assert time.monotonic() - begin < MINUTE
    assert "\n" not in str(caught.value)


def daemons_of(folder: Path) -> list[str]:
    """Command lines of processes that still have to do with a cluster's folder."""
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if f"{folder}/" in command]


class WithoutSecondNode(Cluster):
    def start_node(self, node: str) -> None:
        if node != "n2":
            super().start_node(node)


class WithAnotherKey(Cluster):
    def _write_key(self, machine: str, key: bytes) -> None:
        super()._write_key(machine, key[::-1] if machine == "n2" else key)


class WithWrongSetting(Cluster):
    def _configure(self) -> None:
        super()._configure()
        with (self.folder / "common.conf").open("a") as file:
            file.write("NoSuchSetting=1\n")


def test_names_a_node_that_never_comes_up(folder: Path) -> None:
    with failing("node n2 did not come up in [0-9]+ s; it was never started"), WithoutSecondNode(folder):
        pass
    assert daemons_of(folder) == []


def test_names_a_wrong_key(folder: Path) -> None:
    with failing("node n2 did not come up in [0-9]+ s; .*[Cc]redential"), WithAnotherKey(folder):
        pass
    assert daemons_of(folder) == []


def test_quotes_a_daemon_that_ends_at_once(folder: Path) -> None:
    with failing("slurmctld does not answer in [0-9]+ s; .*NoSuchSetting"), WithWrongSetting(folder):
        pass
    assert daemons_of(folder) == []


def test_says_that_it_takes_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with failing("as root"):
        require_slurm()


def test_says_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program, path=None: None)
    with failing("no munged, slurmctld, slurmd, sbatch, and no apt-get"):
        require_slurm()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_goes_down_when_pytest_is_stopped(number: signal.Signals, tmp_path: Path) -> None:
    shutil.copy(HERE / "conftest.py", tmp_path)
    (tmp_path / "test_cluster_that_waits.py").write_text(
        "import time\n\ndef test_waits(cluster):\n"
        "    cluster.ask('sbatch', '--wrap', 'sleep 77', '--output', '/dev/null')\n"
        "    print('\\nfolder', cluster.folder, flush=True)\n    time.sleep(60)\n"
    )
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", "test_cluster_that_waits.py"]
    pytest_run = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{HERE}:{HERE.parent / 'workflow'}"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    folder = next(line.split()[1] for line in pytest_run.stdout if line.startswith("folder"))
    assert len(daemons_of(folder)) >= 6
    os.kill(pytest_run.pid, number)
    pytest_run.communicate(timeout=30)
    assert pytest_run.returncode != 0
    assert daemons_of(folder) == []
    assert not Path(folder).exists()
