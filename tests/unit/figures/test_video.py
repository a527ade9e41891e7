import errno
import os
import re
import subprocess
from fractions import Fraction

import imageio_ffmpeg
import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.figures import video
from bgsub.figures.video import comparison_frames, read_video, side_by_side, write_video


def soft_frames(count=12, height=48, width=64):
    """Make smooth moving colour, which a codec can keep well."""
    y, x = np.mgrid[:height, :width]
    for index in range(count):
        channels = [np.sin(x / 9 + index / 3), np.cos(y / 7 - index / 4), np.sin((x + y) / 12)]
        yield (127.5 + 100 * np.stack(channels, axis=-1)).astype(np.uint8)


def psnr(one, other):
    return 10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2))


def boxes(path):
    """List the top-level boxes of an mp4 file."""
    data, at, names = path.read_bytes(), 0, []
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return names


def test_video_shows_its_frames(tmp_path):
    frames = np.stack(list(soft_frames()))
    write_video(tmp_path / "a.mp4", iter(frames), Fraction(10))
    decoded = read_video(tmp_path / "a.mp4")
    assert decoded.shape == frames.shape
    assert all(psnr(one, other) > 30 for one, other in zip(frames, decoded, strict=True))


def test_colours_are_those_given(tmp_path):
    colours = np.array(
        [[200, 40, 40], [40, 200, 40], [40, 40, 200], [255, 255, 255], [0, 0, 0], [127, 127, 127]]
    )
    frame = np.repeat(np.repeat(colours[np.newaxis].astype(np.uint8), 32, axis=0), 32, axis=1)
    write_video(tmp_path / "a.mp4", [frame] * 3, Fraction(10))
    seen = read_video(tmp_path / "a.mp4")[1][16, 16::32]
    assert np.abs(seen.astype(int) - colours).max() <= 6


def test_video_plays_in_a_browser(tmp_path):
    path = tmp_path / "a.mp4"
    write_video(path, soft_frames(), Fraction(10))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    report = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert re.search(r"Video: h264 .*yuv420p\(tv, smpte170m/bt709/bt709.*64x48.*10 fps", report)
    names = boxes(path)
    assert names.index("moov") < names.index("mdat")


@pytest.mark.parametrize(("height", "width"), [(47, 64), (48, 63), (47, 63)])
def test_odd_sizes_get_their_edge_twice(tmp_path, height, width):
    frames = np.stack(list(soft_frames(height=height, width=width)))
    write_video(tmp_path / "a.mp4", frames, Fraction(10))
    decoded = read_video(tmp_path / "a.mp4")
    assert decoded.shape == (12, 48, 64, 3)
    assert psnr(frames, decoded[:, :height, :width]) > 30
    padded = np.pad(frames, ((0, 0), (0, 48 - height), (0, 64 - width), (0, 0)), mode="edge")
    assert psnr(padded, decoded) > 30


def test_same_frames_same_bytes_on_any_number_of_cores(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (20, 96, 160, 3), dtype=np.uint8)
    write_video(tmp_path / "a.mp4", noise, Fraction(10))
    write_video(tmp_path / "b.mp4", noise, Fraction(10))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two cores, and a system that can take one away")
    cores = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(cores)})
        write_video(tmp_path / "c.mp4", noise, Fraction(10))
    finally:
        os.sched_setaffinity(0, cores)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "c.mp4").read_bytes()


def test_no_frames_no_video(tmp_path):
    with pytest.raises(ValueError, match="at least one frame"):
        write_video(tmp_path / "a.mp4", [], Fraction(10))
    assert list(tmp_path.iterdir()) == []


def test_frames_of_two_sizes_are_refused_and_leave_nothing(tmp_path):
    frames = [np.zeros((48, 64, 3), np.uint8), np.zeros((64, 48, 3), np.uint8)]
    with pytest.raises(ValueError, match=r"\(64, 48, 3\).*\(48, 64, 3\)"):
        write_video(tmp_path / "a.mp4", frames, Fraction(10))
    assert list(tmp_path.iterdir()) == []


