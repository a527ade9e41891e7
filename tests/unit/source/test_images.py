"""Images of unusual kinds: their value is what they mean, or a line says why not."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bgsub.errors import InputError
from bgsub.source.decode import Decoding
from bgsub.source.frames import open_frames
from bgsub.source.images import ImageDecoder
from bgsub.source.limits import Limits
from bgsub.source.reading import read_frames, read_groundtruth

RNG = np.random.default_rng(1)
VALUES = RNG.integers(0, 4096, (6, 8)).astype(np.uint16)
PAGES = RNG.integers(0, 256, (3, 24, 32, 3), np.uint8)


def encoded(suffix: str, image: np.ndarray) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


def pnm(magic: str, largest: int, values: np.ndarray) -> bytes:
    head = f"{magic}\n# made here\n{values.shape[1]} {values.shape[0]}\n{largest}\n".encode()
    if magic in ("P2", "P3"):
        return head + " ".join(map(str, values.ravel())).encode() + b"\n"
    return head + values.astype(">u2" if largest > 255 else np.uint8).tobytes()


def stack(kind: str, pages: np.ndarray) -> bytes:
    images, file = [Image.fromarray(page) for page in pages], io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {}
    images[0].save(file, kind, save_all=True, append_images=images[1:], **options)
    return file.getvalue()


def folder_of(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def frames_of(tmp_path: Path, files: dict[str, bytes], **options: object) -> np.ndarray:
    read_frames(folder_of(tmp_path / "clip", files), "*", tmp_path / "frames.npy", **options)
    return open_frames(tmp_path / "frames.npy")


# ---------------------------------------------------------------- deep images


@pytest.mark.parametrize(
    ("magic", "largest"), [("P5", 4095), ("P5", 100), ("P2", 4095), ("P6", 100), ("P6", 1023), ("P5", 65535)]
)
def test_pnm_is_scaled_from_its_own_largest_value(tmp_path: Path, magic: str, largest: int):
    values = np.minimum(VALUES, largest)
    if magic == "P6":
        values = np.dstack([values, values[::-1], values[:, ::-1]])
    expected = np.rint(values * (255 / largest))
    frame = frames_of(tmp_path, {"a.pnm": pnm(magic, largest, values)})[0]
    np.testing.assert_array_equal(frame, expected if magic == "P6" else np.dstack([expected] * 3))


def test_pnm_of_8_bits_is_as_it_is(tmp_path: Path):
    values = (VALUES % 256).astype(np.uint8)
    frame = frames_of(tmp_path, {"a.pgm": pnm("P5", 255, values)})[0]
    np.testing.assert_array_equal(frame, np.dstack([values] * 3))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_12_bits_in_16_are_told_and_the_key_sets_them(tmp_path: Path, suffix: str):
    files = {f"a{suffix}": encoded(suffix, VALUES)}
    with pytest.raises(
        InputError, match=r"use only 12 bits \(the largest value is \d+\).* set bits: 12 for the clip"
    ):
        frames_of(tmp_path, files)
    assert not (tmp_path / "frames.npy").exists()
    read_frames(tmp_path / "clip", "*", tmp_path / "frames.npy", bits=12)
    np.testing.assert_array_equal(open_frames(tmp_path / "frames.npy")[0], np.dstack([VALUES >> 4] * 3))
    read_frames(tmp_path / "clip", "*", tmp_path / "frames.npy", bits=16)
    np.testing.assert_array_equal(open_frames(tmp_path / "frames.npy")[0], np.dstack([VALUES >> 8] * 3))


def test_bits_are_those_of_the_whole_clip(tmp_path: Path):
    """One dark frame among bright ones is dark, and of 16 bits."""
    files = {"a.png": encoded(".png", VALUES), "b.png": encoded(".png", VALUES * 16)}
    np.testing.assert_array_equal(frames_of(tmp_path, files)[:, :, :, 0], [VALUES >> 8, VALUES * 16 >> 8])


def test_more_bits_than_the_key_says_are_refused(tmp_path: Path):
    with pytest.raises(
        InputError, match=r"'a\.png' has the value \d+, which takes more than the clip's bits: 10"
    ):
        frames_of(tmp_path, {"a.png": encoded(".png", VALUES)}, bits=10)


# ---------------------------------------------------------------- stacks


@pytest.mark.parametrize(("kind", "suffix"), [("TIFF", "tif"), ("PNG", "png"), ("WEBP", "webp")])
def test_all_pages_of_a_stack_are_frames(tmp_path: Path, kind: str, suffix: str):
    files = {f"{index}.{suffix}": stack(kind, PAGES + index) for index in range(2)}
    source = folder_of(tmp_path / "clip", files)
    names = read_frames(source, "*", tmp_path / "frames.npy")
    assert names == [f"{index}.{suffix}#{page}" for index in range(2) for page in (1, 2, 3)]
    np.testing.assert_array_equal(open_frames(tmp_path / "frames.npy"), np.concatenate([PAGES, PAGES + 1]))


def test_all_pictures_of_a_gif_are_frames_and_it_may_be_the_source_itself(tmp_path: Path):
    pages = np.uint8([0, 100, 200]).repeat(24 * 32 * 3).reshape(PAGES.shape)
    (tmp_path / "clip.gif").write_bytes(stack("GIF", pages))
    names = read_frames(tmp_path / "clip.gif", "ignored/*.png", tmp_path / "frames.npy")
    assert names == ["clip.gif#1", "clip.gif#2", "clip.gif#3"]
    np.testing.assert_array_equal(open_frames(tmp_path / "frames.npy"), pages)


def test_pages_of_16_bits_are_read_alike(tmp_path: Path):
    deep = [VALUES * 16, VALUES[::-1] * 16]
    cv2.imwritemulti(str(tmp_path / "deep.tif"), deep)
    read_frames(tmp_path / "deep.tif", None, tmp_path / "frames.npy")
    np.testing.assert_array_equal(open_frames(tmp_path / "frames.npy")[..., 0], [page >> 8 for page in deep])


@pytest.mark.parametrize(
    ("kind", "suffix"), [("TIFF", "tif"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "gif")]
)
@pytest.mark.parametrize("share", [0.4, 0.75, 0.999])
def test_cut_stack_is_an_error(tmp_path: Path, kind: str, suffix: str, share: float):
    data = stack(kind, PAGES)
    with pytest.raises(InputError, match=rf"'a\.{suffix}'.* cannot be decoded in full"):
        frames_of(tmp_path, {f"a.{suffix}": data[: int(share * len(data))]})


def test_every_changed_byte_of_an_animated_png_is_an_error_or_changes_nothing(tmp_path: Path):
    data = stack("PNG", PAGES[:, :4, :4])
    refused = 0
    for place in range(8, len(data)):
        try:
            pages = list(
                ImageDecoder().pages(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :], "a")
            )
        except InputError:
            refused += 1
        else:
            assert np.array_equal(pages, PAGES[:, :4, :4]), place
    assert refused > 0.9 * len(data)


# ---------------------------------------------------------------- damage and limits


def test_errors_of_a_decoder_are_counted(tmp_path: Path):
    """libjpeg goes on after bytes that make no sense, and says so."""
    whole = encoded(".jpg", cv2.resize(PAGES[0], (160, 120)))
    place = whole.index(b"\xff\xda") + 400
    damaged = whole[:place] + b"\xff\xd3" + whole[place + 2 :]
    decoding = Decoding()
    frames_of(tmp_path, {"1.jpg": whole, "2.jpg": damaged, "3.jpg": whole}, decoding=decoding)
    assert (decoding.frames, decoding.damaged) == (3, 1)
    assert "Corrupt JPEG data" in decoding.first_error


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is large; of its pixels there is none."""
    chunks = (
        b"IHDR" + struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0),
        b"IDAT" + zlib.compress(b""),
        b"IEND",
    )
    body = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def test_pixels_of_an_image_are_limited_before_it_is_decoded(tmp_path: Path):
    with pytest.raises(
        InputError,
        match=r"'a\.png' is too large: 400,000,000 pixels, and limits\.image_pixels allows 100,000,000",
    ):
        frames_of(tmp_path, {"a.png": bomb(20_000, 20_000)})


