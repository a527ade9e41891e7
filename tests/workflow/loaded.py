"""Snakemake, loaded once: that takes two thirds of a dry run, so the runs of tests are forks of a process."""

import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path


def snakemake(folder: Path, arguments: list[str], timeout: float = 300) -> subprocess.CompletedProcess:
    """Do what `python -m snakemake` would in a folder; what it prints is captured as one text."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEMAKE")}
    with tempfile.NamedTemporaryFile() as printed:
        run = {"folder": str(folder), "arguments": arguments, "environment": environment}
        run |= {"printed": printed.name, "timeout": timeout}
        server = _server()
        server.stdin.write(json.dumps(run) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        text = Path(printed.name).read_text()
    if code == -signal.SIGALRM:
        raise subprocess.TimeoutExpired(arguments, timeout, text)
    return subprocess.CompletedProcess(arguments, code, text)


@functools.cache
def _server() -> subprocess.Popen:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, __file__], **pipes)  # ends with its standard input


def _serve() -> None:
    """Fork for each line of standard input, and answer with the exit code."""
    import snakemake.cli

    # What a run imports besides.
    import snakemake.report.html_reporter
    import snakemake.storage
    import snakemake.workflow

    for line in sys.stdin:
        run = json.loads(line)
        child = os.fork()
        if not child:
            _become(**run)
            sys.exit(snakemake.cli.main())
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(folder: str, arguments: list[str], environment: dict, printed: str, timeout: int) -> None:
    """Turn this process into one that was started in a folder by `python -m snakemake`."""
    signal.alarm(int(timeout))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    sys.argv = ["snakemake", *arguments]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(os.open(printed, os.O_WRONLY | os.O_APPEND), stream)


if __name__ == "__main__":
    _serve()
