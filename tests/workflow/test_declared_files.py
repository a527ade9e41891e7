"""A job opens what its rule declares, and nothing else: a small run with an audit hook in each script."""

import json
import os
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from project import ROOT, Project

# Every rule runs: there are ground truth, a method of each kind, and a sweep with a split of its own.
KEPT = {"models": {"em", "notebook"}, "methods": {"gmm", "notebook", "median", "mog2"}}
CHANGES = {
    "scenes": "scenes.tsv",
    "clips": {"demo": {"source": {"synthetic": {"frames": 30, "height": 60, "width": 80}}}},
    "sweeps": {
        "training": {"method": "gmm", "values": {"split.train_fraction": [0.3, 0.4]}},
        "history": {"method": "mog2", "values": {"history": [30, 60]}},
    },
    "histories": [30, 60],
    "methods": {
        "mine": {"python": "mine.py"},
        "theirs": {"masks": "{clip}.zip"},
        "learning": {"posterior": "em"},
    },
}
# The program itself: covered by the hash of its content among the params.
CODE = ("workflow/", "docs/", ".snakemake/")
# Made beside a rule's files, and no input of any rule: one that is lost is missing in the page's costs.
BESIDE = ("results/demo/benchmarks/", "results/demo/logs/")
# Inputs that a job does not read: what pages link to, where a region would be that the config could name, and
# frames whose size counts only where another clip trains.
UNREAD = {
    "make_page": {"results/demo/comparison.mp4"},
    "make_overview": {"results/demo/report.html"},
    "read_scope": {"results/demo/source.zip"},
    "split_frames": {"results/demo/frames.npy"},
    "split_frames_otherwise": {"results/demo/frames.npy"},
}


@dataclass(frozen=True)
class Job:
    """A job's rule, and its files below the project's folder, relative to it."""

    rule: str
    inputs: set[str]
    outputs: set[str]
    log: set[str]
    read: set[str]
    written: set[str]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[Job]:
    folder = tmp_path_factory.mktemp("declared")
    project = Project.copied_to(folder / "project")
    config = yaml.safe_load((project.folder / "config.yaml").read_text())
    for section, kept in KEPT.items():
        project.configure({section: dict.fromkeys(config[section].keys() - kept)})
    shutil.copy(ROOT / "docs/own_method.py", project.folder / "mine.py")
    with zipfile.ZipFile(project.folder / "demo.zip", "w") as archive:
        mask = cv2.imencode(".png", np.zeros((60, 80), np.uint8))[1].tobytes()
        for frame in range(30):
            archive.writestr(f"bin{frame:06d}.png", mask)
    # The one scene is the clip itself.
    (project.folder / "scenes.tsv").write_text(
        "clip\tsynthetic\tframes\tgroundtruth\ndemo\tframes=30\tinput/*.png\tgroundtruth/*.png\n"
    )
    project.configure(CHANGES)
    opened = folder / "opened"
    opened.mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", str(Path(__file__).parent / "opened"))
        environment.setenv("OPENED_FILES", str(opened))
        project.snakemake("--cores", "2", "all", "cdnet", "clips", "scenes")

    def below(paths: list[str]) -> set[str]:
        whole = [Path(os.path.normpath(project.folder / path)) for path in paths]
        names = [str(path.relative_to(project.folder)) for path in whole if project.folder in path.parents]
        return {name for name in names if not name.startswith(CODE)}

    return [
        Job(
            rule=record["rule"],
            inputs=below(record["input"]),
            outputs=below(record["output"]),
            log=below(record["log"]),
            read=below(record["read"]),
            written=below(record["written"]),
        )
        for record in (json.loads(file.read_text()) for file in sorted(opened.iterdir()))
    ]


def test_every_rule_with_a_script_has_run(jobs: list[Job]) -> None:
    text = "".join(file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk"))
    scripts = set(re.findall(r'"../scripts/(\w+)\.py"', text))
    scripts -= {"print_lesson"}  # with Jupyter's tools, which `make lesson` installs, and no test
    scripts -= {"pack_live"}  # which of a clip with ground truth, as this one, is called sweep_thresholds
    assert {job.rule for job in jobs} == scripts | {"split_frames_otherwise", "sweep_thresholds"}


def test_a_job_reads_only_its_inputs(jobs: list[Job]) -> None:
    found = {
        f"{job.rule}: {file}"
        for job in jobs
        for file in job.read - job.inputs - job.outputs
        if not (job.rule in ("make_page", "gather_tables") and file.startswith(BESIDE))
    }
    assert found == set()


def test_a_job_writes_its_outputs_and_its_log_and_nothing_else(jobs: list[Job]) -> None:
    for job in jobs:
        assert job.written == job.outputs | job.log, job.rule


def test_a_job_reads_all_its_inputs(jobs: list[Job]) -> None:
    """An input that is not read would make jobs run again for nothing."""
    found = {
        f"{job.rule}: {file}" for job in jobs for file in job.inputs - job.read - UNREAD.get(job.rule, set())
    }
    assert found == set()


def test_the_page_hashes_and_decodes_nothing_large(jobs: list[Job]) -> None:
    (page,) = (job for job in jobs if job.rule == "make_page")
    assert [file for file in page.read if file.endswith((".npy", ".npz"))] == []
    assert {"results/demo/frames.npy.sha256", "results/demo/page/poster.json"} <= page.read
