"""What every script does around its one function call: log, limit threads, and say what went wrong."""

import errno
import functools
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from bgsub.errors import InputError
from bgsub.progress import Progress
from bgsub.written import log_sizes


def run(
    main: Callable[..., None], log: str, threads: int = 1, linalg: bool = False, **arguments: Any
) -> None:
    """Call `main(**arguments)`, with its log in a file, and end the process with 1 if it fails.

    A mistake of the user's is told in one line; of any other failure the traceback goes to the log.

    Parameters
    ----------
    main : callable
        The script's function.
    log : str
        File that takes the messages of all libraries.
    threads : int
        Threads that OpenCV may use; it does not look at OMP_NUM_THREADS.
    linalg : bool
        Whether `main` may load scipy.linalg.
    **arguments
        Passed on to `main`.
    """
    logging.basicConfig(
        filename=log, filemode="w", level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", force=True
    )
    logging.captureWarnings(True)
    _say_when_compiling()
    os.environ["OPENCV_FOR_THREADS_NUM"] = str(threads)  # read when OpenCV is loaded, which may be later
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(threads)
    # numba would load it at the first call of compiled code, for a BLAS that none of ours needs: 0.1 s a job.
    if not linalg:
        sys.modules.setdefault("scipy.linalg", None)  # type: ignore[arg-type]  # None: cannot be imported
    try:
        main(**arguments)
    except InputError as error:
        logging.error("error: %s", error)
        sys.exit(1)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            what = error.filename or "temporary files (TMPDIR)"
            logging.error("error: no space left on the disk for %s; free some space and run again", what)
        else:
            logging.exception("error: this is a fault of the program, not of your data; please report it")
        sys.exit(1)
    # Snakemake gives a script this object as a global variable.
    log_sizes(vars(sys.modules["__main__"])["snakemake"].output)


def _say_when_compiling() -> None:
    """Print a line when the first function is compiled, which takes a while."""
    handler = logging.StreamHandler()

    def first(record: logging.LogRecord) -> bool:
        logging.getLogger("bgsub.model.compiled").removeHandler(handler)
        return True

    handler.addFilter(first)
    kept = {"kept": "which is then kept on disk for all later jobs"}
    handler.setFormatter(logging.Formatter("%(message)s, %(kept)s", defaults=kept))
    logging.getLogger("bgsub.model.compiled").addHandler(handler)


def progress(description: str, unit: str = "frame") -> Progress:
    """Return a wrapper that shows a progress bar around an iterable when run on a terminal."""
    if not sys.stderr.isatty():
        return iter
    from tqdm import tqdm

    return functools.partial(tqdm, desc=description, unit=unit, leave=False, dynamic_ncols=True)
