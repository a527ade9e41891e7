import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.evidence.cdnet import Scope, export_masks, load_scope, read_scope, write_scope
from bgsub.evidence.scoreboard import count_masks
from bgsub.masks.mask_file import Masks
from bgsub.source.frames import open_frames
from bgsub.source.reading import read_frames, read_groundtruth

FRAMES = np.zeros((40, 6, 8, 3), np.uint8)
INSIDE = np.zeros((6, 8), bool)
INSIDE[2:, 1:7] = True


def png(image: np.ndarray, suffix: str = ".bmp") -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


ROI = png(INSIDE.astype(np.uint8) * 255)


@pytest.fixture(params=["folder", "zip"])
def clip(request, tmp_path):
    """Return a function that makes a CDnet clip of the given files, as a folder or as a zip."""

    def make(**files: bytes) -> Path:
        folder = tmp_path / "highway"
        (folder / "input").mkdir(parents=True)
        (folder / "input/in000001.jpg").write_bytes(b"")
        for name, data in files.items():
            (folder / name.replace("_", ".")).write_bytes(data)
        if request.param == "folder":
            return folder
        return Path(shutil.make_archive(str(tmp_path / "highway"), "zip", folder))

    return make


def test_regions_are_read(clip):
    source = clip(ROI_bmp=ROI, temporalROI_txt=b"11 40")
    scope = read_scope(source, FRAMES, roi="ROI.bmp", temporal_roi="temporalROI.txt")
    np.testing.assert_array_equal(scope.roi, INSIDE)
    assert scope.frames == range(10, 40)  # CDnet counts from 1 and means both ends


def test_a_cdnet_folder_is_a_source_like_any_other(tmp_path):
    """From the folder to the counts: every label and both regions play their part."""
    labels = np.zeros((12, 6, 8), np.uint8)
    labels[:, 2:4, 2:6] = 255
    labels[:, 4, 2:6] = 50
    labels[:, 5, 2:6] = 170
    labels[:, ~INSIDE] = 85
    for folder in ("input", "groundtruth"):
        (tmp_path / "highway" / folder).mkdir(parents=True)
    for number, image in enumerate(labels, 1):
        (tmp_path / f"highway/input/in{number:06d}.jpg").write_bytes(png(image, ".jpg"))
        (tmp_path / f"highway/groundtruth/gt{number:06d}.png").write_bytes(png(image, ".png"))
    (tmp_path / "highway/ROI.bmp").write_bytes(ROI)
    (tmp_path / "highway/temporalROI.txt").write_bytes(b"9 11\n")
    source = Path(shutil.make_archive(str(tmp_path / "clip"), "zip", tmp_path / "highway"))
    read_frames(source, "input/*.jpg", tmp_path / "frames.npy")
    frames = open_frames(tmp_path / "frames.npy")
    read_groundtruth(source, "groundtruth/*.png", tmp_path / "groundtruth.npy", frames)
    scope = read_scope(source, frames, roi="ROI.bmp", temporal_roi="temporalROI.txt")
    masks = Masks(np.full((7, 6, 8), 255, np.uint8), np.arange(5, 12, dtype=np.int32))
    rows = count_masks(masks, open_frames(tmp_path / "groundtruth.npy"), scope)
    assert [row["frame"] for row in rows] == [8, 9, 10]
    assert (rows[0]["tp"], rows[0]["fp"], rows[0]["se"], rows[0]["fn"], rows[0]["tn"]) == (8, 12, 4, 0, 0)


def test_without_regions_everything_is_scored(tmp_path):
    scope = read_scope(tmp_path / "fall.mp4", FRAMES)  # nor is there a folder to look into
    assert scope.roi.shape == (6, 8)
    assert scope.roi.all()
    assert scope.frames == range(40)


@pytest.mark.parametrize(
    "image", [INSIDE * np.uint8(255), np.dstack([INSIDE * np.uint8(255)] * 3), INSIDE * np.uint8(128)]
)
def test_what_is_above_the_middle_is_inside(clip, image):
    np.testing.assert_array_equal(read_scope(clip(ROI_bmp=png(image)), FRAMES, roi="ROI.bmp").roi, INSIDE)


@pytest.mark.parametrize("text", [b"1 40\r\n", b"\n1\t40\n", b"1\n40"])
def test_white_space_is_no_matter(clip, text):
    scope = read_scope(clip(temporalROI_txt=text), FRAMES, temporal_roi="temporalROI.txt")
    assert scope.frames == range(40)


@pytest.mark.parametrize(
    "text", [b"", b"5", b"0 9", b"9 5", b"11 41", b"1 2 3", b"a b", b"1.5 9", b"-1 9", b"\xff\xfe"]
)
def test_a_temporal_region_that_does_not_fit_is_refused(clip, text):
    with pytest.raises(InputError, match=r"'temporalROI.txt' says '.*1 to 40.*temporal_roi$") as refused:
        read_scope(clip(temporalROI_txt=text), FRAMES, temporal_roi="temporalROI.txt")
    assert "\n" not in str(refused.value)


def test_a_region_of_another_size_is_refused(clip):
    source = clip(ROI_bmp=png(np.full((8, 6), 255, np.uint8)))
    with pytest.raises(InputError, match=r"'ROI.bmp' is 6 x 8, but the frames are 8 x 6: replace"):
        read_scope(source, FRAMES, roi="ROI.bmp")


