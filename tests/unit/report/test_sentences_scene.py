import pandas as pd
import pytest

from bgsub.report.sentences_scene import (
    Span,
    events_sentence,
    falls,
    headline,
    learning_warning,
    page_title,
    picture_verdict,
    somebody_comes,
    span_of,
    training_warning,
)
from bgsub.words import NBSP

TRUTH = [("enters", 11, "groundtruth"), ("falls", 50, "groundtruth"), ("still", 61, "groundtruth")]


def happened(*events: tuple, frames: int = 110, **known) -> str:
    table = events_table(*events)
    return events_sentence(table, span_of(table, frames), **known).replace(NBSP, " ")


def events_table(*events: tuple) -> pd.DataFrame:
    rows = [(*event, None)[:4] for event in events]
    return pd.DataFrame(rows, columns=["event", "frame", "source", "end"])


def test_events_and_how_they_are_known():
    assert happened(*TRUTH, region_source="groundtruth") == (
        "The person enters at frame 11, begins to fall at frame 50 and lies still from frame 61 on; this is "
        "known from the ground truth."
    )
    assert happened(*TRUTH, region_source="groundtruth", fps=10).startswith(
        "The person enters at frame 11 (1.1 s), begins to fall at frame 50 (5.0 s) and lies still from frame "
        "61 on (6.1 s); this is known"
    )
    mixed = [("enters", 8, "frames"), ("falls", 53, "frames"), ("still", 75, "config")]
    assert happened(*mixed, fps=10).startswith(
        "The person enters at frame 8 (0.8 s; seen in the frames), begins"
    )
    assert happened(*mixed, region_source="config") == (
        "The person enters at frame 8 (seen in the frames), begins to fall at frame 53 (seen in "
        "the frames) and lies still from frame 75 on (given in the config). The config gives a "
        "box for where they lie, and all of it counts as the person."
    )


def test_somebody_there_from_the_first_frame_has_no_entrance():
    said = happened(("enters", None, "frames"), ("falls", 20, "frames"), ("still", 50, "frames"))
    assert said == (
        "The person begins to fall at frame 20 and lies still from frame 50 on; this is seen in the frames. "
        "When they enter cannot be told: somebody seems to be there from the first frame."
    )
    assert "nan" not in said
    labelled = happened(("enters", None, "groundtruth"), ("still", 50, "groundtruth"))
    assert "cannot be told: somebody is there from the first labelled frame on." in labelled


def test_what_was_not_found_is_not_said_to_have_happened():
    said = happened(("still", 61, "groundtruth"))
    assert said == (
        "The person lies still from frame 61 on; this is known from the ground truth. When they enter could "
        "not be told. No fall was found before that."
    )


def test_who_gets_up_again_lies_still_up_to_then():
    up = [*TRUTH[:2], ("still", 61, "groundtruth", 90)]
    assert "lies still from frame 61 to 90; this" in happened(*up)
    assert "lies still from frame 61 on" in happened(*up, frames=91)
    assert "Somebody lies still 2 times; the longest is the one that is measured." in happened(*up, times=2)
    assert "times" not in happened(*up)


def test_without_anybody_still_no_person_no_fall_and_no_stillness_are_claimed():
    nobody = "Nobody was found to lie still in this clip."
    assert happened() == f"Nobody is seen to enter. {nobody}"
    assert happened(("enters", 8, "frames")) == (
        f"Somebody or something enters at frame 8; this is seen in the frames. {nobody}"
    )
    street = happened(("enters", None, "groundtruth"))
    assert street == (
        "When the first enters cannot be told: somebody or something is there from the first labelled frame "
        f"on. {nobody}"
    )
    for words in ("person", "fall", "lies"):
        assert words not in street


