"""Clips from tables: the shipped data set, and a table of one's own."""

import csv
import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from loopback import Loopback, Reply
from project import ROOT, Project


@pytest.fixture
def bare(tmp_path) -> Project:
    return Project.copied_to(tmp_path / "project")


def rows_of(table: Path) -> list[dict]:
    with table.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def shipped(name: str) -> list[dict]:
    return rows_of(ROOT / f"workflow/clips/{name}.tsv")


@pytest.fixture
def facts(shared_clips: Path) -> Path:
    """What is known of the public data sets, a table each."""
    return shared_clips / "tables"


def packed(images: dict[str, np.ndarray], **texts: str) -> bytes:
    """A zip of pictures, each encoded as its name says, and of texts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, image in images.items():
            archive.writestr(name, cv2.imencode(Path(name).suffix, image)[1].tobytes())
        for name, text in texts.items():
            archive.writestr(name, text)
    return stream.getvalue()


def pictures(names: list[str], size: tuple[int, ...] = (48, 64, 3)) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {name: rng.integers(60, 200, size, dtype=np.uint8) for name in names}


def test_montreal_has_its_24_scenarios_by_8_cameras_in_24_archives() -> None:
    rows = shipped("montreal")
    assert len(rows) == len({row["clip"] for row in rows}) == 192
    assert len({row["url"] for row in rows}) == len({row["file"] for row in rows}) == 24
    for row in rows:
        number = f"{int(row['scenario']):02d}"
        assert row["clip"] == f"montreal_s{number}_c{row['camera']}"
        assert row["url"].endswith(f"/chute{number}.zip")
        assert row["frames"] == f"**/cam{row['camera']}.avi"
    # Scenario 8: the fall at 271-298; the reference is camera 3, camera 2 differs by 79 frames.
    by_name = {row["clip"]: row for row in rows}
    assert by_name["montreal_s08_c2"]["falls"] == "271-298"
    assert by_name["montreal_s08_c2"]["delay"] == "79"
    assert by_name["montreal_s08_c3"]["delay"] == "0"
    assert by_name["montreal_s24_c1"]["falls"] == ""
    unsettled = {row["clip"] for row in rows if row["delay_settled"] == "no"}
    assert unsettled == {"montreal_s12_c2", *(f"montreal_s05_c{camera}" for camera in (5, 6, 7, 8))}


def test_pattern_chooses_the_cameras_of_a_scenario(bare: Project) -> None:
    bare.configure({"run": ["montreal_s08_*"]})
    assert bare.planned()["read_frames"] == 8


def test_own_table_and_config_side_by_side(bare: Project) -> None:
    (bare.folder / "kitchen.mp4").write_bytes(b"video")
    (bare.folder / "mine.tsv").write_text(
        "clip\tpath\tstill_frame\tstill_region\tenters\tfalls\nkitchen\tkitchen.mp4\t5\t1 2 30 40\t2\t4-5\n"
    )
    bare.configure({"run": ["demo", "kitchen"], "clip_tables": ["mine.tsv"]})
    assert bare.planned()["read_frames"] == 2


def test_gmdcsa24_has_its_160_clips_each_at_its_address(facts: Path) -> None:
    known = rows_of(facts / "gmdcsa24.tsv")
    rows = shipped("gmdcsa24")
    assert len(rows) == len({row["clip"] for row in rows}) == len({row["file"] for row in rows}) == 160
    assert sum("_fall" in row["clip"] for row in rows) == 79
    for row, fact in zip(rows, known, strict=True):
        assert row["clip"] == f"gmdcsa24_s{fact['subject']}_{fact['kind'].lower()}{fact['number']}"
        assert row["url"].endswith(f"/Subject%20{fact['subject']}/{fact['kind']}/{fact['number']}.mp4")
        for words, seconds in (("falls", fact["falls_from_seconds"]), ("lies", fact["lies_from_seconds"])):
            assert (f"{words} from {seconds} s" in row["annotation"]) == bool(seconds)


def test_urfd_has_its_falls_by_two_cameras_whose_moments_count_from_0(facts: Path) -> None:
    rows = {row["clip"]: row for row in shipped("urfd")}
    assert len(rows) == len({row["url"] for row in rows.values()}) == 100
    assert sum(name.startswith("urfd_adl") for name in rows) == 40
    for fact in rows_of(facts / "urfd.tsv"):
        name = fact["sequence"].replace("-", "")
        falls, lies = int(fact["falls_from"]) - 1, int(fact["lies_from"]) - 1
        first, second = rows[f"urfd_{name}_c0"], rows[f"urfd_{name}_c1"]
        assert first["url"].endswith(f"/{fact['sequence']}-cam0-rgb.zip")
        assert first["falls"] == f"{falls}-{lies - 1}"
        assert f"lies from frame {lies}." in first["annotation"]
        assert (first["fps"], second["fps"]) == ("30", "30")
        assert second["falls"] == ""  # its camera's delay is not known


def test_cdnet_has_its_53_videos_in_11_categories(facts: Path) -> None:
    rows = shipped("cdnet2014")
    known = [(fact["category"], fact["video"]) for fact in rows_of(facts / "cdnet2014.tsv")]
    assert [(row["category"], row["clip"].removeprefix("cdnet_")) for row in rows] == known
    for row, (category, video) in zip(rows, known, strict=True):
        assert row["url"].endswith(f"/dataset/{category}/{video}.zip")
        assert row["frames"] == f"{video}/input/*.jpg"
        assert row["groundtruth"] == f"{video}/groundtruth/*.png"
        assert row["temporal_roi"] == f"{video}/temporalROI.txt"
        assert row["train_until"] == "temporal_roi"
        assert row["roi"] == ("" if video == "traffic" else f"{video}/ROI.bmp")


def test_every_public_clip_has_terms_and_a_citation() -> None:
    for table in ("montreal", "gmdcsa24", "urfd", "cdnet2014"):
        for row in shipped(table):
            assert all(row[column] for column in ("title", "licence", "citation")), row["clip"]


def fetched_from(bare: Project, loopback: Loopback, clip: str, content: bytes) -> None:
    """Let a clip of a shipped table come from the loopback server."""
    loopback.replies["/archive"] = [Reply(content)]
    bare.configure({"run": [clip]})
    for table in (bare.folder / "workflow/clips").glob("*.tsv"):
        for row in rows_of(table):
            if row["clip"] == clip:
                bare.edit(f"workflow/clips/{table.name}", row["url"] + "\t", loopback.url("/archive") + "\t")


def test_cdnet_archive_becomes_frames_labels_and_a_scope(bare: Project, loopback: Loopback) -> None:
    frames = [f"highway/input/in{number:06d}.jpg" for number in range(1, 31)]
    labels = [f"highway/groundtruth/gt{number:06d}.png" for number in range(1, 31)]
    region = np.full((48, 64), 255, np.uint8)
    region[:, :8] = 0
    images = pictures(frames) | pictures(labels, (48, 64)) | {"highway/ROI.bmp": region}
    images |= {name: np.where(image > 128, 255, 0) for name, image in images.items() if name in labels}
    content = packed(images, **{"highway/temporalROI.txt": "21 30"})
    fetched_from(bare, loopback, "cdnet_highway", content)
    made = [f"results/cdnet_highway/{name}" for name in ("frames.csv", "groundtruth.npy", "scope.npz")]
    bare.snakemake("--cores", "1", *made)
    scope = np.load(bare.results / "cdnet_highway/scope.npz")
    assert scope["frames"].tolist() == [20, 30]
    assert np.array_equal(scope["roi"], region > 0)
    labelled = np.load(bare.results / "cdnet_highway/groundtruth.npy")
    assert np.array_equal(labelled[7], images[labels[7]])


def test_urfd_archive_becomes_frames_in_their_order(bare: Project, loopback: Loopback) -> None:
    images = pictures([f"fall-01-cam0-rgb/fall-01-cam0-rgb-{number:03d}.png" for number in range(1, 121)])
    fetched_from(bare, loopback, "urfd_fall01_c0", packed(images))
    bare.snakemake("--cores", "1", "results/urfd_fall01_c0/frames.csv")
    frames = np.load(bare.results / "urfd_fall01_c0/frames.npy", mmap_mode="r")
    assert np.array_equal(frames[100], images["fall-01-cam0-rgb/fall-01-cam0-rgb-101.png"][:, :, ::-1])


def test_gmdcsa24_video_becomes_frames(bare: Project, loopback: Loopback, shared_clips: Path) -> None:
    video = shared_clips / "gmdcsa24-subject3-fall16/fall.mp4"
    fetched_from(bare, loopback, "gmdcsa24_s3_fall16", video.read_bytes())
    bare.snakemake("--cores", "1", "results/gmdcsa24_s3_fall16/frames.csv")
    assert np.load(bare.results / "gmdcsa24_s3_fall16/frames.npy", mmap_mode="r").shape == (91, 720, 1280, 3)
