"""Methods that are not in the config by default go through the whole workflow beside the others."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from project import ROOT, Project

from bgsub.evidence.cdnet import export_masks
from bgsub.masks.mask_file import read_masks

METHODS = {
    "mine": {"python": "mine.py", "settings": {"rate": 0.05}, "opening": 3},
    "zipped": {"masks": "elsewhere/{clip}.zip", "label": "a paper's"},
    "unpacked": {"masks": "elsewhere/{clip}/bin*.png"},
    "learning": {"posterior": "em"},
}


@pytest.fixture(scope="module")
def run(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = finished.clone_to(tmp_path_factory.mktemp("own") / "project")
    shutil.copy(ROOT / "docs/own_method.py", project.folder / "mine.py")
    folder = project.folder / "elsewhere"
    masks = read_masks(project.results / "demo/methods/gmm/masks.npz")
    export_masks(folder / "demo.zip", masks.masks, masks.frames.tolist())
    with zipfile.ZipFile(folder / "demo.zip") as archive:
        archive.extractall(folder / "demo")
    project.configure(
        {
            "methods": METHODS,
            "sweeps": {"rate": {"method": "mine", "values": {"settings.rate": [0.01, 0.05, 0.5]}}},
        }
    )
    project.snakemake("--cores", "2")
    return project


def masks_of(project: Project, method: str) -> np.ndarray:
    return np.stack(list(read_masks(project.results / f"demo/methods/{method}/masks.npz").masks))


def page_of(project: Project) -> str:
    return (project.results / "demo/report.html").read_text()


def test_masks_made_elsewhere_score_as_the_masks_they_are(run):
    scores = pd.read_csv(run.results / "demo/scores.csv").set_index("method")
    for method in ("zipped", "unpacked"):
        assert (masks_of(run, method) == masks_of(run, "gmm")).all()
        assert (
            scores.loc[method]
            .drop("rank", errors="ignore")
            .equals(scores.loc["gmm"].drop("rank", errors="ignore"))
        )
    log = (run.results / "demo/logs/mask_from_files.zipped.log").read_text()
    assert "24 masks; those of 24 test frames found by number" in log


def test_the_users_method_stands_in_every_table_and_on_the_page(run):
    assert 0 < (masks_of(run, "mine") == 255).mean() < 0.5
    for table in ("area", "absorption", "scores"):
        assert {"mine", "zipped", "unpacked"} <= set(pd.read_csv(run.results / f"demo/{table}.csv")["method"])
    page = page_of(run)
    assert "a method of yours" in page
    assert "masks made elsewhere" in page
    assert "a paper&#39;s" in page
    assert "python mine.py, median 1, opening 3, rate 0.05" in page


def test_a_posterior_stands_in_every_table_and_on_the_page(run):
    for table in ("area", "absorption", "scores"):
        assert "learning" in set(pd.read_csv(run.results / f"demo/{table}.csv")["method"])
    scores = pd.read_csv(run.results / "demo/scores.csv").set_index("method")
    assert scores.loc["learning", "f_measure"] > 0.6
    page = page_of(run)
    assert "learning GMM" in page
    assert "goes on learning what it does not mark, and lets go of mistakes" in page
    assert (run.results / "demo/methods/learning/masks.npz.sha256").exists()


def test_its_settings_are_swept(run):
    table = pd.read_csv(run.results / "demo/sweeps/rate.csv")
    assert table["settings.rate"].tolist() == [0.01, 0.05, 0.5]
    assert table["variant"].tolist() == ["mine.settings.rate-0.01", "mine", "mine.settings.rate-0.5"]
    assert table["f_measure"].nunique() == 3
    assert "With the method mine, over the three values of settings.rate" in page_of(run)


def changed(run: Project, folder: Path) -> Project:
    return run.clone_to(folder / "project")


def test_an_edit_of_its_file_runs_it_again_and_a_label_does_not(run, tmp_path):
    project = changed(run, tmp_path)
    project.append("mine.py")
    planned = project.planned()
    assert planned["mask_by_python"] == 3
    assert not {"mask_by_model", "mask_by_opencv", "mask_from_files", "fit_tile"} & planned.keys()
    (project.folder / "elsewhere/demo/bin000020.png").touch()
    assert project.planned()["mask_from_files"] == 1
    project = changed(run, tmp_path / "label")
    project.configure({"methods": {"mine": {"label": "average"}}, "models": {"em": {"label": "mixture"}}})
    assert not [rule for rule in project.planned() if rule.startswith(("mask_", "fit_"))]


def test_its_mistakes_are_told_in_one_line(run, tmp_path):
    project = changed(run, tmp_path)
    project.edit("mine.py", "return np.abs(difference)", "return numpy.abs(difference)")
    done = project.snakemake("--cores", "1", "results/demo/methods/mine/masks.npz", check=False)
    log = (project.results / "demo/logs/mask_by_python.mine.log").read_text()
    assert done.returncode != 0
    assert log.splitlines()[-1].endswith(
        "error: mine.py, line 23: NameError: name 'numpy' is not defined (in apply, frame 16)"
    )
    assert "user_code" not in "".join(line for line in log.splitlines() if line.startswith("  File"))
    (project.folder / "elsewhere/demo/bin000030.png").unlink()
    project.snakemake("--cores", "1", "results/demo/methods/unpacked/masks.npz", check=False)
    log = (project.results / "demo/logs/mask_from_files.unpacked.log").read_text()
    assert "23 masks, from 'bin000017.png' to 'bin000040.png', do not fit the 24 test frames (1 is" in log
    assert "Traceback" not in log
