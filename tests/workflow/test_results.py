"""What the finished experiment holds, and that its bytes depend on nothing but config and input."""

import json
import re
import shutil
import zipfile
from pathlib import Path
from urllib.parse import unquote

import cv2
import numpy as np
import pandas as pd
import pytest
from defaults import METHODS
from project import SMALL, Project

from bgsub.figures.video import read_video

# Where the bytes may differ between two runs: times of day and seconds taken.
TIMED = ("logs", "benchmarks", "report.html", "table.csv")


def contents(results: Path) -> dict[str, bytes]:
    """Every result by name, but those that hold times."""
    files = {str(file.relative_to(results)): file for file in results.rglob("*") if file.is_file()}
    return {
        name: file.read_bytes()
        for name, file in files.items()
        if not set(Path(name).parts) & set(TIMED) and ".snakemake_timestamp" not in name
    }


def test_files_are_as_the_contract_says(finished: Project) -> None:
    demo = finished.results / "demo"
    size = SMALL["clips"]["demo"]["source"]["synthetic"]
    frames = np.load(demo / "frames.npy", mmap_mode="r")
    assert frames.dtype == np.uint8
    assert frames.shape == (size["frames"], size["height"], size["width"], 3)
    assert np.load(demo / "groundtruth.npy", mmap_mode="r").shape == frames.shape[:3]
    table = pd.read_csv(demo / "frames.csv")
    assert list(table.columns) == ["frame", "name", "subset"]
    assert (table["subset"] == "train").sum() == 16  # 40 % of 40
    assert table["name"].iloc[1] == "input/in000002.png"
    for model in ("em", "notebook"):
        arrays = np.load(demo / f"models/{model}/model.npz")
        height, width = frames.shape[1:3]
        shapes = {name: arrays[name].shape for name in arrays.files}
        assert shapes == {
            "weights": (2, height, width),
            "means": (2, height, width, 3),
            "covariances": (2, height, width, 3, 3),
            **dict.fromkeys(["log_likelihood", "n_iter", "converged", "flags"], (height, width)),
        }
        assert all(np.isfinite(arrays[name]).all() for name in arrays.files)
        curve = pd.read_csv(demo / f"models/{model}/convergence.csv")
        assert list(curve.columns) == ["iteration", "log_likelihood", "gain", "converged"]
    assert (pd.read_csv(demo / "models/em/convergence.csv")["gain"] > -1e-9).all()
    area = pd.read_csv(demo / "area.csv")
    for method in ("gmm", "notebook", "mog2"):
        masks = np.load(demo / f"methods/{method}/masks.npz")
        assert masks["frames"].tolist() == list(range(16, 40))
        assert set(np.unique(masks["masks"])) <= {0, 127, 255}
        shares = area[area["method"] == method].set_index("frame")["foreground_share"]
        assert shares[39] == (masks["masks"][-1] == 255).mean()


