"""Tables of clips: tab-separated, a row each, whose cells are what the section `clips` would have."""

import csv
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bgsub.config.check import check
from bgsub.config.files import Located
from bgsub.config.sections import Clip, Name
from bgsub.config.words import one_of, shown
from bgsub.errors import InputError
from bgsub.source.kinds import KINDS

# Columns that hold a key of a clip.
KEYS: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    **{key: ("source", key) for key in (*KINDS, "file", "sha256")},
    **{key: (key,) for key in ("frames", "groundtruth", "roi", "temporal_roi", "category", "train_fraction")},
    "train_clip": ("train", "clip"),
    "train_until": ("train", "until"),
    "fps": ("fps",),
    "still_frame": ("still", "frame"),
    "still_region": ("still", "region"),
    "enters": ("events", "enters"),
    **{key: (key,) for key in ("annotation", "licence", "citation")},
}
# What other columns there are. The first fall is an event of its clip if the camera has no delay, since the
# sources do not tell the sign of one.
OTHER_COLUMNS = {
    "clip": "Name of the clip.",
    "falls": "First and last frame of each fall, such as 271-298, in the frames of the reference camera.",
    "delay": "Frames by which the camera differs from the reference camera.",
    "delay_settled": "Whether the sources agree on the delay: yes or no.",
    "scenario": "Number of the scene, for your own use.",
    "camera": "Number of the camera, for your own use.",
}
_FORMS = {
    "falls": (
        r"[0-9]{1,9}-[0-9]{1,9}( [0-9]{1,9}-[0-9]{1,9})*",
        "first and last frames, such as 271-298, separated by blanks",
    ),
    "delay_settled": ("yes|no", "yes or no"),
    "synthetic": (r"\w+=\S+( \w+=\S+)*", "settings, such as 'height=240 jitter=2', separated by blanks"),
}


def read_clip_table(
    name: str, home: Path, located: Located = str, key: str = "clip_tables"
) -> dict[str, dict[str, Any]]:
    """Read the clips of a table.

    Parameters
    ----------
    name : str
        Of the file, relative to the working directory or else to
    home : Path
        the folder of the workflow.
    located : callable
        From a path in the config to where it is; see `bgsub.config.files`.
    key : str
        Of the config, which names the table.

    Returns
    -------
    dict of str to dict
        Clips by name, as `check` returns those of the config.

    Raises
    ------
    InputError
        If there is no such file, or naming the line that is wrong, and the column.
    """
    places = (Path(located(name)), home / name)
    file = next((path for path in places if os.path.isfile(path)), None)  # noqa: PTH113  # of any length
    if file is None:
        raise InputError(f"{key}: no such file: {located(name)}; check the path")
    clips: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            # A quote is a letter like others: one that opens a cell would swallow the rows below.
            rows = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            _check_head(rows.fieldnames or [], name)
            for row in rows:
                number = rows.line_num  # blank lines count
                if not any(row.values()):  # tabs alone, as spreadsheets leave them
                    continue
                place = f"{name}, line {number}"
                clip, settings = _clip_of(row, place)
                if clip in clips:
                    raise InputError(f"{place}: clip: '{clip}' is in line {lines[clip]} already; rename one")
                clips[clip], lines[clip] = settings, number
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: byte {error.start} is no UTF-8; save the table as UTF-8 text") from None
    except csv.Error as error:
        raise InputError(
            f"{name}, line {rows.line_num + 1}: {error}; look at the tabs and line ends there"
        ) from None
    return clips


def _check_head(columns: Sequence[str], name: str) -> None:
    if "clip" not in columns:
        found = ", ".join(columns) or "nothing"
        raise InputError(
            f"{name}, line 1: found {found}; expected names of columns, 'clip' and others, separated by tabs"
        )
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise InputError(f"{name}, line 1: column '{twice}' is there twice; delete or rename one")
    known = [*OTHER_COLUMNS, *KEYS]
    for column in columns:
        if column not in known:
            raise InputError(f"{name}, line 1: unknown column '{column}'{one_of(column, known)}")


def _clip_of(row: Mapping[str | None, Any], place: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the settings of the clip in a row."""
    if None in row:
        raise InputError(f"{place}: more cells than the columns of line 1; check the tabs")
    cells = {column: cell for column, cell in row.items() if cell}
    if "clip" not in cells:
        raise InputError(f"{place}: clip: missing; expected the name of the clip")
    for column, (form, words) in _FORMS.items():
        if column in cells and not re.fullmatch(form, cells[column]):
            raise InputError(f"{place}: {column}: found {shown(cells[column])}; expected {words}")
    name = check(cells["clip"], Name, named=_naming(place, {(): "clip"}))
    clip: dict[str, Any] = {"source": {}}
    for column, path in KEYS.items():
        if column in cells:
            section = clip.setdefault(path[0], {}) if len(path) > 1 else clip
            section[path[-1]] = _value(path, cells[column])
    if "falls" in cells and cells.get("delay", "0") == "0":
        clip.setdefault("events", {})["falls"] = int(cells["falls"].partition("-")[0])
    return name, check(clip, Clip, named=_naming(place, {path: column for column, path in KEYS.items()}))


def _value(path: tuple[str, ...], cell: str) -> Any:
    """Return a cell as YAML would read it: only what is a number in the config is made one."""
    if path == ("still", "region"):
        return [_number(part) for part in cell.split()]
    if path == ("source", "synthetic"):
        return {key: _number(value) for key, _, value in (part.partition("=") for part in cell.split())}
    return _number(cell) if path[0] in ("still", "events", "train_fraction", "fps") else cell


def _number(text: str) -> float | str:
    """Return 30 and 29.97 as numbers; words, `nan` and `inf` among them, stay text."""
    if re.fullmatch("[0-9]{1,18}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[0-9]+\.[0-9]+", text) else text


def _naming(place: str, columns: Mapping[tuple[str, ...], str]) -> Callable[..., str]:
    """Return a function that names a key by its line and column."""

    def named(*path: Any) -> str:
        column = columns.get(path) or columns.get(path[:2])
        keys = [column, *(key for key in path[2:] if isinstance(key, str))] if column else map(str, path)
        return f"{place}: {'.'.join(keys)}"

    return named
