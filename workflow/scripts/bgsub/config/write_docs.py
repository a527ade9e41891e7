"""What is made of the classes of the config's sections: their JSON schema, and their table in docs/config.md.

`make schema` writes both; a test fails where they are out of date.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from bgsub.config.methods import method_classes
from bgsub.config.schema import Schema, json_schema
from bgsub.config.sections import Clip, Config
from bgsub.config.tables import KEYS, OTHER_COLUMNS

ROOT = Path(__file__).parents[4]
SCHEMA = "workflow/schemas/config.schema.json"
TABLE = "docs/config.md"

_HEAD = """# The config

<!-- written by: make schema -->

Every key of `config.yaml`. An overlay, `snakemake --configfile mine.yaml`, is merged into it: lists are
replaced, and a clip, model, method or sweep that is set to `null` is left out. Behind a key, in brackets, are
the rules or algorithms whose methods have it. Editors that know YAML schemas check the file as it is typed,
with the schema that its first line names.

Config files are YAML or JSON in UTF-8. What cannot be read of one is told in a line, by the profile of this
folder; in another folder, or with `--workflow-profile none`, Snakemake ends in a traceback of its own.

"""
_COLUMNS = """
## Tables of clips

`clip_tables` names files in UTF-8 with a clip in each row and the cells separated by tabs. The first line has
the names of the columns. An empty cell counts as missing.

"""


def texts() -> dict[str, str]:
    """Return the files by their paths in the project."""
    schema = {"title": "config.yaml", **json_schema(Config)}
    return {
        SCHEMA: json.dumps(schema, indent=2, ensure_ascii=False) + "\n",
        TABLE: _HEAD + key_table(schema) + _COLUMNS + column_table(),
    }


def key_table(schema: Schema) -> str:
    """Return a table of all keys, in Markdown: a key once for each meaning, with the methods that have it."""
    names = {kind.__name__: name for name, kind in method_classes()}
    rows: dict[tuple[str, str, str], list[str]] = {}
    for key, part, kind in _keys(schema, schema, "", ""):
        choices = f" One of {', '.join(map(str, part['enum']))}." if "enum" in part else ""
        found = rows.setdefault((key, part.get("description", "") + choices, _default(part)), [])
        if kind and names[kind] not in found:
            found.append(names[kind])
    lines = ["| key | meaning | default |", "|---|---|---|"]
    for (key, meaning, default), kinds in rows.items():
        of_kinds = f" ({', '.join(kinds)})" if 0 < len(kinds) < len(names) else ""
        lines.append(f"| `{key}`{of_kinds} | {meaning} | {default} |")
    return "\n".join(lines) + "\n"


def column_table() -> str:
    """Return a table of the columns of clip tables, in Markdown."""
    schema = json_schema(Clip)
    clip = {key: part["description"] for key, part, _ in _keys(schema, schema, "", "")}
    meanings = OTHER_COLUMNS | {column: clip[".".join(path)] for column, path in KEYS.items()}
    rows = [f"| `{column}` | {meaning} |" for column, meaning in meanings.items()]
    return "\n".join(["| column | meaning |", "|---|---|", *rows]) + "\n"


def _default(part: Schema) -> str:
    """Return a key's default as it stands in the table; sections and lists tell theirs in config.yaml."""
    default = part.get("default")
    if default in (None, "") or isinstance(default, dict | list):
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _keys(part: Schema, whole: Schema, key: str, kind: str) -> Iterator[tuple[str, Schema, str]]:
    """Yield what is below a part of the schema: the key, its own part, and which kind of method it is of."""
    if "$ref" in part:
        part = whole["$defs"][part["$ref"].rpartition("/")[2]]
    for choice in part.get("oneOf", []):
        yield from _keys(choice, whole, key, choice["$ref"].rpartition("/")[2])
    for name, inner in part.get("properties", {}).items():
        path = f"{key}.{name}" if key else name
        yield path, inner, kind
        yield from _keys(inner, whole, path, kind)
    for named in part.get("patternProperties", {}).values():
        if "$ref" in named or "oneOf" in named:
            yield from _keys(named, whole, f"{key}.<name>", kind)


if __name__ == "__main__":
    for name, text in texts().items():
        (ROOT / name).write_text(text, encoding="utf-8")
