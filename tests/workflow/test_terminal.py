"""What a run prints: little, what went wrong in sight, and in the end where to look."""

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from project import Project

import job

COMPILED = logging.getLogger("bgsub.model.compiled")


@pytest.fixture
def said(finished: Project) -> list[str]:
    """What the small experiment printed, from its source to its report."""
    return (finished.folder / "said.txt").read_text().splitlines()


def test_a_run_is_two_screens_with_a_line_for_each_step(said: list[str]) -> None:
    steps = [re.fullmatch(r"\d\d:\d\d:\d\d +(\d+) of (\d+) done  (\w+)(  .*)?", line) for line in said]
    steps = [step for step in steps if step]
    (total,) = {int(step[2]) for step in steps}
    assert f"{total} steps" in said
    assert len(steps) == total - 1  # the target itself is none
    assert [int(step[1]) for step in steps] == sorted(int(step[1]) for step in steps)
    assert steps[0][3] == "render_synthetic"
    assert "fit_tile  clip=demo, model=em, tile=2, tiles=2" in "\n".join(said)
    assert len([line for line in said if not line.startswith("compiling ")]) <= 60
    assert max(len(line) for line in said if "Config file" not in line and "Complete log" not in line) <= 100


def test_it_ends_with_where_to_look_also_with_nothing_to_do(said: list[str], project: Project) -> None:
    assert said[-1] == "Results: results/report.html"
    assert project.snakemake().stdout.splitlines()[-1] == "Results: results/report.html"
    tables = project.snakemake("tables").stdout.splitlines()[-1]
    named = re.findall(r"[\w/]+\.\w+", tables)
    assert len(named) == 4
    assert [name for name in named if not (project.folder / "results" / Path(name).name).is_file()] == []


def test_the_reason_of_a_failure_is_told_where_it_happens_and_in_the_end(project: Project) -> None:
    (project.folder / "text.mp4").write_text("no video")
    project.configure({"run": ["kitchen"], "clips": {"kitchen": {"source": {"path": "text.mp4"}}}})
    run = project.snakemake(check=False)
    said = run.stdout.splitlines()
    reason = "text.mp4 is text and cannot be decoded as a video"
    assert run.returncode == 1
    assert len([line for line in said if reason in line]) == 2
    last = next(line for line in said[-3:] if reason in line)
    assert last.startswith(f"Failed: {reason}")
    assert last.endswith("(results/kitchen/logs/read_frames.log)")
    assert "With --keep-going, what does not depend" in run.stdout
    assert "With --keep-going" not in project.snakemake("--keep-going", check=False).stdout
    assert not [line for line in said if line.startswith("Results: ")]


@pytest.mark.parametrize("options", [("--printshellcmds",), ("--quiet", "host"), ("--dry-run",)])
def test_options_about_messages_bring_snakemake_s_own(options: tuple[str, ...], project: Project) -> None:
    (project.results / "demo/still.csv").unlink()
    said = project.snakemake("--until", "time_still", *options).stdout
    assert "    output: results/demo/still.csv" in said.splitlines()


def test_a_full_disk_is_no_fault_of_the_program(tmp_path: Path) -> None:
    full = "def full(): raise OSError(28, 'No space left on device', 'films/a.mp4')"
    run = [sys.executable, "-c", f"import job\n{full}\njob.run(full, 'log')"]
    scripts = {"PYTHONPATH": str(Path(job.__file__).parent)}
    assert subprocess.run(run, cwd=tmp_path, env=scripts, check=False).returncode == 1
    (line,) = (tmp_path / "log").read_text().splitlines()
    assert line.endswith("error: no space left on the disk for films/a.mp4; free some space and run again")


def test_compiling_is_told_once_by_a_job(capsys: pytest.CaptureFixture) -> None:
    job._say_when_compiling()
    COMPILED.setLevel(logging.INFO)
    for function in ("fit_band", "_distances"):
        COMPILED.info("compiling %s", function)
    assert capsys.readouterr().err == ("compiling fit_band, which is then kept on disk for all later jobs\n")
