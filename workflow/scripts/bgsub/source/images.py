"""From the bytes of an image file to its pages, in 8 bits."""

import io
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

# The last two are known to Pillow once they are imported.
from PIL import Image, ImageSequence, TiffImagePlugin, WebPImagePlugin  # noqa: F401

from bgsub.errors import InputError
from bgsub.source.limits import LIMITS, Limits
from bgsub.source.messages import DecoderMessages

# Our own limit is checked instead, with a line that names its key.
Image.MAX_IMAGE_PIXELS = None

_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
# Files of these kinds may hold several images that follow one another in time. A JPEG's further images are
# previews, depth maps and the like.
_STACKS = ("GIF", "PNG", "TIFF", "WEBP")
# 16-bit values of which none reaches a quarter of the range are taken for fewer bits, stored in 16.
_FEW_BITS = 14
# Of a stack, beyond limits.image_pixels. A damaged size costs seconds for each image of a GIF of a few bytes;
# whole ones have less than a hundred pixels in a byte, but for pictures in which nearly nothing moves.
_PIXELS_PER_BYTE = 1000


class ImageHeader(NamedTuple):
    """What an image file says of itself before it is decoded."""

    format: str  # Pillow's name: PNG, JPEG, TIFF, PPM (also for PGM) and so on
    width: int
    height: int
    pages: int  # images in the file, as frames of a GIF or pages of a TIFF
    transparent: bool  # whether it has an alpha channel or a transparent colour


class ImageDecoder:
    """Decode the images of a clip, and remember what can only be judged of all of them.

    Parameters
    ----------
    bits : int, optional
        Bits that the values of 16-bit images use, 8 to 16. By default all 16, and a clip whose values never
        use more than 14 is refused by `finish`, since it would become nearly black.
    limits : Limits
        Of pixels of an image and images of a file.
    """

    def __init__(self, bits: int | None = None, limits: Limits = LIMITS):
        self.messages = DecoderMessages()
        self.durations: list[float] = []  # of an animation's frames, milliseconds; 0 where it does not say it
        self._bits = bits
        self._limits = limits
        self._deep = False
        self._largest = 0

    def pages(self, data: bytes, label: str) -> Iterator[np.ndarray]:
        """Yield each image of a file, uint8 (height, width, 3) RGB; `label` is how messages name the file.

        Raises
        ------
        InputError
            If it cannot be decoded in full, is larger than the limits, or has neither 8 nor 16 bits.
        """
        header = read_header(data, label)
        self._check(header, data, label)
        if header.format == "PPM":
            data += b"\n"  # or OpenCV misses the last number of a text
        if header.pages == 1:
            flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH
            yield self._in_8_bits(_decoded(data, flags, label, self.messages), data, header, label)
        elif header.format == "TIFF":
            yield from self._tiff_pages(data, header, label)
        else:
            yield from _animation_frames(data, header, label, self.durations)

    def labels(self, data: bytes, label: str) -> np.ndarray:
        """Decode one image of values that are not to change, as of a ground truth, to (height, width) uint8.

        16 bits become 8 where that is exact: 0 and 65535 become 0 and 255, and 0 and 255 stay.

        Raises
        ------
        InputError
            As for `pages`, and if the image has colours, an alpha channel that is not opaque, several pages,
            or 16-bit values that have no exact place in 8.
        """
        header = read_header(data, label)
        self._check(header, data, label)
        if header.pages != 1:
            raise InputError(f"{label} holds {header.pages} images; expected one")
        if header.transparent:
            _refuse_transparent(data, label, self.messages)
        image = _decoded(data, cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH, label, self.messages)
        if image.ndim == 3:
            if (image != image[..., :1]).any():
                raise InputError(f"{label} has colours; expected a grey image, whose values are the labels")
            image = np.ascontiguousarray(image[..., 0])
        image = _whole_numbers(image, data, header, label)
        return image if image.dtype == np.uint8 else _exactly_in_8_bits(image, label)

    def finish(self, source: object) -> None:
        """Raise `InputError` if the clip's 16-bit values use so few bits that they cannot be meant as 16."""
        used = self._largest.bit_length()
        if self._bits is None and self._deep and used <= _FEW_BITS:
            bits = max(8, used + used % 2)
            raise InputError(
                f"{source}: its 16-bit images use only {bits} bits (the largest value is {self._largest}), "
                f"so they would become nearly black: set bits: {bits} for the clip, or 16 if it is so dark"
            )

    def _check(self, header: ImageHeader, data: bytes, label: str) -> None:
        size = header.width * header.height
        self._limits.check("image_pixels", size, f"{label} is too large")
        self._limits.check("frames", header.pages, f"{label} holds too many images")
        most = self._limits.image_pixels + _PIXELS_PER_BYTE * len(data)
        if header.pages > 1 and header.pages * size > most:
            raise InputError(
                f"{label}: its {header.pages} images of {header.width} x {header.height} are"
                f" {header.pages * size:,} pixels, far more than {len(data):,} bytes can well hold, so it"
                " is damaged; if they are right, raise limits.image_pixels"
            )

    def _tiff_pages(self, data: bytes, header: ImageHeader, label: str) -> Iterator[np.ndarray]:
        flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH
        for index in range(header.pages):
            with self.messages.heard():
                try:
                    found, images = cv2.imdecodemulti(
                        np.frombuffer(data, np.uint8), flags, range=(index, index + 1)
                    )
                except cv2.error:
                    found = False
            if not found or len(images) != 1:
                raise _undecodable(data, f"{label}, page {index + 1} of {header.pages},")
            yield self._in_8_bits(images[0], data, header, label)

    def _in_8_bits(self, image: np.ndarray, data: bytes, header: ImageHeader, label: str) -> np.ndarray:
        image = _whole_numbers(image, data, header, label)
        if image.dtype == np.uint8:
            return image
        largest, bits = int(image.max()), self._bits or 16
        if largest >> bits:
            raise InputError(
                f"{label} has the value {largest}, which takes more than the clip's bits: {bits}"
            )
        self._deep, self._largest = True, max(self._largest, largest)
        return (image >> (bits - 8)).astype(np.uint8)


