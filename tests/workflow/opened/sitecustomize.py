"""Note which files the script of a job opens. Python imports this at its start from a folder on PYTHONPATH.

Files that C code opens by itself (OpenCV, ffmpeg) raise no event; one that it writes is seen when it gets its
name.
"""

import atexit
import json
import os
import sys
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
READ: set[str] = set()
WRITTEN: set[str] = set()


def note(event: str, arguments: tuple) -> None:
    """Sort a path that is opened into those that are read and those that are written, by its final name."""
    if event == "open" and not isinstance(arguments[0], int):
        path, mode, flags = arguments
        if not mode and os.path.isdir(path):  # noqa: PTH112, a folder, flushed to the disk after a file in it
            return
        writes = set("wax+") & set(mode) if mode else flags & WRITING
        (WRITTEN if writes else READ).add(str(Path(os.fsdecode(path)).absolute()))
    elif event == "os.rename":
        before, after = (str(Path(os.fsdecode(path)).absolute()) for path in arguments[:2])
        READ.discard(before)
        WRITTEN.discard(before)
        WRITTEN.add(after)


def tell(folder: Path) -> None:
    """Write what was opened beside what the job's rule declares, if this process is a job's script."""
    job = getattr(sys.modules["__main__"], "snakemake", None)
    if job is not None:
        declared = {"rule": job.rule, "input": [*job.input], "output": [*job.output], "log": [*job.log]}
        found = {"read": sorted(READ), "written": sorted(WRITTEN)}
        (folder / f"{os.getpid()}.json").write_text(json.dumps(declared | found))


if "OPENED_FILES" in os.environ:
    sys.addaudithook(note)
    atexit.register(tell, Path(os.environ["OPENED_FILES"]))
