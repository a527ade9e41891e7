"""Training frames from elsewhere: ranges, another clip, and what comes before the first scored frame."""

import json
import re
import zipfile
from fractions import Fraction
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pandas as pd
import pytest
from project import Project

from bgsub.figures.video import read_video, write_video
from bgsub.masks.mask_file import read_masks
from bgsub.words import NBSP

FRAMES, HEIGHT, WIDTH = 40, 48, 64
# One method of each family, fitted fast.
FEW = {
    "models": {"em": {"max_iterations": 20}, "auto": None, "notebook": None},
    "methods": {
        **dict.fromkeys(("learning_gmm", "gmm_mahalanobis", "notebook", "knn")),
        **dict.fromkeys(("mog2_default", "mog2_frozen", "mog2_protected")),
        "learning": {"posterior": "em"},
    },
    "audit": {"pixels": 40, "restarts": 2},
    "histories": [60],
}


def pictures(shade: int = 0) -> np.ndarray:
    """Film a wall with a square that comes at frame 24 and stays."""
    rng = np.random.default_rng(3)
    wall = np.repeat(rng.integers(80, 160, (1, HEIGHT, WIDTH, 3)), FRAMES, axis=0) + shade
    frames = (wall + rng.integers(-4, 5, wall.shape)).astype(np.uint8)
    frames[24:, 16:32, 20:44] = 235
    return frames


def archive(path: Path, frames: np.ndarray, **texts: str) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for index, frame in enumerate(frames):
            labels = np.uint8(255) * (frame[..., 0] == 235)
            file.writestr(f"input/in{index + 1:06d}.png", cv2.imencode(".png", frame)[1].tobytes())
            file.writestr(f"groundtruth/gt{index + 1:06d}.png", cv2.imencode(".png", labels)[1].tobytes())
        for name, text in texts.items():
            file.writestr(f"{name}.txt", text)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copied_to(tmp_path_factory.mktemp("training") / "project")
    archive(project.folder / "room.zip", pictures(), temporalROI="13 40")
    archive(project.folder / "empty.zip", pictures()[:20])
    archive(project.folder / "small.zip", pictures()[:20, :40])
    images = {"frames": "input/*.png", "groundtruth": "groundtruth/*.png"}
    room = {"source": {"path": "room.zip"}, **images}
    project.configure(
        FEW
        | {
            "run": ["ranges", "elsewhere", "protocol"],
            "clips": {
                "ranges": room | {"train": {"frames": [[2, 12], [34, 38]]}, "fps": 12.5},
                "elsewhere": room | {"train": {"clip": "empty"}},
                "protocol": room | {"train": {"until": "temporal_roi"}, "temporal_roi": "temporalROI.txt"},
                "empty": {"source": {"path": "empty.zip"}, "frames": "input/*.png", "title": "Nobody here"},
                "small": {"source": {"path": "small.zip"}, "frames": "input/*.png"},
            },
        }
    )
    project.snakemake("--cores", "2", timeout=1500)
    return project


TRAIN = {
    "ranges": ("ranges", [*range(2, 12), *range(34, 38)]),
    "elsewhere": ("empty", list(range(20))),
    "protocol": ("protocol", list(range(12))),
}


def frames_tested(clip: str) -> list[int]:
    of, train = TRAIN[clip]
    return [frame for frame in range(FRAMES) if of != clip or frame not in train]


@pytest.mark.slow
@pytest.mark.parametrize("clip", TRAIN)
def test_what_trains_is_not_tested_and_all_else_is(project: Project, clip: str) -> None:
    folder, (of, train) = project.results / clip, TRAIN[clip]
    table = pd.read_csv(folder / "frames.csv")
    trains = table[table["subset"] == "train"]
    assert trains["frame"].tolist() == train
    assert set(trains.get("clip", [clip])) == {of}
    assert table.loc[table["subset"] == "test", "frame"].tolist() == frames_tested(clip)
    for method in ("gmm", "median", "mog2", "learning"):
        assert read_masks(folder / f"methods/{method}/masks.npz").frames.tolist() == frames_tested(clip)
    assert pd.read_csv(folder / "area.csv")["frame"].drop_duplicates().tolist() == frames_tested(clip)


