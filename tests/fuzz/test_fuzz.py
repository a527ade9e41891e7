"""A few inputs of each kind; `make fuzz` tries thousands."""

import pytest
from fuzzing import TRIALS, outcome_of


@pytest.mark.parametrize("kind", TRIALS)
def test_broken_input_is_right_or_told_in_one_line(kind: str):
    outcomes = [outcome_of(kind, seed) for seed in range(6)]
    assert set(outcomes) & {"right", "refused", "told"}
