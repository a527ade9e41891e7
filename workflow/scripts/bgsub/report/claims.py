"""The list of what pages claim and when, docs/claims.md, from the docstrings of the functions that say it.

Such a function has a section `Claims`: words that it says, in quotes, and below them when they are said.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FILE = "docs/claims.md"
_HEAD = """# What the pages claim, and when

Made by `make schema` from the functions that say it, `workflow/scripts/bgsub/report/sentences*.py`; tests
make facts at the edges and hold claims against them. A claim is in the words of the code: `…` stands for
what is measured.
"""
_CLAIM = re.compile(r'^"(?P<words>.+)"\n(?P<condition>(?: {4}.+\n?)+)', re.MULTILINE)


class Claim(NamedTuple):
    """What a function says, and when."""

    module: str
    function: str
    words: str
    condition: str


def modules() -> list[Path]:
    """Return the modules whose public functions make sentences."""
    return sorted(Path(__file__).parent.glob("sentences*.py"))


def claims_of(module: Path) -> Iterator[Claim]:
    """Yield what a module's functions claim, in the order of the file."""
    for function in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(function, ast.FunctionDef):
            _, _, section = (ast.get_docstring(function) or "").partition("Claims\n------\n")
            for found in _CLAIM.finditer(section):
                condition = " ".join(found["condition"].split())
                yield Claim(module.stem, function.name, found["words"], condition)


def said_in(module: Path) -> list[str]:
    """Return the texts that a module's code has, docstrings left out; `…` stands for what is filled in."""
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


def claims_text() -> str:
    """Return docs/claims.md."""
    lines = [_HEAD]
    for module in modules():
        found = list(claims_of(module))
        lines += [f"## {module.stem}", "", "| said | by | when |", "|---|---|---|"]
        lines += [f"| {claim.words.strip()} | `{claim.function}` | {claim.condition} |" for claim in found]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (Path(__file__).parents[4] / FILE).write_text(claims_text(), encoding="utf-8")
