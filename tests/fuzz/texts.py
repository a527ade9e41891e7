"""Configs and tables of clips as a tired person writes them, and what is right for each."""

import copy
import datetime
import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import yaml
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from bgsub.config.duplicates import check_duplicates
from bgsub.config.experiment import read_experiment, without_null
from bgsub.config.files import source_settings
from bgsub.config.readable import check_readable
from bgsub.config.tables import read_clip_table
from bgsub.masks.methods import method_of
from bgsub.model.settings import Model

ROOT = Path(__file__).parents[2]

Rng = np.random.Generator

# What fingers leave in a text.
SLIPS = (
    *(
        "\t",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\n\n",
        ":",
        ": ",
        ",",
        "'",
        '"',
        "#",
        " #",
        "- ",
        "?",
        "|",
        ">",
        "%",
        "@",
        "`",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "<<: ",
        "!x ",
        "!!python/name:os.system ",
        "!!int ",
        "---\n",
        "...\n",
        "~",
    ),
    *(
        "0",
        "9" * 5000,
        "-1",
        "1_000",
        "0x",
        "0o9",
        "1:99",
        "2024-13-45",
        ".nan",
        "1e5",
        "٣",
        "\u2028",
        "\0",
        "\ufeff",
    ),
)

VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        60.0,
        0.5,
        -0.0,
        1e-300,
        1e30,
        10**30,
        10**400,
        16**5000,
        math.nan,
        math.inf,
    ),
    *("", " ", "2", "1e-6", "yes", "demo", "em", "auto", "null", "..", "../..", "/", "a b", "k\n", "\0", "ü"),
    *(
        "x" * 5000,
        "*",
        "[",
        "${HOME}",
        "<script>",
        "\ud800",
        "\x07",
        "~",
        "%s",
        "{clip}",
        "http://[",
        "C:\\Users",
    ),
    *([], [[]], [1, 2], [0, 0], ["demo"], [None], {}, {"a": 1}, {1: 2}, datetime.date(2024, 1, 5)),
)
KEYS: tuple[Any, ...] = (
    0,
    1.5,
    None,
    True,
    datetime.date(2024, 1, 5),
    "",
    "a b",
    "..",
    "report.html",
    "Ü",
    "x" * 300,
)


@cache
def shipped() -> dict[str, Any]:
    """The config as it is, but for its tables of public clips, which cost time."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return config | {"clip_tables": [], "scenes": None}


@cache
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def config_trial(rng: Rng, folder: Path) -> str:
    config = copy.deepcopy(shipped())
    for _ in range(int(rng.integers(1, 3))):
        _change(config, rng)
    _expect_sound(config)
    return "right"


def overlay_trial(rng: Rng, folder: Path) -> str:
    """A config file of a few lines, of which some bytes are others."""
    # In here, or the first of them would import this module in its turn.
    from fuzzing import mutated

    whole = {name: shipped()[name] for name in ("run", "models", "video", "limits")} | {
        "clips": {"k": {"title": "Küche", "source": {"synthetic": {"frames": 40}}, "events": {"falls": 20}}}
    }
    text = yaml.safe_dump(whole, allow_unicode=True) if rng.random() < 0.7 else json.dumps(whole, indent="\t")
    file = folder / ("mine.yaml" if rng.random() < 0.7 else "mine.json")
    data = text.encode()
    file.write_bytes(mutated(data, rng) if rng.random() < 0.3 else _retyped(data, rng))
    check_readable([str(file)])
    check_duplicates([file])
    config = copy.deepcopy(shipped())
    update_config(config, load_configfile(file))
    _expect_sound(config)
    return "right"


def table_trial(rng: Rng, folder: Path) -> str:
    from fuzzing import mutated

    columns = ["clip", "title", "synthetic", "fps", "still_frame", "still_region", "falls", "enters"]
    rows = [
        [f"k{row}", f'"A fall, {row}', "frames=40 height=48", "25", "30", "1 2 3 4", "10-20", "5"]
        for row in range(3)
    ]
    end = ("\n", "\r\n", "\r")[int(rng.integers(3))]
    text = "".join("\t".join(line) + end for line in [columns, *rows])
    data = (b"\xef\xbb\xbf" if rng.random() < 0.3 else b"") + text.encode()
    data = mutated(data, rng) if rng.random() < 0.3 else _retyped(data, rng)
    file = folder / "clips.tsv"
    file.write_bytes(data)
    found = read_clip_table(str(file), ROOT)
    lines = [line.split("\t") for line in re.split("\r\n|\r|\n", data.decode("utf-8-sig"))]
    rows = [dict(zip(lines[0], line, strict=False)) for line in lines[1:] if any(line)]
    titles = {row["clip"]: row.get("title", "") for row in rows}
    if {name: clip.get("title", "") for name, clip in found.items()} != titles:
        raise AssertionError(f"other rows: {found} for {data!r}")
    return "right"


def _retyped(data: bytes, rng: Rng) -> bytes:
    """Insert slips into a text, or put them in the place of some letters."""
    text = data.decode()
    for _ in range(int(rng.integers(1, 3))):
        place, length = int(rng.integers(len(text) + 1)), int(rng.integers(4))
        text = text[:place] + SLIPS[int(rng.integers(len(SLIPS)))] + text[place + length :]
    return text.encode()


def _change(config: dict[str, Any], rng: Rng) -> None:
    """Give one of the keys another value or name, or leave it out."""
    section, places = config, []
    while isinstance(section, dict) and section:
        keys = list(section)
        key = keys[int(rng.integers(len(keys)))]
        places.append((section, key))
        section = section[key]
    section, key = places[int(rng.integers(len(places)))]
    match int(rng.integers(4)):
        case 0:
            del section[key]
        case 1:
            section[KEYS[int(rng.integers(len(KEYS)))]] = section.pop(key)
        case _:
            section[key] = copy.deepcopy(VALUES[int(rng.integers(len(VALUES)))])


def _expect_sound(config: dict[str, Any]) -> None:
    """Read a config; what is accepted must be what its schema allows, and of use to the jobs."""
    found = read_experiment(config, ROOT)
    if error := next(validator().iter_errors(without_null(config)), None):
        raise AssertionError(f"accepted, though {error.json_path}: {error.message}")
    json.dumps(found.config, allow_nan=False)
    for row in found.config["models"].values():
        Model(**row)
    for row in found.config["methods"].values():
        method_of(row)
    for clip in found.config["clips"].values():
        source_settings(clip["source"])
