"""What the README says is what happens: its commands run."""

import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import loaded
import numpy as np
import pandas as pd
import pytest
from project import ROOT, Project

from bgsub.figures.video import write_video

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL) for line in block.splitlines()
]
RUN_BY_CI = ("make", "make test")
NEEDS_A_CLUSTER = ("snakemake --profile profiles/slurm", "scancel --name RUN-ID")
IN_SHELL = ("source .venv/bin/activate",)


def test_commands_are_those_that_are_run() -> None:
    ci = (ROOT / ".ci/run").read_text().splitlines()
    assert set(RUN_BY_CI) <= set(ci)
    assert set(COMMANDS) == {*RUN_BY_CI, *NEEDS_A_CLUSTER, *IN_SHELL, *SNAKEMAKE}


SNAKEMAKE = (
    "snakemake -n",
    "snakemake",
    "snakemake tables",
    "snakemake clips",
    "snakemake cdnet",
    "snakemake results/demo/report.html",
    "snakemake --report report.zip",
    "snakemake --configfile mine.yaml",
    "snakemake --configfile sweep.yaml",
    "snakemake results/demo/sweeps/threshold.csv --configfile sweep.yaml",
    "snakemake --unlock",
)


@pytest.mark.parametrize("target", ["cdnet", "clips", "scenes", "tables"])
def test_a_target_is_named_by_make_help_and_told_where_it_belongs(target: str, tmp_path: Path) -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^snakemake {target} +\w", said, re.MULTILINE)
    project = Project.copied_to(tmp_path / "project")
    (project.folder / target).symlink_to((ROOT / target).readlink())
    done = project.snakemake("--configfile", "small.yaml", target, check=False)
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1].endswith(f"comes first: snakemake {target} --configfile small.yaml")


@pytest.mark.parametrize("command", [command for command in SNAKEMAKE if ".yaml" not in command])
def test_command_on_the_shipped_config(command: str, project: Project) -> None:
    """As typed, but for the small size of the clip, which is written into the config itself."""
    project.edit(
        "config.yaml",
        "{frames: 110, height: 480, width: 720, seed: 1}",
        "{frames: 40, height: 64, width: 96}",
    )
    project.edit("config.yaml", "max_iterations: 300 # 1 or more", "max_iterations: 60")
    done = loaded.snakemake(project.folder, command.split()[1:])
    assert done.returncode == 0, done.stdout
    assert command != "snakemake" or "results/report.html" in done.stdout
    assert "--report" not in command or (project.folder / "report.zip").stat().st_size > 10_000


@pytest.mark.slow
def test_own_video_with_the_readme_s_overlay(tmp_path: Path) -> None:
    project = Project.copied_to(tmp_path / "project")
    (project.folder / "mine.yaml").write_text(re.search(r"```yaml\n(.*?)```", README, re.DOTALL)[1])
    rng = np.random.default_rng(0)
    room = rng.integers(80, 120, (48, 64, 3))
    frames = np.clip(room + rng.integers(-3, 4, (40, 48, 64, 3)), 0, 255).astype(np.uint8)
    for index in range(10, 40):
        left = min(index, 24)
        frames[index, 20:40, left : left + 12] = 230
    write_video(project.folder / "kitchen.mp4", frames, Fraction(10))
    project.snakemake("--configfile", "mine.yaml")
    assert "A fall in the kitchen" in (project.results / "report.html").read_text()


def test_sweep_with_the_readme_s_overlay(project: Project) -> None:
    overlay = next(
        block for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if block.startswith("sweeps")
    )
    (project.folder / "sweep.yaml").write_text((project.folder / "small.yaml").read_text() + overlay)
    (command,) = (line.split() for line in SNAKEMAKE if "threshold.csv" in line)
    project.snakemake(*command[1:])
    table = pd.read_csv(project.results / "demo/sweeps/threshold.csv")
    assert table["threshold"].tolist() == [10, 20, 30, 50]
    assert table["f_measure"].nunique() == 4


def test_mixture_alone(finished: Project) -> None:
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1].replace("[:44]", "[:16]")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=finished.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    converged, iterations, *shape = done.stdout.split(maxsplit=2)
    assert float(converged) > 0.99
    assert float(iterations) > 1
    assert shape == ["(2, 64, 96, 3)\n"]


def test_no_machine_s_own_path_or_index_in_the_project() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    words = [
        f"{os.sep}work{os.sep}",
        *("-".join(pair) for pair in (("index", "url"), ("find", "links"), ("trusted", "host"))),
    ]
    for file in files:
        text = (ROOT / file).read_bytes().decode(errors="ignore")
        if file != "tests/workflow/test_readme.py":
            assert not [word for word in words if word in text], file
