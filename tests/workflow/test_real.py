"""A real fall, from the file a user has to the report: a video put there by hand, frames on a web server."""

import zipfile
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from loopback import Loopback
from project import Project

from bgsub.figures.video import read_video
from bgsub.source.decode import decoded_frames

pytestmark = pytest.mark.slow
# What the assertions are about, and each other kind of method. All methods run on small clips elsewhere.
FEW = {
    "models": {"em": {"max_iterations": 300}, "auto": None},
    "methods": dict.fromkeys(("mog2_default", "mog2_frozen", "mog2_protected")),
}


def check(project: Project, clip: str, shape: tuple[int, int, int], train: int) -> None:
    """The clip went all the way: its frames, a converged fit, and videos in which the masks are not empty."""
    results = project.results / clip
    assert np.load(results / "frames.npy", mmap_mode="r").shape == (*shape, 3)
    fits = pd.read_csv(results / "fits.csv").set_index("model")
    assert fits.loc["em", "converged"] > 0.999
    assert fits.loc["notebook", "gap_median"] > 0.1
    absorption = pd.read_csv(results / "absorption.csv").set_index("method")
    assert absorption.loc["mog2", "retention"] < 0.05 < absorption.loc["gmm", "retention"]
    # The preview shows the training frames.
    preview = read_video(results / "train.mp4")
    assert preview.shape == (train, *shape[1:], 3)
    original = np.load(results / "frames.npy", mmap_mode="r")[7]
    assert np.abs(preview[7].astype(int) - original).mean() < 5
    assert len(read_video(results / "comparison.mp4")) == shape[0] - train
    assert clip in (project.results / "report.html").read_text()


def test_video_put_there_by_hand(fall_video: Path, tmp_path: Path) -> None:
    project = Project.copied_to(tmp_path / "project")
    (project.folder / "data").mkdir()
    (project.folder / "data/gmdcsa24_s4_fall03.mp4").write_bytes(fall_video.read_bytes())
    project.configure(FEW | {"run": ["gmdcsa24_s4_fall03"]})
    project.snakemake("--cores", "2")
    check(project, "gmdcsa24_s4_fall03", (200, 480, 640), train=8)
    events = pd.read_csv(project.results / "gmdcsa24_s4_fall03/events.csv").set_index("event")
    assert events["source"].to_dict() == {"enters": "frames", "falls": "frames", "still": "config"}
    # Trained on the empty room, the mixture keeps the whole person, whom an adaptive method loses.
    absorption = pd.read_csv(project.results / "gmdcsa24_s4_fall03/absorption.csv").set_index("method")
    assert absorption.loc["gmm", "retention"] > 0.9


def test_archive_of_frames_on_a_web_server(fall_video: Path, tmp_path: Path, loopback: Loopback) -> None:
    project = Project.copied_to(tmp_path / "project")
    with zipfile.ZipFile(tmp_path / "frames.zip", "w") as archive:
        for index, (_, frame) in enumerate(islice(decoded_frames(fall_video, None), 0, None, 3)):
            picture = cv2.cvtColor(cv2.resize(frame, (360, 240)), cv2.COLOR_RGB2BGR)
            archive.writestr(f"cam2/frame_{index + 1}.png", cv2.imencode(".png", picture)[1].tobytes())
    loopback.folder = tmp_path
    source = {"url": loopback.url("/frames.zip"), "file": "frames.zip"}
    clips = {"served": {"source": source, "frames": "cam2/*.png"}}
    project.configure(FEW | {"run": ["served"], "clips": clips})
    project.snakemake("--cores", "2")
    check(project, "served", (67, 240, 360), train=26)
    assert pd.read_csv(project.results / "served/frames.csv")["name"].iloc[9] == "cam2/frame_10.png"
    assert (pd.read_csv(project.results / "served/absorption.csv")["region_source"] == "frames").all()
