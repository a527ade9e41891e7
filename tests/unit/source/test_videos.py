"""Videos of unusual kinds: all their frames, a count of what is damaged, or a line says why not."""

import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from bgsub.errors import InputError
from bgsub.source.containers import is_text, missing_bytes
from bgsub.source.decode import Decoding
from bgsub.source.frames import open_frames
from bgsub.source.limits import Limits
from bgsub.source.reading import read_frames

X264 = ("-c:v", "libx264", "-g", "30", "-bf", "0")


def ffmpeg(*arguments: object) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *map(str, arguments)]
    subprocess.run(command, check=True)


def made(path: Path, *options: str, size: str = "96x64", seconds: float = 3) -> Path:
    """A test picture that moves, 30 frames a second."""
    ffmpeg("-f", "lavfi", "-i", f"testsrc=size={size}:rate=30:duration={seconds}", *(options or X264), path)
    return path


def decoded(source: Path, tmp_path: Path, **options: object) -> tuple[np.ndarray, Decoding]:
    decoding = Decoding()
    read_frames(source, None, tmp_path / "frames.npy", decoding=decoding, **options)
    return np.array(open_frames(tmp_path / "frames.npy")), decoding


# ---------------------------------------------------------------- edit lists


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_trimmed_video_has_the_frames_of_its_edit_list(tmp_path: Path, suffix: str):
    """`ffmpeg -ss` with `-c copy` keeps frames since the last key frame, and a list that leaves them out."""
    whole, _ = decoded(made(tmp_path / "whole.mp4"), tmp_path)
    ffmpeg("-ss", "1.5", "-i", tmp_path / "whole.mp4", "-c", "copy", tmp_path / f"trimmed.{suffix}")
    trimmed, decoding = decoded(tmp_path / f"trimmed.{suffix}", tmp_path)
    np.testing.assert_array_equal(trimmed, whole[-45:])
    assert (decoding.frames, decoding.expected, decoding.damaged) == (45, 60, 0)
    assert decoding.notes == [
        "the video lists 60 frames, and 45 were decoded: it was trimmed without encoding it anew, its camera "
        "dropped frames, or it is damaged"
    ]


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        (60, "its list is damaged, or was never finished"),
        (120, "it was trimmed without encoding it anew, its camera dropped frames, or it is damaged"),
    ],
)
def test_frames_that_an_index_lists_in_vain_or_not_at_all_are_told(tmp_path: Path, listed: int, why: str):
    video = made(tmp_path / "clip.avi", "-c:v", "mjpeg")
    data = bytearray(video.read_bytes())
    length = data.index(b"strh") + 40
    data[length : length + 4] = listed.to_bytes(4, "little")
    video.write_bytes(data)
    _, decoding = decoded(video, tmp_path)
    assert (decoding.frames, decoding.expected) == (90, listed)
    assert decoding.notes == [f"the video lists {listed} frames, and 90 were decoded: {why}"]


def test_whole_video_has_nothing_to_tell(tmp_path: Path):
    _, decoding = decoded(made(tmp_path / "whole.mp4"), tmp_path)
    assert decoding == Decoding(frames=90, expected=90, rate="30")


# ---------------------------------------------------------------- damage


def changed(path: Path, place: float, count: int = 60) -> Path:
    data = bytearray(path.read_bytes())
    begin = int(place * len(data))
    for index in range(begin, begin + count):
        data[index] ^= 0x5A
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("suffix", "options"), [("mp4", X264), ("avi", ("-c:v", "mpeg4", "-q:v", "2"))])
def test_frames_that_were_decoded_with_errors_are_counted(tmp_path: Path, caplog, suffix: str, options):
    source = changed(made(tmp_path / f"clip.{suffix}", *options), 0.4)
    _, decoding = decoded(source, tmp_path)
    assert decoding.frames == 90
    assert 1 <= decoding.damaged < 10
    assert decoding.first_error.startswith(("h264: ", "mpeg4: "))
    assert "0x" not in decoding.first_error
    assert f"{decoding.damaged} of 90 frames were decoded with errors, at first: " in caplog.text


def test_errors_are_counted_with_a_full_folder_for_temporary_files(
    tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
):
    source = changed(made(tmp_path / "clip.mp4"), 0.4)
    expected = decoded(source, tmp_path)[1]
    (small_disk / "full").write_bytes(bytes(2**18))
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    assert expected.damaged
    assert decoded(source, tmp_path)[1] == expected


