import pandas as pd
import pytest
from defaults import NAMES

from bgsub.evidence.curves import threshold_curve, threshold_rows
from bgsub.report.sentences_scene import Span
from bgsub.report.sentences_sweeps import history_answer, sweep_rows, sweep_sentence, threshold_answer
from bgsub.words import NBSP

NOBODY = threshold_curve([0, 0], [5, 5], [0, 1])
# Of 10 pixels of the person 6 have the highest score; F is 0.73 at 10 and 0.67 at 50.
CURVE = threshold_curve([1, 1, 2, 6], [80, 6, 2, 2], [-1, 0, 10, 50])


def thresholds(**configured: float) -> pd.DataFrame:
    rows = [row for name, value in configured.items() for row in threshold_rows(name, CURVE, value)]
    return pd.DataFrame(rows)


CAVEAT = "A best threshold is chosen by the ground truth, so it is a bound and not a forecast."


def test_who_loses_by_the_configured_threshold():
    assert threshold_answer(thresholds(notebook=10, gmm=50, median=0, knn=0), NAMES.methods) == [
        "The threshold of the config, 0, costs the temporal median most: its F-measure is 0.621, and with "
        "10, the best for this clip, it would be 0.727. By theirs, KNN loses 0.107 and the GMM 0.061. With "
        "the "
        f"notebook's GMM the threshold of the config is as good as any. {CAVEAT}"
    ]


def test_one_threshold_is_no_comparison_of_methods():
    (said,) = threshold_answer(thresholds(gmm=50), NAMES.methods)
    assert said.startswith("The threshold of the config, 50, costs the GMM 0.061: its F-measure is 0.667")
    assert threshold_answer(thresholds(gmm=10), NAMES.methods) == [
        f"With the GMM the threshold of the config is as good as any. {CAVEAT}"
    ]
    (said,) = threshold_answer(thresholds(gmm=0, knn=50), NAMES.methods)
    assert "costs the GMM most:" in said
    assert "By its own, KNN loses 0.061." in said


def test_nothing_is_said_of_thresholds_without_anybody():
    assert threshold_answer(pd.DataFrame(threshold_rows("knn", NOBODY, 1)), NAMES.methods) == []


def history(*rows: tuple) -> list[str]:
    """Rows of history, share at first, half-life or None, prediction."""
    columns = ["history", "initial_share", "half_life", "predicted"]
    table = pd.DataFrame(rows, columns=columns).assign(retention=[0.1 * row[0] for row in rows])
    return [
        text.replace(NBSP, " ")
        for text in history_answer(table.astype(float), fps=10, span=Span(61, 109, 110), frames_seen=61)
    ]


def test_histories_that_lose_the_person():
    assert history((15, 0.0, None, 1), (60, 0.6, 2, 6), (120, 0.8, 7, 13)) == [
        "With none of the three histories tried, 15 to 120 frames, does MOG2 keep half of what it first saw "
        "of the person to the end of the clip; the longest half-life is 7 frames (0.7 s). With 15 it hardly "
        "sees the person when they come to rest. The half-lives measured are shorter than the recursion "
        "predicts, by 4 to 6 frames."
    ]


def test_histories_that_keep_the_person_are_named():
    (said,) = history((60, 0.6, 6, 6), (500, 0.8, None, 55), (1000, 0.8, None, 110))
    assert said == (
        "Of the three histories tried, 60 to 1,000 frames, MOG2 keeps half of what it first saw of the "
        "person to the end of the clip with 500 and 1000. The half-life measured is what the recursion "
        "predicts."
    )


@pytest.mark.parametrize(
    ("half_life", "said"),
    [
        (
            1,
            "MOG2 does not keep half of what it first saw of the person to the end of the clip; the "
            "half-life is",
        ),
        (None, "MOG2 keeps half of what it first saw of the person to the end of the clip."),
    ],
)
def test_one_history(half_life, said):
    (text,) = history((60, 0.6, half_life, 6))
    assert text.startswith(f"With the one history tried, 60 frames, {said}")


def test_a_prediction_that_comes_too_soon_is_not_called_too_late():
    (said,) = history((60, 0.6, 7, 6), (120, 0.6, 10, 13))
    assert said.endswith("The half-lives measured are within 3 frames of what the recursion predicts.")


