"""What the README and the pages that it links say is what happens: their commands run."""

import os
import re
import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import cv2
import loaded
import numpy as np
import pandas as pd
import pytest
from defaults import METHODS
from project import ROOT, Project
from test_module import MODULE

from bgsub.figures.video import write_video

# All but those whose clips may not be passed on: docs/posterior.md and docs/rules.md.
PAGES = {
    name: (ROOT / name).read_text()
    for name in (
        "README.md",
        *(f"docs/{page}.md" for page in ("results", "clips", "methods", "cluster", "installing")),
        *(f"docs/{page}.md" for page in ("lesson", "limits", "scale", "scenes")),
    )
}


def blocks(page: str, language: str) -> list[str]:
    """Code that a page shows."""
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.DOTALL)


COMMANDS = [line for page in PAGES for block in blocks(page, "bash") for line in block.splitlines()]
RUN_BY_CI = ("make", "make test")
RUN_BY_OTHER_TESTS = ("snakemake scenes",)  # test_scene_runs.py
NEEDS_A_CLUSTER = ("snakemake --profile profiles/slurm", "scancel --name RUN-ID")
IN_SHELL = ("source .venv/bin/activate",)
LISTS_FILMS = [
    line for block in blocks("docs/clips.md", "bash") if "printf" in block for line in block.splitlines()
]


def test_commands_are_those_that_are_run() -> None:
    ci = (ROOT / ".ci/run").read_text().splitlines()
    assert set(RUN_BY_CI) <= set(ci)
    assert set(COMMANDS) == {
        *RUN_BY_CI,
        *RUN_BY_OTHER_TESTS,
        *NEEDS_A_CLUSTER,
        *IN_SHELL,
        *LISTS_FILMS,
        *SNAKEMAKE,
    }


def test_commands_within_sentences_are_run_too_or_named() -> None:
    """Those of other tests: of rules' lint, of reruns, of the cluster."""
    elsewhere = {"snakemake --lint", "snakemake --touch"}
    said = {text for page in PAGES.values() for text in re.findall(r"`((?:snakemake|make) [^`]+)`", page)}
    commands = {text.replace("mine.yaml", "fleet.yaml") for text in said if text.startswith("snakemake")}
    far = "snakemake --profile profiles/slurm -- results/montreal_s08_c2/absorption.csv"
    assert commands - elsewhere - {far} <= set(COMMANDS)
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    words = {word for text in said - commands if text.startswith("make ") for word in text.split()[1:]}
    assert {word for word in words if "=" not in word} <= set(targets)
    assert {word.partition("=")[0] for word in words if "=" in word} <= set(re.findall(r"[A-Z]+", makefile))


