"""The target `scenes`: tiny clips with a trouble each, to one table and one page."""

import pandas as pd
import pytest
import yaml
from project import ROOT, Project

TABLE = (
    "clip\ttitle\tsynthetic\tframes\tgroundtruth\n"
    "scene_lamp\tA lamp\tframes=30 height=60 width=80 lamp=0.75\tinput/*.png\tgroundtruth/*.png\n"
    "scene_empty\tNobody\tframes=30 height=60 width=80 story=empty\tinput/*.png\tgroundtruth/*.png\n"
)
METHODS = ("mog2", "median")  # of the config, in its order


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copied_to(tmp_path_factory.mktemp("scenes") / "project")
    (project.folder / "tiny.tsv").write_text(TABLE)
    known = yaml.safe_load((ROOT / "config.yaml").read_text())["methods"]
    others = dict.fromkeys(name for name in known if name not in METHODS)
    project.configure({"scenes": "tiny.tsv", "methods": others})
    return project


def test_target_scores_all_methods_on_all_scenes_and_no_other_clip(project: Project) -> None:
    planned = project.planned("scenes")
    assert planned["render_synthetic"] == planned["score_masks"] == 2
    assert "make_page" not in planned
    project.snakemake("scenes", "--cores", "2")
    table = pd.read_csv(project.results / "scenes.csv")
    rows = [(clip, method) for clip in ("scene_lamp", "scene_empty") for method in METHODS]
    assert list(zip(table["clip"], table["method"], strict=True)) == rows
    lamp, empty = table[:2], table[2:]
    own = pd.read_csv(project.results / "scene_lamp/scores.csv")
    assert lamp["f_measure"].tolist() == own["f_measure"].tolist()
    assert lamp["behind"].min() == 0
    assert lamp["retention"].notna().all()
    assert empty["f_measure"].isna().all()
    assert empty["fpr"].notna().all()
    page = (project.results / "scenes.html").read_text()
    assert page.count("<td") == 2 * 2 + 2 * 2
    assert page.count("data:image/webp") == 2 + 2 * 2
    assert not (project.results / "demo").exists()
    assert project.planned("scenes") == {}
    project.append("workflow/report/scenes.js", "// edited\n")
    assert project.planned("scenes") == {"make_scenes": 1, "scenes": 1}


def test_shipped_scenes_are_planned_and_leave_the_run_alone(project: Project) -> None:
    project.configure({"scenes": "workflow/clips/scenes.tsv"})
    assert project.planned("scenes")["render_synthetic"] == 12
    assert project.planned()["render_synthetic"] == 1
    project.configure({"run": ["scene_l*"]})
    assert project.planned()["make_page"] == 2


def test_no_table_of_scenes_is_told_in_one_line(project: Project) -> None:
    project.configure({"scenes": None, "run": ["demo"]})
    done = project.snakemake("scenes", "--cores", "1", check=False)
    assert done.returncode != 0
    assert "scenes: names no table of clips; expected one such as workflow/clips/scenes.tsv" in done.stdout
