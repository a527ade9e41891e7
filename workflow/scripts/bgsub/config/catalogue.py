"""The list of all clips that can be run: where they come from, and on which terms."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bgsub.config.files import Located, kind_of, source_settings


def catalogue(
    clips: Mapping[str, Any], chosen: Collection[str], located: Located = str
) -> list[dict[str, Any]]:
    """List clips of the config and of its tables, as rows of `clips.csv`.

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
        `clip, title`; whether it is `in_run`; the `kind` of its source, and the `source` itself, an address,
        an id or a path; the `file` on this machine, and its size in `bytes`, None as long as it is not here;
        whether it has `groundtruth`; its `category, licence, citation`, None where the config says nothing.
    """
    rows = []
    for name, clip in clips.items():
        kind = kind_of(clip["source"])
        source = clip["source"][kind]
        # A folder has no one size, and a rendered clip no file yet.
        local = {"file": located(source)} if kind == "path" else source_settings(clip["source"], located)
        file = Path(local["file"]) if "file" in local else None
        if kind == "synthetic":
            source = " ".join(f"{key}={value}" for key, value in source.items())
        row = {"clip": name, "title": clip.get("title"), "in_run": "yes" if name in chosen else "no"}
        row |= {"kind": kind, "source": source, "file": None if file is None else str(file)}
        row["bytes"] = file.stat().st_size if file is not None and file.is_file() else None
        row["groundtruth"] = "yes" if "groundtruth" in clip else "no"
        rows.append(row | {key: clip.get(key) for key in ("category", "licence", "citation")})
    return rows