SNAKEMAKE = (
    "snakemake -n",
    "snakemake -n --quiet rules",
    "snakemake",
    "snakemake tables",
    "snakemake tables -n --quiet rules --configfile fleet.yaml",
    "snakemake tables --configfile fleet.yaml",
    "snakemake clips",
    "snakemake cdnet",
    "snakemake results/demo/report.html",
    "snakemake results/demo/absorption.csv",
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


def fall() -> np.ndarray:
    """Frames of a room that somebody enters, and stays in."""
    rng = np.random.default_rng(0)
    room = rng.integers(80, 120, (48, 64, 3))
    frames = np.clip(room + rng.integers(-3, 4, (40, 48, 64, 3)), 0, 255).astype(np.uint8)
    for index in range(10, 40):
        left = min(index, 24)
        frames[index, 20:40, left : left + 12] = 230
    return frames


@pytest.mark.slow
def test_own_video_with_the_readme_s_overlay(tmp_path: Path) -> None:
    project = Project.copied_to(tmp_path / "project")
    (project.folder / "mine.yaml").write_text(blocks("README.md", "yaml")[0])
    write_video(project.folder / "kitchen.mp4", fall(), Fraction(10))
    project.snakemake("--configfile", "mine.yaml")
    assert "A fall in the kitchen" in (project.results / "report.html").read_text()


@pytest.mark.slow
def test_many_clips_with_the_table_and_the_overlay_of_the_page(tmp_path: Path) -> None:
    project = Project.copied_to(tmp_path / "project")
    (table,) = re.findall(r"(?:^    .*\t.*\n)+", PAGES["docs/clips.md"], re.MULTILINE)
    (project.folder / "clips.tsv").write_text(textwrap.dedent(table))
    (overlay,) = (block for block in blocks("docs/clips.md", "yaml") if "clip_tables" in block)
    (project.folder / "fleet.yaml").write_text(overlay)
    (project.folder / "films/hall_2").mkdir(parents=True)
    write_video(project.folder / "films/hall_1.mp4", fall(), Fraction(10))
    for place, frame in enumerate(fall()):
        cv2.imwrite(str(project.folder / f"films/hall_2/{place}.png"), frame)
    plan, run = (command.split() for command in COMMANDS if command.endswith("fleet.yaml"))
    assert "fetch_source             2" in project.snakemake(*plan[1:]).stdout
    project.snakemake(*run[1:])
    rows = pd.read_csv(project.results / "table.csv")
    assert sorted(rows["clip"].unique()) == ["hall_1", "hall_2"]
    assert sorted(rows["method"].unique()) == ["learning_gmm", "mog2", "mog2_default"]
    assert not list(project.results.glob("**/*.html"))


def test_a_table_of_the_films_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    for name in ("Cam 3 (night).mp4", "b.mp4", "notes.txt"):
        (tmp_path / "films" / name).write_bytes(b"video")
    subprocess.run(["bash", "-ec", "\n".join(LISTS_FILMS)], cwd=tmp_path, check=True)
    table = (tmp_path / "clips.tsv").read_text()
    assert table == "clip\tpath\nhall_Cam_3__night_\tfilms/Cam 3 (night).mp4\nhall_b\tfilms/b.mp4\n"


def test_a_clip_that_fails_holds_back_the_tables_and_nothing_else(tmp_path: Path) -> None:
    project = Project.copied_to(tmp_path / "project")
    project.configure(
        {
            "run": ["broken", "whole"],
            "clips": {"broken": {"source": {"path": "text.mp4"}}, "whole": {"source": {"path": "whole.mp4"}}},
            "models": dict.fromkeys(("em", "auto", "notebook")),
            "methods": dict.fromkeys(METHODS),
        }
    )
    project.configure({"methods": {"median": {"background": "median", "rule": "difference"}}})
    project.configure({"models": {"em": {"components": 1}}})
    (project.folder / "text.mp4").write_text("no video")
    write_video(project.folder / "whole.mp4", fall(), Fraction(10))
    run = project.snakemake("tables", "--keep-going", check=False)
    assert run.returncode == 1
    assert re.search(r"^Failed: text.mp4 is text .*broken/logs", run.stdout, re.MULTILINE)
    told = "To go on without: clips: {broken: null} in an overlay, or leave out of run"
    assert told in run.stdout.splitlines()
    assert (project.results / "whole/still.csv").is_file()
    assert not (project.results / "table.csv").exists()
    project.configure({"run": ["whole"]})
    project.snakemake("tables")
    assert set(pd.read_csv(project.results / "table.csv")["clip"]) == {"whole"}


@pytest.mark.parametrize("page", ["README.md", "docs/methods.md"])
def test_own_methods_with_the_overlay_of_the_page(page: str, project: Project) -> None:
    (overlay,) = (block for block in blocks(page, "yaml") if "own_method.py" in block)
    (project.folder / "own.yaml").write_text((project.folder / "small.yaml").read_text() + overlay)
    (project.folder / "masks/demo").mkdir(parents=True)
    for place in range(40):
        cv2.imwrite(str(project.folder / f"masks/demo/{place:06d}.png"), np.zeros((64, 96), np.uint8))
    planned = project.planned("--configfile", "own.yaml", "--", "results/table.csv")
    assert planned["mask_from_files"] == 1
    assert planned["mask_by_python"] == 1


def test_a_module_as_the_page_shows_it() -> None:
    (shown,) = blocks("docs/installing.md", "python")
    text = re.sub(r" +#.*", "", shown).replace("fall-background-subtraction/", "../project/")
    assert text.replace('"fall"\n\nuse', '"sub"\n\nuse').strip() in MODULE


def test_sweep_with_the_page_s_overlay(project: Project) -> None:
    overlay = next(block for block in blocks("docs/methods.md", "yaml") if block.startswith("sweeps"))
    (project.folder / "sweep.yaml").write_text((project.folder / "small.yaml").read_text() + overlay)
    (command,) = (line.split() for line in SNAKEMAKE if "threshold.csv" in line)
    project.snakemake(*command[1:])
    table = pd.read_csv(project.results / "demo/sweeps/threshold.csv")
    assert table["threshold"].tolist() == [10, 20, 30, 50]
    assert table["f_measure"].nunique() == 4


def test_mixture_alone(finished: Project) -> None:
    code = blocks("docs/methods.md", "python")[0].replace("[:44]", "[:16]")
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
