import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgsub.errors import InputError
from bgsub.source.frames import (
    ChosenFrames,
    frames_at,
    open_frames,
    read_rows,
    row_bands,
    tile_rows,
)
from bgsub.source.reading import frame_writer, read_frames, read_groundtruth

HEIGHT, WIDTH = 24, 32


def png(rgb: np.ndarray) -> bytes:
    bgr = rgb if rgb.ndim == 2 else cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", bgr)[1].tobytes()


def noise(count: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, height, width, 3), np.uint8)


def zip_of(path: Path, images: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in images.items():
            archive.writestr(name, data)
    return path


def folder_of(path: Path, images: dict[str, bytes]) -> Path:
    for name, data in images.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def ffmpeg(*arguments: str | Path, data: bytes | None = None) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *map(str, arguments)]
    subprocess.run(command, check=True, input=data)


def video_of(path: Path, frames: np.ndarray, *options: str) -> Path:
    """Encode without loss, so that every decoded pixel is known."""
    height, width = frames.shape[1:3]
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", "30", "-i", "-")
    ffmpeg(*raw, *(options or ("-c:v", "libx264rgb", "-qp", "0")), path, data=frames.tobytes())
    return path


# ---------------------------------------------------------------- images


@pytest.mark.parametrize("make", [zip_of, folder_of])
def test_images_become_one_rgb_array_in_natural_order(tmp_path: Path, make):
    frames = noise(12)
    images = {f"cam2/frame_{index}.png": png(frame) for index, frame in enumerate(frames)}
    source = make(tmp_path / "clip.zip", dict(sorted(images.items())))
    seen = []
    names = read_frames(
        source, "cam2/*.png", tmp_path / "frames.npy", progress=lambda items: seen.extend(items) or items
    )
    assert names == list(images) == seen
    array = open_frames(tmp_path / "frames.npy")
    assert isinstance(array, np.memmap)
    assert (array.dtype, array.flags.c_contiguous) == (np.uint8, True)
    np.testing.assert_array_equal(array, frames)


def test_array_file_is_the_one_numpy_writes(tmp_path: Path):
    frames = noise(11)
    source = zip_of(tmp_path / "clip.zip", {f"{index}.png": png(frame) for index, frame in enumerate(frames)})
    read_frames(source, None, tmp_path / "frames.npy")
    np.save(tmp_path / "numpy.npy", frames)
    assert (tmp_path / "frames.npy").read_bytes() == (tmp_path / "numpy.npy").read_bytes()


def test_red_stays_red(tmp_path: Path):
    red = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    red[..., 0] = 255
    read_frames(zip_of(tmp_path / "a.zip", {"a.png": png(red[0])}), None, tmp_path / "a.npy")
    np.testing.assert_array_equal(open_frames(tmp_path / "a.npy"), red)
    read_frames(video_of(tmp_path / "a.mp4", red), None, tmp_path / "b.npy")
    np.testing.assert_array_equal(open_frames(tmp_path / "b.npy"), red)


def test_grey_deep_and_transparent_images_become_8_bit_rgb(tmp_path: Path):
    rgb = noise(1)[0]
    grey = rgb[..., 0]
    alpha = np.dstack([rgb[..., ::-1], grey])
    source = zip_of(
        tmp_path / "clip.zip",
        {
            "1_grey.png": png(grey),
            "2_deep.png": png(rgb.astype(np.uint16) * 256 + 200),
            "3_alpha.png": cv2.imencode(".png", alpha)[1].tobytes(),
        },
    )
    read_frames(source, None, tmp_path / "frames.npy")
    np.testing.assert_array_equal(open_frames(tmp_path / "frames.npy"), [np.dstack([grey] * 3), rgb, rgb])


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff", ".webp"])
@pytest.mark.parametrize("lost", [1, 12, 0.5, 1.0], ids=["1 byte", "12 bytes", "half", "all"])
def test_truncated_image_is_an_error(tmp_path: Path, suffix: str, lost: float):
    frame = cv2.resize(noise(1)[0], (120, 80))
    data = cv2.imencode(suffix, frame)[1].tobytes()
    short = data[: len(data) - (lost if isinstance(lost, int) else int(lost * len(data)))]
    source = folder_of(tmp_path / "clip", {f"1{suffix}": data, f"2{suffix}": short})
    with pytest.raises(
        InputError, match=rf"clip: '2\{suffix}' cannot be decoded in full \({len(short):,} bytes\)"
    ):
        read_frames(source, None, tmp_path / "frames.npy")
    assert list(tmp_path.glob("*.npy")) == list(tmp_path.glob(".*")) == []


