from dataclasses import replace
from fractions import Fraction

import defaults
import pandas as pd
import pytest
from defaults import NAMES, called
from hypothesis import given
from hypothesis import strategies as st

from bgsub.evidence.costs import Cost
from bgsub.model.settings import Model
from bgsub.names import Names, names_of
from bgsub.report.sentences import (
    cost_sentence,
    foreground_sentence,
    over_clips_sentence,
    pixel_sentence,
    repeat_sentence,
    run_sentence,
    setting_sentence,
)
from bgsub.report.sentences_convergence import (
    audit_sentence,
    background_sentence,
    converged_answer,
    curve_caveats,
)
from bgsub.source.rate import Rate
from bgsub.source.split import Split
from bgsub.words import NBSP, count, duration, in_words, joined, number, percent

MODELS = {key: defaults.MODELS[key] for key in ("em", "notebook")}
AUTO = MODELS | {"auto": defaults.MODELS["auto"]}


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


def converged(rows: list[dict], models: dict[str, Model] = MODELS) -> list[str]:
    said = converged_answer(pd.DataFrame(rows), models, names_of(models, {}))
    return [text.replace(NBSP, " ") for text in said]


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
        "in ten 1.2 or more; 93 % of the pixels that have a fit in both fall short by more than 0.01. "
        "Its background image differs from that fit's by 1.6 levels (of 255) on average, and by more than 5 "
        "on 7.1 % of the pixels. "
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
    models = {key: replace(model, max_iterations=1) for key, model in MODELS.items()}
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
    assert "nowhere by more than 5" in said
    assert "breaks down" not in said
    _, said = converged([fit("em"), notebook(gap_median=0.0, **{"gap_over_0.01": 0.0})])
    assert "leave no pixel more than 0.01 nats per sample below" in said


def test_without_a_reference_nothing_is_compared():
    (said,) = converged([notebook(undefined=0.0)])
    assert said == (
        "The notebook's GMM stops after five iterations without a check, "
        "so nothing says whether it converged."
    )


def test_without_a_model_there_is_no_fit():
    assert converged_answer(pd.DataFrame(columns=list(fit("em"))), {}, NAMES) == [
        "This run fitted no mixture, so there is no fit to judge."
    ]


def test_another_model_with_a_stopping_rule_gets_both_sentences():
    models = MODELS | {"slow": Model(components=3, tolerance=1e-3, label="slow one")}
    _, said = converged(
        [fit("em"), fit("slow", gap_median=0.02, gap_p90=0.3, **{"gap_over_0.01": 0.6})], models
    )
    assert said.startswith('The model "slow one" converged on all 1,000 pixels')
    assert 'The model "slow one" leaves the typical pixel 0.020 nats per sample below that fit' in said


def test_a_mean_lifted_by_shrunken_gaussians_is_explained():
    fits = pd.DataFrame([fit("em"), notebook(log_likelihood=9.1)])
    assert "The mean of the notebook's GMM ends above that of the GMM" in curve_caveats(fits, MODELS, NAMES)
    assert curve_caveats(pd.DataFrame([fit("em"), notebook(log_likelihood=8.9)]), MODELS, NAMES) == ""
    floored = MODELS | {"notebook": MODELS["em"]}
    assert curve_caveats(fits, floored, NAMES) == ""  # with the same floor it may well be the better fit


def test_a_model_that_chooses_its_components_is_told_apart():
    models = MODELS | {"auto": Model(components="auto", max_components=3)}
    chosen = fit("auto", iterations_median=0.0, iterations_p90=0.0, **{"gap_over_0.01": 0.7})
    _, said = converged([fit("em"), chosen], models)
    assert "half of all pixels needed no iteration." in said
    assert "by design: it does without a Gaussian that BIC finds not worth its parameters." in said
    fits = pd.DataFrame([fit("em"), chosen])
    assert curve_caveats(fits, models, NAMES).startswith(
        "The GMM by BIC is shown with 3 components at every pixel"
    )


