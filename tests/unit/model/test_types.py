"""The type check sees through `compiled`: arguments of a fit that change places are found before any run."""

import itertools
import re
from pathlib import Path

from mypy import api

ROOT = Path(__file__).parents[3]
ARGUMENTS = ("shape", "frames", "places", "settings", "offset", "fit", "steps", "room")
HEAD = """\
from bgsub.model.band import Colours, Fit, Integers, Room, Steps, fit_band
from bgsub.model.lanes import Shape
from bgsub.model.steps import FitSettings

def call(
    shape: Shape, frames: Colours, places: Integers, settings: FitSettings, offset: int,
    fit: Fit, steps: Steps, room: Room,
) -> None:
"""


def test_any_two_arguments_of_a_fit_that_change_places_are_found(tmp_path):
    calls = [ARGUMENTS]
    for one, other in itertools.combinations(range(len(ARGUMENTS)), 2):
        swapped = list(ARGUMENTS)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        calls.append(tuple(swapped))
    lines = [f"fit_band({', '.join(call)})" for call in calls]
    module = tmp_path / "calls.py"
    module.write_text(HEAD + "".join(f"    {line}\n" for line in lines))
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path)]
    said, _, _ = api.run([*config, "--follow-imports", "silent", str(module)])
    wrong = {int(number) for number in re.findall(r"calls\.py:(\d+): error: .*\[arg-type\]", said)}
    first = HEAD.count("\n") + 1
    assert wrong == set(range(first + 1, first + len(lines))), said  # all but the call in order
