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


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("config/*.md")])


def links(document: Path) -> list[tuple[Path, str]]:
    """Where the links of a document go that stay in the project: file and anchor."""
    found = re.findall(r"\]\((?!https?:)([^)\s]*)\)", document.read_text())
    pairs = [link.partition("#")[::2] for link in found]
    return [((document.parent / path).resolve() if path else document, anchor) for path, anchor in pairs]


def anchors(document: Path) -> set[str]:
    """Names that a link can end with: those of headings, as GitHub makes them, and those that are given."""
    text = document.read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    named = {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'<a id="([^"]+)"', text))


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_no_link_is_dead(document: Path) -> None:
    dead = [
        f"{file.relative_to(ROOT)}#{anchor}"
        for file, anchor in links(document)
        if not file.exists() or (anchor and anchor not in anchors(file))
    ]
    assert dead == []


def test_every_page_can_be_found_from_the_readme() -> None:
    found, new = set(), {ROOT / "README.md"}
    while new:
        found |= new
        new = {file for page in new if page.suffix == ".md" for file, _ in links(page)} - found
    assert [page.name for page in documents() if page not in found and page.parent.name != "config"] == []


def test_the_readme_is_two_screens() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 100