@pytest.mark.parametrize(
    ("commit", "said"),
    [
        (None, "The code was in no repository, so no commit names it; with the same code, the same source"),
        ("c0ffee" * 6 + "-dirty", "The code differed from its commit in changes of this run's own; with"),
        ("c0ffee" * 6, "At commit c0ffeec, the same source"),
    ],
)
def test_what_a_repeated_run_gives_again(commit, said):
    assert repeat_sentence(commit, 15).startswith(said)
    assert f"give the 15{NBSP}results listed below again" in repeat_sentence(commit, 15)


def test_inspected_pixels_are_counted():
    assert f"; 1,200 of the clip's 345,600{NBSP}pixels can be" in pixel_sentence(1200, 345600, differ=True)
    assert f"; all the clip's 70{NBSP}pixels can be" in pixel_sentence(70, 70, differ=True)
    assert "disagree about most" in pixel_sentence(70, 70, differ=True)
    assert pixel_sentence(70, 70, differ=False).endswith("can be looked into here.")


def test_methods_over_clips():
    kept = {"mog2_default": 0.012, "gmm_mahalanobis": 0.684}
    assert over_clips_sentence(kept, 2, NAMES.methods) == (
        f"On average over the 2{NBSP}clips in which a person lies still, the GMM by Mahalanobis keeps "
        f"68{NBSP}% of them visible, and MOG2 1.2{NBSP}%."
    )
    assert over_clips_sentence({"gmm": 0.5}, 1, NAMES.methods) == (
        f"In the one clip in which a person lies still, the GMM keeps 50{NBSP}% of them visible."
    )
    said = over_clips_sentence(kept | {"gmm": 0.4}, 2, NAMES.methods, ["gmm_mahalanobis"]).replace(NBSP, " ")
    assert (
        "the GMM keeps 40 % of them visible, and MOG2 1.2 %. Not counted is the GMM by Mahalanobis, " in said
    )
    assert "which fills more than 25 % of the picture in one of these clips" in said
    first = {"gmm": 0.4} | kept
    said = over_clips_sentence(first, 2, NAMES.methods).replace(NBSP, " ")
    assert said.endswith("and MOG2 1.2 %. The GMM keeps 40 %.")
    every = over_clips_sentence(kept, 2, NAMES.methods, list(kept))
    assert every == over_clips_sentence(kept, 2, NAMES.methods)  # there is no other
    assert (
        over_clips_sentence({}, 0, {})
        == "In none of these clips is anybody known to lie still while the methods are tested."
    )


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


def test_background_against_the_reference_or_the_truth():
    fits = pd.DataFrame([fit("em"), notebook()])
    assert "off the one fitted to the end on 7.1" in background_sentence(fits, MODELS, NAMES)
    assert "nowhere more than 5" in background_sentence(
        pd.DataFrame([fit("em"), notebook(background_over_5=0)]), MODELS, NAMES
    )
    assert "takes for the empty scene" in background_sentence(
        pd.DataFrame([fit("em")]), {"em": MODELS["em"]}, NAMES
    )
    truth = pd.DataFrame({"background": ["em", "notebook", "median"], "age": [0.31, 1.4, 0.3]})
    assert background_sentence(fits, MODELS, NAMES, truth) == (
        "Against the true empty scene, the mean error (of 255 grey levels) is: the temporal median 0.30 "
        "levels, the GMM 0.31 levels and the notebook's GMM 1.4 levels."
    )


def test_foreground_of_two_is_listed_and_of_many_spanned():
    area = pd.DataFrame(
        {"frame": [8, 9, 9, 9], "method": ["a", "a", "b", "c"], "foreground_share": [0.5, 0.04, 0.02, 0.0]}
    )
    names = Names({}, called("a", "b", "c"))
    said = foreground_sentence(area, names, 0.035).replace(NBSP, " ")
    assert said == (
        "In the last frame, the share of the image marked as foreground runs from 0 % with c to 4.0 % with "
        "a; the person covers 3.5 % of it."
    )
    said = foreground_sentence(area[area["method"] != "c"], names).replace(NBSP, " ")
    assert said.endswith("is 2.0 % with b and 4.0 % with a.")
    nothing = area.assign(foreground_share=[0.5, 0, 0, 0])
    assert foreground_sentence(nothing, names) == "In the last frame no method marks anything."
    said = foreground_sentence(nothing, names, 0.035).replace(NBSP, " ")
    assert said == "In the last frame no method marks anything; the person covers 3.5 % of it."


