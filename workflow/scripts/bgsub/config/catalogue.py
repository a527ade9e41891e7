"""The list of all clips that can be run: where they come from, and on which terms."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bgsub.config.files import Located, kind_of, source_settings


def catalogue(
    clips: Mapping[str, Any], chosen: Collection[str], located: Located = str
) -> list[dict[str, Any]]:
    """List clips of the config and of its tables.

    Parameters
    ----------
    clips : mapping of str to mapping
        Checked, by name.
    chosen : collection of str
        Names of those that the config's `run` asks for.
    located : callable
        From a path in the config to where it is; see `bgsub.config.files`.

    Returns
    -------
    list of dict
        Rows of `clips.csv`: `clip, title`; whether it is `in_run`; the `kind` of its source, and the `source`
        itself, an address, an id or a path; the `file` on this machine, and its size in `bytes`, None as long
        as it is not here; whether it has `groundtruth`; its `category, licence, citation`, None where the
        config says nothing.
    """
    return [_row(name, clip, name in chosen, located) for name, clip in clips.items()]


def _row(name: str, clip: Mapping[str, Any], chosen: bool, located: Located) -> dict[str, Any]:
    kind = kind_of(clip["source"])
    source = clip["source"][kind]
    # A folder has no one size, and a rendered clip no file yet.
    local = source_settings(clip["source"], located) if kind != "path" else {"file": located(source)}
    file = Path(local["file"]) if "file" in local else None
    return {
        "clip": name,
        "title": clip.get("title"),
        "in_run": "yes" if chosen else "no",
        "kind": kind,
        "source": source
        if isinstance(source, str)
        else " ".join(f"{key}={value}" for key, value in source.items()),
        "file": None if file is None else str(file),
        "bytes": file.stat().st_size if file is not None and file.is_file() else None,
        "groundtruth": "yes" if "groundtruth" in clip else "no",
        **{key: clip.get(key) for key in ("category", "licence", "citation")},
    }
