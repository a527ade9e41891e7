from io import StringIO

import pandas as pd
from defaults import METHODS, NAMES, called

from bgsub.masks.method import OWN
from bgsub.report.sentences_absorption import Outlook, absorbed_answer, verdict
from bgsub.report.sentences_scene import Span
from bgsub.words import NBSP

LEARNING = {key: method.learns for key, method in METHODS.items()} | {"mine": OWN}


def absorbed(method: str, **changes) -> dict:
    row = {"method": method, "still_frame": 61, "still_source": "groundtruth", "region_source": "groundtruth"}
    row |= {"frames_seen": 61}
    row |= {"watched_from": 61}
    row |= {"initial_share": 0.9, "half_life": None, "censored_at": 49, "vanish": None, "retention": 0.83}
    return row | {"predicted": None} | changes


MOG2 = absorbed("mog2_default", half_life=4, censored_at=None, vanish=7, retention=0.045, predicted=6)


TO_THE_END = Span(61, 109, 110)


def answer(
    rows: list[dict], history: int = 60, least: int | None = None, span: Span | None = TO_THE_END
) -> list[str]:
    table = pd.read_csv(StringIO(pd.DataFrame(rows).to_csv(index=False)))  # as it comes from absorption.csv
    outlooks = {row["method"]: Outlook(history, 0.9, least) for row in rows if row["predicted"] is not None}
    return [
        text.replace(NBSP, " ")
        for text in absorbed_answer(table, LEARNING, called(*LEARNING), outlooks, fps=10.0, span=span)
    ]


def test_mog2_absorbs_and_the_frozen_mixture_keeps():
    adaptive, frozen = answer([absorbed("gmm"), absorbed("notebook", retention=0.8), MOG2])
    assert adaptive == (
        "MOG2 loses half of the person within 4 frames (0.4 s) of lying still (the half-life), "
        "and all but the last "
        "5 % within 7 frames (0.7 s). It lets go by design: it has a history of 60 frames, and "
        "what stays counts as "
        "background once the old background's weight has fallen below 90 %. Its own "
        "recursion puts that at 6 "
        "frames (0.6 s). A body fades sooner where it had covered the pixel before it came to "
        "rest. No history, "
        "however long, keeps the person for the 49 frames to the end of the clip: having seen "
        "only 61 frames before, "
        "it would still learn at its fast starting rate."
    )
    assert frozen == (
        "A background that was learned once and then frozen keeps the person for the 49 frames (4.9 s) to "
        "the end of the clip: the share of the body that stays visible on average (the retention) is 80 % "
        "with the notebook's GMM and 83 % with the GMM."
    )


def test_of_somebody_who_lies_there_from_the_first_frame_no_forgetting_is_explained():
    blind = {"still_frame": 0, "watched_from": 51, "initial_share": 0.0, "frames_seen": 0}
    (said,) = answer([MOG2 | blind | {"half_life": None}], span=Span(0, 74, 128))
    assert said.endswith(
        "The person lies there from its first frame on, so that to it they are a part of the scene."
    )
    assert "lets go" not in said


def test_shares_of_a_person_whose_place_was_found_in_the_frames_are_called_estimates():
    names = called(*LEARNING)
    area = pd.DataFrame({"frame": [61], "method": ["gmm"], "foreground_share": [0.05]})
    for source, estimated in (("frames", True), ("groundtruth", False), ("config", False)):
        said = verdict(pd.DataFrame([absorbed("gmm", region_source=source)]), area, names, 10.0, TO_THE_END)
        assert ("Where they lie is an estimate" in said) == estimated


def test_one_frame_is_singular():
    (said,) = answer([MOG2 | {"half_life": 1, "vanish": None}])
    assert said.startswith(
        "MOG2 loses half of the person within 1 frame (0.1 s) of lying still (the half-life). "
    )


def test_a_history_that_would_have_kept_the_person_is_named():
    (said,) = answer([MOG2], least=443)
    assert (
        "To keep the person for the 49 frames to the end of the clip, it would need a history "
        "of at least 443 frames." in said
    )


def test_a_young_mog2_is_said_to_learn_at_its_starting_rate():
    (said,) = answer([MOG2 | {"predicted": 15}], history=500)
    assert "after only 61 frames it learns faster than its history of 500 frames asks for" in said


