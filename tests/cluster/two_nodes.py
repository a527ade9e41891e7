"""How much faster a second node is: one clip to its report on one node and on two, each of one processor.

    .venv/bin/python tests/cluster/two_nodes.py clip.mp4

As root, on Debian. Takes some minutes, and means something only on a machine with nothing else to do.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "workflow"))

from project import Project
from runs import Run
from slurm import Cluster

LIMIT = 3600  # seconds


def seconds_on(nodes: int, project: Project) -> tuple[float, int]:
    """Time from the command to the report, and how many jobs SLURM ran."""
    shutil.rmtree(project.results)
    shutil.rmtree(project.folder / ".snakemake")
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder, Cluster(Path(folder), nodes) as cluster:
        begin = time.monotonic()
        with Run(project, cluster) as run:
            assert run.wait(LIMIT) == 0, run.text
        spent = time.monotonic() - begin
        assert {job["NodeList"] for job in run.jobs} == set(cluster.nodes)
        return spent, len(run.jobs)


def main(clip: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project.copied_to(Path(folder) / "project")
        # Compiles the loops, so that neither run does.
        project.snakemake("--cores", "all", timeout=LIMIT)
        config = f"run: [clip]\nclips: {{clip: {{source: {{path: {clip}}}}}}}\n"
        (project.folder / "small.yaml").write_text(config)
        times = {}
        for nodes in (1, 2):
            times[nodes], jobs = seconds_on(nodes, project)
            print(f"{nodes} node(s): {times[nodes]:.0f} s, {jobs} jobs", flush=True)
        print(f"ratio: {times[1] / times[2]:.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(strict=True))
