"""The glossary of the pages, which is that of the documents."""

import re
from pathlib import Path

from markupsafe import Markup

_ENTRY = re.compile(r'^- <a id="(?P<anchor>[\w-]+)"></a>\*\*(?P<word>.+?)\*\*: ', re.MULTILINE)


def read_glossary(path: str | Path) -> dict[str, tuple[str, str]]:
    """Return word and definition by anchor, without marks of Markdown, of a file such as docs/glossary.md."""
    text = Path(path).read_text(encoding="utf-8")
    entries = list(_ENTRY.finditer(text))
    ends = [entry.start() for entry in entries[1:]] + [len(text)]
    return {
        entry["anchor"]: (entry["word"], " ".join(re.sub(r"[*`]", "", text[entry.end() : end]).split()))
        for entry, end in zip(entries, ends, strict=True)
    }


class Glossary:
    """The glossary of one page: what it says of the words that the page has linked to it."""

    def __init__(self, path: str | Path) -> None:
        self._entries = read_glossary(path)
        self.linked: dict[str, tuple[str, str]] = {}  # in the order in which they were linked

    def link(self, anchor: str, words: str) -> Markup:
        """Return words as a link to an entry, which must be there."""
        self.linked[anchor] = self._entries[anchor]
        return Markup('<a href="#word-{}">{}</a>').format(anchor, words)
