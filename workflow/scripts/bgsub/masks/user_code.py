"""Running a method in a Python file of the user's; what is wrong with it is told by file and line."""

import inspect
import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from bgsub.errors import InputError
from bgsub.labels import FOREGROUND, MASK_VALUES
from bgsub.source.frames import Frames

logger = logging.getLogger(__name__)

_EXPECTED = f"uint8 of {', '.join(map(str, MASK_VALUES))}, or bool"
_ALLOWED = np.zeros(256, bool)
_ALLOWED[list(MASK_VALUES)] = True


def user_masks(
    file: str,
    settings: Mapping[str, Any],
    learned: Frames,
    tested: Frames,
    numbers: Sequence[int],
    progress: Callable[[Iterable], Iterable] = iter,
) -> Iterator[np.ndarray]:
    """Run the method in a file and yield its masks of the test frames.

    Parameters
    ----------
    file : str
        Python. Its `create(**settings)` gives an object with `apply(frame) -> mask`. If that has
        `fit(frames)`, it is called with the training frames, and `apply` with the test frames in order; else
        `apply` is called with the training frames and then the test frames, and masks of the former are not
        looked at.
    settings : mapping
        Passed on to `create`.
    learned, tested : (N, H, W, 3) and (T, H, W, 3) uint8 arrays
        RGB, read-only: the training frames and the test frames.
    numbers : sequence of int
        Places of the test frames in their clip, for messages.
    progress : callable
        Wraps the numbers of the frames that it sees, for example tqdm.

    Yields
    ------
    (H, W) uint8 array
        0 background, 127 shadow, 255 foreground; in the order of the frames.

    Raises
    ------
    InputError
        If the file is not there, has no such function, raises an exception, or makes no such mask.
    """
    method = _create(file, _load(file), settings)
    before = len(learned)  # frames that it is shown before the test frames
    if hasattr(method, "fit"):
        before = 0
        with _told(file, "fit"):
            method.fit(_as_array(learned))
    for seen in progress(range(before + len(tested))):
        testing = seen >= before
        frame = tested[seen - before] if testing else learned[seen]
        said = f"frame {numbers[seen - before]}" if testing else f"training frame {seen}"
        with _told(file, f"apply, {said}"):
            mask = method.apply(frame)
        if testing:
            yield _checked(mask, tested.shape[1:3], f"{file}: apply returned for {said}")


def _as_array(frames: Frames) -> np.ndarray:
    """Return frames as what numpy works with: read into memory if they are not one part of a clip."""
    if isinstance(frames, np.ndarray):
        return frames
    array = np.asarray(frames)
    array.flags.writeable = False
    return array


def _load(file: str) -> ModuleType:
    """Run the file as a module, without leaving bytecode beside it."""
    path = Path(file)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); check the key python") from error
    if sys.modules.get("scipy.linalg", path) is None:  # withheld from our own jobs, to save time
        del sys.modules["scipy.linalg"]
    sys.path.append(str(path.parent.absolute()))  # as Python does, for modules that lie beside it
    module = ModuleType(path.stem)
    module.__file__ = file
    sys.modules.setdefault(path.stem, module)
    try:
        code = compile(source, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise InputError(f"{file}, line {error.lineno}: syntax error: {error.msg}") from error
    except ValueError as error:
        raise InputError(f"{file}: is not Python ({error})") from error
    with _told(file, "import"):
        exec(code, module.__dict__)  # noqa: S102 - it is the user who asks for it
    return module


def _create(file: str, module: ModuleType, settings: Mapping[str, Any]) -> Any:
    """Make the method's object."""
    create = getattr(module, "create", None)
    if not callable(create):
        raise InputError(f"{file}: no function 'create'; expected create(**settings), which gives the method")
    signature = inspect.signature(create)
    try:
        signature.bind(**settings)
    except TypeError as error:
        names = ", ".join(signature.parameters) or "none"
        code = getattr(create, "__code__", None)
        where = f"{file}, line {code.co_firstlineno}" if code else file
        raise InputError(
            f"{where}: create: {error}; correct the key settings, whose names here are: {names}"
        ) from error
    with _told(file, "create"):
        method = create(**settings)
    if not callable(getattr(method, "apply", None)):
        found = type(method).__name__
        raise InputError(f"{file}: create gave {found} without 'apply'; expected apply(frame) -> mask")
    return method


def _checked(mask: Any, size: tuple[int, ...], made: str) -> np.ndarray:
    """Return a mask as uint8, or tell in one line what it is instead."""
    if not isinstance(mask, np.ndarray):
        raise InputError(f"{made} {type(mask).__name__}; expected a numpy array, {_EXPECTED}")
    if mask.shape != size:
        raise InputError(f"{made} a mask of shape {mask.shape}; expected {tuple(size)}, as the frame")
    if mask.dtype == bool:
        return np.multiply(mask, FOREGROUND, dtype=np.uint8)
    if mask.dtype != np.uint8:
        raise InputError(f"{made} a mask of type {mask.dtype}; expected {_EXPECTED}")
    allowed = _ALLOWED[mask]
    if not allowed.all():
        raise InputError(f"{made} a mask with the value {mask[~allowed].min()}; expected {_EXPECTED}")
    return mask


@contextmanager
def _told(file: str, doing: str) -> Iterator[None]:
    """Tell an exception of the user's code by file and line, and log its traceback from there on."""
    try:
        yield
    except (Exception, SystemExit) as error:
        steps = traceback.extract_tb(error.__traceback__)
        own = [place for place, step in enumerate(steps) if step.filename == file]
        if own:
            theirs = "".join(traceback.format_list(steps[own[0] :]))
            logger.info("in %s of the user's method:\n%s%r", doing, theirs, error)
        where = f"{file}, line {steps[own[-1]].lineno}" if own else file
        words = " ".join(str(error).split())
        raise InputError(f"{where}: {type(error).__name__}: {words} (in {doing})") from error
