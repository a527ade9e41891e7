"""How many frames a clip has per second, and how that is known."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

# A rate in a file is a fraction, such as 30000/1001, of which a decoder tells a floating-point number.
_LARGEST_DENOMINATOR = 10**6
_FASTEST = 1000  # frames per second; what files say beyond it is the unit of their clock


class Rate(NamedTuple):
    """Frames per second."""

    fps: Fraction
    known_by: str  # config, file, or nothing: then it is only assumed
    of_file: Fraction | None = None  # what the file says, whoever is believed


def as_fraction(fps: float) -> Fraction | None:
    """Return the fraction that a decoder's number of frames per second stands for; None if it is none."""
    if not 0 < fps <= _FASTEST:
        return None
    return Fraction(fps).limit_denominator(_LARGEST_DENOMINATOR)


def rate_of(decoding: Mapping[str, Any], fps: float | None = None, assumed: float = 10) -> Rate:
    """Return a clip's rate by the best of what is known.

    Parameters
    ----------
    decoding : mapping
        `decoding.json`, whose `rate` is what the file says, such as `30000/1001`, or None.
    fps : float, optional
        The clip's `fps` in the config. It is believed before the file, as it is a person who says it: the
        headers of the Montreal data set say 120 frames per second, where 30 were recorded.
    assumed : float
        Where neither says it: `video.fps` of the config.
    """
    of_file = None if decoding["rate"] is None else Fraction(decoding["rate"])
    # A number as it is written: 14.95 is 299/20.
    if fps is not None:
        return Rate(Fraction(str(fps)), "config", of_file)
    return Rate(Fraction(str(assumed)), "nothing") if of_file is None else Rate(of_file, "file", of_file)