def test_damage_leaves_the_same_in_every_run(tmp_path: Path):
    source = changed(made(tmp_path / "clip.mp4"), 0.4)
    first, told = decoded(source, tmp_path)
    again, told_again = decoded(source, tmp_path)
    assert told == told_again
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [("mp4", (*X264, "-movflags", "+faststart")), ("avi", ("-c:v", "mjpeg")), ("mkv", X264)],
)
@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_cut_video_is_an_error_wherever_it_is_cut(tmp_path: Path, suffix: str, options, share: float):
    data = made(tmp_path / f"whole.{suffix}", *options).read_bytes()
    (tmp_path / f"cut.{suffix}").write_bytes(data[: int(share * len(data))])
    with pytest.raises(
        InputError,
        match=rf"cut\.{suffix} ends after \d+( of its (about )?90)? frames, so it is cut or damaged",
    ):
        decoded(tmp_path / f"cut.{suffix}", tmp_path)
    assert not (tmp_path / "frames.npy").exists()


def test_missing_bytes_are_counted(tmp_path: Path):
    for name, options in (("a.mp4", X264), ("b.avi", ("-c:v", "mjpeg"))):
        data = made(tmp_path / name, *options).read_bytes()
        assert missing_bytes(tmp_path / name) == 0
        (tmp_path / name).write_bytes(data[:-7])
        assert missing_bytes(tmp_path / name) == 7


# ---------------------------------------------------------------- what is no clip


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("ts", X264),
        ("webm", ("-c:v", "libvpx")),
        ("mjpeg", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p")),
        ("mp4", X264),
    ],
)
def test_video_that_changes_its_size_is_refused(tmp_path: Path, suffix: str, options):
    for size in ("96x64", "64x48"):
        made(tmp_path / f"{size}.{suffix}", *options, size=size, seconds=1)
    if suffix in ("ts", "mp4"):
        listing = "".join(f"file '{size}.{suffix}'\n" for size in ("96x64", "64x48"))
        (tmp_path / "list.txt").write_text(listing)
        ffmpeg("-f", "concat", "-i", tmp_path / "list.txt", "-c", "copy", tmp_path / f"both.{suffix}")
    else:  # recorders write such files; ffmpeg can only by way of a stream
        for size in ("96x64", "64x48"):
            kind = ("ivf", "ivf") if suffix == "webm" else ("mjpeg", "mjpeg")
            ffmpeg("-i", tmp_path / f"{size}.{suffix}", "-c", "copy", "-f", kind[0], tmp_path / f"{size}.raw")
        first, second = ((tmp_path / f"{size}.raw").read_bytes() for size in ("96x64", "64x48"))
        (tmp_path / f"both.{suffix}").write_bytes(first + (second[32:] if suffix == "webm" else second))
    with pytest.raises(InputError, match=r"changes its size, from .* to .*; expected frames of one size"):
        decoded(tmp_path / f"both.{suffix}", tmp_path)


@pytest.mark.parametrize("name", ["labels.txt", "labels.mp4", "clip.ts"])
@pytest.mark.parametrize(
    "text",
    [
        b"frame 1: person\n" * 400,
        "Stürze: \u4eba\n".encode() * 600,
        b"\x1b[31mred\x1b[0m\n" * 300,
        b"#EXTM3U\n#EXTINF:1,\nother.ts\n",
        b"ffconcat version 1.0\nfile other.mp4\n",
    ],
)
def test_text_is_no_video(tmp_path: Path, name: str, text: bytes):
    made(tmp_path / "other.mp4", seconds=0.2)
    (tmp_path / name).write_bytes(text)
    with pytest.raises(
        InputError, match=rf"{name} is text and cannot be decoded as a video; expected a zip, a tar"
    ):
        decoded(tmp_path / name, tmp_path)


def test_text_is_told_from_binary():
    assert is_text("é".encode() * 2000 + b"a")
    assert is_text(("a" + "é" * 3000).encode()[:4096])  # ends within a letter
    assert not is_text(b"")
    assert not is_text(b"RIFF\0\0")
    assert not is_text(bytes(range(128, 256)))


