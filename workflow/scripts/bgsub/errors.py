"""The one exception whose message is meant for the person who runs the workflow."""


class InputError(Exception):
    """A mistake in what the user gave: a file, a download or a value of the config.

    The message is one line that names the file or key, what was found, what was expected, and the remedy.
    It is shown without a traceback. Names of files go into it, so whatever cannot be printed is escaped.
    """

    def __init__(self, message: str):
        super().__init__(printable(message))


def printable(text: str) -> str:
    r"""Return a text as one line that any terminal and file can hold: `\n` and `\xff` for what they name.

    Names of files may hold line breaks, and bytes that are no UTF-8, which Python reads as lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    byte = ord(letter) - 0xDC00
    if 0x80 <= byte <= 0xFF:
        return f"\\x{byte:02x}"
    return letter.encode("unicode_escape").decode("ascii")
