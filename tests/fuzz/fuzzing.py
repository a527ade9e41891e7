"""Inputs as a bad disk, line or person makes them, each from a seed, and what is right for each.

`python tests/fuzz/fuzzing.py 5000` tries as many and prints what came of them; FUZZ_SEED takes others.
"""

import contextlib
import gzip
import io
import os
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "workflow/scripts"), str(ROOT / "tests")]

from loopback import Loopback, Reply  # noqa: E402
from texts import config_trial, overlay_trial, table_trial  # noqa: E402

from bgsub.errors import InputError  # noqa: E402
from bgsub.evidence.cdnet import read_scope  # noqa: E402
from bgsub.masks.own import MadeElsewhere  # noqa: E402
from bgsub.source.decode import Decoding  # noqa: E402
from bgsub.source.frames import open_frames  # noqa: E402
from bgsub.source.limits import Limits  # noqa: E402
from bgsub.source.reading import read_frames, read_groundtruth  # noqa: E402
from bgsub.source.sources import fetch_url  # noqa: E402

SECONDS = 10  # after which an input hangs
COUNT, HEIGHT, WIDTH = 6, 24, 32
LIMITS = Limits(
    download_bytes=10**7,
    download_seconds=5,
    archive_bytes=10**7,
    member_bytes=10**7,
    image_pixels=10**6,
    frames=1000,
)
# A change of a byte cannot be noticed in these: JPEG, BMP, WebP, TIFF, GIF, PNM and video have no checksums.
NO_CHECKSUM = "other pixels, of a format without checksum"


class FaultError(AssertionError):
    """What must not happen."""


class Hang(BaseException):  # no error, or the library might catch it
    """An input takes too long."""


Rng = np.random.Generator
# Outcomes: "right", "refused" (one line), "told" (in the record of decoding), NO_CHECKSUM; else FaultError.
Trial = Callable[[Rng, Path], str]


