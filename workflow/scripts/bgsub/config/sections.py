"""The sections of the config but for models and methods, which are described beside what they set."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import AfterValidator, Field

from bgsub.config.methods import MethodRow
from bgsub.demo.settings import Synthetic
from bgsub.model.settings import Model
from bgsub.settings import MOST, Settings
from bgsub.source.limits import Limits


def _distinct(values: list) -> list:
    if len({(type(value) is bool, value) for value in values}) < len(values):
        raise ValueError("expected each value once; delete one that is there twice")
    return values


EachOnce = (AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True}))

# Names become parts of file names, which may have 255 bytes, beside others.
_NAME = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$"
_URL = "^https?://"
_FILE = r"^[^./\\][^/\\]{0,199}$"
_SHA256 = "^[0-9a-f]{64}$"
_SWEPT_KEY = r"^([a-z0-9_]+|model\.[a-z0-9_]+|settings\.[A-Za-z0-9_]+|split\.train_fraction)$"
# Patterns in words, for messages.
PATTERNS = {
    _NAME: "a name of letters, digits, '_', '.' and '-', the first a letter or a digit, 80 at most",
    _URL: "an address that begins with http:// or https://",
    _FILE: "the name of a file, without / and \\, that does not begin with a dot and has 200 letters at most",
    _SHA256: "64 hexadecimal digits in lower case",
    _SWEPT_KEY: "a key of the method, settings.<key>, model.<key> or split.train_fraction",
}

Text = Annotated[str, MinLen(1)]
Name = Annotated[str, Field(pattern=_NAME)]
Share = Annotated[float, Gt(0), Lt(1)]
Frame = Annotated[int, Ge(0), Le(MOST)]
Rate = Annotated[float, Gt(0), Le(1000)]
Scalar = int | float | str | bool | None


@dataclass(frozen=True, kw_only=True)
class Source(Settings):
    """Where a clip comes from: one of gdrive, url, path and synthetic."""

    gdrive: Text | None = None
    """Id of a Google Drive file."""
    url: Annotated[str, Field(pattern=_URL)] | None = None
    """Address of a file."""
    path: Text | None = None
    """A zip archive, a folder of frames or a video file."""
    synthetic: Synthetic | None = None
    """A rendered clip."""
    file: Annotated[str, Field(pattern=_FILE)] | None = None
    """Name under data/ that a fetched file is kept by."""
    sha256: Annotated[str, Field(pattern=_SHA256)] | None = None
    """Checksum that the file must have."""


@dataclass(frozen=True, kw_only=True)
class StillSettings(Settings):
    """Where and when a person lies still."""

    frame: Frame
    """First frame of stillness."""
    region: Annotated[list[Annotated[int, Ge(0), Le(MOST)]], MinLen(4), MaxLen(4)]
    """Box around the person, [left, top, width, height]."""


@dataclass(frozen=True, kw_only=True)
class Events(Settings):
    """What else happens to the person."""

    enters: Frame | None = None
    """First frame with the person."""
    falls: Frame | None = None
    """Last frame before the person sinks to the floor."""


@dataclass(frozen=True, kw_only=True)
class Train(Settings):
    """Which frames train, in place of a share from the first on: one of frames, clip and until."""

    frames: Annotated[list[Annotated[list[Frame], MinLen(2), MaxLen(2)]], MinLen(1)] | None = None
    """Ranges of this clip's frames, each [first, one past the last], such as [[0, 40], [120, 160]]; the
    others are tested."""
    clip: str | None = None
    """Name of another clip, of the same camera: all of its frames train, and all of this one are tested."""
    until: Literal["temporal_roi"] | None = None
    """With temporal_roi all frames before the first scored one train, which is CDnet's protocol."""


