from fractions import Fraction

import pytest

from bgsub.report.sentences_clip import run_sentence
from bgsub.source.rate import Rate
from bgsub.source.split import Split
from bgsub.words import NBSP


def ran(rate: Rate, split: Split, title: str = "") -> str:
    return run_sentence(rate, split, title, height=480, width=720).replace(NBSP, " ")


def test_what_was_run():
    notebook = Split(list(range(44)), list(range(44, 110)), "fall", "fall")
    said = ran(Rate(Fraction(10), "config"), notebook)
    assert "110 frames of 720 by 480 pixels, 10 per second as the config says" in said
    assert "from the first 44 frames and are tested on the other 66." in said
    said = ran(Rate(Fraction(10), "config"), Split([0], [1], "fall", "fall"))
    assert "from the first frame and are tested on the last one." in said


@pytest.mark.parametrize(
    ("train", "told"),
    [
        (
            [*range(40), *range(120, 160)],
            "from frames 0 to 39 and 120 to 159 (80) and are tested on the other 120.",
        ),
        (list(range(20, 60)), "from frames 20 to 59 (40) and are tested on the other 160."),
        (
            list(range(0, 200, 20)),
            "from frames 0 to 180, in ten stretches (10) and are tested on the other 190.",
        ),
        (list(range(1, 200)), "from frames 1 to 199 (199) and are tested on the other one."),
    ],
)
def test_which_frames_trained(train, told):
    test = [frame for frame in range(200) if frame not in train]
    assert told in ran(Rate(Fraction(10), "config"), Split(train, test, "fall", "fall"))


def test_which_clip_trained():
    said = ran(
        Rate(Fraction(10), "config"), Split(list(range(30)), list(range(9)), "fall", "empty"), "No one"
    )
    assert "The clip has 9 frames" in said
    assert (
        "from all 30 frames of another clip, empty (No one), and are tested on all frames of this one."
        in said
    )


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (
            Rate(Fraction(299, 20), "file"),
            "14.95 per second as its file says, which is how seconds are counted here.",
        ),
        (Rate(Fraction(30000, 1001), "file"), "29.97 per second as its file says"),
        (
            Rate(Fraction(30), "config", Fraction(120)),
            "30 per second as the config says, and not 120 as its file says",
        ),
        (Rate(Fraction(30), "config", Fraction(30)), "30 per second as the config says, which"),
        (
            Rate(Fraction(10), "nothing"),
            "rate is not known: they are shown, and seconds are counted, as if there were 10 per second.",
        ),
    ],
)
def test_how_the_rate_is_known(rate, told):
    assert told in ran(rate, Split(list(range(44)), list(range(44, 110)), "fall", "fall"))
