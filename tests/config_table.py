"""The README's table of config keys, as the schema has them: `python tests/config_table.py` prints it."""

from collections.abc import Iterator
from pathlib import Path

import yaml

SCHEMA = Path(__file__).parents[1] / "workflow/schemas/config.schema.yaml"

Row = tuple[str, str, str, str]  # key, the case it belongs to, meaning, default


def branches(schema: dict, part: dict, case: str) -> Iterator[tuple[str, dict]]:
    """Yield a part of the schema and, for a choice, each of its branches with the value that chooses it."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
    yield case, part
    if part.get("type") == "object" or "properties" in part or "if" in part:
        for choice in [part, *part.get("allOf", [])]:
            if "if" in choice:
                values = choice["if"].get("properties", {}).values()
                said = [name for value in values for name in value.get("enum", [value.get("const")])]
                yield from branches(schema, choice["then"], ", ".join(said) or case)
                if "else" in choice:
                    yield from branches(schema, choice["else"], case)


def rows(schema: dict, part: dict, key: str = "") -> Iterator[Row]:
    """Yield the rows of everything below a part of the schema."""
    for case, branch in branches(schema, part, ""):
        for name, inner in branch.get("properties", {}).items():
            inside = f"{key}.{name}" if key else name
            if "$ref" in inner:
                inner = schema["$defs"][inner["$ref"].rsplit("/", 1)[1]]
            choices = f" One of {', '.join(inner['enum'])}." if len(inner.get("enum", [])) > 1 else ""
            default = inner.get("default")
            shown = "" if isinstance(default, dict | list) or default is None else f"`{default}`"
            yield inside, case, inner.get("description", "") + choices, shown
            yield from rows(schema, inner, inside)
        if isinstance(branch.get("additionalProperties"), dict):
            yield from rows(schema, branch["additionalProperties"], f"{key}.<name>")


def applies(cases: list[str]) -> str:
    """Say in brackets to which rules or algorithms a key belongs, unless to all."""
    return f" ({', '.join(cases)})" if all(cases) and len(cases) < 5 else ""


def table() -> str:
    """Return the table in Markdown: a key once for each meaning, with the cases that share it."""
    schema = yaml.safe_load(SCHEMA.read_text())
    cases: dict[tuple[str, str, str], list[str]] = {}
    for key, case, meaning, default in rows(schema, schema):
        found = cases.setdefault((key, meaning, default), [])
        if case not in found:
            found.append(case)
    lines = [
        f"| `{key}`{applies(said)} | {meaning} | {default} |"
        for (key, meaning, default), said in cases.items()
    ]
    return "\n".join(["| key | meaning | default |", "|---|---|---|", *lines])


if __name__ == "__main__":
    print(table())
