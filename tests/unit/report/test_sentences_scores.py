from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from defaults import METHODS, NAMES, called

from bgsub.masks.method import ADAPTIVE, ELSEWHERE, FROZEN, PROTECTED, RECONSIDERING
from bgsub.report.sentences_scene import MOVES
from bgsub.report.sentences_scores import (
    agreement_sentence,
    clean_up_sentence,
    interval_sentence,
    score_verdict,
    score_words,
    scoreboard_answer,
)
from bgsub.words import NBSP

LEARNING = {"gmm": FROZEN, "notebook": FROZEN, "safe": PROTECTED, "mog2_default": ADAPTIVE, "knn": ADAPTIVE}
LEARNING |= {"theirs": ELSEWHERE, "learning_gmm": RECONSIDERING}


def scored(method: str, f: float | None, recall: float = 0.6, precision: float = 0.95, **changes) -> dict:
    row = {"method": method, "recall": recall, "precision": precision, "f_measure": f, "shadow_error": np.nan}
    row |= {"fpr": 0.0, "f_low": np.nan, "f_high": np.nan, "frames": 66, "block_length": 12}
    return row | changes


def answer(rows: list[dict], pairs: list[tuple] = (), **retention: float) -> list[str]:
    differences = pd.DataFrame(pairs, columns=["method", "other", "difference", "low", "high"])
    said = scoreboard_answer(pd.DataFrame(rows), differences, LEARNING, retention, called(*LEARNING))
    return [paragraph.replace(NBSP, " ") for paragraph in said]


BEST = scored("safe", 0.947, 0.91, 0.99, f_low=0.94, f_high=0.95)
MIDDLE = scored("gmm", 0.774, 0.63, 0.998)
WORST = scored("mog2_default", 0.305, 0.18, 1.0)


def test_the_ranking_is_told_with_its_reasons():
    (said,) = answer([WORST, BEST, MIDDLE], [("gmm", "safe", -0.173, -0.18, -0.16)])
    assert said == (
        "The highest F-measure, 0.947 (0.940 to 0.950), is that of safe: it finds 91 % of the person's "
        "pixels, and 99.0 % of what it marks is the person. Next, 0.173 behind, more than the choice of "
        "frames explains, comes the GMM. The lowest, 0.305, is that of MOG2, which misses 82 % of the "
        "person's pixels."
    )


def test_a_difference_that_frames_explain_is_not_sold():
    (said,) = answer([BEST, MIDDLE], [("safe", "gmm", 0.173, -0.01, 0.3)])
    assert "0.173 behind, no more than the choice of frames explains, comes the GMM." in said
    assert "lowest" not in said  # of two, the second has been told
    (said,) = answer([BEST, MIDDLE])
    assert said.endswith("Next, 0.173 behind, comes the GMM.")


def test_practically_equal_methods_are_not_ranked():
    twin = scored("notebook", 0.7736, 0.63, 0.998)
    (said,) = answer([MIDDLE, twin], [("gmm", "notebook", 0.0004, 0.0001, 0.0007)])
    assert said.endswith("With 0.774, the notebook's GMM is practically level with it.")
    (said,) = answer([MIDDLE, twin, scored("knn", 0.772)])
    assert "With 0.774 and 0.772, the notebook's GMM and KNN are practically level with it." in said
    assert "lowest" not in said


def test_one_method_is_not_the_highest():
    (said,) = answer([MIDDLE])
    assert said.startswith(
        "The one F-measure, 0.774, is that of the GMM: it finds 63 % of the person's pixels"
    )


def test_a_method_that_marks_too_much_is_said_to():
    (said,) = answer([BEST, MIDDLE, scored("mog2_default", 0.07, 0.97, 0.036)])
    assert said.endswith("which is wrong about 96 % of what it marks.")


def test_without_anybody_nothing_is_scored():
    assert answer([scored("gmm", None)], gmm=0.5) == [
        "No scored frame shows anything that moves, and no method marks anything, so there is nothing to "
        "score."
    ]