def test_a_longer_history_that_changes_nothing():
    rows = [(60, 0.6, 2, 6), (250, 0.8, 7, 14), (500, 0.8, 7, 14)]
    table = pd.DataFrame(rows, columns=["history", "initial_share", "half_life", "predicted"])
    (said,) = history_answer(
        table.assign(retention=[0.02, 0.13, 0.13]), fps=10, span=Span(61, 109, 110), frames_seen=61
    )
    assert f"From 250{NBSP}frames on a longer history changes nothing here" in said
    (said,) = history_answer(
        table.assign(retention=[0.02, 0.13, 0.14]), fps=10, span=Span(61, 109, 110), frames_seen=61
    )
    assert "changes nothing" not in said


def test_without_a_still_person_no_history_is_judged():
    assert (
        history_answer(
            pd.DataFrame(columns=["history", "half_life"]), fps=10, span=Span(61, 109, 110), frames_seen=61
        )
        == []
    )


def test_of_somebody_who_lies_there_from_the_first_frame_no_history_is_judged():
    seen = pd.DataFrame({"history": [60.0], "initial_share": 0.9, "half_life": 7.0, "predicted": 13.0})
    seen = seen.assign(retention=0.1)
    (said,) = history_answer(seen, fps=10, span=Span(0, 74, 128), frames_seen=0)
    assert said == "The person lies there from its first frame on, and no history tells them from the scene."
    # Another clip trained: MOG2 has seen the empty room before.
    (said,) = history_answer(seen, fps=10, span=Span(0, 74, 128), frames_seen=40)
    assert "tells them from the scene" not in said


def swept(f_measure: list, retention: list, **keys: list) -> pd.DataFrame:
    table = pd.DataFrame(
        {"variant": [f"gmm.{place}" for place in range(len(retention))], **keys, "frames": 66}
    )
    table = table.assign(f_measure=f_measure, precision=0.9, recall=None, retention=retention)
    return table.assign(foreground_share=[0.01, 0.03, 0.02][: len(table)])


def sweep(*measured: list, **keys: list) -> str:
    return sweep_sentence(swept(*measured, **keys), NAMES.methods["gmm"], list(keys)).replace(NBSP, " ")


def test_sweep_in_figures():
    head, rows = sweep_rows(
        swept([0.7, 0.82], [None, 0.7], threshold=[20, 30.5], ignore_shadows=[True, False]),
        ["threshold", "ignore_shadows"],
    )
    assert head == [
        "threshold",
        "ignore_shadows",
        "F-measure",
        "Precision",
        "Still person kept",
        "Image marked",
    ]
    assert [[cell.replace(NBSP, " ") for cell in row] for row in rows] == [
        ["20", "true", "0.700", "0.900", "\N{EN DASH}", "1.0 %"],
        ["30.5", "false", "0.820", "0.900", "70 %", "3.0 %"],
    ]


def test_sweep_of_one_key():
    assert sweep([0.7, 0.82, 0.8], [0.9, 0.7, 0.4], threshold=[20, 30, 80]) == (
        "With the GMM, over the three values of threshold, the F-measure runs from 0.700 (threshold 20) to "
        "0.820 (threshold 30) and what stays visible of the person who lies still runs from 40 % (threshold "
        "80) to 90 % (threshold 20)."
    )


def test_sweep_of_two_keys_and_one_that_makes_no_difference():
    said = sweep([0.7, 0.7, 0.7], [None] * 3, opening=[1, 3, 3], ignore_shadows=[True, True, False])
    assert said == (
        "With the GMM, over the three pairs of opening and ignore_shadows, the F-measure is 0.700 throughout."
    )
    assert sweep([0.7], [0.5], rate=["auto"]) == (
        "With the GMM, over the one value of rate, the F-measure is 0.700 and what stays visible of the "
        "person who lies still is 50 %."
    )


def test_a_switch_is_said_as_the_config_writes_it():
    said = sweep([0.7, 0.82], [None] * 2, ignore_shadows=[True, False])
    assert said.endswith("from 0.700 (ignore_shadows true) to 0.820 (ignore_shadows false).")


def test_sweep_without_ground_truth_and_person_tells_the_area():
    said = sweep([None] * 3, [None] * 3, learning_rate=["auto", "0.1", "0.5"])
    assert said == (
        "With the GMM, over the three values of learning_rate, the share of the image that is marked runs "
        "from 1.0 % (learning_rate auto) to 3.0 % (learning_rate 0.1)."
    )
