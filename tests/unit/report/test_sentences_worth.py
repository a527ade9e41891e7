import numpy as np
import pandas as pd
from defaults import NAMES

from bgsub.report.sentences_worth import worth_sentence


def worth(*scores: tuple[str, float, float], differs: float = 0.01) -> pd.DataFrame:
    rows = []
    for rule, converged, short in scores:
        rows += [{"rule": rule, "model": "em", "f_measure": converged, "differs": differs}]
        rows += [{"rule": rule, "model": "notebook", "f_measure": short, "differs": differs}]
    return pd.DataFrame(rows)


def said(*scores, backgrounds=None, **more) -> str:
    return worth_sentence(worth(*scores, **more), backgrounds, NAMES).replace("\xa0", " ")


def test_scores_of_both_fits_stand_beside_each_other():
    text = said(("difference", 0.7739, 0.7738), ("mahalanobis", 0.974, 0.5))
    assert text == (
        "What the early stop changes, with the notebook's GMM in place of the GMM: by the difference to the "
        "background image the F-measure is 0.774 with either; by the Mahalanobis distance "
        "(which uses the covariances) the F-measure is 0.500 in place of 0.974."
    )


def test_the_error_of_the_background_is_told_where_it_is_known_of_both():
    errors = pd.DataFrame({"background": ["em", "notebook", "median"], "age": [1.49, 1.72, 1.6]})
    text = said(("difference", 0.8, 0.7), backgrounds=errors)
    assert text.endswith("the background is off the empty scene by 1.7 levels (of 255) in place of 1.5.")
    assert "background is off" not in said(
        ("difference", 0.8, 0.7), backgrounds=errors[errors["age"] != 1.49]
    )
    same = errors.assign(age=[1.49, 1.51, 1.6])
    text = said(("difference", 0.8, 0.7), backgrounds=same)
    assert text.endswith("is off the empty scene by 1.5 levels (of 255) with either.")
    errors.loc[1, "age"] = np.nan
    assert "background is off" not in said(("difference", 0.8, 0.7), backgrounds=errors)


def test_without_ground_truth_masks_are_compared_with_each_other():
    text = said(("difference", np.nan, np.nan), differs=0.0303)
    assert "by the difference to the background image the masks differ on 3.0 % of a test frame" in text
    assert "F-measure" not in text


def test_without_a_pair_nothing_is_said():
    assert worth_sentence(None, None, NAMES) is None
    assert worth_sentence(worth(), None, NAMES) is None
