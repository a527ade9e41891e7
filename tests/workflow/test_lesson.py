"""The lesson: its formulas find what the run found, and its exercises show what it says that they show."""

import json
import re
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import yaml
from project import ROOT, Project

from bgsub.evidence.absorption import mog2_absorption

CELLS = json.loads((ROOT / "workflow/notebooks/lesson.py.ipynb").read_text())["cells"]
CODE = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]
WORDS = "\n".join("".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "markdown")
EXERCISES = dict(
    zip(
        re.findall(r"^\*\*([\w ]+)\.\*\*", WORDS, re.MULTILINE),
        zip(
            re.findall(r"```yaml\n(.*?)```", WORDS, re.DOTALL),
            re.findall(r"^`snakemake (\S+) --configfile exercise.yaml`", WORDS, re.MULTILINE),
            strict=True,
        ),
        strict=True,
    )
)


@pytest.fixture(scope="module")
def executed(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the notebook's cells leave behind on the small clip."""
    mpl.use("agg")
    demo = finished.results / "demo"
    masks = {name: str(demo / f"methods/{name}/masks.npz") for name in ("gmm", "mog2")}
    tables = {
        name: str(demo / file) for name, file in (("table", "frames.csv"), ("absorption", "absorption.csv"))
    }
    frames = str(demo / "frames.npy")
    arrays = {"frames": frames, "training": frames, "model": str(demo / "models/em/model.npz")}
    settings = {"covariance_floor": 1.0, "history": 60, "methods": ["gmm", "mog2"], "threshold": 50}
    table = tmp_path_factory.mktemp("lesson") / "lesson.csv"
    names = {
        "snakemake": SimpleNamespace(
            input=SimpleNamespace(**masks, **tables, **arrays),
            params=SimpleNamespace(settings=settings),
            wildcards=SimpleNamespace(clip="demo"),
            output=SimpleNamespace(table=table),
        )
    }
    for cell in CODE:
        exec(cell, names)
    return names | {"beside": pd.read_csv(table, index_col="what")}


def test_its_formulas_find_the_fit_of_the_run(executed: dict) -> None:
    beside = executed["beside"]
    numbers = beside[~beside.index.str.startswith("Sigma")].astype(float)
    assert len(numbers) == 9
    assert (numbers["by these formulas"] - numbers["this run"]).abs().max() < 0.01
    spreads = beside[beside.index.str.startswith("Sigma")]
    assert spreads["by these formulas"].tolist() == spreads["this run"].tolist()
    assert (np.diff(executed["path"]) > -1e-9).all()


@pytest.mark.parametrize("history", [30, 60, 100, 500])
def test_its_recursion_is_that_of_mog2(history: int, executed: dict) -> None:
    assert executed["frames_until_background"](history) == mog2_absorption(history)


def test_it_is_planned_from_files_that_a_run_has(project: Project) -> None:
    assert project.planned("results/demo/lesson.html") == {"execute_lesson": 1, "print_lesson": 1}


def test_words_that_it_uses_are_in_the_glossary() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text().lower()
    for word in ("nat", "retention", "mahalanobis distance", "half-life", "bic", "responsibility"):
        assert f"**{word}**" in glossary


def exercise(name: str, project: Project) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run an exercise; return the table that it points to, as it was and as it is."""
    overlay, target = EXERCISES[name]
    assert len(overlay.splitlines()) == 2
    before = pd.read_csv(project.folder / target, index_col=0)
    (project.folder / "exercise.yaml").write_text(overlay)
    project.snakemake("--cores", "2", target, "--configfile", "small.yaml", "exercise.yaml")
    return before, pd.read_csv(project.folder / target, index_col=0)


@pytest.mark.slow
def test_one_gaussian_explains_less_than_two(project: Project) -> None:
    before, after = exercise("K", project)
    assert after.loc["em", "log_likelihood"] < before.loc["em", "log_likelihood"]
    overlay = EXERCISES["K"][0]
    EXERCISES["three"] = (overlay.replace("1", "3"), EXERCISES["K"][1])
    _, three = exercise("three", project)
    assert three.loc["em", "log_likelihood"] > before.loc["em", "log_likelihood"]


def test_a_lower_threshold_marks_more(project: Project) -> None:
    before, after = exercise("Threshold", project)
    assert after.loc["gmm", "recall"] > before.loc["gmm", "recall"]
    assert after.loc["gmm", "specificity"] <= before.loc["gmm", "specificity"]


@pytest.mark.slow
def test_a_wide_tolerance_stops_early(project: Project) -> None:
    before, after = exercise("Tolerance", project)
    assert after.loc["em", "iterations_p90"] < before.loc["em", "iterations_p90"]
    loss = before.loc["em", "log_likelihood"] - after.loc["em", "log_likelihood"]
    assert 0 < loss < 0.05


@pytest.mark.slow
def test_a_longer_history_keeps_the_person_longer(project: Project) -> None:
    """With as many frames as `demo` has: at first MOG2 learns fast, whatever its history."""
    config = yaml.safe_load((project.folder / "config.yaml").read_text())
    kept = {"models": {"em"}, "methods": {"gmm", "mog2"}}
    project.configure(
        {section: dict.fromkeys(config[section].keys() - names) for section, names in kept.items()}
    )
    project.configure({"clips": {"demo": {"source": {"synthetic": {"frames": 110}}}}})
    project.snakemake("--cores", "2", EXERCISES["History"][1])
    before, after = exercise("History", project)
    assert after.loc["mog2", "predicted"] > before.loc["mog2", "predicted"]
    assert before.loc["mog2", "retention"] < after.loc["mog2", "retention"] < after.loc["gmm", "retention"]
