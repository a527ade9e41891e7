"""Words that all messages about a config are made of."""

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any

Place = tuple[str | int, ...]


def at(*place: str | int) -> str:
    """Join the keys that lead to a place in the config by dots."""
    return ".".join(map(str, place)) or "top level"


def shown(value: Any) -> str:
    """Return a value as a config has it, on one line."""
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 200 else f"'{value[:197]}...'"
    if isinstance(value, Mapping):
        return f"the keys {', '.join(map(str, value))}" if value else "no keys"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def one_of(word: Any, known: Iterable[str]) -> str:
    """Ask for the known word that is close to one, as the end of a message, or name all if none is."""
    known = list(known)
    return meant(word, known) or f"; expected one of {', '.join(known) or 'none'}"


def meant(word: Any, known: Iterable[str]) -> str:
    """Ask for the known word that is close to one, as the end of a message; nothing if none is."""
    close = difflib.get_close_matches(str(word), list(map(str, known)), 1)
    return f"; did you mean '{close[0]}'?" if close else ""