def test_a_region_of_nothing_is_refused(clip):
    with pytest.raises(InputError, match="black everywhere"):
        read_scope(clip(ROI_bmp=png(np.zeros((6, 8), np.uint8))), FRAMES, roi="ROI.bmp")


def test_a_damaged_or_missing_file_is_refused(clip):
    source = clip(ROI_bmp=ROI[:20])
    with pytest.raises(InputError, match=r"'ROI.bmp' cannot be decoded"):
        read_scope(source, FRAMES, roi="ROI.bmp")
    with pytest.raises(InputError, match=r"no file 'roi.png'; .* roi names$"):
        read_scope(source, FRAMES, roi="roi.png")
    with pytest.raises(InputError, match=r"no file 't.txt'; .* temporal_roi names$"):
        read_scope(source, FRAMES, temporal_roi="t.txt")


def test_a_video_has_no_regions(tmp_path):
    video = tmp_path / "fall.mp4"
    video.write_bytes(b"\0\0\0\x18ftypmp42")
    with pytest.raises(InputError, match="not a zip"):
        read_scope(video, FRAMES, roi="ROI.bmp")


def test_a_scope_is_written_and_read(tmp_path):
    write_scope(tmp_path / "scope.npz", Scope(INSIDE, range(10, 40)))
    scope = load_scope(tmp_path / "scope.npz")
    np.testing.assert_array_equal(scope.roi, INSIDE)
    assert scope.roi.dtype == bool
    assert scope.frames == range(10, 40)


def test_masks_are_exported_as_cdnet_reads_them(tmp_path):
    masks = np.random.default_rng(0).choice(np.uint8([0, 127, 255]), (3, 6, 8))
    export_masks(tmp_path / "masks.zip", masks, [9, 10, 999998])
    with zipfile.ZipFile(tmp_path / "masks.zip") as archive:
        assert archive.namelist() == ["bin000010.png", "bin000011.png", "bin999999.png"]
        for mask, name in zip(masks, archive.namelist(), strict=True):
            image = cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_UNCHANGED)
            assert image.dtype == np.uint8
            assert archive.getinfo(name).date_time == (1980, 1, 1, 0, 0, 0)  # not that of this run
            np.testing.assert_array_equal(image, np.where(mask == 255, 255, 0))  # one channel, no shadows
    export_masks(tmp_path / "again.zip", iter(masks), [9, 10, 999998])
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "masks.zip").read_bytes()


def test_no_half_export_is_left(tmp_path):
    with pytest.raises(ValueError, match="argument"):
        export_masks(tmp_path / "masks.zip", np.zeros((3, 6, 8), np.uint8), [0, 1])
    assert list(tmp_path.iterdir()) == []


def test_a_region_as_jpeg_is_parted_in_the_middle_and_told(clip, caplog):
    """Its compression leaves values near 0 and 255, and none of them is where to score by accident."""
    inside = np.zeros((60, 80), np.uint8)
    cv2.ellipse(inside, (40, 30), (30, 20), 20, 0, 360, 255, -1)
    data = cv2.imencode(".jpg", inside, [cv2.IMWRITE_JPEG_QUALITY, 60])[1].tobytes()
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.count_nonzero((decoded > 0) != (inside > 0)) > 300
    found = read_scope(clip(ROI_bmp=data), np.zeros((40, 60, 80, 3), np.uint8), roi="ROI.bmp").roi
    assert np.count_nonzero(found != (inside > 0)) < 60
    assert "'ROI.bmp' is not black and white: " in caplog.text
    assert "lie between, as a JPEG leaves them; above 127 is inside" in caplog.text


def test_a_region_of_black_and_white_has_nothing_to_tell(clip, caplog):
    read_scope(clip(ROI_bmp=png(INSIDE * np.uint8(255))), FRAMES, roi="ROI.bmp")
    assert caplog.text == ""


@pytest.mark.parametrize("factor", [257, 1])
def test_a_region_of_16_bits_has_its_value(clip, factor):
    data = png(INSIDE.astype(np.uint16) * (255 * factor))
    np.testing.assert_array_equal(read_scope(clip(ROI_bmp=data), FRAMES, roi="ROI.bmp").roi, INSIDE)


def test_a_region_of_zeros_and_ones_is_told(clip):
    with pytest.raises(
        InputError, match=r"'ROI\.bmp' has no value above 127, but 1 at most; expected white \(255\)"
    ):
        read_scope(clip(ROI_bmp=png(INSIDE.astype(np.uint8))), FRAMES, roi="ROI.bmp")


def test_a_region_in_an_alpha_channel_is_told(clip):
    white = np.full((*INSIDE.shape, 3), 255, np.uint8)
    data = png(np.dstack([white, INSIDE * np.uint8(255)]))
    with pytest.raises(InputError, match=r"region of interest 'ROI\.bmp' is transparent in places"):
        read_scope(clip(ROI_bmp=data), FRAMES, roi="ROI.bmp")


def test_a_temporal_region_may_begin_with_a_byte_order_mark(clip):
    scope = read_scope(clip(temporalROI_txt=b"\xef\xbb\xbf11 40\r\n"), FRAMES, temporal_roi="temporalROI.txt")
    assert scope.frames == range(10, 40)


def test_a_temporal_region_of_thousands_of_digits_is_told(clip):
    with pytest.raises(InputError, match="says '1 9999"):
        read_scope(clip(temporalROI_txt=b"1 " + b"9" * 5000), FRAMES, temporal_roi="temporalROI.txt")
