"""Small inputs rebuilt from reports, where they are on this machine: each behaves as its README says."""

from pathlib import Path

import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.source.decode import Decoding
from bgsub.source.frames import open_frames
from bgsub.source.reading import read_frames, read_groundtruth

CASES = Path(__file__).parents[4] / "shared/cases"

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
        ("edit_list/long.mp4", None, 90),
    ],
)
def test_all_frames_are_decoded(tmp_path: Path, case: str, pattern: str | None, count: int):
    assert len(decoded(tmp_path, case, pattern)[0]) == count


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
