"""From a video file to its frames, one at a time."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from bgsub.errors import InputError
from bgsub.source.containers import head_of, html_page, is_text, lists_its_frames, missing_bytes
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.messages import DecoderMessages
from bgsub.source.rate import as_fraction

# Containers and streams of video, by ffmpeg's names. Others that it reads are text, which it would draw, or
# play lists, which open further files.
_FORMATS = (
    "asf,avi,av1,dv,flv,gif,h261,h263,h264,hevc,ivf,jpeg_pipe,m4v,matroska,mjpeg,mov,mpeg,mpegts,mpegvideo,"
    "mxf,nut,obu,ogg,rm,swf,vc1,vvc,wtv,yuv4mpegpipe"
)
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
# One thread: messages come with the frame they are about, and what damage leaves is the same in every run.
_SETTINGS = [cv2.CAP_PROP_N_THREADS, 1]
_MOST_FRAMES = 10**9  # more are no number of frames, but an estimate from nonsense
# Of these, streams without a container, which tell no rate: ffmpeg assumes one.
_WITHOUT_RATE = {"av1", "h261", "h263", "h264", "hevc", "jpeg_pipe", "m4v", "mjpeg", "obu", "vc1", "vvc"}
_OFF = 0.02  # share by which an estimated number of frames may be wrong because it is one
# What demuxers say when the file ends before what they read does.
_ENDED_EARLY = ("ended prematurely", "partial file")
# What the converter of colours says of a frame that it cannot do: OpenCV gives it out all the same, as white.
_NO_PICTURE = "Cannot convert"


class VideoReader:
    """The frames of a video file, which messages name by its label, and what its decoder complained of."""

    def __init__(self, path: Path, label: str, limits: Limits = LIMITS):
        self.announced: int | None = None  # frames that the container says it holds, by its index
        self.estimated: int | None = None  # those that fill its duration at its rate, where it has no index
        self.count = 0  # frames so far
        self.rate: Fraction | None = None  # frames per second that the container says it has, on average
        self.damaged = 0  # frames during whose decoding the decoder reported errors
        self.notes: list[str] = []  # what a person ought to know once all frames are read
        self.messages = DecoderMessages()
        self._ended_early: str | None = None
        self._path = path
        self._label = label
        self._limits = limits

    def frames(self) -> Iterator[np.ndarray]:
        """Yield uint8 (height, width, 3) RGB frames.

        Raises
        ------
        InputError
            If there is none, frames differ in size, there are more or larger ones than the limits allow, or
            the video is cut or so damaged that frames are lost. An edit list, which leaves frames out on
            purpose, is no damage.
        """
        head = head_of(self._path)
        if page := html_page(head):
            raise self._no_video(f"is {page}, not a video")
        if is_text(head):
            raise self._no_video("is text and cannot be decoded as a video")
        lost = missing_bytes(self._path)
        told = "" if lost else self._told_by_ffmpeg()
        self._refuse_change_of_size(told)
        with self._capture() as capture:
            told_count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
            count = round(told_count) if 0 < told_count < _MOST_FRAMES else None
            listed = lists_its_frames(head)
            self.announced, self.estimated = (count, None) if listed else (None, count)
            if self.announced and not lost:
                self._limits.check("frames", self.announced, f"{self._label} is too long")
            kind = re.search(r"^Input #0, ([^ ]+), from ", told, re.MULTILINE)
            if kind and kind[1] not in _WITHOUT_RATE:
                self.rate = as_fraction(capture.get(cv2.CAP_PROP_FPS))
            yield from self._decoded(capture)
        if lost:
            raise self._cut(f"the file lacks {lost:,} bytes of what its header says")
        if not self.count:
            raise self._no_video("cannot be decoded as a video")
        if self._ended_early:
            raise self._cut(self._ended_early)
        if self.announced not in (None, self.count):
            if self.messages.first and self.count < self.announced:
                raise self._cut(f"its decoder reports errors: {self.messages.first}")
            why = (
                "it was trimmed without encoding it anew, its camera dropped frames, or it is damaged"
                if self.count < self.announced
                else "its list is damaged, or was never finished"
            )
            self.notes.append(
                f"the video lists {self.announced} frames, and {self.count} were decoded: {why}"
            )
        if self.estimated and abs(self.count - self.estimated) > max(_OFF * self.estimated, 1):
            self.rate = None  # of a rate that varies, the container tells the fastest
            self.notes.append(
                f"the video lasts as long as {self.estimated} frames at its rate, and {self.count} were "
                "decoded: its rate varies, its camera dropped frames, or it is damaged"
            )

    def _decoded(self, capture: cv2.VideoCapture) -> Iterator[np.ndarray]:
        self.messages.errors()  # those of opening are about streams, not frames
        while True:
            with self.messages.heard():
                found, frame = capture.read()
            errors = self.messages.errors()
            early = (error for error in errors if any(words in error for words in _ENDED_EARLY))
            self._ended_early = self._ended_early or next(early, None)
            if not found:
                return
            if failed := next((error for error in errors if _NO_PICTURE in error), None):
                raise InputError(
                    f"{self._label}: OpenCV cannot show its frames ({failed}); if they are interlaced, make"
                    " them whole by `ffmpeg -i VIDEO -vf yadif NEW`"
                )
            self.count += 1
            self.damaged += bool(errors)
            self._limits.check("frames", self.count, f"{self._label} is too long")
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)

    @contextmanager
    def _capture(self) -> Iterator[cv2.VideoCapture]:
        before = os.environ.get(_OPTIONS)
        os.environ[_OPTIONS] = f"format_whitelist;{_FORMATS}|protocol_whitelist;file"
        try:
            with self.messages.heard():
                # An absolute path, or "a:b.mp4" is taken for a protocol.
                capture = cv2.VideoCapture(str(self._path.absolute()), cv2.CAP_FFMPEG, _SETTINGS)
        finally:
            os.environ.pop(_OPTIONS)
            if before is not None:
                os.environ[_OPTIONS] = before
        try:
            pixels = capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
            self._limits.check("image_pixels", round(pixels), f"{self._label}: its frames are too large")
            yield capture
        finally:
            capture.release()

    def _told_by_ffmpeg(self) -> str:
        """Return what ffmpeg itself says of the file and of each key frame."""
        command = [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-v", "info", "-threads", "1"),
            *("-protocol_whitelist", "file", "-format_whitelist", _FORMATS, "-noautorotate"),
            *("-skip_frame", "nokey", "-i", f"file:{self._path.absolute()}", "-map", "0:v:0"),
            *("-vf", "showinfo=checksum=0", "-fps_mode", "passthrough", "-f", "null", "-"),
        ]
        ran = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own words
        return ran.stderr.decode(errors="replace")

    def _refuse_change_of_size(self, told: str) -> None:
        """Refuse a video whose later frames OpenCV would scale to the size of the first.

        ffmpeg says the size of each key frame: only there can it change.
        """
        sizes = dict.fromkeys(
            re.findall(r" Video: .*?, (\d+x\d+)", told)[:1] + re.findall(r" s:(\d+x\d+) ", told)
        )
        if len(sizes) > 1:
            first, other = list(sizes)[:2]
            raise InputError(
                f"{self._label} changes its size, from {first.replace('x', ' x ')} to "
                f"{other.replace('x', ' x ')}; expected frames of one size: cut it there, or scale it by "
                "`ffmpeg -i VIDEO -vf scale=W:H NEW`"
            )

    def _no_video(self, found: str) -> InputError:
        return InputError(
            f"{self._label} {found}; expected a zip, a tar, a folder or a video that ffmpeg can read"
        )

    def _cut(self, reason: str) -> InputError:
        total = self.announced or self.estimated
        of = f" of its {'' if self.announced else 'about '}{total}" if total else ""
        return InputError(
            f"{self._label} ends after {self.count}{of} frames, so it is cut or damaged ({reason}): get it "
            "again (or unpack what there is by `ffmpeg -i VIDEO frame_%06d.png`, and use that folder)"
        )