def test_what_is_marked_where_nobody_is_is_wrong() -> None:
    assert answer([scored("gmm", None, fpr=0.02), scored("knn", None)]) == [
        "No scored frame shows anything that moves, so what a method marks there is wrong: the GMM 2.0 % and "
        "KNN 0 % of the scored pixels."
    ]


def test_who_keeps_the_person():
    rows = [BEST, MIDDLE, WORST]
    _, said = answer(rows, gmm=0.63, safe=0.9, mog2_default=0.024, knn=0.45)
    assert said == (
        "Of the person who lies still, the two methods whose background is frozen or protected from the "
        "person keep 63 % to 90 % visible on average, and the two methods that go on learning keep 2.4 % "
        "to 45 % visible on average. Each of the former keeps more than any of the latter: to go on "
        "learning everywhere is to lose the person."
    )
    _, said = answer(rows, gmm=0.63, mog2_default=0.024)
    assert said == (
        "Of the person who lies still, the GMM, whose background is frozen or protected from the person, "
        "keeps 63 % visible on average, and MOG2, which goes on learning, keeps 2.4 % visible on average. "
        "The former keeps more than the latter: to go on learning everywhere is to lose the person."
    )


def test_learning_is_not_blamed_where_it_does_not_lose_the_person():
    _, said = answer([BEST], gmm=0.9, mog2_default=0.8)
    assert said.endswith("The former keeps more than the latter.")
    _, said = answer([BEST], gmm=0.3, safe=0.9, mog2_default=0.02, knn=0.45)
    assert said.endswith("Going on learning does not decide it alone: KNN keeps as much as the GMM, or more.")
    _, said = answer([BEST], gmm=0.02, mog2_default=0.02, knn=0.45)
    assert said.endswith("MOG2 and KNN keep as much as the GMM, or more.")


def test_one_kind_of_method_is_not_compared():
    _, said = answer([BEST], gmm=0.63, notebook=0.63)
    assert said.endswith(
        "the two methods whose background is frozen or protected from the person keep 63 % "
        "visible on average."
    )
    _, said = answer([BEST], knn=0.45)
    assert said == "Of the person who lies still, KNN, which goes on learning, keeps 45 % visible on average."
    assert len(answer([BEST], gmm=np.nan, mog2_default=np.nan)) == 1  # nobody lies still


def test_a_method_that_takes_back_some_of_what_it_marks_is_of_a_kind_of_its_own():
    manner = "which goes on learning what it does not mark, and lets go of mistakes,"
    _, said = answer([BEST], gmm=0.63, mog2_default=0.02, learning_gmm=0.7)
    assert said.endswith(
        f"to go on learning everywhere is to lose the person. The learning GMM, {manner} keeps 70 % visible "
        "on average."
    )
    _, said = answer([BEST], learning_gmm=0.7)
    assert said == f"The learning GMM, {manner} keeps 70 % of the person who lies still visible on average."


def test_nothing_is_said_of_how_masks_made_elsewhere_learn():
    assert len(answer([BEST], theirs=0.2)) == 1
    _, said = answer([BEST], theirs=0.2, knn=0.45)
    assert said == "Of the person who lies still, KNN, which goes on learning, keeps 45 % visible on average."


def test_shadows_are_told_where_there_are_some():
    dark = [scored("gmm", 0.7, shadow_error=0.0), scored("mog2_default", 0.3, shadow_error=0.25)]
    assert answer(dark)[-1] == "Of the hard shadow, MOG2 takes most for the person: 25 % of it."
    assert answer(dark[1:])[-1] == "Of the hard shadow, 25 % is taken for the person."
    assert answer(dark[:1])[-1] == "Not a pixel of the hard shadow is taken for the person."


