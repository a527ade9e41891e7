"""Figures as people say them: counts, shares and durations with the right number, digits and unit."""

from collections.abc import Sequence
from numbers import Number
from typing import Any

NBSP = "\N{NO-BREAK SPACE}"

EVENT_WORDS = {"enters": "enters", "falls": "falls", "still": "lies still"}  # of what happens to the person

# How a decision rule compares a frame with a model, after "by".
RULE_WORDS = {
    "difference": "the difference to the background image",
    "mahalanobis": "the Mahalanobis distance (which uses the covariances)",
    "component": "the log odds of the components (which use the covariances)",
    "likelihood": "the likelihood (which uses the covariances)",
}

_WORDS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


def count(number: float, singular: str, plural: str | None = None) -> str:
    """Say how many, e.g. `1 frame`, `4 frames`, `345,600 pixels`; halves (of a median) keep their digit."""
    digits = f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"
    return f"{digits}{NBSP}{singular if number == 1 else plural or singular + 's'}"


def percent(share: float) -> str:
    """Say a share in [0, 1]; never 0 % or 100 % of what is not exactly that.

    Examples: `0 %`, `less than 0.1 %`, `0.4 %`, `37 %`, `99.8 %`, `more than 99.9 %`, `100 %`.
    """
    value = 100 * share
    if 0 < value < 0.05:
        return f"less than 0.1{NBSP}%"
    if 99.95 <= value < 100:
        return f"more than 99.9{NBSP}%"
    digits = 0 if value in (0, 100) or 10 <= value < 99 else 1
    return f"{value:.{digits}f}{NBSP}%"


def brief(share: float) -> str:
    """Say a share as `percent` does, with signs for words: `<0.1 %`, `>99.9 %`. For tables."""
    return percent(share).replace("less than ", "<").replace("more than ", ">")


def score_words(value: float) -> str:
    """Say a score in [0, 1] with three digits; never 0 or 1 of what is not exactly that."""
    if 0 < value < 0.0005:
        return "less than 0.001"
    if 0.9995 <= value < 1:
        return "more than 0.999"
    return f"{value:.3f}"


def number(value: float) -> str:
    """Say a figure with about two significant digits and without an exponent."""
    size = abs(value)
    if 0 < size < 0.0005:
        return "less than 0.001" if value > 0 else "less than 0.001 below 0"
    digits = 0 if size >= 100 or size == 0 else 1 if size >= 1 else 2 if size >= 0.1 else 3
    return f"{value:,.{digits}f}"


def duration(frames: float, fps: float) -> str:
    """Say a number of frames and how long they last, e.g. `4 frames (0.4 s)`."""
    seconds = frames / fps
    digits = 2 if 0 < seconds < 0.1 else 1
    return f"{count(frames, 'frame')} ({seconds:.{digits}f}{NBSP}s)"


def value_words(value: Any) -> str:
    """Write a value of a setting as the config would; NaN stands in tables for null."""
    if isinstance(value, Number) and not isinstance(value, bool):
        return "null" if value != value else f"{value:.12g}"
    if isinstance(value, str):
        return value
    return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))  # numpy's bool, too


def in_words(number: int) -> str:
    """Write a small number as a word."""
    return _WORDS[number] if 0 <= number < len(_WORDS) else f"{number:,}"


def joined(parts: Sequence[str]) -> str:
    """List things: `a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
