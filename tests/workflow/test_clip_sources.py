"""A clip from each kind of source, and what a user is told when it cannot be had."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from loopback import Loopback, Reply
from project import Project

FRAMES = 24


@pytest.fixture
def bare(tmp_path: Path) -> Project:
    """The workflow before its first run, in a folder with all that a shell does not take as it is."""
    return Project.copied_to(tmp_path / 'it\'s my [küche] "2" $x; (a)')


def pictures(count: int = FRAMES, height: int = 48, width: int = 64) -> list[bytes]:
    rng = np.random.default_rng(5)
    images = rng.integers(60, 200, (count, height, width, 3), dtype=np.uint8)
    return [cv2.imencode(".png", image)[1].tobytes() for image in images]


def archive(path: Path, images: list[bytes], folder: str = "clip/") -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for index, image in enumerate(images):
            file.writestr(f"{folder}frame_{index}.png", image)
    return path


def use(project: Project, source: dict, **clip: object) -> None:
    project.configure({"run": ["mine"], "clips": {"mine": {"source": source, **clip}}})


def read(project: Project) -> subprocess.CompletedProcess:
    return project.snakemake("--cores", "1", "results/mine/frames.csv", check=False)


def names(project: Project) -> list[str]:
    return (project.results / "mine/names.txt").read_text().split()


def test_folder_of_frames_in_natural_order_and_what_runs_again_when_it_changes(bare: Project) -> None:
    folder, labels = bare.folder / "my frames", cv2.imencode(".png", np.full((48, 64), 255, np.uint8))[1]
    (folder / "gt").mkdir(parents=True)
    for index, image in enumerate(pictures()):
        (folder / f"frame_{index}.png").write_bytes(image)
        (folder / f"gt/{index}.png").write_bytes(labels.tobytes())
    (folder / "ROI.png").write_bytes(labels.tobytes())
    patterns = {"frames": "frame_*.png", "groundtruth": "gt/*.png", "roi": "ROI.png"}
    use(bare, {"path": "my frames"}, **patterns)
    files = [f"results/mine/{name}" for name in ("frames.csv", "groundtruth.npy", "scope.npz")]
    bare.snakemake("--cores", "1", *files)
    assert names(bare) == [f"frame_{index}.png" for index in range(FRAMES)]

    for name in ("notes.txt", ".DS_Store", "gt/.1.png.swp", "thumbnail.jpg"):
        (folder / name).touch()
    assert bare.planned(*files) == {}
    os.utime(folder / "ROI.png", (1, 1))
    assert set(bare.planned(*files)) == {"read_scope"}
    (folder / "gt/3.png").unlink()
    assert set(bare.planned(*files)) == {"read_scope", "read_groundtruth"}
    (folder / f"frame_{FRAMES}.png").write_bytes(pictures(1)[0])
    whole = {"fetch_source", "read_frames", "read_groundtruth", "read_scope", "split_frames"}
    assert bare.planned(*files) == dict.fromkeys(whole, 1)


def test_local_archive_and_its_replacement(bare: Project) -> None:
    archive(bare.folder / "mine.zip", pictures())
    use(bare, {"path": "mine.zip"}, frames="clip/*.png")
    assert read(bare).returncode == 0
    assert len(names(bare)) == FRAMES
    os.utime(archive(bare.folder / "mine.zip", pictures(FRAMES + 1)), (1, 1))  # from long ago
    assert bare.planned("results/mine/frames.csv") == {"fetch_source": 1, "read_frames": 1, "split_frames": 1}


def test_url_is_fetched_once_and_kept_when_results_are_deleted(bare: Project, loopback: Loopback) -> None:
    content = archive(bare.folder / "served.zip", pictures()).read_bytes()
    loopback.replies["/clip.zip?token=s3cret"] = [Reply(content)]
    url = loopback.url("/clip.zip?token=s3cret")
    use(bare, {"url": url, "file": "mine.zip"}, frames="clip/*.png")
    done = bare.snakemake("--cores", "1", "results/mine/frames.csv", "results/clips.csv", "--printshellcmds")
    assert "s3cret" not in done.stdout
    record = json.loads((bare.results / "mine/source.json").read_text())
    assert record["address"] == loopback.url("/clip.zip")
    assert record["file"] == "data/mine.zip"
    written = [file for file in bare.folder.rglob("*") if file.is_file() and file.name != "small.yaml"]
    assert [file for file in written if b"s3cret" in file.read_bytes()] == []
    use(bare, {"url": url.replace("s3cret", "another")})
    assert "fetch_source" in bare.planned("results/mine/frames.csv")
    use(bare, {"url": url})
    shutil.rmtree(bare.results)
    assert read(bare).returncode == 0
    assert [request.path for request in loopback.requests] == ["/clip.zip?token=s3cret"]


def test_file_put_there_by_hand_needs_no_network(bare: Project, loopback: Loopback) -> None:
    (bare.folder / "data").mkdir()
    archive(bare.folder / "data/mine.zip", pictures())
    use(bare, {"gdrive": "an-id", "file": "mine.zip"}, frames="clip/*.png")
    assert read(bare).returncode == 0
    assert len(names(bare)) == FRAMES


def html(file: Path) -> None:
    file.write_text("<!DOCTYPE html><title>Google Drive - Quota exceeded</title>")


def truncated_zip(file: Path) -> None:
    whole = archive(file, pictures()).read_bytes()
    file.write_bytes(whole[: len(whole) // 2])


def escaping_zip(file: Path) -> None:
    archive(file, pictures(), folder="../../")


def truncated_picture(file: Path) -> None:
    images = pictures()
    archive(file, [*images[:3], images[3][:200], *images[4:]])


def two_sizes(file: Path) -> None:
    archive(file, [*pictures(), *pictures(1, height=50)])


def no_match(file: Path) -> None:
    archive(file, pictures(), folder="other/")


def too_few(file: Path) -> None:
    archive(file, pictures(12))


def not_a_video(file: Path) -> None:
    file.write_bytes(b"\x00\x01 no video at all" * 100)


def test_each_bad_file_is_told_in_one_line(bare: Project) -> None:
    """A clip for each of them, in one run."""
    bad: dict[Callable[[Path], None], list[str]] = {
        html: ["html.zip", "HTML"],
        truncated_zip: ["truncated_zip.zip"],
        escaping_zip: ["escaping_zip.zip", "../../frame_0.png"],
        truncated_picture: ["truncated_picture.zip", "clip/frame_3.png"],
        two_sizes: ["frame_24.png", "64 x 50", "64 x 48"],
        no_match: ["clip/*.png", "other/frame_0.png"],
        too_few: ["split.train_fraction", "12 frames", "at least 8"],
        not_a_video: ["not_a_video.zip"],
    }
    clips = {}
    for make in bad:
        make(bare.folder / f"{make.__name__}.zip")
        clips[make.__name__] = {"source": {"path": f"{make.__name__}.zip"}, "frames": "clip/*.png"}
    bare.configure({"run": list(clips), "clips": clips})
    targets = [f"results/{clip}/frames.csv" for clip in clips]
    done = bare.snakemake("--cores", "1", "--keep-going", *targets, check=False)
    for make, told in bad.items():
        assert_told(done, told)
        left = {file.name for file in (bare.results / make.__name__).iterdir() if file.is_file()}
        assert left <= {"source.json", "decoding.json", "frames.npy", "frames.npy.sha256", "names.txt"}
        assert make is too_few or "frames.npy" not in left


def test_a_clip_of_one_pixel_has_its_page(bare: Project) -> None:
    """It has no neighbour, no edge, and no second row for a second tile."""
    archive(bare.folder / "pixel.zip", pictures(height=1, width=1))
    use(bare, {"path": "pixel.zip"}, frames="clip/*.png")
    bare.snakemake("--cores", "2")
    assert (bare.results / "mine/report.html").is_file()
    with np.load(bare.results / "mine/models/em/model.npz") as model:
        assert model["means"].shape == (2, 1, 1, 3)


def assert_told(done: subprocess.CompletedProcess, told: list[str]) -> None:
    """The run failed, and one line that is marked as an error holds all that the user must know."""
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if "error:" in line]
    assert [line for line in lines if all(part in line for part in told)], done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(b"gone", status=404), ["404", "/clip.zip", "data/mine.zip"]),
        (Reply(b"<!doctype html>quota", content_type="text/html"), ["HTML", "data/mine.zip"]),
    ],
)
def test_failed_download_is_told_in_one_line(
    reply: Reply, told: list[str], bare: Project, loopback: Loopback
) -> None:
    loopback.replies["/clip.zip"] = [reply]
    use(bare, {"url": loopback.url("/clip.zip"), "file": "mine.zip"}, frames="clip/*.png")
    assert_told(read(bare), told)
    assert not (bare.folder / "data/mine.zip").exists()
    assert not (bare.results / "mine/source.json").exists()


def test_wrong_checksum_of_an_own_file_leaves_it_alone(bare: Project) -> None:
    before = archive(bare.folder / "mine.zip", pictures()).read_bytes()
    use(bare, {"path": "mine.zip", "sha256": "0" * 64}, frames="clip/*.png")
    assert_told(read(bare), ["mine.zip", "sha256", "0" * 64])
    assert (bare.folder / "mine.zip").read_bytes() == before


def test_full_disk_is_told_in_one_line(bare: Project, small_disk: Path) -> None:
    bare.results.symlink_to(small_disk)
    archive(bare.folder / "mine.zip", pictures(60))
    use(bare, {"path": "mine.zip"}, frames="clip/*.png")
    assert_told(read(bare), ["no space left on the disk"])
    assert not (bare.results / "mine/frames.npy").exists()


def test_a_disk_too_small_for_models_and_masks_is_told_before_they_are_made(
    bare: Project, small_disk: Path
) -> None:
    bare.results.symlink_to(small_disk)
    archive(bare.folder / "mine.zip", pictures())
    use(bare, {"path": "mine.zip"}, frames="clip/*.png")
    assert_told(read(bare), ["no space left on the disk for its models, masks and films: they take"])
    assert (bare.results / "mine/frames.npy").exists()
    assert not (bare.results / "mine/frames.csv").exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"models": {"em": {"toleranse": 1}}},
            "models.em: unknown key 'toleranse'; did you mean 'tolerance'?",
        ),
        (
            {"run": ["a"], "clips": {"a": {"source": {"path": "no.mp4"}}}},
            "clips.a.source.path: no such file or folder: no.mp4; check the path",
        ),
    ],
)
def test_bad_config_is_told_in_one_line(changes: dict, told: str, bare: Project) -> None:
    bare.configure(changes)
    done = bare.snakemake("--dry-run", check=False)
    assert done.returncode == 1
    assert f"config: {told}" in done.stdout.splitlines()
    assert "Traceback" not in done.stdout


def test_a_config_that_cannot_be_read_is_told_in_one_line(bare: Project) -> None:
    (bare.folder / "mine.yaml").write_bytes("run: [demo]\nclips: {demo: {title: Küche}}\n".encode("latin-1"))
    done = bare.snakemake("--dry-run", "--configfile", "small.yaml", "mine.yaml", check=False)
    assert done.returncode == 1
    assert "config: mine.yaml, line 2: byte 0xfc is no UTF-8; save the file as UTF-8 text" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("surroundings", "told"),
    [
        ({"HOME": "/proc/none"}, "config: /proc/none/.cache/snakemake: Snakemake cannot write there"),
        ({"HOME": None}, None),
        ({"TMPDIR": "/none"}, None),
        ({"TMPDIR": "full"}, "config: TMPDIR: no temporary files can be written ([Errno 28] No space left"),
    ],
)
def test_without_home_or_temporary_files_it_runs_or_tells_in_one_line(
    surroundings: dict, told: str | None, bare: Project, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, folder in surroundings.items():
        if folder is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, str(small_disk) if folder == "full" else folder)
    (small_disk / "full").write_bytes(bytes(2**18))
    archive(bare.folder / "mine.zip", pictures())
    use(bare, {"path": "mine.zip"}, frames="clip/*.png")
    done = read(bare)
    assert "Traceback" not in done.stdout
    if told is None:
        assert (done.returncode, len(names(bare))) == (0, FRAMES)
    else:
        assert done.returncode == 1
        assert len([line for line in done.stdout.splitlines() if line.startswith(told)]) == 1