def test_frames_of_a_clip_are_limited_be_they_files_or_pages(tmp_path: Path):
    source = folder_of(tmp_path / "clip", {f"{index}.tif": stack("TIFF", PAGES) for index in range(2)})
    for limit, what in (
        (1, "has too many images: 2"),
        (2, "holds too many images: 3"),
        (5, "has too many images: 6"),
    ):
        with pytest.raises(InputError, match=rf"{what} frames, and limits\.frames allows {limit}"):
            read_frames(source, "*", tmp_path / "frames.npy", limits=Limits(frames=limit))


# ---------------------------------------------------------------- ground truth

LABELLED = np.array([[0, 50, 85], [170, 255, 0]], np.uint8).repeat(4, axis=0).repeat(4, axis=1)
CLIP = np.zeros((1, *LABELLED.shape, 3), np.uint8)


def labels_of(tmp_path: Path, data: bytes) -> np.ndarray:
    source = folder_of(tmp_path / "clip", {"gt1.png": data})
    read_groundtruth(source, "*", tmp_path / "gt.npy", CLIP)
    return open_frames(tmp_path / "gt.npy")[0]


@pytest.mark.parametrize("factor", [1, 257])
def test_16_bit_labels_have_their_value(tmp_path: Path, factor: int):
    np.testing.assert_array_equal(
        labels_of(tmp_path, encoded(".png", LABELLED.astype(np.uint16) * factor)), LABELLED
    )


