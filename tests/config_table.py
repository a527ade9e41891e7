"""The README's table of config keys, as the schema has them: `python tests/config_table.py` prints it."""

from collections.abc import Iterator
from pathlib import Path

import yaml

SCHEMA = Path(__file__).parents[1] / "workflow/schemas/config.schema.yaml"


def rows(schema: dict, node: dict, key: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield key, meaning and default of everything below a part of the schema."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    if key:
        default = node.get("default")
        yield (
            key,
            node.get("description", ""),
            "" if isinstance(default, dict) or default is None else f"`{default}`",
        )
    parts = node.get("properties", {}) | node.get("then", {}).get("properties", {})
    parts |= node.get("else", {}).get("properties", {})
    for name, part in parts.items():
        yield from rows(schema, part, f"{key}.{name}" if key else name)
    if isinstance(node.get("additionalProperties"), dict):
        yield from rows(schema, node["additionalProperties"], f"{key}.<name>")


def table() -> str:
    """Return the table in Markdown."""
    schema = yaml.safe_load(SCHEMA.read_text())
    lines = [f"| `{key}` | {meaning} | {default} |" for key, meaning, default in rows(schema, schema)]
    return "\n".join(["| key | meaning | default |", "|---|---|---|", *lines])


if __name__ == "__main__":
    print(table())
