"""A plain `snakemake` makes again what was deleted of all that docs/results.md lists."""

import os
import re
import shutil
from pathlib import Path

import pytest
from project import ROOT, SMALL, Project

PAGE = (ROOT / "docs/results.md").read_text()
ABOUT_A_RUN = {"logs", "benchmarks"}  # not of the results: of the last time that a job ran
SWEEP = {"sweeps": {"threshold": {"method": "gmm", "values": {"threshold": [30, 50]}}}}


def listed(clip: Path) -> list[str]:
    """Files of a finished clip that the page's table lists, by their names in the clip's folder."""
    table = PAGE.split("## Files")[1].split("\n\n")[1]
    found = []
    for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", row)
        folder = first.rpartition("/")[0]
        for pattern in (first, *(name if "/" in name else f"{folder}/{name}" for name in others)):
            if pattern.startswith("<clip>/") and pattern.strip("/").rpartition("/")[2] not in ABOUT_A_RUN:
                glob = re.sub("<.*?>", "*", pattern.removeprefix("<clip>/"))
                files = list(clip.glob(f"{glob}*" if glob.endswith("/") else glob))
                assert files, f"docs/results.md lists {pattern}, and there is none"
                found += [str(file.relative_to(clip)) for file in files]
    return sorted(set(found))


@pytest.fixture(scope="module")
def swept(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small experiment with a sweep. Not to be changed: clone it."""
    project = finished.clone_to(tmp_path_factory.mktemp("swept") / "project")
    project.configure(SWEEP)
    project.snakemake("--cores", "2")
    return project


def test_a_job_is_planned_for_each_file_that_is_lost(swept: Project, tmp_path: Path) -> None:
    """One clip for each file, all with the results of the one that was run, and one that lacks nothing.

    So one plan tells for each file whether it is made because it was lost, and not for the sake of another.
    """
    project = swept.clone_to(tmp_path / "project")
    whole = project.results / "demo"
    lost = {f"lost{place}": file for place, file in enumerate(listed(whole))}
    for clip in ("whole", *lost):
        shutil.copytree(whole, project.results / clip, copy_function=os.link)
    for clip, file in lost.items():
        (project.results / clip / file).unlink()
    settings = SMALL["clips"]["demo"] | {"frames": "input/*.png", "groundtruth": "groundtruth/*.png"}
    project.configure({"run": ["whole", *lost], "clips": dict.fromkeys(("whole", *lost), settings)})
    text = project.snakemake("--dry-run").stdout
    planned = {
        file for files in re.findall(r"^    output: (.*)$", text, re.MULTILINE) for file in files.split(", ")
    }
    assert [f"{clip}: {file}" for clip, file in lost.items() if f"results/{clip}/{file}" not in planned] == []
    assert [file for file in planned if file.startswith("results/whole/")] == []


def test_a_result_that_was_cut_is_told_before_the_next_run_and_is_made_again(project: Project) -> None:
    area = project.results / "demo/area.csv"
    whole = area.read_text().splitlines(keepends=True)
    area.write_text("".join(whole[:-3]))
    told = project.snakemake("--dry-run", check=False)
    assert told.returncode == 1
    assert re.search(
        r"^results/demo/area\.csv: .* was cut or edited; .* rm results/demo/area\.csv$",
        told.stdout,
        re.MULTILINE,
    )
    assert "Traceback" not in told.stdout
    area.unlink()
    assert "measure_masks" in project.planned()


def test_what_is_made_again_has_the_same_bytes(swept: Project, tmp_path: Path) -> None:
    project = swept.clone_to(tmp_path / "project")
    lost = [
        "watch.html",
        "absorption.csv",
        "figures/curves.svg",
        "sweeps/threshold.svg",
        "methods/knn/video.mp4",
        "methods/gmm/masks.npz.sha256",
        "models/notebook/background.png",
    ]
    assert set(lost) <= set(listed(swept.results / "demo"))
    for file in lost:
        (project.results / "demo" / file).unlink()
    project.snakemake("--cores", "2")
    for file in lost:
        there, before = project.results / "demo" / file, swept.results / "demo" / file
        assert there.read_bytes() == before.read_bytes(), file
    assert project.planned() == {}


def test_a_lost_benchmark_costs_its_row_and_a_lost_figure_comes_back(
    project: Project, finished: Project
) -> None:
    demo, before = project.results / "demo", finished.results / "demo"
    row = '<th scope="row">{}</th>'.format
    assert row("fetching") in (before / "report.html").read_text()
    for file in ("fetch_source", "fit_tile.em.1-of-2"):
        (demo / f"benchmarks/{file}.tsv").unlink()
    (demo / "figures/absorption.png").unlink()
    project.append("workflow/report/page.css", "/* edited */\n")
    project.snakemake("--cores", "2")
    page = (demo / "report.html").read_text()
    assert "/* edited */" in page
    steps = ("fetching", "fitting the GMM", "fitting the GMM by BIC", "reading frames")
    assert [step for step in steps if row(step) in page] == ["fitting the GMM by BIC", "reading frames"]
    assert (demo / "figures/absorption.png").read_bytes() == (before / "figures/absorption.png").read_bytes()
