"""Files of the config that cannot be read, before Snakemake meets them: it would end in a traceback.

Imports nothing heavy: it is called for every run, and while its options are read.
"""

import copy
import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import yaml

from bgsub.errors import InputError

_SUFFIXES = (".yaml", ".yml", ".json")
_MOST_NODES = 10**6  # aliases can make a few lines stand for billions
_REMEDIES = {
    "'\\t'": "indent by blanks, and not by tabs",
    "escape": "write a path with backslashes in single quotes, or without quotes",
}


def check_readable(arguments: Iterable[str]) -> None:
    """Raise InputError if a YAML or JSON file among a command's arguments cannot be read, or says nothing.

    A result behind --configfile, which Snakemake would take for a file of the config, is refused as well.
    """
    arguments = list(arguments)
    behind = itertools.dropwhile(lambda argument: argument != "--configfile", arguments)
    taken = list(itertools.takewhile(lambda argument: argument[:1] != "-", itertools.islice(behind, 1, None)))
    targets = [argument for argument in taken if argument.startswith("results/")]
    if targets:
        command = ["snakemake", *targets, "--configfile", *(file for file in taken if file not in targets)]
        raise InputError(f"{targets[0]} is a target, and comes first: {' '.join(command)}")
    for argument in arguments:
        file = Path(argument.removeprefix("--configfile="))
        if file.suffix.lower() not in _SUFFIXES or not file.is_file():
            continue
        root = composed(file)
        if not isinstance(root, yaml.MappingNode):
            found = "nothing" if root is None else "no keys at its left edge"
            raise InputError(f"{file}: holds {found}; expected keys of the config, such as run: [demo]")


def composed(file: str | Path) -> yaml.Node | None:
    """Read a YAML or JSON file as nodes that know their lines, None for an empty one.

    Raises
    ------
    InputError
        If it is not in UTF-8, or neither YAML nor JSON, or has a value that YAML cannot make, such as a date
        that there is not, or contains itself.
    """
    data = Path(file).read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{file}, line {line}: byte {data[error.start]:#04x} is no UTF-8; save the file as UTF-8 text"
        ) from None
    try:
        loader = yaml.FullLoader(_without_tabs(text))
        root = loader.get_single_node()
        if root is not None:
            if _size(root, {}, str(file)) > _MOST_NODES:
                raise InputError(
                    f"{file}: its aliases (*) stand for more than {_MOST_NODES:,} values; write fewer"
                )
            loader.construct_document(copy.deepcopy(root))  # it puts what `<<` merges into the nodes
    except (yaml.YAMLError, ValueError) as error:  # ValueError: of numbers and dates
        raise InputError(_not_yaml(file, error)) from None
    except RecursionError:
        raise InputError(f"{file}: its brackets are nested too deep; expected a few levels") from None
    return root


def _without_tabs(text: str) -> str:
    """Replace the tabs of JSON, where they are blanks as in no YAML; a text of JSON has none within."""
    if "\t" in text:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return text
        return text.replace("\t", " ")
    return text


def _not_yaml(file: str | Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"{file}, line {mark.line + 1}" if mark else str(file)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    remedy = next(
        (remedy for words, remedy in _REMEDIES.items() if words in problem),
        "look at the indentation, colons, quotes and brackets there and just before",
    )
    return f"{place}: cannot be read as YAML ({problem}); {remedy}"


def _size(node: yaml.Node, known: dict[int, int | None], file: str) -> int:
    """Count the nodes that a node stands for, each as often as it is named."""
    size = known.get(id(node), 0)
    if size is None:
        raise InputError(f"{file}, line {node.start_mark.line + 1}: contains itself by an alias (*)")
    if size:
        return size
    known[id(node)] = None  # as long as what is in it is counted
    inner = (
        [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    )
    size = 1 + sum(_size(part, known, file) for part in inner if isinstance(part, yaml.Node))
    known[id(node)] = size
    return size
