"""The one exception whose message is meant for the person who runs the workflow."""


class InputError(Exception):
    """A mistake in what the user gave: a file, a download or a value of the config.

    The message is one line that names the file or key, what was found, what was expected, and the remedy.
    It is shown without a traceback.
    """
