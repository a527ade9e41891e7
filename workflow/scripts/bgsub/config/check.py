"""Checks of a config, or a part of it, against the classes of its sections."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import ValidationError

from bgsub.config.messages import UNKNOWN_KEY, expectation, not_text, problem
from bgsub.config.schema import adapter, schema_at
from bgsub.config.words import Place, at, shown
from bgsub.errors import InputError

Naming = Callable[..., str]

_MOST_BITS = 1000  # of a whole number
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # control, surrogates


def check(value: Any, kind: Any, place: Place = (), named: Naming = at) -> Any:
    """Check a part of the config and fill in the defaults of what it leaves out.

    Parameters
    ----------
    value
        As read from YAML.
    kind : type
        A dataclass of `bgsub.config.sections`, or a union of dataclasses.
    place, named
        Where in the config it is, for messages, and what makes text of a place, whose keys are its arguments.

    Returns
    -------
    Any
        Dicts, lists and scalars. Numbers are as they were given, but for 60.0 where a whole number is
        expected. A key that has no value by default is left out, unless it was given one.

    Raises
    ------
    InputError
        One line about the first thing that is wrong, unknown keys before all else: where (the keys, joined by
        dots), what was found, what is expected, and what may help.
    """
    _check_yaml(value, place, named)
    try:
        checked = adapter(kind).validate_python(value)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        first = next((each for each in errors if each["type"] == UNKNOWN_KEY), errors[0])
        path, message = problem(first, value, kind)
    else:
        try:
            return _filled(checked, value)
        except _OtherTypeError as error:
            found, path = error.args
            message = expectation(found, schema_at(value, path, kind))
    raise InputError(f"{named(*place, *path)}: {message}")


class _OtherTypeError(Exception):
    """pydantic made a value of another type of what was given, such as a number of a text, at its place."""


def _filled(checked: Any, given: Any, path: Place = ()) -> Any:
    """Return what was given, with defaults where nothing was, and as whole numbers what ought to be whole."""
    if is_dataclass(checked):
        given = {} if given is checked else given
        values = {field.name: getattr(checked, field.name) for field in fields(checked)}
        # A null that is no default has a meaning; any other is as if the key were not there.
        meant = {field.name for field in fields(checked) if field.default is not None and field.name in given}
        return {
            name: _filled(value, given.get(name, value), (*path, name))
            for name, value in values.items()
            if name in meant or value not in (None, "")
        }
    if isinstance(checked, dict):
        return {key: _filled(value, given[key], (*path, key)) for key, value in checked.items()}
    if isinstance(checked, list):
        pairs = zip(checked, given, strict=True)
        return [_filled(value, found, (*path, place)) for place, (value, found) in enumerate(pairs)]
    if type(checked) is not type(given) and any(isinstance(value, bool | str) for value in (checked, given)):
        raise _OtherTypeError(given, path)
    return checked if isinstance(checked, int) else given


def _check_yaml(value: Any, place: Place, named: Naming) -> None:
    """Raise InputError for a key that YAML did not read as text, a number that is none, and odd letters."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise InputError(f"{named(*place)}: found a key {not_text(key)}")
            _check_letters(key, place, named)
            _check_yaml(inner, (*place, key), named)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_yaml(inner, (*place, index), named)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{named(*place)}: found {value}; expected a finite number")
    elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise InputError(f"{named(*place)}: found a number of more than 300 digits; expected fewer")
    elif isinstance(value, str):
        _check_letters(value, place, named)


def _check_letters(text: str, place: Place, named: Naming) -> None:
    """Raise InputError for what files of text, pages and figures cannot hold."""
    if odd := _ODD.search(text):
        raise InputError(f"{named(*place)}: found {odd[0]!r} in {shown(text)}; expected text without it")