def test_source_is_recorded_with_its_checksum(finished: Project) -> None:
    import hashlib

    record = json.loads((finished.results / "demo/source.json").read_text())
    archive = finished.folder / record["file"]
    assert record["kind"] == "synthetic"
    assert record["bytes"] == archive.stat().st_size
    assert record["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()


def test_mixtures_keep_the_person_whom_mog2_absorbs(finished: Project) -> None:
    absorption = pd.read_csv(finished.results / "demo/absorption.csv").set_index("method")
    assert (absorption["still_frame"] == 22).all()  # 55 % of 40
    # With the clean-up of each pair: the median takes the arms of a person who is ten pixels high.
    for mixture, mog2 in (("notebook", "mog2"), ("learning_gmm", "mog2_default")):
        assert np.isnan(absorption.loc[mixture, "half_life"])
        assert absorption.loc[mixture, "censored_at"] == 18
        assert absorption.loc[mog2, "half_life"] <= absorption.loc[mog2, "predicted"] + 2
        assert absorption.loc[mog2, "retention"] < absorption.loc[mixture, "retention"] / 3


def test_the_moving_preview_shows_what_the_video_shows(finished: Project) -> None:
    demo = finished.results / "demo"
    video = read_video(demo / "comparison.mp4")
    encoded = np.frombuffer((demo / "figures/comparison.webp").read_bytes(), np.uint8)
    done, animation = cv2.imdecodeanimation(encoded)
    assert done
    frames = [np.ascontiguousarray(frame[..., 2::-1]) for frame in animation.frames]  # BGRA
    assert len(frames) == len(video)
    for frame, shown in zip(frames, video, strict=True):
        # Coding blurs edges; another method's mask would differ by whole patches.
        assert cv2.blur(cv2.absdiff(frame, shown), (7, 7)).max() < 60


def test_every_rule_leaves_a_log_and_a_benchmark(finished: Project) -> None:
    demo = finished.results / "demo"
    logs = {file.stem for file in (demo / "logs").glob("*.log")}
    assert logs == {file.stem for file in (demo / "benchmarks").glob("*.tsv")}
    assert {"read_frames", "fit_tile.em.1-of-2", "join_tiles.em", "mask_by_opencv.mog2"} <= logs


def test_pages_are_whole_and_ask_for_nothing(finished: Project) -> None:
    page = (finished.results / "demo/report.html").read_text()
    assert page.count("data:video/mp4;base64,") == 1  # training
    assert "const player = new Player" in page
    overview = (finished.results / "report.html").read_text()
    assert 'href="demo/report.html"' in overview
    assert 'src="http' not in page + overview


def test_pages_link_only_to_files_that_are_there(finished: Project) -> None:
    for page in ("demo/report.html", "report.html"):
        text = (finished.results / page).read_text()
        links = {unquote(link) for link in re.findall(r'href="([^"#:]+)"', text)}
        assert links
        assert [link for link in links if not (finished.results / page).parent.joinpath(link).exists()] == []


def test_a_clip_of_an_earlier_run_stays_on_the_overview_while_its_results_are_there(project: Project) -> None:
    """It is no clip of the config any more; its page is there, and so is its row."""
    older = project.results / "older"
    (older / "page").mkdir(parents=True)
    shutil.copy(project.results / "demo/report.html", older)
    summary = json.loads((project.results / "demo/page/summary.json").read_text())
    (older / "page/summary.json").write_text(json.dumps(summary | {"name": "older", "title": "Long ago"}))
    assert project.planned() == {"make_overview": 1}
    project.snakemake("--cores", "1")
    page = (project.results / "report.html").read_text()
    assert {"demo/report.html", "older/report.html"} <= set(re.findall(r'href="([^"]+)"', page))
    assert "Long ago" in page
    assert project.planned() == {}
    shutil.rmtree(older)
    assert project.planned() == {"make_overview": 1}


def test_nothing_temporary_is_left(finished: Project) -> None:
    assert not list(finished.results.rglob("*.part*"))


@pytest.mark.slow
def test_bytes_do_not_depend_on_cores_and_tiles(finished: Project, tmp_path: Path) -> None:
    """Two of each, and here one core and five tiles; the fits also with one tile, on two cores."""
    project = finished.clone_to(tmp_path / "one tile")
    project.configure({"tiles": 1})
    models = sorted(project.results.glob("demo/models/*/model.npz"))
    project.snakemake("--cores", "2", *(str(model.relative_to(project.folder)) for model in models))
    assert len(models) == 3
    for model in models:
        before = finished.folder / model.relative_to(project.folder)
        assert model.stat().st_mtime > before.stat().st_mtime
        assert model.read_bytes() == before.read_bytes()
    project = Project.copied_to(tmp_path / "project")
    project.configure({"tiles": 5})
    project.snakemake("--cores", "1")
    expected, found = contents(finished.results), contents(project.results)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


@pytest.mark.slow
def test_jobs_of_a_cluster_give_the_same_bytes(finished: Project, tmp_path: Path) -> None:
    """Every job in a Snakemake of its own, as an executor for a cluster starts it."""
    project = Project.copied_to(tmp_path / "project")
    made = [
        "frames.npy",
        "frames.csv",
        "models/em/model.npz",
        "methods/gmm/masks.npz",
    ]
    project.snakemake(
        *(f"results/demo/{name}" for name in made),
        *("--executor", "cluster-generic", "--cluster-generic-submit-cmd", "bash", "--jobs", "2"),
        *("--seconds-between-status-checks", "1"),
        timeout=500,
    )
    expected, found = contents(finished.results), contents(project.results)
    assert {f"demo/{name}" for name in made} <= found.keys()
    assert [name for name in found if found[name] != expected[name]] == []


@pytest.mark.parametrize("format", ["html", "zip"])
def test_snakemake_s_own_report(format: str, project: Project) -> None:
    target = project.folder / f"report.{format}"
    project.snakemake("--report", target.name)
    if format == "zip":
        with zipfile.ZipFile(target) as archive:
            text = "".join(
                archive.read(name).decode(errors="ignore")
                for name in archive.namelist()
                if name.endswith(".html")
            )
    else:
        text = target.read_text()
    for caption in ("Convergence", "demo", "absorption"):
        assert caption.lower() in text.lower()


def test_a_strange_title_is_text_in_both_reports(project: Project) -> None:
    """In Snakemake's own it stands in a script element, among the params."""
    project.configure({"clips": {"demo": {"title": "Strange </script> & more"}}})
    project.snakemake("--cores", "2")
    assert "Strange &lt;/script&gt; &amp; more" in (project.results / "demo/report.html").read_text()
    project.snakemake("--report", "report.html")
    text = (project.folder / "report.html").read_text()
    assert "Strange" in text
    assert "Strange </script>" not in text


def test_each_stillness_is_told_over_all_clips(finished: Project) -> None:
    every = pd.read_csv(finished.results / "still.csv")
    absorption = pd.read_csv(finished.results / "demo/absorption.csv")
    assert every["clip"].tolist() == ["demo"]
    assert every["start"].tolist() == absorption["still_frame"].unique().tolist()
    assert pd.read_csv(finished.results / "demo/training.csv")["held"].tolist() == [0.0]


def test_the_table_over_all_clips_has_what_those_of_the_clip_have(finished: Project) -> None:
    table = pd.read_csv(finished.results / "table.csv").set_index("method")
    absorption = pd.read_csv(finished.results / "demo/absorption.csv").set_index("method")
    scores = pd.read_csv(finished.results / "demo/scores.csv").set_index("method")
    assert table.index.tolist() == scores.index.tolist()
    assert table[scores.columns].equals(scores)
    assert table["retention"].equals(absorption["retention"])
    assert (table["seconds_per_frame"] > 0).all()
    assert set(table["category"]) == {"uncategorised"}
    area = pd.read_csv(finished.results / "demo/area.csv").groupby("method")["foreground_share"].mean()
    assert table["foreground_share"].sub(area).abs().max() < 1e-12
    assert pd.read_csv(finished.results / "scores.csv")["category"].unique().tolist() == ["overall"]
    assert rf"\textbf{{{table['f_measure'].max():.4f}}}" in (finished.results / "table.tex").read_text()
    assert pd.read_csv(finished.results / "ranks.csv")["friedman_p"].isna().all()  # of one clip
    assert not (finished.results / "figures").exists()  # nor are methods drawn over several


def test_methods_that_have_no_threshold_to_sweep_have_a_page_all_the_same(project: Project) -> None:
    """As the fleet of docs/clips.md, on a clip with ground truth."""
    left_out = dict.fromkeys(name for name, method in METHODS.items() if hasattr(method, "rule"))
    project.configure({"methods": left_out})
    shutil.rmtree(project.results / "demo")
    planned = project.planned("results/demo/report.html")
    assert planned["score_masks"] == planned["make_page"] == 1
    assert "sweep_thresholds" not in planned
