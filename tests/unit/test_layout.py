"""Imports run along the data, and documents name files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "workflow/scripts/bgsub"
STAGES = ("source", "model", "masks", "evidence", "figures", "report")
IMPORT = re.compile(r"^\s*from bgsub\.(\w+)[. ]", re.MULTILINE)


@pytest.mark.parametrize("stage", STAGES)
def test_no_module_imports_a_later_stage(stage: str) -> None:
    later = set(STAGES[STAGES.index(stage) + 1 :])
    found = {
        (file.name, imported)
        for file in (LIBRARY / stage).glob("*.py")
        for imported in later.intersection(IMPORT.findall(file.read_text()))
    }
    assert found == set()


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/design.md"])
def test_documents_name_modules_that_exist(document: str) -> None:
    named = re.findall(r"`([\w./]+\.(?:py|pyi|smk|md|yaml|j2))`", (ROOT / document).read_text())
    places = (ROOT, ROOT / "workflow/scripts", LIBRARY, LIBRARY / "source")
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    assert missing == ["small.yaml"] * (document == "CONTRIBUTING.md")
    assert len(named) > 10
