"""Which frames of a clip train: what the config may ask for, and what other clip that takes."""

import itertools
from collections.abc import Mapping
from typing import Any

from bgsub.config.words import Place, at, one_of
from bgsub.errors import InputError


def check_training(clip: str, clips: Mapping[str, Any]) -> None:
    """Raise InputError unless a clip's `train` makes sense, as far as is known before the clip is decoded.

    `clips` are all that are known by name, each checked by itself.
    """
    settings = clips[clip]
    train = settings.get("train")
    if train is None:
        return
    place = ("clips", clip, "train")
    keys = [key for key in ("frames", "clip", "until") if train.get(key) is not None]
    if len(keys) != 1:
        raise InputError(
            f"{at(*place)}: found {' and '.join(keys) or 'none'}; expected one of frames, clip, until"
        )
    if "train_fraction" in settings:
        raise InputError(f"{at(*place)}: found beside train_fraction; expected one of them: delete the other")
    if "frames" in keys:
        _check_ranges(train["frames"], (*place, "frames"))
    if "clip" in keys:
        _check_other(train["clip"], clip, clips, (*place, "clip"))
    if "until" in keys and "temporal_roi" not in settings:
        raise InputError(
            f"{at(*place)}.until: the clip has no temporal_roi; expected the name of the file that says which"
            " frames are scored, such as temporal_roi: temporalROI.txt"
        )


def trained_on(clip: str, clips: Mapping[str, Any]) -> str:
    """Return the clip whose frames train for a clip: itself, or another."""
    return (clips[clip].get("train") or {}).get("clip") or clip


def _check_ranges(ranges: list[list[int]], place: Place) -> None:
    for first, stop in ranges:
        if stop <= first:
            raise InputError(
                f"{at(*place)}: found [{first}, {stop}], which is empty; expected [first, one past the last],"
                f" such as [{first}, {first + 40}]"
            )
    for one, other in itertools.pairwise(ranges):
        if other[0] < one[1]:
            how = "overlap" if other[1] > one[0] else "are not in order"
            raise InputError(
                f"{at(*place)}: {one} and {other} {how}; expected each frame once, in ascending ranges"
            )


def _check_other(other: str, clip: str, clips: Mapping[str, Any], place: Place) -> None:
    if other == clip:
        raise InputError(
            f"{at(*place)}: found the clip itself, which would leave no frame to test; expected another clip"
            " of the same camera, or ranges of its own frames by train.frames"
        )
    if other not in clips:
        raise InputError(f"{at(*place)}: unknown clip '{other}'{one_of(other, clips)}")
