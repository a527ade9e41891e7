"""Many clips: the public data sets by their tables, with small stand-ins for what would be downloaded."""

import importlib.util
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml
from project import ROOT, Project

from bgsub.figures.video import write_video
from bgsub.files import read_image

SIZE = (48, 64)
FRAMES = 40
FALLEN = 24  # from this frame on somebody lies still
KEPT = {"models": {"em"}, "methods": {"median"}}


def fall(seed: int) -> np.ndarray:
    """A room in which a patch comes in, and lies still."""
    rng = np.random.default_rng(seed)
    room = rng.integers(80, 120, (*SIZE, 3))
    frames = np.clip(room + rng.integers(-2, 3, (FRAMES, *SIZE, 3)), 0, 255).astype(np.uint8)
    for frame in range(17, FRAMES):
        left = min(2 + 5 * (frame - 17), 2 + 5 * (FALLEN - 17))
        frames[frame, 26:40, left : left + 20] = 225
    return frames


def video(path: Path, seed: int) -> None:
    """A video as the name says: MP4, or AVI as a camera of the Montreal set writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".mp4":
        write_video(path, fall(seed), 10)
        return
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, SIZE[::-1])
    for frame in fall(seed):
        writer.write(frame[:, :, ::-1])
    writer.release()


def stand_ins(project: Project) -> None:
    """Put into data/ what the tables would fetch of a scenario of one and of a subject of the other."""
    # The stand-ins are shorter than what the tables say of falls, and where somebody lies in them is known.
    for name in ("montreal", "gmdcsa24"):
        shipped = project.folder / f"workflow/clips/{name}.tsv"
        table = pd.read_csv(shipped, sep="\t").drop(
            columns=["falls", "delay", "delay_settled"], errors="ignore"
        )
        table = table.assign(still_frame=FALLEN, still_region="37 26 20 14")
        table.to_csv(shipped, sep="\t", index=False)
    data, source = project.folder / "data", project.folder / "stand-in"
    data.mkdir()
    with zipfile.ZipFile(data / "chute01.zip", "w") as archive:
        for camera in range(1, 9):
            video(source / f"cam{camera}.avi", camera)
            archive.write(source / f"cam{camera}.avi", f"chute01/cam{camera}.avi")
    for seed, file in enumerate(table.loc[table["clip"].str.startswith("gmdcsa24_s1_fall0"), "file"], 1000):
        video(data / file, seed)


@pytest.mark.slow
def test_tables_of_two_data_sets_are_made_without_pages(tmp_path: Path) -> None:
    project = Project.copied_to(tmp_path / "project")
    stand_ins(project)
    config = yaml.safe_load((project.folder / "config.yaml").read_text())
    left_out = {section: dict.fromkeys(config[section].keys() - kept) for section, kept in KEPT.items()}
    project.configure({"run": ["montreal_*", "gmdcsa24_*"], **left_out})
    planned = project.planned("tables")
    assert planned["fetch_source"] == 24 * 8 + 160
    assert sum(planned.values()) == 6 * (24 * 8 + 160) + 2
    assert not {"make_page", "pack_page", "render_videos", "plot_methods", "fit_tile"} & planned.keys()
    project.configure({"run": ["montreal_s01_c[36]", "gmdcsa24_s1_fall0?"]})
    count = project.planned("tables")["fetch_source"]
    assert count == 11  # of which ten are enough for tests of ranks
    project.snakemake("tables", "--cores", "2", timeout=900)
    table = pd.read_csv(project.results / "table.csv")
    assert len(table) == count
    still = pd.read_csv(project.results / "still.csv")
    assert set(still["clip"]) == set(table["clip"])
    assert (still.groupby("clip")["start"].min() - FALLEN).abs().max() <= 2
    assert table["retention"].min() > 0.9
    assert read_image(project.results / "figures/ranks.png").min() < 200
    assert not list(project.results.glob("**/*.html"))


def test_snakemake_looks_for_work_when_a_step_has_ended_and_not_in_between(project: Project) -> None:
    for mask in project.results.glob("demo/methods/mog2*/masks.npz"):
        mask.unlink()
    said = project.snakemake("--until", "mask_by_opencv", "--cores", "1", "--verbose").stdout
    ended = said.count("Finished jobid:")
    assert ended == 4
    assert said.count("Ready jobs:") <= ended


def test_the_benchmark_of_a_fleet_plans_the_recommended_method_alone(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("fleet", ROOT / "benchmarks/fleet.py")
    fleet = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fleet)
    project = Project.copied_to(tmp_path / "project")
    fleet.write_clips(project.folder, 3)
    planned = project.planned("tables", "--configfile", "fleet.yaml")
    assert planned["fetch_source"] == planned["mask_by_posterior"] == planned["fit_tile"] == 3
    assert sum(planned.values()) == 3 * 8 + 2  # of the clips, and the tables over them, gathered by one
