"""The type check sees through `compiled`: arguments of a fit that change places are found before any run."""

import itertools
import re
from pathlib import Path

from mypy import api

ROOT = Path(__file__).parents[3]
ARGUMENTS = ("frames", "places", "settings", "offset", "fit", "steps")
HEAD = """\
from bgsub.model import em, pairband, single
from bgsub.model.kernel import Colours, Fit, FitSettings, Integers, Steps

def call(
    frames: Colours, places: Integers, settings: FitSettings, offset: int, fit: Fit, steps: Steps
) -> None:
"""


def test_any_two_arguments_of_a_fit_that_change_places_are_found(tmp_path):
    calls = [ARGUMENTS]
    for one, other in itertools.combinations(range(len(ARGUMENTS)), 2):
        swapped = list(ARGUMENTS)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        calls.append(tuple(swapped))
    lines = [
        f"{kernel}.fit_band({', '.join(call)})" for call in calls for kernel in ("em", "pairband", "single")
    ]
    module = tmp_path / "calls.py"
    module.write_text(HEAD + "".join(f"    {line}\n" for line in lines))
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path)]
    said, _, _ = api.run([*config, "--follow-imports", "silent", str(module)])
    wrong = {int(number) for number in re.findall(r"calls\.py:(\d+): error: .*\[arg-type\]", said)}
    first = HEAD.count("\n") + 1
    assert wrong == set(range(first + 3, first + len(lines))), said  # all but the three calls in order
