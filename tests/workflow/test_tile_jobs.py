"""A fit in tiles: a job for each of them, one that joins them, and the same bytes for any number."""

import re
import shutil
from pathlib import Path

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


def synthetic(height: int, width: int) -> dict:
    return {"demo": {"source": {"synthetic": {"frames": 40, "height": height, "width": width}}}}


def test_a_fit_in_three_tiles_has_the_bytes_of_one_in_two(tiled: Project, finished: Project) -> None:
    assert (tiled.folder / MODEL).stat().st_mtime > (finished.folder / MODEL).stat().st_mtime
    for name in ("model.npz", "model.npz.sha256", "background.png", "convergence.csv"):
        file = f"demo/models/auto/{name}"
        assert (tiled.results / file).read_bytes() == (finished.results / file).read_bytes(), name


def test_each_tile_has_a_log_and_a_benchmark_and_none_is_left(tiled: Project) -> None:
    jobs = [*(f"fit_tile.auto.{tile}-of-3" for tile in (1, 2, 3)), "join_tiles.auto"]
    for job in jobs:
        assert (tiled.results / f"demo/logs/{job}.log").is_file()
        assert (tiled.results / f"demo/benchmarks/{job}.tsv").is_file()
    assert not list(tiled.results.rglob("tiles/*.npz"))


@pytest.mark.parametrize(
    ("changes", "tiles"),
    [
        ({}, 2),
        ({"tiles": 1}, 1),
        ({"clips": synthetic(1000, 1000)}, 2),
        ({"clips": synthetic(1080, 1920)}, 5),
        ({"clips": synthetic(1080, 1920), "tiles": 2}, 2),
    ],
)
def test_auto_is_two_tiles_or_more_for_a_picture_known_to_be_large(
    changes: dict, tiles: int, finished: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = finished.clone_to(tmp_path_factory.mktemp("auto") / "project")
    project.configure(changes)
    text = project.snakemake("--dry-run", "--forceall", MODEL).stdout
    planned = set(re.findall(r"models/auto/tiles/(\d+)-of-(\d+)\.npz", text))
    assert planned == {(str(tile), str(tiles)) for tile in range(1, tiles + 1)}


def test_a_clip_of_unknown_size_is_fitted_once(finished: Project, tmp_path: Path) -> None:
    """What is known of its size afterwards changes nothing."""
    project = finished.clone_to(tmp_path / "project")
    archive = project.folder / "mine.zip"
    shutil.copy(project.results / "demo/source.zip", archive)
    clip = {"source": {"path": archive.name}, "frames": "input/*.png"}
    project.configure({"run": ["mine"], "clips": {"mine": clip}})
    model = MODEL.replace("demo", "mine")
    assert project.planned(model)["fit_tile"] == 2
    project.snakemake("--cores", "2", model)
    assert project.planned(model) == {}


@pytest.mark.parametrize("script", ["fit_tile", "join_tiles"])  # tiles were temporary, and are made again
def test_an_edit_fits_anew(script: str, tiled: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    project = tiled.clone_to(tmp_path_factory.mktemp("edited") / "project")
    assert project.planned(MODEL) == {}
    project.append(f"workflow/scripts/{script}.py")
    assert project.planned(MODEL) == FIT
