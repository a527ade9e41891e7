"""A clip's results as its page needs them: its files by name, and what they say of themselves."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from bgsub.evidence.costs import Cost
from bgsub.files import file_sha256, read_checksum
from bgsub.masks.method import Learns, Method
from bgsub.masks.methods import key_of_model
from bgsub.model.settings import Model
from bgsub.names import Names
from bgsub.source.kinds import KINDS
from bgsub.source.rate import Rate
from bgsub.source.split import read_split

# Tables whose checksums the page tells; what is larger has one beside it, made by the job that wrote it.
HASHED_TABLES = ("fits.csv", "area.csv", "absorption.csv")


@dataclass(frozen=True)
class ClipResults:
    """One clip's results as its page needs them.

    Attributes
    ----------
    name : str
        The clip's name in the config.
    files : mapping of str to Path
        The clip's files that the page may read, by their names in `results/<clip>`. What not every clip has,
        such as `scores.csv`, is shown if it is here.
    title, annotation, licence, citation : str
        From the config; may be empty.
    models, methods : mapping
        By their keys in the config.
    names : Names
        What they are called.
    rate : Rate
        Frames per second, of the clip and of its videos.
    trained_on : mapping of str to str
        `name` and `title` of the clip whose frames train, which may be another.
    costs : mapping of str to Cost
        By step.
    sweeps : mapping of str to mapping
        By sweep: the `method` that it varies, and by which `keys`.
    """

    name: str
    files: Mapping[str, Path]
    title: str
    annotation: str
    licence: str
    citation: str
    models: Mapping[str, Model]
    methods: Mapping[str, Method]
    names: Names
    rate: Rate
    trained_on: Mapping[str, str]
    costs: Mapping[str, Cost]
    sweeps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def fps(self) -> float:
        """Frames per second."""
        return float(self.rate.fps)

    def table(self, name: str) -> pd.DataFrame:
        """Read one of the clip's tables."""
        return pd.read_csv(self.files[name])

    @property
    def learning(self) -> dict[str, Learns]:
        """How each method learns."""
        return {key: method.learns for key, method in self.methods.items()}

    def record(self, name: str) -> dict[str, Any]:
        """Read one of the clip's JSON files."""
        return json.loads(self.files[name].read_text(encoding="utf-8"))

    def packed(self, name: str) -> dict[str, Any]:
        """Read one of the files that were packed for the page."""
        return self.record(f"page/{name}.json")

    def if_there(self, name: str) -> pd.DataFrame | None:
        """Read a table that not every clip has."""
        return self.table(name) if name in self.files else None


def clip_facts(clip: ClipResults) -> dict[str, int]:
    """Count a clip's frames, and those that train and test, and tell its size in pixels."""
    split = read_split(clip.files["frames.csv"])
    frames = len(split.own_train) + len(split.test)
    size = {side: clip.packed("poster")[side] for side in ("height", "width")}
    return {"frames": frames, "train": len(split.train), "test": len(split.test), **size}


def result_hashes(clip: ClipResults) -> dict[str, str]:
    """SHA-256 of the results that a repeated run must give again, by name."""
    names = ["frames.npy", *(f"models/{model}/model.npz" for model in clip.models)]
    names += [f"methods/{method}/masks.npz" for method in clip.methods]
    hashes = {name: read_checksum(clip.files[f"{name}.sha256"]) for name in names}
    return hashes | {name: file_sha256(clip.files[name]) for name in HASHED_TABLES}


def source_facts(source: Mapping[str, Any]) -> dict[str, str]:
    """Say in words where a clip came from, given its source.json."""
    address = source["address"]
    if isinstance(address, Mapping):
        address = ", ".join(f"{key} {value}" for key, value in sorted(address.items()))
    return {
        "origin": f"{KINDS[source['kind']].words}: {address}",
        "file": f"{Path(source['file']).name} ({source['bytes'] / 1e6:,.1f} MB)",
        "sha256": source["sha256"],
    }


def method_words(clip: ClipResults, key: str) -> str:
    """List a method's settings, and those of the model that it needs."""
    row = asdict(clip.methods[key])
    model = key_of_model(row)
    fitted = f"; {settings_words(asdict(clip.models[row[model]]))}" if model else ""
    return settings_words(row) + fitted


def settings_words(settings: Mapping[str, Any]) -> str:
    """List a model's or method's settings, those first that say what it is."""
    kinds = (
        *("opencv", "learning", "background", "python", "masks"),
        *("model", "rule", "components", "start"),
    )
    keys = [key for key in kinds if key in settings] + sorted(settings.keys() - {*kinds, "label", "settings"})
    words = {key: settings[key] for key in keys} | settings.get("settings", {})
    if settings["label"]:
        words["label"] = settings["label"]
    return ", ".join(f"{key} {_setting(value)}" for key, value in words.items())


def _setting(value: Any) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
