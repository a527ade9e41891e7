"""How this library compiles its loops: numba, machine code kept on disk, no lock held while it runs."""

import fcntl
import gc
import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from numba import config, njit
from numba.core import event
from numba.core.compiler_lock import global_compiler_lock

logger = logging.getLogger(__name__)

_NOT_KEPT = "for this job alone, as no folder for machine code can be written to; set NUMBA_CACHE_DIR to one"

P = ParamSpec("P")
R = TypeVar("R")


class _Stopwatch(event.Listener):
    """Logs what numba compiles, once for a function and all that it calls; what it loads is not told."""

    def __init__(self) -> None:
        self._depth, self._began = 0, 0.0

    def on_start(self, event: Any) -> None:
        """Tell, unless this is compiled for another function."""
        if self._depth == 0:
            dispatcher = event.data["dispatcher"]
            extra = {} if dispatcher.stats.cache_path else {"kept": _NOT_KEPT}
            logger.info("compiling %s", dispatcher.py_func.__name__, extra=extra)
            self._began = time.perf_counter()
        self._depth += 1

    def on_end(self, event: Any) -> None:
        """Tell, unless this was compiled for another function."""
        self._depth -= 1
        if self._depth == 0:
            name = event.data["dispatcher"].py_func.__name__
            logger.info("compiled %s in %.2f s", name, time.perf_counter() - self._began)


event.register("numba:compile", _Stopwatch())


def _cache_folder() -> str:
    """Folder for the machine code of exactly these sources; numba's own choice if it cannot be written.

    Numba by itself notices only a change of a function's own file: what it calls from others would be stale.
    """
    library = Path(__file__).parents[1]
    contents = (file.read_bytes() for file in sorted(library.rglob("*.py")))
    wraps = (b"numba", b"bgsub.model.compiled", b"bgsub.model.lanes")  # a module of compiled code names one
    sources = [text for text in contents if any(name in text for name in wraps)]
    version = hashlib.sha256(b"".join(sources)).hexdigest()[:12]
    folder = (Path(config.CACHE_DIR) if config.CACHE_DIR else library / "__pycache__") / f"bgsub-{version}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return config.CACHE_DIR
    return str(folder)


CACHE_FOLDER = _cache_folder()


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call, or load it from the cache on disk.

    Arithmetic is IEEE's, operation by operation (no fastmath, no contraction), the same on any machine.
    """
    options = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}  # nothing calls that wrapper
    before, config.CACHE_DIR = config.CACHE_DIR, CACHE_FOLDER
    try:
        dispatcher = njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that numba may write to: each job compiles for itself
        return njit(**options)(function)
    finally:
        config.CACHE_DIR = before
    compile_or_load, lock = dispatcher.compile, Path(dispatcher.stats.cache_path, f"{function.__name__}.lock")

    def alone(signature: Any) -> Any:
        with global_compiler_lock, _locked(lock), _garbage_left_alone():  # of this job's threads, of all jobs
            return compile_or_load(signature)

    dispatcher.compile = alone
    return dispatcher


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` as a part of what calls it only; by itself too, that would take twice as long."""
    return njit(nogil=True, error_model="numpy", inline="always")(function)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Keep other jobs from compiling the same meanwhile: they wait, and load it then."""
    with ExitStack() as stack:
        began = time.perf_counter()
        with suppress(OSError):  # no locks on this file system, or no room: each job compiles for itself
            fcntl.flock(stack.enter_context(file.open("a")), fcntl.LOCK_EX)
        waited = time.perf_counter() - began
        if waited > 0.1:
            logger.info("waited %.2f s for what another job compiled", waited)
        yield


@contextmanager
def _garbage_left_alone() -> Iterator[None]:
    """Collect no garbage meanwhile: to look through all of numba time and again takes a tenth of the time."""
    was_collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collected:
            gc.enable()
