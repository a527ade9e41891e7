"""docs/claims.md has every claim of the pages, in the words of the code."""

import ast
from pathlib import Path

import pytest

from bgsub.report.claims import FILE, claims_of, claims_text, modules

ROOT = Path(__file__).parents[3]
# Of the public functions in these modules, those that return no sentence.
HELPERS = {"notebooks", "span_of", "falls", "somebody_comes", "sweep_rows", "parted"}


def said_in(module: Path) -> list[str]:
    """Texts that a module's code has, docstrings left out; `…` stands for what is filled in."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    inner = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            texts.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inner:
            texts.append(node.value)
    documented = ast.Module | ast.FunctionDef | ast.ClassDef
    docstrings = {
        ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)
    }
    return [text for text in texts if text not in docstrings]


def test_the_list_is_up_to_date():
    assert (ROOT / FILE).read_text(encoding="utf-8") == claims_text(), "make schema brings it up to date"


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.stem)
def test_each_claim_is_in_the_words_of_the_code(module):
    texts = said_in(module)
    assert [
        claim.words for claim in claims_of(module) if not any(claim.words in text for text in texts)
    ] == []


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.stem)
def test_each_function_that_says_something_lists_what_it_claims(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    public = {name for name in names if not name.startswith("_")} - HELPERS
    assert public == {claim.function for claim in claims_of(module)}


def test_a_text_with_figures_in_it_is_found_whole(tmp_path):
    module = tmp_path / "sentences_x.py"
    module.write_text('"""Doc."""\ndef f(x):\n    """Say it."""\n    return f"it is {x}" " and so on"\n')
    assert said_in(module) == ["it is … and so on"]
