"""A private SLURM of a few nodes on this machine, for tests: real daemons, on loopback, in its own folder.

Every node has a munged and a slurmd, the controller a munged and a slurmctld, as on machines of their own.
They are children of this process and are stopped by their process ids. Root on Debian or Ubuntu; no systemd,
no cgroups, no accounting database.
"""

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

PACKAGES = ("munge", "slurmctld", "slurmd", "slurm-client")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE = 15  # seconds that a daemon has to come up
CONTROLLER = "controller"

# A job gets the processors and the memory that it asked for, and is ended when it takes more memory or time.
# A node that does not answer in a few seconds is given up. JobRequeue is SLURM's default, which a profile
# must cope with.
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}({address})
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
{binding}
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n/slurmd.pid
SlurmdLogFile={folder}/%n/steps.log
SlurmdDebug=debug
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/finished-jobs.log
JobRequeue=1
MinJobAge=86400
KillWait=2
SlurmdTimeout=6
ReturnToService=2
TCPTimeout=2
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1
DebugFlags=NO_CONF_HASH
{nodes}
PartitionName=usual Nodes=ALL Default=YES State=UP
PartitionName=other Nodes=ALL State=UP
"""


class ClusterError(Exception):
    """The cluster cannot be had here; one line that says why and what to do."""


class Cluster:
    """SLURM with a controller and nodes n1, n2, ....

    Use it as a context manager.

    Parameters
    ----------
    folder : pathlib.Path
        Takes keys, sockets, logs and spool; new, its path at most 70 characters long.
    nodes : int
        How many.
    memory_mb, processors : int
        That each node offers, whatever this machine has.
    """

    def __init__(self, folder: Path, nodes: int = 2, memory_mb: int = 6000, processors: int = 1) -> None:
        self.folder = folder
        self.processors = processors
        self.nodes = [f"n{number + 1}" for number in range(nodes)]
        self.memory_mb = memory_mb
        self._daemons: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> "Cluster":
        require_slurm()
        try:
            self._configure()
            self._start_munge(CONTROLLER)
            self.start_controller()
            for node in self.nodes:
                self.start_node(node)
            for node in self.nodes:
                self.wait_for_node(node)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """What a submitting process needs, and hands on to its jobs."""
        return os.environ | {
            "SLURM_CONF": str(self.folder / CONTROLLER / "slurm.conf"),
            "PATH": f"{self.folder}/bin:{SYSTEM_PATH}:{os.environ['PATH']}",
        }

    def start_controller(self) -> None:
        """Start the controller, and wait until it answers."""
        self._start(CONTROLLER, "slurmctld", "-D", "-f", self.environment["SLURM_CONF"])
        self._wait_for("slurmctld does not answer", CONTROLLER, lambda: self._asked("scontrol", "ping"))

    def stop_controller(self) -> None:
        """End the controller, as for a restart; jobs run on."""
        _end(self._daemons.pop(f"{CONTROLLER}/slurmctld"))

    def start_node(self, node: str) -> None:
        """Start a node's daemons, or those that are not there any more."""
        self._start_munge(node)
        self._start(node, "slurmd", "-D", "-N", node, "-f", str(self.folder / node / "slurm.conf"))

    def wait_for_node(self, node: str) -> None:
        """Wait until a node takes jobs."""
        ready = {"idle", "mixed", "allocated", "completing"}
        self._wait_for(
            f"node {node} did not come up",
            node,
            lambda: self.ask("sinfo", "--noheader", "--format=%T", "--nodes", node).strip() in ready,
        )

    def kill_node(self, node: str) -> None:
        """End a node as a power cut would: its daemons and its jobs, without a word to anyone."""
        steps = self.processes(node)
        for process in [*steps, *self._children_of(node)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        _wait(10, lambda: all(map(_has_ended, steps)))
        for name in (f"{node}/slurmd", f"{node}/munged"):
            self._daemons.pop(name).wait()

    def cancel_jobs(self) -> None:
        """Cancel whatever is queued or runs, and wait for its end."""
        self.ask("scancel", "--user", "root")
        _wait(10, lambda: not self.ask("squeue", "--noheader").strip())

    def processes(self, node: str | None = None) -> list[psutil.Process]:
        """Processes of the jobs that run on a node, or on any."""
        steps = self.steps(node)
        return [*steps, *(child for step in steps for child in _below(step))]

    def steps(self, node: str | None = None) -> list[psutil.Process]:
        """SLURM's own processes, one for each step of a job, that run on a node, or on any."""
        return [process for process in psutil.process_iter(["name"]) if self._is_step(process, node)]

    def ask(self, *command: str) -> str:
        """Return what a command of SLURM's prints."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode:
            raise ClusterError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def jobs(self, run: str | None = None) -> list[dict[str, str]]:
        """Return SLURM's records of all jobs, or of those of one run of Snakemake, as they were submitted.

        A record has what `scontrol show job` says, by its words, and `rule`.
        """
        records = []
        for line in self.ask("scontrol", "--oneliner", "show", "job").splitlines():
            record = dict(pair.split("=", 1) for pair in line.split() if "=" in pair)
            if run in (None, record.get("JobName")):
                comment = record.get("Comment", "").removeprefix("rule_")
                records.append(record | {"rule": comment.split("_wildcards_")[0]})
        return sorted(records, key=lambda record: int(record["JobId"]))

    def exceeded_memory(self, job: dict[str, str]) -> bool:
        """Whether SLURM ended a job since it took more memory than it had asked for."""
        words = rf"StepId={job['JobId']}\.\w+ exceeded memory limit"
        return re.search(words, self._steps_log(job).read_text(errors="replace")) is not None

    def _steps_log(self, job: dict[str, str]) -> Path:
        return self.folder / job["NodeList"] / "steps.log"

    def stop(self) -> None:
        """Cancel what runs, and stop the daemons. Does nothing the second time."""
        if self._alive(f"{CONTROLLER}/slurmctld"):
            with contextlib.suppress(ClusterError, subprocess.TimeoutExpired):
                self.cancel_jobs()
        # All need munged to the end.
        for name in sorted(self._daemons, key=lambda name: name.endswith("munged")):
            _end(self._daemons[name])
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._daemons.clear()

    def _configure(self) -> None:
        if len(str(self.folder)) > 70:
            raise ClusterError(f"{self.folder}: a path too long for sockets; set TMPDIR to a shorter one")
        address, binding = _loopback()
        ports = _free_ports(address, 1 + len(self.nodes))
        for folder in (CONTROLLER, "bin", "state", *self.nodes):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        key = secrets.token_bytes(1024)
        nodes = [
            f"NodeName={node} NodeHostname={socket.gethostname()} NodeAddr={address} Port={port}"
            f" CPUs={self.processors} RealMemory={self.memory_mb}"
            for node, port in zip(self.nodes, ports[1:], strict=True)
        ]
        (self.folder / "common.conf").write_text(
            CONFIGURATION.format(
                host=socket.gethostname().split(".")[0],
                address=address,
                port=ports[0],
                binding=binding,
                folder=self.folder,
                nodes="\n".join(nodes),
            )
        )
        for machine in (CONTROLLER, *self.nodes):
            self._write_key(machine, key)
            (self.folder / machine / "slurm.conf").write_text(
                f"AuthInfo=socket={self.folder}/{machine}/munge.socket\nInclude {self.folder}/common.conf\n"
            )
        # Snakemake's job step takes SLURM_CONF out of the environment before it calls srun.
        wrapper = self.folder / "bin/srun"
        srun = shutil.which("srun", path=SYSTEM_PATH)
        wrapper.write_text(f'#!/bin/sh\nSLURM_CONF="{self.environment["SLURM_CONF"]}" exec {srun} "$@"\n')
        wrapper.chmod(0o755)

    def _write_key(self, machine: str, key: bytes) -> None:
        path = self.folder / machine / "munge.key"
        path.write_bytes(key)
        path.chmod(0o400)

    def _start_munge(self, machine: str) -> None:
        folder = self.folder / machine
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "seed-file": "seed"}
        options = [f"--{option}={folder}/munge.{suffix}" for option, suffix in files.items()]
        if not self._alive(f"{machine}/munged"):
            (folder / "munge.socket").unlink(missing_ok=True)
        self._start(machine, "munged", "--foreground", "--force", "--origin=127.0.0.1", *options)
        self._wait_for("munged did not come up", machine, (folder / "munge.socket").is_socket)

    def _start(self, machine: str, program: str, *arguments: str) -> None:
        """Start a daemon unless it runs; neither Ctrl-C on the terminal nor our environment reaches it."""
        name = f"{machine}/{program}"
        if self._alive(name):
            return
        with (self.folder / f"{name}.log").open("ab") as log:
            self._daemons[name] = subprocess.Popen(
                [shutil.which(program, path=SYSTEM_PATH), *arguments],
                env={"PATH": SYSTEM_PATH, "HOME": "/root"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _alive(self, name: str) -> bool:
        return name in self._daemons and self._daemons[name].poll() is None

    def _asked(self, *command: str) -> bool:
        with contextlib.suppress(ClusterError, subprocess.TimeoutExpired):
            return "UP" in self.ask(*command)
        return False

    def _wait_for(self, trouble: str, machine: str, condition: Callable[[], bool]) -> None:
        """Wait until a machine is as it should be; ClusterError with its daemons' last words if it is not."""
        daemons = [name for name in self._daemons if name.startswith(f"{machine}/")]
        begin = time.monotonic()
        _wait(PATIENCE, lambda: condition() or not all(map(self._alive, daemons)))
        if not condition():
            words = "; ".join(f"{log.name}: {_complaint(log)}" for log in self._logs(machine))
            raise ClusterError(
                f"{trouble} in {time.monotonic() - begin:.0f} s; {words or 'it was never started'}"
            )

    def _logs(self, machine: str) -> Iterator[Path]:
        yield from sorted((self.folder / machine).glob("*.log"))

    def _children_of(self, node: str) -> Iterator[psutil.Process]:
        for name in (f"{node}/slurmd", f"{node}/munged"):
            yield psutil.Process(self._daemons[name].pid)

    def _is_step(self, process: psutil.Process, node: str | None) -> bool:
        """Whether a process is a job step of ours: it listens on a socket in its node's folder."""
        if process.info["name"] != "slurmstepd":
            return False
        with contextlib.suppress(psutil.Error):
            sockets = [connection.laddr for connection in process.net_connections("unix")]
            return any(path.startswith(f"{self.folder}/{node or ''}") for path in sockets)
        return False


def require_slurm() -> None:
    """Install SLURM and munge if they are not there; ClusterError with one line where that cannot be."""
    if os.geteuid() != 0:
        raise ClusterError("SLURM's daemons are run as root: run this as root, in a container for example")
    missing = [program for program in PROGRAMS if not shutil.which(program, path=SYSTEM_PATH)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise ClusterError(
            f"no {', '.join(missing)}, and no apt-get to install them: install munge and SLURM"
        )
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(
            ["apt-get", "--quiet", "--quiet", *command],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stdout.strip() or "no output").splitlines()[-1]
            raise ClusterError(f"apt-get {' '.join(command)}: {last}; install {', '.join(PACKAGES)} by hand")


def _loopback() -> tuple[str, str]:
    """Address of the daemons, and the line that keeps them to it.

    They bind to what the machine's own name stands for, so they listen on all addresses where that is not a
    loopback one; munge's key guards them then.
    """
    with contextlib.suppress(OSError):
        address = socket.gethostbyname(socket.gethostname())
        if address.startswith("127."):
            return address, "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny"
    return "127.0.0.1", ""


def _free_ports(address: str, count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((address, 0))
        return [each.getsockname()[1] for each in sockets]


def _wait(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _end(daemon: subprocess.Popen) -> None:
    daemon.terminate()
    try:
        daemon.wait(5)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _has_ended(process: psutil.Process) -> bool:
    """Whether a process is gone, or only waits to be reaped."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _below(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []


def _complaint(log: Path) -> str:
    """The last lines of a log that tell of an error, or else its last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()] or [
        "empty"
    ]
    errors = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return " / ".join(errors[-3:] or lines[-1:])
