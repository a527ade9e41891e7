"""Files within a page: pictures and videos as data URIs, style sheets and scripts as they are."""

from pathlib import Path

import cv2
import numpy as np
from markupsafe import Markup

from bgsub.report.payload import as_text

_LOSSLESS_BYTES = 150_000  # a picture that takes more without loss is a photograph
_QUALITY = 90


def embed_picture(path: str | Path) -> str:
    """Return a PNG as a WebP data URI: without loss if that is small, as charts are."""
    image = _read(path)
    encoded = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 101])[1]
    if len(encoded) > _LOSSLESS_BYTES:
        encoded = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])[1]
    return f"data:image/webp;base64,{as_text(encoded.tobytes())}"


def picture_size(path: str | Path) -> tuple[int, int]:
    """Return the width and height of a picture, pixels."""
    height, width = _read(path).shape[:2]
    return width, height


def embed_video(path: str | Path) -> str:
    """Return a video as a data URI."""
    return f"data:video/mp4;base64,{as_text(Path(path).read_bytes())}"


def embed_source(*paths: Path) -> Markup:
    """Return files of ours, scripts or style sheets, to stand within the page as they are."""
    return Markup("\n".join(path.read_text(encoding="utf-8") for path in paths))  # noqa: S704


def _read(path: str | Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise FileNotFoundError(f"{path}: no picture there")
    return image