@dataclass(frozen=True, kw_only=True)
class Clip(Settings):
    """One camera's sequence."""

    title: str | None = None
    """Shown in the report."""
    source: Source
    """Where the clip comes from."""
    frames: str | None = None
    """Pattern that chooses the images in an archive or folder, or the video in an archive."""
    bits: Annotated[int, Ge(8), Le(16)] | None = None
    """Bits that the values of 16-bit images have, where they use fewer."""
    groundtruth: str | None = None
    """Pattern that chooses the label images, one per frame, in CDnet coding."""
    roi: str | None = None
    """Name of the image that is black where nothing is scored, such as CDnet's ROI.bmp."""
    temporal_roi: str | None = None
    """Name of the text file with the first and last frame that are scored, such as CDnet's
    temporalROI.txt."""
    category: str | None = None
    """Group of clips that scores are averaged in."""
    still: StillSettings | None = None
    """Where and when a person lies still, for a clip without ground truth."""
    events: Events | None = None
    """Frames of what else happens to the person, where it is known."""
    train_fraction: Share | None = None
    """Share of this clip's frames that train; else split.train_fraction."""
    train: Train | None = None
    """Which frames train, where it is not the first share."""
    fps: Rate | None = None
    """Frames per second that the clip was recorded at; else what its file says, else video.fps."""
    annotation: str | None = None
    """What is known of the clip, in words; shown in the report."""
    licence: str | None = None
    """Under which terms the clip may be used."""
    citation: str | None = None
    """How its authors ask to be cited."""


@dataclass(frozen=True, kw_only=True)
class Split(Settings):
    """How a clip's frames are divided in time."""

    train_fraction: Share = 0.4
    """Share of the frames, from the first on, that train the models."""


@dataclass(frozen=True, kw_only=True)
class Audit(Settings):
    """A sample of pixels at which every model is compared with EM from random starts."""

    pixels: Annotated[int, Ge(1), Le(10**6)] = 2000
    """Size of the sample."""
    restarts: Annotated[int, Ge(1), Le(1000)] = 20
    """Fits from random starts per pixel."""
    seed: Annotated[int, Ge(0), Le(MOST)] = 0
    """Of the pixels and the restarts."""


@dataclass(frozen=True, kw_only=True)
class Sweep(Settings):
    """A method and the values to try."""

    method: str
    """Name of the method that varies."""
    values: Annotated[
        dict[Annotated[str, Field(pattern=_SWEPT_KEY)], Annotated[list[Scalar], MinLen(1), *EachOnce]],
        MinLen(1),
        MaxLen(2),
    ]
    """One or two keys, each with the values to try: keys of the method, settings.<key> of a method in Python,
    model.<key> of its model, or split.train_fraction."""


@dataclass(frozen=True, kw_only=True)
class Video(Settings):
    """Time in clips that do not tell it."""

    fps: Rate = 10
    """Frames per second that a clip is shown at, and its seconds are counted by, where neither the clip's own
    fps nor its file says at how many it was recorded; its page says that the rate is not known."""


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to run, and how. Lengths are pixels, times frames, colours 8-bit levels unless said otherwise."""

    run: Annotated[list[str], MinLen(1), *EachOnce]
    """Names of the clips to process; `*` stands for any part of a name."""
    clips: dict[Name, Clip]
    """Every clip that can be run, by name."""
    clip_tables: list[str] = field(default_factory=list)
    """Tables of further clips, tab-separated, a row each, relative to the working directory or to the
    workflow."""
    scenes: str | None = None
    """Table of the clips of `snakemake scenes`, found as those of clip_tables are; their names can be in run
    too."""
    split: Split = field(default_factory=Split)
    """How a clip's frames are divided in time."""
    tiles: Literal["auto"] | Annotated[int, Ge(1), Le(1000)] = "auto"
    """Horizontal bands that an image is fitted in, each by a job of its own, 1 or more; or auto, two or
    more."""
    models: Annotated[dict[Name, Model], MinLen(1)]
    """Mixtures, by name; the first is the reference."""
    audit: Audit = field(default_factory=Audit)
    """A sample of pixels at which every model is compared with EM from random starts."""
    methods: Annotated[dict[Name, MethodRow], MinLen(1)]
    """Ways from frames to masks, by name."""
    sweeps: dict[Name, Sweep] = field(default_factory=dict)
    """Grids over parameters of a method or its model, by name; each has a table and a picture."""
    histories: Annotated[list[Annotated[int, Ge(1), Le(MOST)]], *EachOnce] = field(
        default_factory=lambda: [15, 30, 60, 120, 250, 500]
    )
    """Histories that MOG2's absorption of the still person is measured and predicted with, frames."""
    video: Video = field(default_factory=Video)
    """Time in clips that do not tell it."""
    limits: Limits = field(default_factory=Limits)
    """The most that a source may take before it is refused."""
    seed: Annotated[int, Ge(0), Le(MOST)] = 0
    """Of the resamples behind intervals of scores and differences, and of the pixels that false alarms are
    measured at."""
