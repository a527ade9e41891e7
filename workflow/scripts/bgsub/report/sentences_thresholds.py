"""How often background passes a threshold, in plain sentences made from the table of false alarms."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from bgsub.names import Name
from bgsub.words import NBSP, count, number, percent

APART = 10.0  # ratio of what was measured to what theory says from which on the two part ways
_FEWEST = 10  # colours by which such a ratio is told


def false_alarm_answer(alarms: pd.DataFrame, names: Mapping[str, Name]) -> list[str]:
    """Say how often background passes each threshold, and warn where theory and measurement part ways.

    Told of are, in a paragraph, the methods of `false_alarms.csv` that were measured and have a theory.

    Claims
    ------
    "of a background's colours pass by theory"
        the rule has a theory, and training frames were left out to measure by
    "more than ten times as many"
        they are, of ten colours that pass or more
    "less than a tenth as many"
        they are, where theory lets a hundred pass or more
    """
    known = alarms[alarms["expected"].notna() & alarms["measured"].notna()].to_dict("records")
    if not known:
        return []
    said = [_rates(row, names[row["method"]]) for row in known]
    if any(parted(row["expected"], row["measured"], row["colours"]) > 0 for row in known):
        said.append(
            "The theory is that of a single Gaussian that has a background's colours to itself, and whose "
            "noise stays the same. One or the other does not hold here, and more passes than such a "
            "threshold seems to promise."
        )
    return [" ".join(said)]


def parted(expected: float, measured: float, colours: float) -> int:
    """Tell whether more than ten times as many colours pass as theory says (1), or less than a tenth (-1).

    0 where neither is so, or where too few pass to tell.
    """
    if measured > APART * expected and measured * colours >= _FEWEST:
        return 1
    if expected > APART * measured and expected * colours >= APART * _FEWEST:
        return -1
    return 0


def _rates(row: Mapping[str, Any], name: Name) -> str:
    expected, measured, colours = row["expected"], row["measured"], row["colours"]
    verdict = {
        1: ", more than ten times as many",
        0: "",
        -1: ", less than a tenth as many: it is stricter than this background asks for",
    }[parted(expected, measured, colours)]
    return (
        f"The threshold of {name.named} lets {_often(expected)} of a background's colours pass by theory; of "
        f"{count(colours, 'colour')} in training frames that were left out of the fit, where nothing covers "
        f"the background, {'none' if measured == 0 else _often(measured)} did{verdict}."
    )


def _often(share: float) -> str:
    return percent(share) if share >= 0.01 else f"{number(1e4 * share)} in{NBSP}10,000"
