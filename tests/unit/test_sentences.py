from io import StringIO

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgsub.sentences import (
    Outlook,
    absorbed_answer,
    background_sentence,
    converged_answer,
    cost_sentence,
    foreground_sentence,
    mean_caveat,
    run_sentence,
    still_sentence,
)
from bgsub.words import NBSP, count, duration, in_words, joined, number, percent

MODELS = {
    "em": {"tolerance": 1e-6, "max_iterations": 300, "covariance_floor": 1.0},
    "notebook": {"tolerance": None, "max_iterations": 5, "covariance_floor": None},
}
METHODS = {
    "gmm": {"model": "em"},
    "notebook": {"model": "notebook"},
    "mog2": {"opencv": "mog2", "history": 60},
}


def fit(model: str, **changes: float) -> dict:
    row = {"model": model, "pixels": 1000, "iterations_median": 12.0, "iterations_p90": 63.2}
    row |= {"iterations_max": 300, "converged": 1.0, "at_limit": 0.0, "log_likelihood": 9.0}
    row |= {"gap_median": 0.0, "gap_p90": 0.0, "gap_over_0.01": 0.0}
    row |= {"background_difference_mean": 0.0, "background_over_5": 0.0, "undefined": 0.0}
    return row | changes


def notebook(**changes: float) -> dict:
    short = {"gap_median": 0.312, "gap_p90": 1.24, "gap_over_0.01": 0.93, "converged": 0.0, "at_limit": 1.0}
    short |= {"background_difference_mean": 1.57, "background_over_5": 0.071, "undefined": 0.032}
    return fit("notebook", **(short | changes))


def absorbed(method: str, **changes) -> dict:
    row = {"method": method, "still_frame": 61, "still_source": "groundtruth", "region_source": "groundtruth"}
    row |= {"watched_from": 61}
    row |= {"initial_share": 0.9, "half_life": None, "censored_at": 49, "vanish": None, "retention": 0.83}
    return row | {"predicted": None} | changes


MOG2 = absorbed("mog2", half_life=4, censored_at=None, vanish=7, retention=0.045, predicted=6)


def converged(rows: list[dict], models: dict = MODELS) -> list[str]:
    return [text.replace(NBSP, " ") for text in converged_answer(pd.DataFrame(rows), models)]


def answer(
    rows: list[dict], methods: dict = METHODS, least: int | None = None, frames: int = 110
) -> list[str]:
    table = pd.read_csv(StringIO(pd.DataFrame(rows).to_csv(index=False)))  # as it comes from absorption.csv
    outlooks = {row["method"]: Outlook(0.9, least) for row in rows if row["predicted"] is not None}
    return [
        text.replace(NBSP, " ") for text in absorbed_answer(table, methods, outlooks, fps=10.0, frames=frames)
    ]


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0 %"),
        (0.0003, "less than 0.1 %"),
        (0.0005, "0.1 %"),
        (0.004, "0.4 %"),
        (0.37, "37 %"),
        (0.998, "99.8 %"),
        (0.9996, "more than 99.9 %"),
        (1, "100 %"),
    ],
)
def test_percent(share, said):
    assert percent(share).replace(NBSP, " ") == said


@given(st.floats(min_value=1e-12, max_value=1 - 1e-12))
def test_only_nothing_is_nought_and_only_all_is_hundred_percent(share):
    assert percent(share) not in {f"0{NBSP}%", f"0.0{NBSP}%", f"100{NBSP}%", f"100.0{NBSP}%"}


def test_number_of_things():
    assert count(1, "frame") == f"1{NBSP}frame"
    assert count(0, "frame") == f"0{NBSP}frames"
    assert count(345600, "pixel") == f"345,600{NBSP}pixels"
    assert count(12.5, "iteration") == f"12.5{NBSP}iterations"
    assert duration(1, 10) == f"1{NBSP}frame (0.1{NBSP}s)"
    assert duration(0, 10) == f"0{NBSP}frames (0.0{NBSP}s)"
    assert duration(1, 30) == f"1{NBSP}frame (0.03{NBSP}s)"
    assert [in_words(n) for n in (1, 5, 300)] == ["one", "five", "300"]
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (1e-5, "less than 0.001"),
        (0.0123, "0.012"),
        (0.312, "0.31"),
        (1.24, "1.2"),
        (1234.5, "1,234"),
    ],
)
def test_figures_have_two_digits_and_no_exponent(value, said):
    assert number(value) == said