def test_damaged_png_is_an_error(tmp_path: Path):
    data = bytearray(png(noise(1)[0]))
    data[len(data) // 2] ^= 0x55
    with pytest.raises(InputError, match="cannot be decoded in full"):
        read_frames(folder_of(tmp_path / "clip", {"1.png": data}), None, tmp_path / "frames.npy")


def test_file_that_is_no_image_is_an_error(tmp_path: Path):
    source = folder_of(tmp_path / "clip", {"a/1.png": png(noise(1)[0]), "a/readme.txt": b"hello"})
    with pytest.raises(InputError, match=r"'a/readme\.txt' cannot be decoded .* make the pattern narrower"):
        read_frames(source, "a/*", tmp_path / "frames.npy")


def test_frames_of_different_sizes_are_named(tmp_path: Path):
    images = {"f_2.png": png(noise(1)[0]), "f_10.png": png(noise(1, 48, 20)[0])}
    source = zip_of(tmp_path / "clip.zip", images)
    with pytest.raises(InputError, match=r"'f_2\.png' is 32 x 24, 'f_10\.png' is 20 x 48; expected one size"):
        read_frames(source, "*.png", tmp_path / "frames.npy")
    assert list(tmp_path.iterdir()) == [source]


def test_memory_is_that_of_a_few_frames(tmp_path: Path):
    frame = noise(1, 120, 160)[0]
    source = zip_of(tmp_path / "clip.zip", {f"{index}.png": png(frame) for index in range(200)})
    peaks = []
    for _ in range(3):  # once a decoder is loaded, or Python's own table of strings grows
        tracemalloc.start()
        read_frames(source, None, tmp_path / "frames.npy")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert open_frames(tmp_path / "frames.npy").shape == (200, 120, 160, 3)
    assert min(peaks) < 8 * frame.nbytes


def test_full_disk_leaves_nothing(tmp_path: Path, small_disk: Path):
    frames = noise(40, 60, 80)  # 576,000 bytes
    source = zip_of(tmp_path / "clip.zip", {f"{index}.png": png(frame) for index, frame in enumerate(frames)})
    with pytest.raises(
        InputError,
        match=r"no space left on the disk for its frames: they take 576,000 bytes, and 262,144 are left",
    ):
        read_frames(source, None, small_disk / "frames.npy")
    assert list(small_disk.iterdir()) == []


def test_writer_refuses_no_frames(tmp_path: Path):
    with pytest.raises(InputError, match="clip: no frames in it"), frame_writer(tmp_path / "a.npy", "clip"):
        pass
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- videos


def test_video_is_decoded_frame_by_frame(tmp_path: Path):
    frames = noise(25)
    names = read_frames(video_of(tmp_path / "clip.mp4", frames), "ignored", tmp_path / "frames.npy")
    np.testing.assert_array_equal(open_frames(tmp_path / "frames.npy"), frames)
    assert names[:2] == ["frame_000000", "frame_000001"]
    assert len(names) == 25


def test_one_video_of_an_archive_is_decoded(tmp_path: Path):
    clips = {number: noise(10) ^ number for number in (1, 2)}
    options = ("-c:v", "ffv1", "-pix_fmt", "bgr0")
    videos = {
        f"chute08/cam{number}.avi": video_of(tmp_path / "one.avi", clip, *options).read_bytes()
        for number, clip in clips.items()
    }
    read_frames(zip_of(tmp_path / "chute08.zip", videos), "chute08/cam2.avi", tmp_path / "frames.npy")
    np.testing.assert_array_equal(open_frames(tmp_path / "frames.npy"), clips[2])


def test_shared_clip_has_all_its_frames(tmp_path: Path, fall_video: Path):
    names = read_frames(fall_video, None, tmp_path / "frames.npy")
    array = open_frames(tmp_path / "frames.npy")
    assert array.shape == (200, 480, 640, 3)
    assert names[-1] == "frame_000199"
    # Another decoder of the same bytes: ffmpeg's own conversion to RGB may differ by rounding.
    ffmpeg("-i", fall_video, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", tmp_path / "first.raw")
    first = np.fromfile(tmp_path / "first.raw", np.uint8).reshape(480, 640, 3)
    assert np.abs(array[0].astype(int) - first).max() <= 4


def test_recorded_orientation_is_applied(tmp_path: Path):
    frames = noise(2)
    video_of(tmp_path / "flat.mp4", frames)
    ffmpeg("-display_rotation", "90", "-i", tmp_path / "flat.mp4", "-c", "copy", tmp_path / "turned.mp4")
    read_frames(tmp_path / "turned.mp4", None, tmp_path / "frames.npy")
    np.testing.assert_array_equal(open_frames(tmp_path / "frames.npy"), np.rot90(frames, axes=(1, 2)))


@pytest.mark.parametrize("name", ["a:b.mp4", "%03d.mp4", "-i.mp4", "é ü.mp4"])
def test_video_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    video_of(tmp_path / "clip.mp4", noise(2)).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(read_frames(name, None, "frames.npy")) == 2


@pytest.mark.parametrize("data", [b"", b"this is no video" * 100, b"\x00\x00\x00\x20ftypisom" + bytes(500)])
def test_undecodable_video_is_an_error(tmp_path: Path, data: bytes):
    (tmp_path / "clip.mp4").write_bytes(data)
    with pytest.raises(
        InputError, match=r"clip\.mp4 .*cannot be decoded as a video; expected a zip, a tar, a folder"
    ):
        read_frames(tmp_path / "clip.mp4", None, tmp_path / "frames.npy")
    assert not (tmp_path / "frames.npy").exists()


@pytest.mark.parametrize("suffix", ["mp4", "avi"])
def test_cut_video_is_an_error(tmp_path: Path, suffix: str):
    codec = {"mp4": ("-c:v", "libx264", "-movflags", "+faststart"), "avi": ("-c:v", "mjpeg")}[suffix]
    data = video_of(tmp_path / f"whole.{suffix}", noise(50), *codec).read_bytes()
    (tmp_path / f"cut.{suffix}").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=rf"cut\.{suffix} ends after \d+ of its 50 frames"):
        read_frames(tmp_path / f"cut.{suffix}", None, tmp_path / "frames.npy")


@pytest.mark.parametrize("suffix", ["avi", "mkv"])
def test_video_with_dropped_frames_is_whole(tmp_path: Path, suffix: str):
    """Such files announce the frames that the camera dropped: twice what there is to decode."""
    options = ("-vf", "select=not(mod(n\\,2))", "-fps_mode", "vfr", "-c:v", "mjpeg")
    video = video_of(tmp_path / f"clip.{suffix}", noise(50), *options)
    assert cv2.VideoCapture(str(video)).get(cv2.CAP_PROP_FRAME_COUNT) > 40
    assert len(read_frames(video, None, tmp_path / "frames.npy")) == 25


def test_html_page_as_video_is_told(tmp_path: Path):
    (tmp_path / "clip.mp4").write_bytes(b"<!doctype html><title>Not found</title>")
    with pytest.raises(InputError, match=r'clip\.mp4 is an HTML page titled "Not found", not a video'):
        read_frames(tmp_path / "clip.mp4", None, tmp_path / "frames.npy")


def test_missing_source_is_told(tmp_path: Path):
    with pytest.raises(InputError, match=r"clip\.mp4: no such file or folder"):
        read_frames(tmp_path / "clip.mp4", None, tmp_path / "frames.npy")


# ---------------------------------------------------------------- ground truth

LABELLED = np.array([[0, 50, 85], [170, 255, 0]], np.uint8).repeat(4, axis=0).repeat(4, axis=1)
CLIP = np.zeros((3, *LABELLED.shape, 3), np.uint8)


def test_labels_are_kept_exactly(tmp_path: Path):
    images = {
        "gt_1.png": png(LABELLED),
        "gt_2.png": png(np.dstack([LABELLED] * 3)),
        "gt_10.png": png(LABELLED[::-1]),
    }
    source = zip_of(tmp_path / "clip.zip", images)
    assert read_groundtruth(source, "gt_*.png", tmp_path / "gt.npy", CLIP) == list(images)
    np.testing.assert_array_equal(open_frames(tmp_path / "gt.npy"), [LABELLED, LABELLED, LABELLED[::-1]])


def test_strange_label_is_named(tmp_path: Path):
    strange = LABELLED.copy()
    strange[3, 3] = 128
    source = zip_of(
        tmp_path / "clip.zip", {"1.png": png(LABELLED), "2.png": png(strange), "3.png": png(LABELLED)}
    )
    with pytest.raises(InputError, match=r"'2\.png' has the value 128; expected only 0, 50, 85, 170, 255"):
        read_groundtruth(source, "*.png", tmp_path / "gt.npy", CLIP)
    assert not (tmp_path / "gt.npy").exists()


def test_ground_truth_must_fit_the_clip(tmp_path: Path):
    source = zip_of(tmp_path / "clip.zip", {"1.png": png(LABELLED), "2.png": png(LABELLED)})
    with pytest.raises(
        InputError, match=r"2 ground truth images for a clip of 3 frames; expected one for each"
    ):
        read_groundtruth(source, "*.png", tmp_path / "gt.npy", CLIP)
    with pytest.raises(InputError, match=r"'1\.png' is 12 x 8, but the frames are 8 x 8"):
        read_groundtruth(source, "*.png", tmp_path / "gt.npy", CLIP[:2, :, :8])


def test_ground_truth_is_no_video(tmp_path: Path):
    source = zip_of(tmp_path / "clip.zip", {"gt.avi": b"RIFF"})
    with pytest.raises(InputError, match=r"ground truth 'gt\.avi' is a video"):
        read_groundtruth(source, "gt.avi", tmp_path / "gt.npy", CLIP)


# ---------------------------------------------------------------- tiles


@given(st.integers(1, 500), st.integers(1, 600))
def test_tiles_cover_the_image_once_and_evenly(height: int, tiles: int):
    bands = [tile_rows(height, tile, tiles) for tile in range(tiles)]
    assert [row for band in bands for row in range(height)[band]] == list(range(height))
    sizes = [band.stop - band.start for band in bands]
    assert max(sizes) - min(sizes) <= 1


def test_rows_of_a_tile_are_copied_and_nothing_else(tmp_path: Path):
    frames = noise(100, 64, 80)
    np.save(tmp_path / "frames.npy", frames)
    array = open_frames(tmp_path / "frames.npy")
    tracemalloc.start()
    samples = read_rows(array[:40], slice(16, 24))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(samples, frames[:40, 16:24])
    assert not isinstance(samples, np.memmap)
    assert peak < 1.2 * samples.nbytes


def test_chosen_frames_are_read_as_an_array_of_them_would_be(tmp_path: Path):
    np.save(tmp_path / "frames.npy", frames := noise(20))
    clip = open_frames(tmp_path / "frames.npy")
    places = [3, 4, 5, 11, 12, 2]
    chosen, expected = frames_at(clip, places), frames[places]
    assert isinstance(chosen, ChosenFrames)
    assert (chosen.shape, chosen.dtype, chosen.ndim, len(chosen)) == (expected.shape, np.uint8, 4, 6)
    np.testing.assert_array_equal(np.asarray(chosen), expected)
    np.testing.assert_array_equal(np.stack(list(chosen)), expected)
    np.testing.assert_array_equal(chosen[3], frames[11])
    np.testing.assert_array_equal(chosen[-1], frames[2])
    np.testing.assert_array_equal(chosen[3, 4:9], frames[11, 4:9])
    np.testing.assert_array_equal(np.asarray(chosen[1:4]), expected[1:4])
    np.testing.assert_array_equal(np.asarray(chosen[1:4, 2:5, 3:9]), expected[1:4, 2:5, 3:9])
    np.testing.assert_array_equal(np.asarray(chosen[np.array([5, 0])]), expected[[5, 0]])
    np.testing.assert_array_equal(read_rows(chosen, slice(2, 7)), expected[:, 2:7])
    assert isinstance(chosen[3], np.ndarray)


def test_frames_that_follow_each_other_are_a_part_of_the_array(tmp_path: Path):
    np.save(tmp_path / "frames.npy", frames := noise(8))
    clip = open_frames(tmp_path / "frames.npy")
    part = frames_at(clip, [2, 3, 4])
    assert isinstance(part, np.memmap)
    np.testing.assert_array_equal(part, frames[2:5])
    assert len(frames_at(clip, [])) == 0


def resident() -> int:
    """Bytes that SLURM would count for this process."""
    return psutil.Process().memory_info().rss


def long_clip(path: Path) -> np.ndarray:
    """400 MB of black frames; the file is a hole."""
    np.lib.format.open_memmap(path, "w+", np.uint8, (400, 500, 700, 3))
    return open_frames(path)


def test_going_through_a_long_clip_holds_little_of_it(tmp_path: Path) -> None:
    clip = long_clip(tmp_path / "frames.npy")
    before, most = resident(), 0
    for frame in clip[100:]:
        frame.sum()
        most = max(most, resident() - before)
    assert most < 150e6
    read_rows(clip, slice(0, 1))
    assert resident() - before < 150e6


def test_frames_that_were_let_go_are_there_again(tmp_path: Path) -> None:
    np.save(tmp_path / "frames.npy", frames := noise(60, 600, 800))
    kept = list(open_frames(tmp_path / "frames.npy"))
    assert all((mine == frame).all() for mine, frame in zip(kept, frames, strict=True))


def test_what_is_computed_from_a_map_is_a_plain_array(tmp_path: Path) -> None:
    np.save(tmp_path / "frames.npy", frames := noise(4))
    clip = open_frames(tmp_path / "frames.npy")
    assert type(clip[0]) is type(clip[1:] // 2) is type(clip[:, 3]) is np.ndarray
    assert isinstance(clip.max(), np.uint8)
    assert clip[1:][2, 3, 4].tolist() == frames[3, 3, 4].tolist()


@pytest.mark.parametrize(
    ("rows", "shape", "count", "bands"),
    [
        (slice(0, 480), (110, 480, 720, 3), 44, [slice(0, 480)]),
        (
            slice(540, 580),
            (10000, 1080, 1920, 3),
            4000,
            [slice(540, 551), slice(551, 562), slice(562, 573), slice(573, 580)],
        ),
        (slice(3, 5), (10, 5, 10**8, 3), 10, [slice(3, 4), slice(4, 5)]),
    ],
)
def test_bands_fill_the_rows_and_no_more_than_256_mib(rows, shape, count, bands):
    assert list(row_bands(rows, shape, count)) == bands
