import pytest

from bgsub.masks.learning import ADAPTIVE, FROZEN, PROTECTED, learning_of


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"model": "em", "rule": "difference"}, FROZEN),
        ({"background": "median"}, FROZEN),
        ({"opencv": "knn"}, ADAPTIVE),
        ({"opencv": "mog2", "learning": "adaptive"}, ADAPTIVE),
        ({"opencv": "mog2", "learning": "frozen"}, FROZEN),
        ({"opencv": "mog2", "learning": "protected"}, PROTECTED),
    ],
)
def test_how_a_method_learns_follows_from_its_row(settings, expected):
    assert learning_of(settings) == expected