def test_what_ffmpeg_says_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "_ENCODING", ("-c:v", "no_such_codec", "-f", "mp4"))
    frames = np.zeros((200, 96, 160, 3), np.uint8)  # more than a pipe holds, so that ffmpeg's end is felt
    with pytest.raises(RuntimeError, match=r"a\.mp4: ffmpeg could not write the video: .*no_such_codec"):
        write_video(tmp_path / "a.mp4", frames, Fraction(10))
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_the_users_to_mend(tmp_path, monkeypatch):
    full = tmp_path / "full"
    try:
        full.write_text("")
        with open("/dev/full", "wb") as device:  # noqa: PTH123
            device.write(b"0")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            pytest.skip("no /dev/full on this system")
    encoder = video._encoder
    monkeypatch.setattr(video, "_encoder", lambda path, *rest: [*encoder(path, *rest)[:-1], "/dev/full"])
    monkeypatch.setattr(
        video, "_ENCODING", tuple("matroska" if word == "mp4" else word for word in video._ENCODING)
    )
    with pytest.raises(InputError, match=r"a\.mp4: no space left"):
        write_video(tmp_path / "a.mp4", soft_frames(), Fraction(10))


def test_masks_keep_their_values_beside_a_scaled_frame():
    frame = np.random.default_rng(0).integers(0, 256, (600, 900, 3), dtype=np.uint8)
    mask = np.random.default_rng(1).choice(np.array([0, 127, 255], np.uint8), (600, 900))
    picture = side_by_side([frame, mask], ["frame 0", "mog2"])
    assert picture.shape[1] == 1440 + 2 * 2  # with a margin of one pixel at either side of each
    right = picture[-480:, 723:-1]
    assert set(np.unique(right)) == {0, 127, 255}


def test_pictures_are_shown_whole_under_their_labels():
    frame = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    mask = np.zeros((60, 90), np.uint8)
    mask[:, 45:] = 255
    picture = side_by_side([frame, mask], ["frame 61", "gmm"])
    np.testing.assert_array_equal(picture[-60:, 1:91], frame)
    np.testing.assert_array_equal(picture[-60:, 93:183], np.repeat(mask[..., np.newaxis], 3, axis=2))
    bars = picture[:-60]
    assert (bars[:, :92] > 150).any()
    assert (bars[:, 92:] > 150).any()
    assert (side_by_side([frame, mask], ["", ""])[:-60] < 60).all()  # the letters alone were bright


@pytest.mark.parametrize(
    ("count", "height", "width", "grid"),
    [
        (1, 480, 720, (1, 1)),
        (2, 480, 720, (1, 2)),
        (3, 480, 640, (2, 2)),
        (4, 480, 720, (2, 2)),
        (6, 480, 720, (2, 3)),
        (9, 480, 720, (3, 3)),
        (2, 480, 200, (1, 2)),
        (2, 100, 800, (2, 1)),
    ],
)
def test_grid_suits_a_screen(count, height, width, grid):
    columns = video._columns(count, height, width)
    assert (-(-count // columns), columns) == grid


def test_comparison_pairs_each_frame_with_its_masks():
    frames = np.full((3, 40, 60, 3), 90, np.uint8)
    masks = {"gmm": np.zeros((3, 40, 60), np.uint8), "mog2": np.full((3, 40, 60), 255, np.uint8)}
    pictures = list(comparison_frames(frames, [44, 45, 46], masks))
    assert len(pictures) == 3
    np.testing.assert_array_equal(
        pictures[1], side_by_side([frames[1], masks["gmm"][1], masks["mog2"][1]], ["frame 45", "gmm", "mog2"])
    )
    assert (pictures[0] != pictures[1]).any()  # the frame's number


def test_comparison_refuses_masks_that_do_not_match():
    frames = np.zeros((3, 40, 60, 3), np.uint8)
    with pytest.raises(ValueError, match="shorter"):
        list(comparison_frames(frames, [0, 1, 2], {"gmm": np.zeros((2, 40, 60), np.uint8)}))