def mutated(data: bytes, rng: Rng) -> bytes:
    """Change, cut, insert or repeat some bytes; a third of the changes are in the first 200, in headers."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        if not data:
            break
        end = min(len(data), 200) if rng.random() < 0.33 else len(data)
        place, length = int(rng.integers(end)), int(rng.integers(1, 40))
        match int(rng.integers(6)):
            case 0:
                data[place] ^= 1 << int(rng.integers(8))
            case 1:
                data[place : place + length] = rng.bytes(len(data[place : place + length]))
            case 2:
                del data[place:]
            case 3:
                data[place:place] = rng.bytes(length)
            case 4:
                del data[place : place + length]
            case 5:
                data[place : place + length] = b"\xff" * len(data[place : place + length])
    return bytes(data)


@cache
def pictures() -> np.ndarray:
    """Smooth frames, uint8 (COUNT, HEIGHT, WIDTH, 3) RGB, so that lossy formats keep them roughly."""
    noise = np.random.default_rng(7).integers(0, 256, (COUNT, HEIGHT, WIDTH, 3), np.uint8)
    return np.stack([cv2.GaussianBlur(frame, (0, 0), 2) for frame in noise])


def encoded(suffix: str, image: np.ndarray) -> bytes:
    bgr = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(suffix, bgr)[1].tobytes()


def decode(source: Path, pattern: str | None, folder: Path) -> tuple[np.ndarray, Decoding]:
    told = Decoding()
    read_frames(source, pattern, folder / "frames.npy", decoding=told, limits=LIMITS)
    return np.array(open_frames(folder / "frames.npy")), told


def judged(found: np.ndarray, told: Decoding, right: np.ndarray, *, has_checksum: bool) -> str:
    if np.array_equal(found, right):
        return "right"
    if told.damaged or told.notes:
        return "told"
    if has_checksum:
        raise FaultError(f"other pixels without a word: {found.shape} for {right.shape}")
    return NO_CHECKSUM


# ---------------------------------------------------------------- images


def image_trial(suffix: str, has_checksum: bool) -> Trial:
    def trial(rng: Rng, folder: Path) -> str:
        clip = folder / "clip"
        clip.mkdir()
        whole = [encoded(suffix, frame) for frame in pictures()[:3]]
        right = np.stack(
            [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) for data in whole]
        )
        whole[1] = mutated(whole[1], rng)
        for index, data in enumerate(whole):
            (clip / f"{index}{suffix}").write_bytes(data)
        return judged(*decode(clip, "*", folder), right, has_checksum=has_checksum)

    return trial


def stack_trial(kind: str, has_checksum: bool) -> Trial:
    def trial(rng: Rng, folder: Path) -> str:
        file, images = io.BytesIO(), [Image.fromarray(frame) for frame in pictures()]
        options = {"lossless": True} if kind == "WEBP" else {}
        images[0].save(file, kind, save_all=True, append_images=images[1:], **options)
        with Image.open(io.BytesIO(file.getvalue())) as image:
            right = []
            for page in range(image.n_frames):
                image.seek(page)
                right.append(np.asarray(image.convert("RGB")))
        path = folder / f"clip.{kind.lower()}"
        path.write_bytes(mutated(file.getvalue(), rng))
        return judged(*decode(path, None, folder), np.stack(right), has_checksum=has_checksum)

    return trial


def pnm_trial(rng: Rng, folder: Path) -> str:
    """A whole PNM of any largest value: its values are known."""
    largest = int(rng.integers(1, 65536)) if rng.random() < 0.5 else int(rng.integers(1, 256))
    values = rng.integers(0, largest + 1, (HEIGHT, WIDTH))
    is_text = rng.random() < 0.3
    head = f"P{2 if is_text else 5} {WIDTH} {HEIGHT} {largest}\n".encode()
    body = (
        " ".join(map(str, values.ravel())).encode()
        if is_text
        else values.astype(">u2" if largest > 255 else np.uint8).tobytes()
    )
    path = folder / "clip.pgm"
    path.write_bytes(head + body)
    found, _ = decode(path, None, folder)
    if np.abs(found[0, :, :, 0] - values * (255 / largest)).max() > 1:
        raise FaultError(f"values up to {largest} are not scaled to 255")
    return "right"


# ---------------------------------------------------------------- videos

VIDEOS = {
    "mp4": ("-c:v", "libx264", "-pix_fmt", "yuv420p"),
    "avi": ("-c:v", "mpeg4", "-q:v", "2"),
    "mkv": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
}


@cache
def video(suffix: str) -> tuple[bytes, np.ndarray]:
    """A video of 20 frames, which another ffmpeg than OpenCV's decodes alike."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"whole.{suffix}"
        ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
        made = [
            *ffmpeg,
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=64x48:rate=10:duration=2",
            *VIDEOS[suffix],
            str(path),
        ]
        subprocess.run(made, check=True)
        counted = [*ffmpeg, "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        raw = subprocess.run(counted, check=True, capture_output=True).stdout
        other = np.frombuffer(raw, np.uint8).reshape(-1, 48, 64, 3)
        found, _ = decode(path, None, Path(folder))
        assert found.shape == other.shape
        assert np.abs(found.astype(int) - other).mean() < 4
        return path.read_bytes(), found


def video_trial(suffix: str) -> Trial:
    def trial(rng: Rng, folder: Path) -> str:
        data, right = video(suffix)
        path = folder / f"clip.{suffix}"
        path.write_bytes(mutated(data, rng))
        found, told = decode(path, None, folder)
        outcome = judged(found, told, right, has_checksum=False)
        if outcome == NO_CHECKSUM and len(found) != len(right):
            return "other number of frames, which no index tells of"
        return outcome

    return trial


# ---------------------------------------------------------------- archives


def archive_trial(make: Callable[[Path, dict[str, bytes]], None], suffix: str) -> Trial:
    def trial(rng: Rng, folder: Path) -> str:
        path = folder / f"clip{suffix}"
        make(path, {f"in/{index}.png": encoded(".png", frame) for index, frame in enumerate(pictures())})
        path.write_bytes(mutated(path.read_bytes(), rng))
        return judged(*decode(path, "in/*.png", folder), pictures(), has_checksum=True)

    return trial


def make_zip(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)


def make_tar(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


# ---------------------------------------------------------------- answers of web servers


@contextlib.contextmanager
def server() -> Iterator[Loopback]:
    before = os.environ.get("NO_PROXY")
    os.environ["NO_PROXY"] = "127.0.0.1"
    with Loopback() as loopback:
        yield loopback
    os.environ.pop("NO_PROXY")
    if before is not None:
        os.environ["NO_PROXY"] = before


def http_trial(rng: Rng, folder: Path) -> str:
    make_zip(folder / "whole.zip", {"0.png": encoded(".png", pictures()[0])})
    body = (folder / "whole.zip").read_bytes()
    replies = [_reply(rng, body) for _ in range(int(rng.integers(1, 3)))]
    destination = folder / "data/clip.zip"
    with server() as loopback:
        loopback.replies["/clip.zip?token=s3cret"] = replies
        try:
            url = loopback.url("/clip.zip?token=s3cret")
            fetch_url(url, destination, retries=2, backoff=0.01, limits=LIMITS)
        except InputError as error:
            if destination.exists() or "s3cret" in str(error):
                raise FaultError(f"kept, or a secret is told: {error}") from error
            raise
    if destination.read_bytes() != body:
        raise FaultError("a file was kept that is not the server's")
    return "right"


def _reply(rng: Rng, body: bytes) -> Reply:
    def one_of(*choices: object) -> object:
        return choices[int(rng.integers(len(choices)))]

    headers: dict[str, str] = {}
    if rng.random() < 0.3:
        headers["Retry-After"] = str(one_of("0", "1", "99999", "soon", "-1", "Wed, 21 Oct 2015 07:28:00 GMT"))
    if rng.random() < 0.2:
        headers["Content-Encoding"] = str(one_of("gzip", "br", "deflate", "identity", "nonsense"))
        body = gzip.compress(body) if headers["Content-Encoding"] == "gzip" and rng.random() < 0.7 else body
    if rng.random() < 0.15:
        headers["Content-Length"] = str(one_of("abc", "-1", "0", "99999999999999999999", str(len(body) + 7)))
    if rng.random() < 0.2:
        headers["Content-Range"] = str(
            one_of("bytes 0-5/6", "nonsense", f"bytes 0-{len(body) - 1}/{len(body)}")
        )
    if rng.random() < 0.15:
        headers["Location"] = str(
            one_of("/clip.zip?token=s3cret", "file:///etc/passwd", "http://[", "ftp://x/", "//")
        )
    return Reply(
        body=bytes(one_of(body, body, body, b"", b"<html><title>No</title>", b'{"error": 1}', body[:-30])),
        status=int(one_of(200, 200, 200, 200, 206, 204, 301, 302, 403, 404, 416, 429, 500, 503)),
        content_type=str(one_of("application/zip", "text/html", "", "nonsense")),
        etag=one_of('"1"', None, 'W/"1"', "nonsense"),
        headers=headers,
        ranges=bool(rng.random() < 0.7),
        length=bool(rng.random() < 0.8),
        cut=int(rng.integers(len(body))) if rng.random() < 0.3 else None,
    )


# ---------------------------------------------------------------- ground truth and regions

LABELS = np.array([0, 50, 85, 170, 255], np.uint8)


def _label_image(rng: Rng, values: np.ndarray) -> bytes:
    """The same labels in one of many forms."""
    form = int(rng.integers(9))
    white = np.full_like(values, 255)
    images = (
        values,
        np.dstack([values] * 3),
        np.dstack([values] * 3 + [white]),
        np.dstack([white] * 3 + [values]),
        values.astype(np.uint16),
        values.astype(np.uint16) * 257,
        values.astype(np.uint16) * 256,
        np.dstack([values, white - values, values]),
        values,
    )
    suffix = (
        (".png", ".bmp", ".tif", ".jpg")[int(rng.integers(4))] if images[form].dtype == np.uint8 else ".png"
    )
    suffix = ".png" if images[form].ndim == 3 and images[form].shape[2] == 4 else suffix
    data = cv2.imencode(suffix, images[form])[1].tobytes()
    return mutated(data, rng) if form == 8 else data


def groundtruth_trial(rng: Rng, folder: Path) -> str:
    right = rng.choice(LABELS, (2, HEIGHT, WIDTH))
    (folder / "gt").mkdir()
    data = [cv2.imencode(".png", right[0])[1].tobytes(), _label_image(rng, right[1])]
    for index, image in enumerate(data):
        (folder / f"gt/gt{index}.png").write_bytes(image)
    clip = np.zeros((2, HEIGHT, WIDTH, 3), np.uint8)
    read_groundtruth(folder / "gt", "*.png", folder / "gt.npy", clip, limits=LIMITS)
    if np.array_equal(open_frames(folder / "gt.npy"), right):
        return "right"
    if data[1].startswith(b"\x89PNG"):
        raise FaultError("other labels without a word")
    return NO_CHECKSUM


def roi_trial(rng: Rng, folder: Path) -> str:
    inside = rng.random((HEIGHT, WIDTH)) < 0.5
    data = _label_image(rng, np.where(inside, 255, 0).astype(np.uint8))
    (folder / "ROI.bmp").write_bytes(data)
    found = read_scope(folder, np.zeros((9, HEIGHT, WIDTH, 3), np.uint8), roi="ROI.bmp", limits=LIMITS).roi
    if np.array_equal(found, inside):
        return "right"
    if data.startswith(b"\x89PNG"):
        raise FaultError("another region without a word")
    return NO_CHECKSUM


def mask_trial(rng: Rng, folder: Path) -> str:
    """A mask that another program made."""
    right = rng.choice(np.uint8([0, 127, 255]), (HEIGHT, WIDTH))
    data = _label_image(rng, right)
    (folder / "bin1.png").write_bytes(data)
    (found,) = MadeElsewhere(masks=str(folder)).read(["in1.png"], [0], right.shape, limits=LIMITS)
    if np.array_equal(found, right):
        return "right"
    if data.startswith(b"\x89PNG"):
        raise FaultError("another mask without a word")
    return NO_CHECKSUM


def temporal_roi_trial(rng: Rng, folder: Path) -> str:
    ends = rng.integers(-2, 45, 2)
    separator = (" ", "\t", "\r\n", "\n", ",", "  ")[int(rng.integers(6))]
    text = (b"\xef\xbb\xbf" if rng.random() < 0.3 else b"") + separator.join(map(str, ends)).encode()
    whole = rng.random() < 0.5
    data = text if whole else mutated(text, rng)
    (folder / "temporalROI.txt").write_bytes(data)
    frames = np.zeros((40, 2, 2, 3), np.uint8)
    found = read_scope(folder, frames, temporal_roi="temporalROI.txt", limits=LIMITS).frames
    words = data.decode("utf-8-sig", errors="replace").split()
    if [str(found.start + 1), str(found.stop)] != [word.lstrip("0") for word in words]:
        raise FaultError(f"{found} for {data!r}")
    if (
        whole
        and separator != ","
        and 1 <= ends[0] <= ends[1] <= 40
        and list(ends) != [found.start + 1, found.stop]
    ):
        raise FaultError(f"{found} for {data!r}")
    return "right"


def hostile_zip_trial(rng: Rng, folder: Path) -> str:
    """Zips that claim too much, by a field of their records."""
    path = folder / "clip.zip"
    make_zip(path, {f"in/{index}.png": encoded(".png", frame) for index, frame in enumerate(pictures())})
    data = bytearray(path.read_bytes())
    marks = {b"PK\1\2": 46, b"PK\3\4": 30, b"PK\5\6": 22}
    mark = list(marks)[int(rng.integers(3))]
    places = [place for place in range(len(data)) if data[place : place + 4] == mark]
    place = places[int(rng.integers(len(places)))] + int(rng.integers(4, marks[mark] - 4))
    value = (0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, int(rng.integers(2**32)))[int(rng.integers(6))]
    data[place : place + 4] = struct.pack("<I", value)
    path.write_bytes(data)
    return judged(*decode(path, "in/*.png", folder), pictures(), has_checksum=True)


TRIALS: dict[str, Trial] = {
    "PNG": image_trial(".png", True),
    "JPEG": image_trial(".jpg", False),
    "BMP": image_trial(".bmp", False),
    "WebP": image_trial(".webp", False),
    "TIFF": image_trial(".tiff", False),
    "PGM": image_trial(".ppm", False),
    "PNM, whole": pnm_trial,
    "APNG": stack_trial("PNG", True),
    "GIF": stack_trial("GIF", False),
    "TIFF pages": stack_trial("TIFF", False),
    "WebP pages": stack_trial("WEBP", False),
    **{suffix.upper(): video_trial(suffix) for suffix in VIDEOS},
    "zip": archive_trial(make_zip, ".zip"),
    "zip, hostile": hostile_zip_trial,
    "tar": archive_trial(make_tar, ".tar"),
    "tar.gz": archive_trial(make_tar, ".tar.gz"),
    "HTTP": http_trial,
    "ground truth": groundtruth_trial,
    "ROI": roi_trial,
    "mask": mask_trial,
    "temporalROI": temporal_roi_trial,
    "config": config_trial,
    "config file": overlay_trial,
    "table": table_trial,
}


def _too_long(*arguments: object) -> None:
    raise Hang(f"hangs for more than {SECONDS} s")


def outcome_of(kind: str, seed: int) -> str:
    """Try the input that a seed makes; FaultError, Hang, or what the library raised, if that is wrong."""
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, _too_long)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of computation, as other work on the machine is no fault
    signal.setitimer(signal.ITIMER_REAL, 12 * SECONDS)
    try:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            return TRIALS[kind](np.random.default_rng([seed, *kind.encode()]), Path(folder))
    except InputError as error:
        if "\n" in str(error) or not str(error):
            raise FaultError(f"not one line: {error}") from error
        return "refused"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def main(count: int, first_seed: int) -> int:
    """Try `count` inputs, in turn of each kind, and print a table; return how many went wrong."""
    outcomes: dict[str, Counter] = {kind: Counter() for kind in TRIALS}
    faults = []
    for index in range(count):
        kind, seed = list(TRIALS)[index % len(TRIALS)], first_seed + index // len(TRIALS)
        try:
            outcomes[kind][outcome_of(kind, seed)] += 1
        except (Exception, Hang) as error:
            faults.append(f"{kind}, seed {seed}: {type(error).__name__}: {error}")
            outcomes[kind]["FAULT"] += 1
    columns = sorted({outcome for counter in outcomes.values() for outcome in counter})
    print("\t".join(["kind", *columns]))
    for kind, counter in outcomes.items():
        print("\t".join([kind, *(str(counter[column]) for column in columns)]))
    total = sum(outcomes.values(), Counter())
    print("\t".join(["all", *(str(total[column]) for column in columns)]))
    print("\n".join(faults))
    return len(faults)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(os.environ.get("FUZZ_SEED", "0"))) > 0)