def test_a_censored_half_life_is_not_called_one():
    kept = MOG2 | {"half_life": None, "censored_at": 49, "vanish": None, "predicted": 55, "retention": 0.7}
    (said,) = answer([kept], history=500)
    assert said.startswith(
        "MOG2 keeps at least half of what it saw of the person at first for all of the 49 frames"
    )
    assert "The clip ends before that, 49 frames (4.9 s) after the person came to rest." in said
    assert "half-life" not in said
    assert "No history" not in said


def test_a_blind_method_has_no_half_life():
    blind = {"initial_share": 0.024, "half_life": None, "censored_at": None, "retention": 0.01}
    adaptive, frozen = answer([absorbed("gmm", **blind), MOG2 | blind])
    assert adaptive.startswith(
        "MOG2 hardly sees the person when they come to rest: it marks 2.4 % of the body then"
    )
    assert "It lets go by design" not in adaptive  # what was never seen was not let go
    assert frozen.startswith("The GMM hardly sees the person")
    assert "keeps the person" not in frozen


def test_a_method_that_lost_the_person_before_the_test_frames_is_not_called_blind():
    row = MOG2 | {"initial_share": 0.0, "half_life": None, "watched_from": 66}
    assert answer([row])[0].startswith(
        "MOG2 marks 0 % of the body in the first frame tested since, 5 frames after the person came to rest, "
        "so a half-life cannot be seen. It lets go by design: "
    )


def test_a_frozen_method_that_loses_the_person_says_so():
    (said,) = answer([absorbed("gmm", half_life=20, censored_at=None, retention=0.4)])
    assert said == (
        "The GMM is frozen, yet loses half of the person within 20 frames (2.0 s); on average "
        "it keeps 40 % of the body."
    )


def test_of_a_method_of_the_users_only_what_was_seen_is_said():
    kept, lost = absorbed("mine"), absorbed("mine", half_life=20, censored_at=None)
    assert answer([kept])[0].startswith("Mine keeps at least half of what it saw of the person at first")
    assert answer([lost]) == [
        "Mine loses half of the person within 20 frames (2.0 s) of lying still (the half-life)."
    ]


def test_without_a_still_person_nothing_is_measured():
    rows = [absorbed("gmm", still_frame=None), MOG2 | {"still_frame": None, "predicted": None}]
    assert answer(rows, span=None) == [
        "Nobody was found to lie still in this clip, so there is no absorption to measure."
    ]


def test_a_stillness_before_the_test_frames_is_not_denied():
    rows = [absorbed("gmm", still_frame=None), MOG2 | {"still_frame": None, "predicted": None}]
    assert answer(rows, span=Span(10, 30, 110)) == [
        "Somebody lies still from frame 10 to 30, when no method was tested: no absorption can be measured."
    ]


def test_who_gets_up_again_is_kept_or_lost_while_they_lie_still():
    up = Span(61, 90, 110)
    adaptive, frozen = answer([absorbed("gmm", censored_at=30), MOG2], span=up)
    assert "for the 30 frames until they stir at frame 91" in adaptive
    assert "for the 30 frames (3.0 s) until they stir at frame 91" in frozen
    late = MOG2 | {"half_life": None, "censored_at": 30, "vanish": None, "predicted": 55}
    assert "They stir before that, 30 frames (3.0 s) after" in answer([late], span=up)[0]
    for said in (adaptive, frozen, told(absorbed("gmm"), MOG2, span=up), told(absorbed("gmm"), span=up)):
        assert "end of the clip" not in said


def test_many_keepers_are_spanned_and_the_protected_one_is_told_apart():
    rows = [absorbed("gmm", retention=0.63), absorbed("notebook", retention=0.61)]
    rows += [absorbed("median", retention=0.95), absorbed("mog2_protected", retention=0.9)]
    frozen, protected = answer(rows)
    assert "runs from 61 % with the notebook's GMM to 95 % with the temporal median." in frozen
    assert protected.startswith("Learning only from what it does not mark keeps the person for the 49 frames")
    assert "90 % with the protected MOG2" in protected