@pytest.mark.parametrize(
    ("events", "head", "title"),
    [
        (TRUTH, "A person falls and lies still. Who still sees them?", "Who still sees the person?"),
        (TRUTH[2:], "A person lies still. Who still sees them?", "Who still sees the person?"),
        (TRUTH[:2], "What moves, and which method sees it?", "Which method sees what moves?"),
        (
            [],
            "Nobody is seen to come in. What do the methods mark?",
            "What is marked where nobody comes?",
        ),
    ],
)
def test_the_headline_claims_a_fall_or_stillness_only_where_there_is_one(events, head, title):
    table = events_table(*events)
    lies = span_of(table, 110) is not None
    assert headline(comes=somebody_comes(table), lies=lies, falls=falls(table)) == head
    assert page_title(comes=somebody_comes(table), lies=lies) == title


def test_a_span_counts_both_its_ends():
    assert len(Span(61, 109, 110)) == 49
    assert Span(61, 109, 110).to_the_end
    assert not Span(61, 108, 110).to_the_end


def warned(
    held: float,
    fraction: float | None = None,
    start: float | None = None,
    end: float | None = None,
    *,
    lies: bool = True,
) -> str | None:
    row = {"held": held, "train_fraction": fraction, "empty_start": start, "empty_end": end}
    return training_warning(pd.DataFrame([row], dtype=float), lies=lies)


def test_a_person_in_the_training_frames_gives_a_warning_with_the_remedy():
    assert warned(0.0) is None
    assert "person" in (warned(0.04) or "")
    assert "person" not in (warned(0.04, lies=False) or "")
    assert warned(0.04, 0.0391, 0, 5).endswith(
        " With train_fraction: 0.0391 the training frames would hold nobody."
    )
    assert warned(0.04, None, 60, 90).endswith(
        "Nobody is seen from frame 60 to 90: with train: {frames: [[60, 91]]} these would train."
    )
    said = warned(0.04)
    assert said.endswith(
        "A recording without anybody, by the same camera, would help: train: {clip: its name}."
    )
    assert "nan" not in said


@pytest.mark.parametrize(
    ("events", "train", "said"),
    [
        (TRUTH, range(44), ["enters at frame 11", "to frame 43", "They move", "train: {frames: [[0, 11]]}"]),
        (
            [("enters", 7, "frames"), *TRUTH[1:]],
            range(44),
            ["enters at frame 7", "They move"],
        ),  # 7 frames are too few
        (
            [("enters", None, "frames"), *TRUTH[1:]],
            range(44),
            ["is there from the first frame on", "They move"],
        ),
        (
            [("enters", None, "frames"), ("still", 0, "frames", 74)],
            range(51),
            ["lies still from frame 0 on", "a part of the scene", "train: {clip: its name}"],
        ),
        (
            [("enters", 2, "frames"), ("still", 40, "frames", 74)],  # in the last few training frames
            range(44),
            ["lies still from frame 40 on", "train: {clip: its name}"],
        ),
        (
            [("enters", None, "frames"), ("still", 0, "frames", 20)],  # and gets up before half of them
            range(44),
            ["lies still from frame 0 on", "train: {clip: its name}"],
        ),
        (TRUTH, range(11), None),
        (TRUTH, [], None),  # of another clip
        (TRUTH[:1], range(44), None),  # nobody lies still: things pass by
        (TRUTH[1:], range(44), None),  # when they enter is not known
        ([], range(44), None),
    ],
)
def test_a_person_who_is_there_while_the_methods_learn_is_told(events, train, said):
    words = learning_warning(events_table(*events), train)
    assert (words is None) == (said is None)
    for part in said or []:
        assert part in words
    assert words is None or ("train:" in words) == ("train:" in " ".join(said))
    for claim in ("They move", "a part of the scene"):
        assert words is None or (claim in words) == (claim in " ".join(said))


def test_without_scores_and_without_stillness_no_method_is_called_better():
    assert "shows what each method marks, not which is right" in picture_verdict(None, scored=False)
    assert "ground truth" not in picture_verdict(None, scored=True)
    # Of an empty room every pixel is scored, and rightly not marked.
    assert "no method marks anything" in picture_verdict(None, scored=True)
    marked = picture_verdict(None, scored=True, marked=True)
    assert "what a method marks there is wrong" in marked
    assert "no method marks" not in marked
    assert picture_verdict(Span(3, 9, 110), scored=False).startswith(
        "Somebody lies still from frame 3 to 9, when no"
    )
