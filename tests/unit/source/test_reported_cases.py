"""Small inputs rebuilt from reports, where they are on this machine: each behaves as its README says."""

import gzip
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from loopback import Loopback, Reply
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from bgsub.config.duplicates import check_duplicates
from bgsub.config.experiment import Experiment, read_experiment
from bgsub.config.readable import check_readable
from bgsub.errors import InputError
from bgsub.source.decode import Decoding
from bgsub.source.frames import open_frames
from bgsub.source.members import natural_key
from bgsub.source.reading import read_frames, read_groundtruth
from bgsub.source.sources import fetch_url

ROOT = Path(__file__).parents[3]
CASES = ROOT.parent / "shared/cases"

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not on this machine")


def decoded(
    tmp_path: Path, case: str, pattern: str | None = None, **options: object
) -> tuple[np.ndarray, Decoding]:
    told = Decoding()
    read_frames(CASES / case, pattern, tmp_path / "frames.npy", decoding=told, **options)
    return np.array(open_frames(tmp_path / "frames.npy")), told


@pytest.mark.parametrize(
    ("case", "pattern", "count"),
    [
        ("animated/gif", "*", 20),
        ("animated/webp", "*", 20),
        ("animated/png", "*", 20),
        ("animated/clip.gif", None, 40),
        ("stack_tiff/ten", "*.tif", 40),
        ("tar_cameras/two.tar.gz", "cam2/*.jpg", 40),
        ("edit_list/trim_0.1.mp4", None, 87),
        ("edit_list/trim_0.2.mp4", None, 84),
        ("edit_list/trim_0.5.mp4", None, 75),
        ("edit_list/trimmed.mov", None, 45),
        ("edit_list/trimmed.mkv", None, 90),  # which has no edit list
        ("edit_list/long.mp4", None, 90),
    ],
)
def test_all_frames_are_decoded(tmp_path: Path, case: str, pattern: str | None, count: int):
    assert len(decoded(tmp_path, case, pattern)[0]) == count


def test_an_unpacked_tar_is_the_camera_that_was_asked_for(tmp_path: Path):
    (tmp_path / "two.tar").write_bytes(gzip.decompress((CASES / "tar_cameras/two.tar.gz").read_bytes()))
    names = read_frames(tmp_path / "two.tar", "cam2/*.jpg", tmp_path / "frames.npy")
    assert len(names) == 40
    assert names == sorted(names, key=natural_key)
    assert all(name.startswith("cam2/") for name in names)


def test_trimmed_video_is_the_end_of_the_long_one(tmp_path: Path):
    trimmed, told = decoded(tmp_path, "edit_list/trimmed.mp4")
    np.testing.assert_array_equal(trimmed, decoded(tmp_path, "edit_list/long.mp4")[0][-45:])
    assert told.notes


@pytest.mark.parametrize("case", ["deep/pgm4095", "deep/pgm100"])
def test_pgm_is_scaled_by_its_largest_value(tmp_path: Path, case: str):
    assert 114 < decoded(tmp_path, case, "*")[0].mean() < 116


@pytest.mark.parametrize("case", ["deep/png12", "deep/tif12"])
def test_12_bits_are_told(tmp_path: Path, case: str):
    with pytest.raises(InputError, match="use only 12 bits"):
        decoded(tmp_path, case, "*")
    assert 91 <= decoded(tmp_path, case, "*", bits=12)[0].mean() <= 141


def test_text_is_no_video(tmp_path: Path):
    with pytest.raises(InputError, match="is text and cannot be decoded as a video"):
        decoded(tmp_path, "text_as_video/labels.txt")


def test_frames_and_labels_that_part_ways_are_told(tmp_path: Path):
    names = read_frames(CASES / "pairing", "input/*", tmp_path / "frames.npy")
    with pytest.raises(InputError, match=r"'input/in000018\.png' would get 'groundtruth/gt000017\.png'"):
        read_groundtruth(
            CASES / "pairing",
            "groundtruth/*",
            tmp_path / "gt.npy",
            open_frames(tmp_path / "frames.npy"),
            frame_names=names,
        )


