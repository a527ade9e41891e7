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