def told(*rows: dict, area: dict[str, float] | None = None, span: Span = TO_THE_END) -> str:
    shares = {row["method"]: 0.04 for row in rows} | (area or {})
    marked = [(method, frame, share) for method, share in shares.items() for frame in range(100)]
    table = pd.DataFrame(marked, columns=["method", "frame", "foreground_share"])
    absorption = pd.read_csv(StringIO(pd.DataFrame(rows).to_csv(index=False)))
    return verdict(absorption, table, NAMES.methods, 10.0, span).replace(NBSP, " ")


def test_the_verdict_names_who_loses_first_and_who_keeps_most():
    assert told(absorbed("knn", half_life=24, retention=0.4), MOG2, absorbed("gmm")) == (
        "MOG2 has lost half of the person after 4 frames (0.4 s) of lying still; the GMM still shows 83 % "
        "of them on average, to the end of the clip."
    )


def test_the_verdict_speaks_of_the_method_that_is_listed_first():
    keeps = absorbed("learning_gmm", retention=0.8)
    others = absorbed("knn", half_life=24, retention=0.4), MOG2, absorbed("gmm")
    assert told(*others, keeps) == f"{told(*others)} The learning GMM shows 80 %."
    loses = absorbed("learning_gmm", half_life=30, retention=0.5)
    assert told(*others, loses) == (
        f"{told(*others)} The learning GMM has lost half of the person after 30 frames (3.0 s) of lying"
        " still."
    )
    best = told(*others, absorbed("learning_gmm", retention=0.9))
    assert best.endswith("; the learning GMM still shows 90 % of them on average, to the end of the clip.")
    fills = told(*others, keeps, area={"learning_gmm": 0.6})
    assert fills.count("The learning GMM") == 1


def test_who_marks_much_of_the_picture_is_not_named_the_keeper():
    rows = MOG2, absorbed("gmm"), absorbed("gmm_mahalanobis", retention=0.97)
    said = told(*rows, area={"gmm_mahalanobis": 0.52})
    assert "the GMM still shows 83 % of them" in said
    assert said.endswith(
        " The GMM by Mahalanobis fills 52 % of the picture since then, and that it marks the person, too, "
        "says little."
    )
    assert "the GMM by Mahalanobis still shows 97 %" in told(*rows)
    several = told(*rows, absorbed("knn", retention=0.9), area={"gmm_mahalanobis": 0.52, "knn": 0.4})
    assert several.endswith(
        " The GMM by Mahalanobis and KNN fill 52 % and 40 % of the picture since then, and that they mark "
        "the person, too, says little."
    )


def test_the_verdict_is_honest_where_nobody_loses_or_nobody_keeps_or_nobody_sees():
    assert told(absorbed("gmm"), absorbed("notebook", retention=0.8)).startswith(
        "Every method keeps the person who lies still to the end of the clip; the GMM shows most of them"
    )
    assert told(MOG2, absorbed("knn", half_life=24)).endswith(
        "and no method keeps at least half of what it saw of them to the end of the clip."
    )
    blind = absorbed("mog2_default", initial_share=0.01, retention=0.005)
    assert told(absorbed("gmm"), blind).startswith(
        "MOG2 hardly sees the person when they come to rest, 1.0 %"
    )
    assert told(absorbed("gmm"), blind | {"watched_from": 66}).startswith(
        "MOG2 marks 1.0 % of the person in the first frame tested since, 5 frames (0.5 s) after they came to "
        "rest; the GMM still shows 83 % of them"
    )
    assert told(absorbed("gmm", initial_share=0.01)) == (
        "Somebody lies still from frame 61 on, and no method marks more than 1.0 % of them at first."
    )


def test_who_saw_little_is_not_said_to_keep_the_person():
    little = absorbed("gmm", initial_share=0.2, retention=0.2), absorbed("notebook", retention=0.1)
    for said in (*answer(list(little)), told(*little)):
        assert "what it first saw of the person" in said
        assert "keeps the person" not in said


def test_no_method_is_said_to_keep_half_only_where_none_does():
    """The one that keeps most on average may lose half at last, while another keeps a steady share."""
    most = absorbed("gmm", half_life=40, censored_at=None, retention=0.8)
    steady = absorbed("notebook", initial_share=0.5, retention=0.45)
    said = told(most, steady)
    assert "no method keeps" not in said
    assert said.endswith("; the notebook's GMM still shows 45 % of them on average, to the end of the clip.")
