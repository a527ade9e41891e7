"""The JSON schema of the config, made from the classes of its sections."""

import ast
import functools
import inspect
import itertools
import textwrap
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from bgsub.config.methods import class_of

Schema = dict[str, Any]


class _Described(GenerateJsonSchema):
    """JSON schema in which each key has the text below its field, and none a title."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def dict_schema(self, schema: Any) -> Schema:
        made = super().dict_schema(schema)
        return made | {"additionalProperties": False} if "patternProperties" in made else made

    def dataclass_schema(self, schema: Any) -> Schema:
        made = super().dataclass_schema(schema)
        kind = schema["cls"]
        made.pop("title", None)
        made["description"] = summary_of(kind)
        texts = field_texts(kind)
        for name, key in made["properties"].items():
            without_none(key)
            if name in texts:
                key["description"] = texts[name]
        return made


@functools.cache
def adapter(kind: Any) -> TypeAdapter:
    """Return what checks values against a class of the config, or against a union of such classes."""
    return TypeAdapter(kind)


@functools.cache
def json_schema(kind: Any) -> Schema:
    """Return the JSON schema (draft 2020-12) of a class of the config, or of a union of such classes."""
    made = adapter(kind).json_schema(schema_generator=_Described)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made


def field_texts(kind: type) -> dict[str, str]:
    """Return the text below each field of a dataclass, those of its bases included."""
    texts = {}
    for base in reversed(kind.__mro__):
        if is_dataclass(base):
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
            assert isinstance(tree, ast.ClassDef)
            for statement, after in itertools.pairwise(tree.body):
                match statement, after:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                        value=ast.Constant(value=str(text))
                    ):
                        texts[name] = " ".join(text.split())
    return {field.name: texts[field.name] for field in fields(kind) if field.name in texts}


def summary_of(kind: type) -> str:
    """Return the first paragraph of a class's docstring, as one line."""
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split())


def without_none(key: Schema) -> None:
    """Leave out of a key's schema the null that only says that the key may be missing."""
    if key.get("default", 0) is None and len(key.get("anyOf", [])) == 2:
        (kind,) = (choice for choice in key.pop("anyOf") if choice != {"type": "null"})
        del key["default"]
        key |= kind


def schema_at(value: Any, path: tuple[str | int, ...], kind: Any) -> Schema:
    """Return the part of a class's JSON schema that describes a place in a value of the class."""
    whole = json_schema(kind)
    schema = _resolved(whole, whole, value)
    for part in path:
        if isinstance(part, int):
            schema, value = schema["items"], value[part]
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
            others = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
            schema = schema.get("properties", {}).get(part, others[0])
        schema = _resolved(schema, whole, value)
    return schema


def _resolved(schema: Schema, whole: Schema, value: Any) -> Schema:
    """Follow a reference, and take of the kinds of methods the one that a row is."""
    if "oneOf" in schema and (kind := class_of(value)):
        schema = {"$ref": f"#/$defs/{kind.__name__}"}
    if "$ref" in schema:
        return whole["$defs"][schema["$ref"].rpartition("/")[2]] | schema
    return schema