def test_what_the_intervals_are():
    said = interval_sentence(pd.DataFrame([BEST])).replace(NBSP, " ")
    assert "2,000 clips drawn from the 66 scored frames in runs of 12," in said
    assert "not what it would be on another clip" in said
    single = interval_sentence(pd.DataFrame([BEST | {"block_length": 1}]))
    assert "one by one." in single
    short = interval_sentence(pd.DataFrame([BEST | {"frames": 1, "block_length": np.nan}])).replace(NBSP, " ")
    assert short == "With 1 scored frame there are too few to say how far a score depends on them."
    assert interval_sentence(pd.DataFrame([BEST | {"f_measure": np.nan}])) is None


def test_agreement_names_the_closest_and_the_farthest():
    table = pd.DataFrame(
        {
            "method": ["gmm", "gmm", "mog2_default"],
            "other": ["mog2_default", "knn", "knn"],
            "f_measure": [0.27, 0.6, np.nan],
        }
    )
    assert agreement_sentence(table, NAMES.methods) == (
        "The masks of the GMM and KNN agree most, with an F-measure of 0.600 between them; those of the "
        "GMM and MOG2 agree least, with 0.270. Methods that agree may still be wrong together."
    )
    assert agreement_sentence(table[:1], NAMES.methods).startswith(
        "The agreement of the GMM and MOG2, as an F-measure, is 0.270."
    )
    assert agreement_sentence(table[2:], NAMES.methods).startswith("No two methods mark anything")


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0.000"), (1e-5, "less than 0.001"), (0.7744, "0.774"), (0.9996, "more than 0.999"), (1, "1.000")],
)
def test_only_all_is_one(value, said):
    assert score_words(value) == said


def test_the_verdict_by_scores_names_the_best_and_the_worst_by_what_is_measured():
    names = called(*LEARNING)
    said = score_verdict(pd.DataFrame([WORST, BEST, MIDDLE, scored("knn", np.nan)]), names)
    assert said == (
        "By the ground truth safe sees it best, with an F-measure of 0.947, and MOG2 worst, with 0.305. "
        "That of the GMM is 0.774."
    )
    unscored = score_verdict(pd.DataFrame([WORST, BEST, scored("gmm", np.nan)]), names)
    assert unscored.endswith("worst, with 0.305.")
    listed_first = {"mog2_default": names["mog2_default"]} | names
    assert score_verdict(pd.DataFrame([WORST, BEST, MIDDLE]), listed_first) == unscored
    one = score_verdict(pd.DataFrame([BEST]), names)
    assert one == "By the ground truth, the F-measure of safe is 0.947."
    level = score_verdict(pd.DataFrame([MIDDLE, scored("notebook", 0.7736)]), names)
    assert "best" not in level
    assert "0.774 to 0.774" not in level
    assert score_verdict(pd.DataFrame([scored("gmm", np.nan)]), names) is None


def test_where_nothing_says_that_it_is_a_person_none_is_named():
    rows = pd.DataFrame([WORST | {"shadow_error": 0.5}, BEST | {"shadow_error": 0.1}, MIDDLE])
    none = pd.DataFrame(columns=["method", "other", "difference", "low", "high"])
    said = " ".join(scoreboard_answer(rows, none, LEARNING, {}, called(*LEARNING), MOVES))
    assert "person" not in said
    assert "of the pixels of what moves" in said


def test_methods_with_another_clean_up_are_named():
    assert clean_up_sentence(METHODS, NAMES.methods) == (
        "Masks are medians over 7 by 7 pixels, but for those of the notebook's GMM, which are left as they "
        "are, and for those of the notebook's MOG2, which are opened by an ellipse of 3 pixels."
    )
    alike = {key: METHODS[key] for key in ("learning_gmm", "knn")}
    assert clean_up_sentence(alike, NAMES.methods) == "All masks are medians over 7 by 7 pixels."
    both = {"knn": replace(METHODS["knn"], opening=3)}
    assert clean_up_sentence(both, NAMES.methods) == (
        "All masks are medians over 7 by 7 pixels and opened by an ellipse of 3 pixels."
    )
