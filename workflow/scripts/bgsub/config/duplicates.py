"""Keys that a YAML file has twice: YAML takes the last, and the first is lost without a word."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from bgsub.config.readable import composed
from bgsub.errors import InputError


def check_duplicates(files: Iterable[str | Path]) -> None:
    """Raise InputError if a config file has a key twice in one section, naming both lines; see `composed`."""
    for file in files:
        root = composed(file)
        if root is not None:
            _check(root, str(file))


def _check(node: yaml.Node, file: str) -> None:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check(item, file)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[tuple[str, str], int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if isinstance(key, yaml.ScalarNode):
            first = lines.setdefault((key.tag, key.value), line)
            if first != line:
                raise InputError(
                    f"{file}, line {line}: '{key.value}' is in line {first} already; put them together, or"
                    " delete one"
                )
        _check(value, file)
