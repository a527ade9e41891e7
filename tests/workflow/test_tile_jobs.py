"""A fit in tiles: a job for each of them, one that joins them, and the bytes of the fit in one job."""

import pytest
from project import Project

MODEL = "results/demo/models/auto/model.npz"
FIT = {"fit_tile": 3, "join_tiles": 1}


@pytest.fixture(scope="module")
def tiled(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small experiment, with one model fitted in three tiles. Not to be changed: clone it."""
    project = finished.clone_to(tmp_path_factory.mktemp("tiled") / "project")
    project.configure({"tiles": 3})
    assert project.planned(MODEL) == FIT
    project.snakemake("--cores", "2", MODEL)
    return project


def test_a_fit_in_tiles_has_the_bytes_of_a_fit_in_one_job(tiled: Project, finished: Project) -> None:
    assert (tiled.folder / MODEL).stat().st_mtime > (finished.folder / MODEL).stat().st_mtime
    for name in ("model.npz", "background.png", "convergence.csv"):
        file = f"demo/models/auto/{name}"
        assert (tiled.results / file).read_bytes() == (finished.results / file).read_bytes(), name


def test_each_tile_has_a_log_and_a_benchmark_and_none_is_left(tiled: Project) -> None:
    jobs = [*(f"fit_tile.auto.{tile}-of-3" for tile in (1, 2, 3)), "join_tiles.auto"]
    for job in jobs:
        assert (tiled.results / f"demo/logs/{job}.log").is_file()
        assert (tiled.results / f"demo/benchmarks/{job}.tsv").is_file()
    assert not list(tiled.results.rglob("tiles/*.npz"))


@pytest.mark.parametrize(
    ("script", "jobs"),
    [("fit_tile", FIT), ("join_tiles", FIT), ("fit_model", {})],  # tiles were temporary, and are made again
)
def test_an_edit_concerns_the_rule_whose_script_it_is(
    script: str, jobs: dict[str, int], tiled: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = tiled.clone_to(tmp_path_factory.mktemp("edited") / "project")
    assert project.planned(MODEL) == {}
    project.append(f"workflow/scripts/{script}.py")
    assert project.planned(MODEL) == jobs
