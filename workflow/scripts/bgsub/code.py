"""The version of the code behind a script: what tells that its results are out of date."""

import functools
import hashlib
import os
import re
from pathlib import Path

# `from module import names`, also in brackets over several lines, or `import names`.
_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+)?import\s+(\([^)]*\)|[^\n]*)", re.MULTILINE)
_is_file = functools.cache(os.path.isfile)  # most names are in many modules


@functools.cache
def code_version(script: Path, *templates: str) -> str:
    """Hash a script, each module beside it that it imports, directly or not, and its templates.

    As a param, these 16 hexadecimal digits make an edit of the library rerun what uses it, and nothing else:
    Snakemake itself only sees the script. Templates are relative to the script's folder.
    """
    files = code_files(script) | {(script.parent / template).resolve() for template in templates}
    digest = hashlib.sha256()
    for name, file in sorted((os.path.relpath(file, script.parent), file) for file in files):
        digest.update(f"{name}\0{file.read_text()}\0".encode())
    return digest.hexdigest()[:16]


def code_files(script: Path) -> set[Path]:
    """Return a script and each module beside it that it imports, directly or not."""
    files, found = set(), {script}
    while found:
        files |= found
        found = {module for file in found for module in _imported(file, script.parent)} - files
    return files


@functools.cache
def _imported(file: Path, folder: Path) -> list[Path]:
    """Return the modules of a folder that a file imports itself."""
    names = set()  # by a pattern, as to parse the file would take five times as long
    for module, imported in _IMPORT.findall(file.read_text()):
        parts = re.findall(r"[\w.]+", imported)
        names |= {module, *(f"{module}.{part}" for part in parts)} if module else set(parts)
    paths = {f"{folder}/{name.replace('.', '/')}" for name in names}
    files = [file for path in paths for file in (f"{path}.py", f"{path}/__init__.py")]
    return [Path(file) for file in files if _is_file(file)]