def test_the_notebook_falls_short_of_the_converged_fit():
    first, second = converged([fit("em", converged=0.998, at_limit=0.002), notebook()])
    assert first == (
        "Yes: EM converged on 99.8 % of the 1,000 pixels; half of all pixels took at most 12 iterations, "
        "nine in ten at most 64. The rest, 0.2 %, were stopped by the limit of 300 iterations."
    )
    assert second == (
        "The notebook's five iterations leave the typical pixel 0.31 nats per sample below that "
        "fit and one pixel "
        "in ten 1.2 or more; 93 % of the pixels fall short by more than 0.01. "
        "Its background image is off by 1.6 levels (of 255) on average, and by more than 5 on "
        "7.1 % of the pixels. "
        "On 3.2 % of the pixels its arithmetic breaks down (0/0), and it has no estimate of its own there."
    )


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(1.0, "Yes: "), (0.99, "Yes: "), (0.95, "Almost: "), (0.5, "Only in part: "), (0.0, "No: ")],
)
def test_the_verdict_follows_the_share_converged(share, verdict):
    (said,) = converged([fit("em", converged=share, at_limit=1 - share)], {"em": MODELS["em"]})
    assert said.startswith(verdict)
    assert ("all 1,000 pixels" in said) == (share == 1)
    assert ("none of the 1,000 pixels" in said) == (share == 0)
    assert ("half of all pixels" in said) == (share > 0)


def test_the_rest_is_told_apart_by_what_stopped_it():
    (said,) = converged([fit("em", converged=0.9, at_limit=0.06)])
    assert (
        "Of the rest, 6.0 % of all were stopped by the limit of 300 iterations and 4.0 % ended without"
        in said
    )


def test_one_iteration_on_one_pixel_is_singular():
    models = {
        "em": {"tolerance": 1e-6, "max_iterations": 1},
        "notebook": {"tolerance": None, "max_iterations": 1},
    }
    first, second = converged(
        [fit("em", pixels=1, iterations_median=1.0, iterations_p90=1.0), notebook()], models
    )
    assert (
        first == "Yes: EM converged on all 1 pixel; half of all pixels took at most 1 iteration, "
        "nine in ten at most 1."
    )
    assert second.startswith("The notebook's one iteration leaves the typical pixel 0.31")


def test_a_notebook_that_is_not_short_is_not_said_to_be():
    short = {"gap_median": -0.5, "gap_p90": 0.2, "gap_over_0.01": 0.15}
    _, said = converged([fit("em"), notebook(**short, background_over_5=0.0, undefined=0.0)])
    assert "leave 15 % of the pixels more than 0.01 nats per sample below that fit" in said
    assert "the typical pixel is not short of it" in said
    assert "by nowhere more than 5" in said
    assert "breaks down" not in said
    _, said = converged([fit("em"), notebook(gap_median=0.0, **{"gap_over_0.01": 0.0})])
    assert "leave no pixel more than 0.01 nats per sample below" in said


def test_without_a_reference_nothing_is_compared():
    (said,) = converged([notebook(undefined=0.0)])
    assert said == (
        'The model "notebook" stops after five iterations without a check, '
        "so nothing says whether it converged."
    )


def test_without_a_model_there_is_no_fit():
    assert converged_answer(pd.DataFrame(columns=list(fit("em"))), {}) == [
        "This run fitted no mixture, so there is no fit to judge."
    ]


def test_another_model_with_a_stopping_rule_gets_both_sentences():
    models = MODELS | {"slow": {"tolerance": 1e-3, "max_iterations": 300}}
    _, said = converged(
        [fit("em"), fit("slow", gap_median=0.02, gap_p90=0.3, **{"gap_over_0.01": 0.6})], models
    )
    assert said.startswith('The model "slow" converged on all 1,000 pixels')
    assert 'The model "slow" leaves the typical pixel 0.020 nats per sample below that fit' in said


def test_a_mean_lifted_by_shrunken_gaussians_is_explained():
    fits = pd.DataFrame([fit("em"), notebook(log_likelihood=9.1)])
    assert "The mean of the notebook's GMM ends above that of the GMM" in mean_caveat(fits, MODELS)
    assert mean_caveat(pd.DataFrame([fit("em"), notebook(log_likelihood=8.9)]), MODELS) is None
    floored = MODELS | {"notebook": MODELS["em"]}
    assert mean_caveat(fits, floored) is None  # with the same floor it may well be the better fit


