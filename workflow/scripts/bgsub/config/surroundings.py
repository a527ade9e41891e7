"""Where the workflow runs, as far as it would end every job without a word about the reason."""

import errno
import getpass
import os
import re
import tempfile

from bgsub.errors import InputError

_ROOM = 2**20  # bytes: what a run of Snakemake itself writes for the time being is less

# What a shell does not take as it is.
_SPECIAL = re.compile(r"""[\s'"\\$`;&|<>(){}\[\]*?!#]""")


def check_python(executable: str) -> None:
    """Raise InputError if the path of Python, `sys.executable`, means something else to a shell.

    Snakemake writes it into the shell commands of jobs as it is. All other paths it quotes: the folder of the
    workflow may have any name, if Python lies elsewhere.
    """
    if found := _SPECIAL.search(executable):
        raise InputError(
            f"{executable}: the path of Python has {found[0]!r} in it, where the shell would cut it in every"
            " job; move this folder to a path without blanks, quotes and brackets, or make the environment"
            " elsewhere: python3 -m venv ~/bgsub && ~/bgsub/bin/pip install -r requirements.txt"
        )


def check_account(cache: str) -> None:
    """Raise InputError unless Snakemake finds a name of the user and room for its own files.

    Parameters
    ----------
    cache : str
        Its folder for what it caches, made if missing.
    """
    try:
        getpass.getuser()
    except (KeyError, OSError) as error:
        raise InputError(
            "USER: not set, and the system knows no name of this user, as in some containers; set it to any"
        ) from error
    try:
        os.makedirs(cache, exist_ok=True)  # noqa: PTH103
        _fill(cache)
    except OSError as error:
        raise InputError(
            f"{cache}: Snakemake cannot write there ({error.strerror}), where it keeps files of its own; set"
            " HOME or XDG_CACHE_HOME to a folder that you may write to"
        ) from error
    try:
        # As the solver does that chooses which steps run next; Python itself would take another folder.
        named = os.environ.get("TMPDIR", "")
        _fill(named if os.access(named, os.W_OK) else tempfile.gettempdir())
    except OSError as error:
        raise InputError(
            f"TMPDIR: no temporary files can be written ({error}); free some, or set it to another folder"
        ) from error


def _fill(folder: str) -> None:
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        if file.write(bytes(_ROOM)) < _ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), folder)