def test_a_model_by_bic_is_lower_by_design_and_not_short():
    dropped = {"gap_median": 0.12, "gap_p90": 0.23, "gap_over_0.01": 0.72, "iterations_median": 0.0}
    _, said = converged([fit("em"), fit("auto", **dropped, background_difference_mean=0.56)], AUTO)
    assert said == (
        "The GMM by BIC converged on all 1,000 pixels; half of all pixels needed no iteration, nine in ten "
        "at most 64. It lies more than 0.01 nats per sample below the first fit on 72 % of the pixels, by "
        "design: it does without a Gaussian that BIC finds not worth its parameters. Its background image "
        "differs from that fit's by 0.56 levels (of 255) on average, and nowhere by more than 5."
    )


def test_audit():
    rows = {"model": ["em", "notebook"] * 3, "kind": ["all"] * 2 + ["static"] * 2 + ["two_mode"] * 2}
    rows |= {"pixels": [2000] * 2 + [1] * 2 + [217] * 2, "within_0.01": [0.39, 0.12, 0.23, 0.0, 1.0, 0.18]}
    said = audit_sentence(pd.DataFrame(rows), NAMES).replace(NBSP, " ")
    assert "of 2,000 sampled pixels" in said
    assert "on 39 % with the GMM and 12 % with the notebook's GMM." in said
    assert (
        "Where another colour comes and goes (217 pixels) it does so on 100 % with the GMM and 18 % with"
        in said
    )
    assert (
        "Where none does (1 pixel) it is 23 % with the GMM and 0 % with the notebook's GMM: a second" in said
    )
    well = audit_sentence(pd.DataFrame(rows | {"within_0.01": [1.0] * 6}), NAMES)
    assert "noise to divide" not in well
    only = audit_sentence(pd.DataFrame(rows)[:2], NAMES).replace(NBSP, " ")
    assert only.endswith("on 39 % with the GMM and 12 % with the notebook's GMM.")
    assert audit_sentence(pd.DataFrame(rows)[2:], NAMES) is None
    assert audit_sentence(None, NAMES) is None


def test_cost():
    assert cost_sentence({}) == "No step was timed in this run."
    assert cost_sentence({"a": Cost(2.0, None, 1)}) == f"The one timed step, a, took 2.0{NBSP}s."
    said = cost_sentence({"a": Cost(1.0, 786.2, 1), "b": Cost(3.0, 90.0, 2)}).replace(NBSP, " ")
    assert said == (
        "The two timed steps took 4.0 s of computing in all; the longest, b, took 3.0 s, which is 75 %, "
        "and the most memory, 786 MB, was held by a."
    )
    said = cost_sentence({"a": Cost(1.0, None, 1), "b": Cost(3.0, None, 2)})
    assert said.endswith(f"which is 75{NBSP}%.")


@pytest.mark.parametrize(
    ("split", "methods", "said"),
    [
        (
            Split(list(range(44)), list(range(44, 110)), "fall", "fall"),
            8,
            f"Eight methods learn the scene from the first 44{NBSP}frames and are compared on the other 66.",
        ),
        (
            Split([0], [1], "fall", "fall"),
            1,
            "One method learns the scene from the first frame and is watched on the last one.",
        ),
        (
            Split([0, 1], [0, 1, 2], "fall", "empty"),
            2,
            f"Two methods learn the scene from all 2{NBSP}frames of another clip, empty (No one), and are "
            "compared on all frames of this one.",
        ),
    ],
)
def test_the_experiment_is_told_in_a_sentence(split, methods, said):
    assert setting_sentence(split, "No one" if split.trained_on == "empty" else "", methods) == said
