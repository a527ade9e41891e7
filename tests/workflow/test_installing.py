"""What installs and presents the workflow elsewhere says the same as what is run here."""

import re
from pathlib import Path

import pytest
import yaml
from project import ROOT, Project


def text(file: str) -> str:
    return (ROOT / file).read_text()


def test_one_version_everywhere() -> None:
    (version,) = re.findall(r'^version = "(.*)"', text("pyproject.toml"), re.MULTILINE)
    assert yaml.safe_load(text("CITATION.cff"))["version"] == version
    assert re.search(r"^## (\S+),", text("CHANGELOG.md"), re.MULTILINE)[1] == version
    assert "### Upgrading" in text("CHANGELOG.md").split("\n## ")[1]


def test_the_matrix_runs_the_parts_of_ci_run() -> None:
    job = yaml.safe_load(text(".github/workflows/test.yml"))["jobs"]["test"]
    run = [line for step in job["steps"] for line in step.get("run", "").splitlines()]
    parts = [line for line in text(".ci/run").splitlines() if line == "make" or line.startswith("make ")]
    assert len(parts) == 4
    assert [line for line in run if line.startswith("make")] == parts
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


@pytest.mark.parametrize("recipe", ["container.def", "Dockerfile", "workflow/envs/environment.yaml"])
def test_recipes_install_the_lock_with_its_hashes(recipe: str) -> None:
    assert re.search(r"python[:=]3\.11", text(recipe))
    assert re.search(r"--require-hashes\b.*?--requirement \S*requirements\.txt", text(recipe), re.DOTALL)


def test_the_image_of_the_rules_is_the_one_that_its_recipe_builds() -> None:
    (image,) = re.findall(r'^container: "(.*)"', text("Snakefile"), re.MULTILINE)
    assert f"apptainer build {image} container.def" in text("container.def")
    assert f"/{image}" in text(".gitignore").splitlines()


def test_the_catalog_finds_what_it_looks_for(tmp_path: Path) -> None:
    usage = yaml.safe_load(text(".snakemake-workflow-catalog.yml"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    assert (ROOT / "config/README.md").is_file()
    project = Project.copied_to(tmp_path / "project")
    assert project.planned("--snakefile", "workflow/Snakefile") == project.planned()


def test_the_graph_of_the_rules_is_that_of_the_rules(tmp_path: Path) -> None:
    """If not: `make graph`."""

    def arrows(graph: str) -> set[tuple[str, str]]:
        names = dict(re.findall(r"(id\d+)\[(\w+)\]", graph))
        pairs = re.findall(r"(id\d+) --> (id\d+)", graph)
        return {(names[a], names[b]) for a, b in pairs if names.get(b, "all") != "all"}

    drawn = arrows(text("docs/rulegraph.md"))
    project = Project.copied_to(tmp_path / "project")
    assert drawn == arrows(project.snakemake("--forceall", "--rulegraph", "mermaid-js").stdout)
    assert ("mask_by_model", "measure_masks") in drawn


def test_snakemake_s_report_opens_on_its_description(project: Project) -> None:
    project.snakemake("--report", "report.html")
    page = (project.folder / "report.html").read_text()
    # With metadata it opens on the description, and on the graph of the rules without.
    assert re.search(r'metadata = \{"To cite', page)
    assert "read it first" in page
