"""What is wrong with a config, in words: what was found, what is expected, and what may help."""

import datetime
import functools
import operator
from collections.abc import Mapping
from typing import Any

from bgsub.config.methods import family_problem
from bgsub.config.schema import Schema, schema_at
from bgsub.config.sections import PATTERNS
from bgsub.config.words import Place, meant, one_of, shown

UNKNOWN_KEY = "unexpected_keyword_argument"  # pydantic's type of such an error

_LIMITS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
_SIZES = {"Items": "values", "Properties": "keys"}
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "string": "text",
    "array": "a list in brackets",
    "object": "a section",
}


def problem(error: Mapping[str, Any], value: Any, kind: Any) -> tuple[Place, str]:
    """Put an error of a pydantic.ValidationError into words, after the place in the value that it is about.

    `kind` is the class that the value was checked against.
    """
    path = _path(value, error)
    if error["type"] == UNKNOWN_KEY:
        known = schema_at(value, path[:-1], kind)["properties"]
        return path[:-1], f"unknown key '{path[-1]}'{one_of(path[-1], known)}"
    if error["loc"][-1:] == ("[key]",):
        return path[:-1], f"found the key '{path[-1]}'; expected {PATTERNS[error['ctx']['pattern']]}"
    schema = schema_at(value, path, kind)
    if error["type"] == "missing":
        return path, f"missing; expected {_words(schema)}{_description(schema)}"
    found = functools.reduce(operator.getitem, path, value)
    if error["type"].startswith("union_tag") and isinstance(found, Mapping):
        key, message = family_problem(found)
        return (*path, *key), message
    if error["type"] == "value_error":
        return path, f"found {shown(found)}; {error['ctx']['error']}"
    return path, expectation(found, schema)


def expectation(found: Any, schema: Schema) -> str:
    """Say what was found, and what a part of the JSON schema expects instead."""
    close = meant(found, schema.get("enum", []))
    words = f"found {shown(found)}; expected {_words(schema)}{_description(schema)}{close}"
    kinds = {part.get("type") for part in schema.get("anyOf", [schema]) if "const" not in part}
    if isinstance(found, str) and kinds & {"integer", "number"} and _is_number(found):
        return f"{words}; YAML reads this as text: write it without quotes, and an exponent as in 1.0e-6"
    if "string" in kinds and isinstance(found, int | float | datetime.date):
        return f"{words}; {not_text(found)}"
    return words


def not_text(found: Any) -> str:
    """Say what YAML made of a text, and how to keep it one."""
    if isinstance(found, bool):
        return "that YAML reads as true or false; put it in quotes, such as 'yes'"
    if found is None:
        return "that YAML reads as null; put it in quotes"
    made = "a date" if isinstance(found, datetime.date) else "a number"
    return f"that YAML reads as {made}; put it in quotes: '{found}'"


def _path(value: Any, error: Mapping[str, Any]) -> Place:
    """Return where in a value an error is; pydantic also names which part of a union it tried there."""
    path = []
    for part in error["loc"]:
        inside = (
            part in value if isinstance(value, Mapping) else isinstance(value, list) and isinstance(part, int)
        )
        if inside:
            path.append(part)
            value = value[part]
    return (*path, error["loc"][-1]) if error["type"] == "missing" else tuple(path)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _words(schema: Schema) -> str:
    """Say what a part of the JSON schema allows."""
    if "anyOf" in schema:
        return " or ".join(_words(part) for part in schema["anyOf"])
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if "pattern" in schema:
        return PATTERNS[schema["pattern"]]
    limits = [f"{word} {_exact(schema[key])}" for key, word in _LIMITS.items() if key in schema]
    of_them = f", {' and '.join(limits)}" if limits else ""
    for part, name in _SIZES.items():
        if least := schema.get(f"min{part}"):
            most = schema.get(f"max{part}")
            number = f"{least} or more" if most is None else f"{least} to {most}" if most > least else least
            of_them = f" of {number} {name}"
    return _KINDS[schema.get("type", "object")] + of_them


def _exact(limit: float) -> str:
    return str(limit) if isinstance(limit, int) else f"{limit:g}"


def _description(schema: Schema) -> str:
    text = schema.get("description", "")
    return f" ({text.removesuffix('.')})" if text else ""