def test_mog2_absorbs_and_the_frozen_mixture_keeps():
    adaptive, frozen = answer([absorbed("gmm"), absorbed("notebook", retention=0.8), MOG2])
    assert adaptive == (
        "MOG2 loses half of the person within 4 frames (0.4 s) of lying still (the half-life), "
        "and all but the last "
        "5 % within 7 frames (0.7 s). It lets go by design: it has a history of 60 frames, and "
        "what stays counts as "
        "background once the old background's weight has fallen below 90 %. MOG2's own "
        "recursion puts that at 6 "
        "frames (0.6 s). A body fades sooner where it had covered the pixel before it came to "
        "rest. No history, "
        "however long, keeps the person for the 49 frames to the end of the clip: having seen "
        "only 61 frames before, "
        "MOG2 would still learn at its fast starting rate."
    )
    assert frozen == (
        "A background that was learned once and then frozen keeps the person: the share of the "
        "body that stays "
        "visible on average (the retention) is 83 % with the GMM and 80 % with the notebook's "
        "GMM, and the 49 frames "
        "(4.9 s) to the end of the clip bring no half-life."
    )


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
    methods = {"mog2": {"opencv": "mog2", "history": 500}}
    (said,) = answer([MOG2 | {"predicted": 15}], methods)
    assert "after only 61 frames it learns faster than its history of 500 frames asks for" in said


def test_a_censored_half_life_is_not_called_one():
    kept = MOG2 | {"half_life": None, "censored_at": 49, "vanish": None, "predicted": 55, "retention": 0.7}
    (said,) = answer([kept], {"mog2": {"opencv": "mog2", "history": 500}})
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
    assert "A body fades sooner" not in adaptive
    assert frozen.startswith("The GMM hardly sees the person")
    assert "keeps the person" not in frozen


def test_a_method_that_lost_the_person_before_the_test_frames_is_not_called_blind():
    row = MOG2 | {"initial_share": 0.0, "half_life": None, "watched_from": 66}
    assert answer([row])[0].startswith(
        "MOG2 marks 0 % of the body when the test frames begin, 5 frames after the person came to rest, "
        "so a half-life cannot be seen."
    )


def test_a_frozen_method_that_loses_the_person_says_so():
    (said,) = answer([absorbed("gmm", half_life=20, censored_at=None, retention=0.4)])
    assert said == (
        "The GMM is frozen, yet loses half of the person within 20 frames (2.0 s); on average "
        "it keeps 40 % of the body."
    )


def test_without_a_still_person_nothing_is_measured():
    rows = [absorbed("gmm", still_frame=None), MOG2 | {"still_frame": None, "predicted": None}]
    nothing = "No person who lies still was found in this clip"
    assert answer(rows) == [f"{nothing}, so there is no absorption to measure."]
    assert still_sentence(pd.DataFrame(rows)) == f"{nothing}."


def test_where_stillness_is_known_from():
    assert still_sentence(pd.DataFrame([MOG2])) == (
        "The person lies still from frame 61 on (known from the ground truth)."
    )
    box = pd.DataFrame([MOG2 | {"still_source": "config", "region_source": "config"}])
    assert still_sentence(box) == (
        "The person lies still from frame 61 on (given in the config). "
        "The config gives a box, and all of it counts as the person."
    )
    mixed = MOG2 | {"still_source": "config", "region_source": "frames"}
    assert still_sentence(pd.DataFrame([mixed])) == (
        "The person lies still from frame 61 on (given in the config); "
        "where they lie is found in the frames themselves."
    )


def test_what_was_run():
    said = run_sentence(10.0, frames=110, train=44, test=66, height=480, width=720).replace(NBSP, " ")
    assert "110 frames of 720 by 480 pixels, shown at 10 per second" in said
    assert "from the first 44 frames and are tested on the other 66." in said
    said = run_sentence(10.0, frames=2, train=1, test=1, height=480, width=720).replace(NBSP, " ")
    assert "from the first frame and are tested on the last one." in said


def test_background_and_foreground():
    fits = pd.DataFrame([fit("em"), notebook()])
    assert "off the one fitted to the end on 7.1" in background_sentence(fits)
    assert "nowhere more than 5" in background_sentence(
        pd.DataFrame([fit("em"), notebook(background_over_5=0.0)])
    )
    assert "empty scene" in background_sentence(pd.DataFrame([fit("em")]))
    area = pd.DataFrame(
        {"frame": [9, 9, 8], "method": ["gmm", "mog2", "gmm"], "foreground_share": [0.042, 0, 1]}
    )
    assert foreground_sentence(area).replace(NBSP, " ") == (
        "In the last frame, the share of the image marked as foreground is 4.2 % with the GMM "
        "and 0 % with MOG2."
    )


def test_cost():
    assert cost_sentence({}) == "No step was timed in this run."
    assert cost_sentence({"fit": 3.0}).replace(NBSP, " ") == "The one timed step, fit, took 3.0 s."
    assert cost_sentence({"fit": 3.0, "masks": 1.0}).replace(NBSP, " ") == (
        "The two timed steps took 4.0 s in all; the longest, fit, took 3.0 s, which is 75 %."
    )
