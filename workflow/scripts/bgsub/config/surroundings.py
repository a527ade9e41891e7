"""Where the workflow runs, as far as it would end every job without a word about the reason."""

import re

from bgsub.errors import InputError

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
