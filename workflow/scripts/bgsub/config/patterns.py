"""Patterns of names, which Snakemake matches files with."""

import re
from collections.abc import Iterable


def only(names: Iterable[str]) -> str:
    """Return a regular expression that matches these names and no others; of none, it matches nothing.

    Names that begin alike share what is alike. The pattern of clips is in that of every output, and of many
    clips Snakemake would compile and match it for long, were it one name after the other.
    """
    return _any_of(sorted(set(names))) or "(?!)"


def _any_of(endings: list[str]) -> str:
    """Return what matches any of these, which are sorted: by a first letter, and then by what follows it."""
    following: dict[str, list[str]] = {}
    for ending in endings:
        following.setdefault(ending[:1], []).append(ending[1:])
    ways = [re.escape(letter) + _any_of(rest) if letter else "" for letter, rest in following.items()]
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})" if ways else ""