def read_header(data: bytes, label: str) -> ImageHeader:
    """Read what an image file says of itself; InputError if it is no image, or damaged there."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            pages = getattr(image, "n_frames", 1) if image.format in _STACKS else 1
            transparent = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
            header = ImageHeader(image.format or "", *image.size, pages, transparent)
            mode = image.mode
    except Exception as error:  # of many kinds, where the bytes make no sense
        raise _undecodable(data, label) from error
    if mode == "LAB":  # OpenCV would take L, a and b for red, green and blue
        raise InputError(f"{label} has CIELAB colours; expected RGB or grey: convert it")
    return header


def _decoded(data: bytes, flags: int, label: str, messages: DecoderMessages) -> np.ndarray:
    with messages.heard():
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        except cv2.error:  # no bytes at all, or more pixels than OpenCV allows
            image = None
    if image is None:
        raise _undecodable(data, label)
    return image


def _undecodable(data: bytes, label: str) -> InputError:
    return InputError(
        f"{label} cannot be decoded in full ({len(data):,} bytes), so it is truncated, damaged or no image: "
        "replace it, or make the pattern narrower"
    )


def _animation_frames(
    data: bytes, header: ImageHeader, label: str, durations: list[float]
) -> Iterator[np.ndarray]:
    # The end of a GIF is marked, or it would lose frames without a word when cut.
    if (header.format == "PNG" and not _has_right_checksums(data)) or (
        header.format == "GIF" and not data.rstrip(b"\0").endswith(b";")
    ):
        raise _undecodable(data, label)
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.mode.startswith(("I", "F")):
                raise InputError(
                    f"{label} is animated in more than 8 bits; expected single images, or 8 bits"
                )
            count = 0
            for frame in ImageSequence.Iterator(image):
                if frame.size != (header.width, header.height):  # Pillow would enlarge it, to any size
                    raise _undecodable(data, label)
                pixels = np.asarray(frame.convert("RGB"))
                durations.append(frame.info.get("duration", 0))
                yield pixels
                count += 1
        if count != header.pages:
            raise _undecodable(data, label)
    except (InputError, GeneratorExit):
        raise
    except Exception as error:  # of many kinds, where the bytes make no sense
        raise _undecodable(data, label) from error


def _has_right_checksums(data: bytes) -> bool:
    """Tell whether all chunks of a PNG are whole; Pillow does not look at the checksums of pixels."""
    place = 8
    while place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind_and_content, end = data[place + 4 : place + 8 + length], place + 12 + length
        if zlib.crc32(kind_and_content) != int.from_bytes(data[end - 4 : end], "big"):
            return False
        if kind_and_content[:4] == b"IEND":
            return True
        place = end
    return False


def _whole_numbers(image: np.ndarray, data: bytes, header: ImageHeader, label: str) -> np.ndarray:
    """Return the values as uint8 or uint16; InputError if they have another type."""
    if header.format == "PPM":
        image = _scaled(image, data)
    if image.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{label} has values of type {image.dtype}; expected 8 or 16 bits")
    return image


def _scaled(image: np.ndarray, data: bytes) -> np.ndarray:
    """Scale a PNM's values from its own largest value to 255; OpenCV does so for text (P2, P3) up to 255."""
    header = re.match(rb"P([2356])" + rb"(?:\s|#[^\n]*\n)+(\d+)" * 3, data)
    largest = int(header[4]) if header else 255
    if largest == 255 or (image.dtype == np.uint8 and header and header[1] in b"23"):
        return image
    levels = np.arange(int(image.max()) + 1) * 255 / largest
    return np.minimum(np.rint(levels), 255).astype(np.uint8)[image]


def _exactly_in_8_bits(image: np.ndarray, label: str) -> np.ndarray:
    if image.max() <= 255:
        return image.astype(np.uint8)
    if not (image % 257).any():
        return (image // 257).astype(np.uint8)
    strange = int(image[image % 257 != 0].max())
    raise InputError(
        f"{label} has the 16-bit value {strange}, which is no value in 8 bits; expected 0 to 255, or those "
        "times 257 (0 and 65535 for black and white)"
    )


def _refuse_transparent(data: bytes, label: str, messages: DecoderMessages) -> None:
    alpha = _decoded(data, cv2.IMREAD_UNCHANGED, label, messages)
    opaque = np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else 1
    if alpha.ndim == 3 and alpha.shape[2] == 4 and (alpha[..., 3] != opaque).any():
        raise InputError(
            f"{label} is transparent in places; expected labels as grey values: save it without an alpha "
            "channel (and if the labels are in that channel, save it alone as a grey image)"
        )
