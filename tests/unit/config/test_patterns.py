import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgsub.config.patterns import only

NAMES = st.text("ab.-_|(", min_size=1, max_size=5)


@given(st.sets(NAMES), NAMES)
def test_these_names_match_and_no_others(names: set[str], other: str) -> None:
    pattern = re.compile(f"results/(?P<clip>{only(names)})/frames.npy")
    for name in {*names, other, f"{other}a", other[:-1]}:
        found = pattern.fullmatch(f"results/{name}/frames.npy")
        assert bool(found) == (name in names)
        assert not found or found["clip"] == name


@pytest.mark.parametrize("names", [[], ["a"], ["a", "ab", "b"]])
def test_it_keeps_together_in_a_longer_pattern(names: list[str]) -> None:
    assert bool(re.fullmatch(f"{only(names)}/x", "a/x")) == bool(names)


def test_names_that_begin_alike_share_a_beginning() -> None:
    names = [f"montreal_s{scenario:02d}_c{camera}" for scenario in range(1, 25) for camera in range(1, 9)]
    assert only(names).count("montreal_s") == 1
    assert len(only(names)) < len("|".join(names)) / 4
