"""The JSON schema and docs/config.md are made from the config's classes, and say what they say."""

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from bgsub.config.write_docs import ROOT, SCHEMA, texts


@pytest.mark.parametrize("file", texts())
def test_file_is_up_to_date(file: str) -> None:
    assert (ROOT / file).read_text(encoding="utf-8") == texts()[file], "make schema brings it up to date"


def test_config_names_its_schema_for_editors_and_keeps_to_it() -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA}\n")
    schema = json.loads((ROOT / SCHEMA).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    config = yaml.safe_load(text)
    assert list(Draft202012Validator(schema).iter_errors(config)) == []
    config["methods"]["mog2"]["histroy"] = 30
    (error,) = Draft202012Validator(schema).iter_errors(config)
    assert list(error.absolute_path) == ["methods", "mog2"]


def test_table_tells_every_key_with_its_meaning_though_it_is_inherited() -> None:
    table = texts()["docs/config.md"]
    assert (
        "| `methods.<name>.opening` | Size of the ellipse that opens the masks, pixels; 1 for none. | `1` |"
        in table
    )
    assert "| `methods.<name>.history` (mog2, knn) | Frames that its memory spans. | `500` |" in table
    assert "| `methods.<name>.history` (mog) | Frames that its memory spans. | `200` |" in table
    assert "| `still_frame` | First frame of stillness. |" in table
    assert [row for row in table.splitlines() if row.startswith("|") and " |  | " in row] == []
