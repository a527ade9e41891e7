"""The user's files that a clip or a method is made of: whether they are there, and whether they changed.

Paths are relative to the working directory. A Snakemake module may have them below a prefix, of which the
functions know by `located`: from a path as the config has it to where it is.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bgsub.config.words import at
from bgsub.errors import InputError
from bgsub.masks.own import split_pattern
from bgsub.source.kinds import KINDS
from bgsub.source.members import Folder
from bgsub.source.origin import read_origin, sample_of

Located = Callable[[str], str]

_SUFFIXES = (".html", ".csv", ".tex")  # of files over all clips


def kind_of(source: Mapping[str, Any]) -> str:
    """Return the kind of a checked source, a key of `KINDS`."""
    return next(kind for kind in KINDS if kind in source)


def check_source(source: Mapping[str, Any], clip: str, located: Located = str) -> None:
    """Raise InputError unless a clip's source is of one kind and, if it is the user's own, there."""
    place = ("clips", clip, "source")
    kinds = [kind for kind in KINDS if kind in source]
    if len(kinds) != 1:
        raise InputError(
            f"{at(*place)}: found {' and '.join(kinds) or 'none'}; expected one of {', '.join(KINDS)}"
        )
    if KINDS[kinds[0]].fetched and "file" not in source:
        raise InputError(
            f"{at(*place)}.file: missing; expected the name to keep the file by, such as {clip}.zip"
        )
    if "@" in _host(source.get("url", ""), place):
        raise InputError(
            f"{at(*place)}.url: has a user name or password, which would stand in results and logs; expected"
            " an address without: put them into ~/.netrc, or write ${NAME} for a variable of the environment"
        )
    if "path" in source and not _exists(located(source["path"])):
        raise InputError(
            f"{at(*place)}.path: no such file or folder: {located(source['path'])}; check the path"
        )


def _host(url: str, place: tuple[str, ...]) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError as error:
        raise InputError(
            f"{at(*place)}.url: found '{url}'; expected an address such as https://host/clip.zip ({error})"
        ) from None


def check_name(clip: str) -> None:
    """Raise InputError if a clip's folder would have the name of something else in results/."""
    if clip == "logs" or clip.endswith(_SUFFIXES):
        raise InputError(
            f"{at('clips', clip)}: files and folders of the results have such names; expected another one"
        )


def check_files_apart(sources: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise InputError if two clips keep what they fetch from different addresses as one file."""
    kept: dict[str, tuple[str, Any]] = {}
    for clip, source in sources.items():
        if "file" not in source:
            continue
        address = (source.get("url"), source.get("gdrive"))
        other, known = kept.setdefault(source["file"], (clip, address))
        if address != known:
            raise InputError(
                f"{at('clips', clip, 'source')}.file: found '{source['file']}', by which '{other}' is kept,"
                " from another address; expected a name of its own"
            )


def check_method_files(
    row: Mapping[str, Any], method: str, clips: Iterable[str], located: Located = str
) -> None:
    """Raise InputError unless the files that a method needs for these clips are there."""
    if "python" in row and not _is_file(located(row["python"])):
        raise InputError(
            f"{at('methods', method)}.python: no such file: {located(row['python'])}; check the path"
        )
    for clip in clips if "masks" in row else ():
        path = located(path_for(clip, row["masks"]))
        root, pattern = split_pattern(path)
        if not (_is_file(path) or (root.is_dir() and Folder(root).images(pattern))):
            raise InputError(
                f"{at('methods', method)}.masks: no such files: {path}, for the clip '{clip}'; check the path"
            )


def source_files(source: Mapping[str, Any], located: Located = str) -> list[str]:
    """Return the local file of a checked source for Snakemake, which knows of the prefix itself."""
    return [source["path"]] if "path" in source and _is_file(located(source["path"])) else []


def source_settings(
    source: Mapping[str, Any], located: Located = str, frames: str | None = None
) -> dict[str, Any]:
    """Return what a job has to know of a checked source: its kind, and where its files are.

    A file that is fetched is kept in data/. What may be replaced by hand comes with a `fingerprint`, so that
    it is noticed whatever its time: a file of the user's, a fetched file that is another than it was when it
    came, and in a folder the files that the pattern `frames` chooses, with which it comes.
    """
    settings = {"kind": kind_of(source), **source}
    if KINDS[settings["kind"]].fetched:
        settings["file"] = located(f"data/{source['file']}")
        known, found = read_origin(Path(settings["file"])).get("sample"), _sample(settings["file"])
        if found and known and found != known:
            settings["fingerprint"] = found
    elif settings["kind"] == "path":
        settings["path"] = located(source["path"])
        if Path(settings["path"]).is_dir():
            settings |= {"frames": frames, "fingerprint": _fingerprint(settings["path"], frames)}
        else:
            settings["fingerprint"] = _sample(settings["path"])
    return settings


def fingerprints(clip: Mapping[str, Any], keys: Iterable[str], located: Located = str) -> dict[str, Any]:
    """Return by key what tells that files which a clip takes from a folder beside its frames are others.

    Empty for sources that are one file: `source_settings` knows all of that.
    """
    if "path" not in clip["source"] or _is_file(path := located(clip["source"]["path"])):
        return {}
    return {key: _fingerprint(path, clip[key]) for key in keys if key in clip}


def _sample(path: str) -> str | None:
    """Return a sample of a file, None if there is no such file or it may not be read."""
    try:
        return sample_of(path)
    except OSError:
        return None


def method_settings(row: Mapping[str, Any], clip: str, located: Located = str) -> dict[str, Any]:
    """Return what a job has to know of a checked method, its own files as in `source_settings`."""
    settings = dict(row)
    if "python" in row:
        settings["python"] = located(row["python"])
        settings["fingerprint"] = _sample(settings["python"])
    if "masks" in row:
        settings["masks"] = located(path_for(clip, row["masks"]))
        whole = _is_file(settings["masks"])
        root, pattern = split_pattern(settings["masks"])
        settings["fingerprint"] = _sample(str(root)) if whole else _fingerprint(root, pattern, Folder.images)
    return settings


def method_files(row: Mapping[str, Any], clip: str, located: Located = str) -> list[str]:
    """Return the file of a method for Snakemake, as `source_files` does; a pattern or folder has none."""
    path = row.get("python") or path_for(clip, row.get("masks", ""))
    return [path] if _is_file(located(path)) else []


def path_for(clip: str, path: str) -> str:
    """Return a path or pattern with the clip's name in the place of {clip}."""
    return path.replace("{clip}", clip)


def _exists(path: str) -> bool:
    """Tell whether there is a file or folder; Path.exists fails for a path that is too long."""
    return os.path.exists(path)  # noqa: PTH110


def _is_file(path: str) -> bool:
    return os.path.isfile(path)  # noqa: PTH113


def _fingerprint(
    path: str | Path,
    pattern: str | None,
    choose: Callable[[Folder, str | None], list[str]] = Folder.select,
) -> str | None:
    """Return a hash of the names, sizes and times of the files chosen in a folder, and of what is told of it.

    None if none can be chosen or read: the job will tell why.
    """
    try:
        folder = Folder(Path(path))
        digest = hashlib.sha256()
        for name in choose(folder, pattern):
            status = os.stat(f"{path}/{name}")  # noqa: PTH116  # a Path for each would take longer
            digest.update(os.fsencode(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0"))
    except (InputError, OSError):
        return None
    digest.update("\n".join(folder.notes).encode())
    return digest.hexdigest()[:16]
