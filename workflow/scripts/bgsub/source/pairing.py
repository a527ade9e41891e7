"""Which label image belongs to which frame."""

import operator
import re
from itertools import pairwise

from bgsub.errors import InputError


def paired(labels: list[str], count: int, frames: list[str] | None, source: object) -> list[str]:
    """Return the name of the label image of each frame, in the order of the frames.

    Parameters
    ----------
    labels : list of str
        Names of the label images, in natural order.
    count : int
        Number of frames.
    frames : list of str or None
        Their names.
    source : object
        Where the label images lie, for messages.

    Returns
    -------
    list of str
        By the last number in the names, where both have one that rises from name to name: as long as all
        numbers differ by the same (frames may count from 0 and labels from 1), or each frame's number is
        that of a label. Elsewhere by position.

    Raises
    ------
    InputError
        If a frame has no label, or labels and frames part ways.
    """
    numbers = _numbers(labels)
    wanted = _numbers(frames) if frames else None
    if frames and numbers and wanted:
        if len(numbers) == count and len(set(map(operator.sub, wanted, numbers))) == 1:
            return labels
        by_number = dict(zip(numbers, labels, strict=True))
        missing = [index for index, number in enumerate(wanted) if number not in by_number]
        if not missing:
            return [by_number[number] for number in wanted]
        if len(numbers) == count:
            shift = wanted[0] - numbers[0]
            pairs = zip(wanted, numbers, strict=True)
            place = next(index for index, (ours, theirs) in enumerate(pairs) if ours - theirs != shift)
            raise InputError(
                f"{source}: the numbers of frames and ground truth part ways, '{frames[place]}' would get"
                f" '{labels[place]}', and '{frames[missing[0]]}' is the first of {len(missing)} without one"
                " of their own number: add what is missing, or take out the frames without"
            )
    if len(labels) != count:
        raise InputError(
            f"{source}: {len(labels)} ground truth images for a clip of {count} frames; expected one for each"
        )
    return labels


def _numbers(names: list[str]) -> list[int] | None:
    """Return the last number in each name, or None unless all have one and they rise."""
    found = [
        re.findall(r"[0-9]{1,18}(?![0-9])", re.sub(r"\.[A-Za-z][A-Za-z0-9]*$", "", name)) for name in names
    ]
    if not all(found):
        return None
    numbers = [int(digits[-1]) for digits in found]
    return numbers if all(one < next_ for one, next_ in pairwise(numbers)) else None
