"""How many frames a clip has per second."""

from fractions import Fraction

import pytest

from bgsub.source.rate import Rate, as_fraction, rate_of


@pytest.mark.parametrize(
    "fraction", [(30000, 1001), (24000, 1001), (299, 20), (10, 1), (910000, 60803), (1, 3)]
)
def test_a_decoders_number_is_the_fraction_in_the_file(fraction: tuple[int, int]):
    assert as_fraction(fraction[0] / fraction[1]) == Fraction(*fraction)


@pytest.mark.parametrize("nonsense", [0.0, -1.0, 90_000.0, float("nan"), float("inf")])
def test_what_is_no_rate_is_none(nonsense: float):
    assert as_fraction(nonsense) is None


def test_a_person_is_believed_before_the_file_and_the_file_before_what_is_assumed():
    file, nothing = {"rate": "120"}, {"rate": None}
    assert rate_of(file, 29.97, 10) == Rate(Fraction(2997, 100), "config", Fraction(120))
    assert rate_of(file, None, 10) == Rate(Fraction(120), "file", Fraction(120))
    assert rate_of(nothing, 14.95, 10) == Rate(Fraction(299, 20), "config")
    assert rate_of(nothing, None, 10) == Rate(Fraction(10), "nothing")