@pytest.mark.slow
@pytest.mark.parametrize("clip", TRAIN)
def test_a_median_is_of_the_training_frames_and_marks_what_came_since(project: Project, clip: str) -> None:
    masks = read_masks(project.results / clip / "methods/median/masks.npz")
    for frame, mask in zip(masks.frames.tolist(), masks.masks, strict=True):
        inside = mask[16:32, 20:44] == 255
        assert inside.mean() > 0.9 if frame >= 24 else not mask.any()
    counted = pd.read_csv(project.results / clip / "scores.csv").set_index("method")
    assert counted.loc["median", "f_measure"] > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("clip", TRAIN)
def test_films_show_what_trained_and_what_was_tested(project: Project, clip: str) -> None:
    folder, (_, train) = project.results / clip, TRAIN[clip]
    shown = read_video(folder / "train.mp4").astype(int)
    assert len(shown) == len(train)
    square = shown[:, 18:30, 22:42].mean(axis=(1, 2, 3))
    assert [bool(level > 190) for level in square] == [frame >= 24 for frame in train]
    assert len(read_video(folder / "comparison.mp4")) == len(frames_tested(clip))
    player = json.loads((folder / "page/player.json").read_text())
    assert player["frames"] == frames_tested(clip)


@pytest.mark.slow
def test_the_page_says_what_trained_and_how_the_rate_is_known(project: Project) -> None:
    said = {
        clip: re.search(r"The clip has[^<]*", (project.results / clip / "report.html").read_text())[
            0
        ].replace(NBSP, " ")
        for clip in TRAIN
    }
    assert "from frames 2 to 11 and 34 to 37 (14) and are tested on the other 26." in said["ranges"]
    assert "from all 20 frames of another clip, empty (Nobody here), and" in said["elsewhere"]
    assert "from the first 12 frames and are tested on the other 28." in said["protocol"]
    assert "12.5 per second as the config says" in said["ranges"]
    assert "whose rate is not known" in said["protocol"]


@pytest.mark.slow
def test_films_and_seconds_go_by_the_rate(project: Project) -> None:
    film = imageio_ffmpeg.read_frames(str(project.results / "ranges/comparison.mp4"))
    assert next(film)["fps"] == 12.5
    film.close()
    still = pd.read_csv(project.results / "still.csv").set_index("clip")
    assert still.loc["ranges", ["seconds", "rate_known_by"]].tolist() == [
        (still.loc["ranges", "end"] + 1 - still.loc["ranges", "start"]) / 12.5,
        "config",
    ]
    assert still.loc["protocol", "rate_known_by"] == "nothing"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("train", "told"),
    [
        (
            {"frames": [[0, 41]]},
            "clips.ranges.train.frames: found [0, 41] for a clip of 40 frames; expected ranges that",
        ),
        (
            {"frames": None, "clip": "small"},
            "clips.ranges.train.clip: 'small' has frames of 64 x 40 pixels, but those of 'ranges' have 64 x",
        ),
    ],
)
def test_frames_that_cannot_train_are_told_in_one_line(
    project: Project, tmp_path: Path, train: dict, told: str
) -> None:
    other = project.clone_to(tmp_path / "project")
    other.configure({"run": ["ranges"], "clips": {"ranges": {"train": train}}})
    ran = other.snakemake("--cores", "1", "results/ranges/frames.csv", check=False)
    assert ran.returncode != 0
    (line,) = [line for line in ran.stdout.splitlines() if "error: " in line]
    assert told in line
    assert "Traceback" not in ran.stdout


@pytest.mark.slow
def test_the_rate_of_a_video_is_the_one_its_file_says(tmp_path: Path) -> None:
    project = Project.copied_to(tmp_path / "project")
    write_video(project.folder / "kitchen.mp4", pictures(), Fraction(299, 20))
    project.configure({"run": ["mine"], "clips": {"mine": {"source": {"path": "kitchen.mp4"}}}})
    project.snakemake("--cores", "1", "results/mine/train.mp4", "results/mine/still.csv")
    assert json.loads((project.results / "mine/decoding.json").read_text())["rate"] == "299/20"
    film = imageio_ffmpeg.read_frames(str(project.results / "mine/train.mp4"))
    assert next(film)["fps"] == 14.95
    film.close()
