"""Files within a page: pictures and videos as data URIs, style sheets and scripts as they are."""

from pathlib import Path

import cv2
from markupsafe import Markup

from bgsub.files import read_image
from bgsub.report.payload import as_text

_CHART_BYTES = 200_000  # a PNG that takes more has photographs in it
_QUALITY = 90


def embed_picture(path: str | Path) -> str:
    """Return a PNG as a data URI: a chart as it is, a photograph as WebP, which is several times smaller."""
    data, kind = Path(path).read_bytes(), "png"
    if len(data) > _CHART_BYTES:
        picture = cv2.cvtColor(read_image(path), cv2.COLOR_RGB2BGR)
        data = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])[1].tobytes()
        kind = "webp"
    return f"data:image/{kind};base64,{as_text(data)}"


def picture_size(path: str | Path) -> tuple[int, int]:
    """Return the width and height of a PNG in pixels, which its header begins with (PNG, section 11.2.1)."""
    with Path(path).open("rb") as file:
        header = file.read(24)
    return int.from_bytes(header[16:20]), int.from_bytes(header[20:24])


def embed_video(path: str | Path) -> str:
    """Return a video as a data URI."""
    return f"data:video/mp4;base64,{as_text(Path(path).read_bytes())}"


def embed_source(*paths: Path) -> Markup:
    """Return files of ours, scripts or style sheets, to stand within the page as they are."""
    return Markup("\n".join(path.read_text(encoding="utf-8") for path in paths))  # noqa: S704