# ---------------------------------------------------------------- limits


def test_frames_of_a_video_are_limited_before_they_are_decoded(tmp_path: Path):
    with pytest.raises(
        InputError, match=r"is too long: 90 frames, and limits\.frames allows 89; raise it if"
    ):
        decoded(made(tmp_path / "clip.mp4"), tmp_path, limits=Limits(frames=89))
    with pytest.raises(InputError, match=r"is too long: 90 frames, and limits\.frames allows 89"):
        decoded(made(tmp_path / "clip.ts"), tmp_path, limits=Limits(frames=89))


def test_pixels_of_a_video_are_limited(tmp_path: Path):
    with pytest.raises(
        InputError, match=r"its frames are too large: 6,144 pixels, and limits\.image_pixels allows 6"
    ):
        decoded(made(tmp_path / "clip.mp4"), tmp_path, limits=Limits(image_pixels=6000))


def test_messages_of_others_reach_standard_error_again(tmp_path: Path, capfd):
    decoded(changed(made(tmp_path / "clip.mp4"), 0.4), tmp_path)
    subprocess.run(["sh", "-c", "echo heard >&2"], check=True)
    told = capfd.readouterr().err
    assert "heard" in told
    assert "h264 @" not in told


@pytest.mark.parametrize(
    ("name", "rate", "fraction"),
    [
        ("a.mp4", "30000/1001", "30000/1001"),
        ("a.mkv", "14.95", "299/20"),
        ("a.avi", "25", "25"),
        ("a.webm", "10", "10"),
    ],
)
def test_a_rate_is_the_fraction_that_the_file_says(tmp_path: Path, name: str, rate: str, fraction: str):
    options = ("-c:v", "libvpx") if name.endswith("webm") else ()
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc=size=64x48:rate={rate}", "-frames:v", "12", *options, tmp_path / name
    )
    _, decoding = decoded(tmp_path / name, tmp_path)
    assert (decoding.rate, decoding.frames) == (fraction, 12)


@pytest.mark.parametrize(("suffix", "codec"), [("h264", "libx264"), ("mjpeg", "mjpeg"), ("m4v", "mpeg4")])
def test_a_stream_without_a_container_says_no_rate(tmp_path: Path, suffix: str, codec: str):
    made(tmp_path / f"a.{suffix}", "-c:v", codec, "-f", suffix, seconds=0.5)
    assert decoded(tmp_path / f"a.{suffix}", tmp_path)[1].rate is None


def test_frames_that_a_duration_has_no_room_for_are_told_where_nothing_lists_them(tmp_path: Path):
    whole, keep = made(tmp_path / "a.mkv", *X264), "select='lt(n\\,30)+not(mod(n\\,5))'"
    ffmpeg("-i", whole, "-vf", keep, "-fps_mode", "vfr", *X264, tmp_path / "b.mkv")
    assert decoded(whole, tmp_path)[1] == Decoding(frames=90, estimated=90, rate="30")
    _, varying = decoded(tmp_path / "b.mkv", tmp_path)
    (note,) = varying.notes
    assert note.startswith(
        f"the video lasts as long as {varying.estimated} frames at its rate, and 42 were decoded"
    )
    assert (varying.expected, varying.rate) == (None, None)


# ---------------------------------------------------------------- interlaced


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("mp4", ("-c:v", "libx264", "-pix_fmt", "yuv420p")),
        ("mpg", ("-c:v", "mpeg2video", "-qscale:v", "2")),
    ],
)
def test_interlaced_video_of_which_opencv_makes_white_frames_is_refused_and_the_remedy_helps(
    tmp_path: Path, suffix: str, options: tuple[str, ...]
):
    video = tmp_path / f"fields.{suffix}"
    made(video, "-vf", "interlace", *options, "-flags", "+ilme+ildct")
    with pytest.raises(
        InputError, match=r"Cannot convert interlaced.*whole by `ffmpeg -i VIDEO -vf yadif NEW`"
    ):
        decoded(video, tmp_path)
    ffmpeg("-i", video, "-vf", "yadif", *X264, tmp_path / "whole.mp4")
    frames, decoding = decoded(tmp_path / "whole.mp4", tmp_path)
    assert len(frames) == 45
    assert decoding.damaged == 0
    assert 100 < frames.mean() < 150