def test_another_address_for_a_file_that_is_there_is_told(
    tmp_path: Path, loopback: Loopback, shipped: dict, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    file = Path("data/clip.mp4")
    for case in ("urlc", "urlc_b"):
        found = experiment(shipped, CASES / f"url_reuse/{case}.yaml").config["clips"]["web"]["source"]
        name = found["url"].rpartition("/")[2]
        loopback.replies[f"/{name}"] = [Reply((CASES / "url_reuse" / name).read_bytes())]
        url = loopback.url(f"/{name}")
        if case == "urlc":
            fetch_url(url, file)
        else:
            with pytest.raises(InputError, match=r"clip\.mp4 came from another address, .*/fall_a\.mp4, not"):
                fetch_url(url, file)
    assert file.read_bytes() == (CASES / "url_reuse/fall_a.mp4").read_bytes()
    with pytest.raises(InputError, match=r"file: found 'video\.mp4', by which 'web_a' is kept, from another"):
        experiment(shipped, CASES / "url_reuse/urlc_two.yaml")


@pytest.fixture(scope="module")
def shipped() -> dict:
    return {**load_configfile(ROOT / "config.yaml"), "clip_tables": [], "scenes": None}


def experiment(shipped: dict, case: Path) -> Experiment:
    """Read an overlay as Snakemake does, where its videos and tables are."""
    check_readable([str(case)])
    check_duplicates([case])
    config = deepcopy(shipped)
    update_config(config, load_configfile(case))
    return read_experiment(config, ROOT)


@pytest.mark.parametrize("case", sorted(f"{file.parent.name}/{file.name}" for file in CASES.glob("*/*.yaml")))
def test_an_overlay_is_read_or_told_in_one_line(
    shipped: dict, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CASES)
    told = ""
    try:
        experiment(shipped, CASES / case)
    except InputError as error:
        told = str(error)
    assert "\n" not in told


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("intclip", "clips: found a key that YAML reads as a number; put it in quotes: '1'"),
        ("dateclip", "clips: found a key that YAML reads as a date; put it in quotes: '2024-01-05'"),
        ("onmethod", "methods: found a key that YAML reads as true or false; put it in quotes"),
        ("intmodel", "models: found a key that YAML reads as a number"),
        ("intsweep", "sweeps: found a key that YAML reads as a number"),
        ("comma", "split: found a key that YAML reads as a number"),
        ("dupkey", "line 7: 'methods' is in line 4 already"),
        ("latin1", "line 3: byte 0xfc is no UTF-8"),
        ("utf16", "line 1: byte 0xff is no UTF-8"),
        ("empty", "empty.yaml: holds nothing"),
        ("nan", "methods.gmm.threshold: found nan; expected a finite number"),
        ("nan_tol", "models.em.tolerance: found nan; expected a finite number"),
        ("inf_fps", "video.fps: found inf; expected a finite number"),
        ("dotname", "clips.report.html: files and folders of the results have such names"),
        ("fileslash", "clips.k.source.file: found '..'; expected the name of a file"),
        ("newline_name", "found the key 'k\\n'; expected a name of letters"),
        ("sha_upper", "expected 64 hexadecimal digits in lower case"),
        ("sci", "write it without quotes, and an exponent as in 1.0e-6"),
    ],
)
def test_a_mistake_in_an_overlay_is_told(
    shipped: dict, case: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CASES)
    with pytest.raises(InputError) as error:
        experiment(shipped, CASES / f"config_yaml/{case}.yaml")
    assert told in str(error.value)


def test_whole_number_floats_reach_the_jobs_as_whole_numbers(
    shipped: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CASES)
    shipped = shipped | {"methods": shipped["methods"] | {"learning_gmm": None}}
    found = experiment(shipped, CASES / "config_yaml/whole_number_floats_run.yaml").config
    values = (found["models"]["a"]["components"], found["clips"]["fsynth"]["source"]["synthetic"]["frames"])
    assert [(type(value), value) for value in values] == [(int, 2), (int, 40)]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("dup", "line 4: clip: 'k1' is in line 2 already"),
        ("extra", "line 2: more cells than the columns of line 1"),
        ("comment", "line 1: found # my clips; expected names of columns"),
    ],
)
def test_a_mistake_in_a_table_is_told(
    shipped: dict, case: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_tables(tmp_path, monkeypatch)
    with pytest.raises(InputError) as error:
        experiment(shipped | {"clip_tables": [f"tables/{case}.tsv"], "run": ["k*"]}, tmp_path / "run.yaml")
    assert told in str(error.value)


@pytest.mark.parametrize(("case", "count"), [("quote3", 4), ("bom", 3), ("cr", 3), ("blank", 3), ("ok", 3)])
def test_a_table_keeps_all_its_rows(
    shipped: dict, case: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_tables(tmp_path, monkeypatch)
    changes = {"clip_tables": [f"tables/{case}.tsv"], "run": ["k*"]}
    assert len(experiment(shipped | changes, tmp_path / "run.yaml").clips) == count


def with_tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder that has the tables and the videos, and is the working directory."""
    for name in ("tables", "videos"):
        (folder / name).symlink_to(CASES / name)
    (folder / "run.yaml").write_text("video: {fps: 10}\n")
    monkeypatch.chdir(folder)