def test_16_bit_labels_without_an_exact_value_are_told(tmp_path: Path):
    with pytest.raises(
        InputError, match=r"'gt1\.png' has the 16-bit value 65280, which is no value in 8 bits"
    ):
        labels_of(tmp_path, encoded(".png", LABELLED.astype(np.uint16) * 256))


def test_labels_in_an_alpha_channel_are_told(tmp_path: Path):
    white = np.full((*LABELLED.shape, 3), 255, np.uint8)
    with pytest.raises(
        InputError, match=r"'gt1\.png' is transparent in places; expected labels as grey values"
    ):
        labels_of(tmp_path, encoded(".png", np.dstack([white, LABELLED])))


def test_an_opaque_alpha_channel_is_no_matter(tmp_path: Path):
    opaque = np.dstack([LABELLED] * 3 + [np.full_like(LABELLED, 255)])
    np.testing.assert_array_equal(labels_of(tmp_path, encoded(".png", opaque)), LABELLED)


def test_coloured_labels_are_told(tmp_path: Path):
    """Their luma might be one of CDnet's values by chance."""
    with pytest.raises(InputError, match=r"'gt1\.png' has colours; expected a grey image"):
        labels_of(tmp_path, encoded(".png", np.dstack([LABELLED, LABELLED, LABELLED[::-1]])))


def test_labels_of_one_bit_and_of_a_palette_have_their_value(tmp_path: Path):
    black_and_white = np.where(LABELLED > 100, 255, 0).astype(np.uint8)
    for mode in ("1", "P", "L"):
        file = io.BytesIO()
        Image.fromarray(black_and_white).convert(mode).save(file, "PNG")
        np.testing.assert_array_equal(ImageDecoder().labels(file.getvalue(), "a"), black_and_white)


def test_a_small_stack_that_claims_to_be_large_is_refused_before_it_is_decoded():
    """One byte in two of a GIF's size changed: each of its images would take seconds."""
    buffer = io.BytesIO()
    first, *others = (Image.fromarray(np.full((8, 8), level, np.uint8)) for level in range(3))
    first.save(buffer, "GIF", save_all=True, append_images=others)
    data = bytearray(buffer.getvalue())
    assert len(list(ImageDecoder().pages(bytes(data), "a.gif"))) == 3
    data[6:10] = (9000).to_bytes(2, "little") * 2
    with pytest.raises(InputError) as error:
        next(ImageDecoder().pages(bytes(data), "a.gif"))
    assert str(error.value) == (
        f"a.gif: its 3 images of 9000 x 9000 are 243,000,000 pixels, far more than {len(data):,} bytes can"
        " well hold, so it is damaged; if they are right, raise limits.image_pixels"
    )


def test_a_gif_of_which_a_later_image_claims_to_be_large_is_refused():
    buffer = io.BytesIO()
    first, *others = (Image.fromarray(np.full((8, 8), level, np.uint8)) for level in range(3))
    first.save(buffer, "GIF", save_all=True, append_images=others)
    data = bytearray(buffer.getvalue())
    descriptor = data.index(b"," + bytes(4) + b"\x08\0\x08\0", data.index(b",") + 1)  # of the second image
    data[descriptor + 5 : descriptor + 9] = b"\xff" * 4
    with pytest.raises(InputError, match=r"a\.gif cannot be decoded in full"):
        list(ImageDecoder().pages(bytes(data), "a.gif"))


@pytest.mark.parametrize(("kind", "suffix"), [("GIF", "gif"), ("WEBP", "webp"), ("PNG", "png")])
@pytest.mark.parametrize(("duration", "rate"), [(40, "25"), ([20, 40, 60], "25"), (0, None)])
def test_an_animation_says_its_rate_by_how_long_its_frames_are_shown(
    tmp_path: Path, kind: str, suffix: str, duration: int | list[int], rate: str | None
):
    first, *others = (Image.fromarray(np.full((8, 8), 80 * level, np.uint8)) for level in range(3))
    path = tmp_path / f"a.{suffix}"
    first.save(path, kind, save_all=True, append_images=others, duration=duration)
    decoding = Decoding()
    read_frames(path, None, tmp_path / "frames.npy", decoding=decoding)
    assert (decoding.frames, decoding.rate) == (3, rate)


def test_colours_that_are_not_rgb_are_told(tmp_path: Path):
    image = Image.new("LAB", (8, 6), (200, 90, 30))
    image.save(tmp_path / "0.tif")
    with pytest.raises(InputError, match=r"'0\.tif' has CIELAB colours; expected RGB or grey: convert it"):
        read_frames(tmp_path, "*", tmp_path / "frames.npy")
