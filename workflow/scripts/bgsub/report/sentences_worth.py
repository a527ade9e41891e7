"""What it is worth that a fit has converged, in plain sentences."""

import pandas as pd

from bgsub.names import Names
from bgsub.report.sentences_scores import ALIKE
from bgsub.words import RULE_WORDS, joined, number, percent, score_words


def worth_sentence(worth: pd.DataFrame | None, backgrounds: pd.DataFrame | None, names: Names) -> str | None:
    """Say what the notebook's early stop changes, if it was compared: masks by each rule, and background.

    Parameters
    ----------
    worth : DataFrame or None
        Two rows for each rule: the converged fit, and the notebook's.
    backgrounds : DataFrame or None
        Of a clip with ground truth: background, age (mean levels off the empty scene).

    Claims
    ------
    "What the early stop changes"
        the config has a fit that converges, the notebook's fit, and a rule for either
    ", practically the same"
        the two F-measures are less than 0.005 apart
    " with either"
        the two F-measures, or the errors, are the same to the digits that are said
    "the masks differ on "
        one of them has no F-measure
    "the background is off the empty scene by "
        the ground truth tells the error of both
    """
    if worth is None or worth.empty:
        return None
    keys = list(dict.fromkeys(worth["model"]))
    reference, other = (names.models[key].named for key in keys)
    said = [_rule(str(rule), rows.reset_index()) for rule, rows in worth.groupby("rule", sort=False)]
    text = f"What the early stop changes, with {other} in place of {reference}: {'; '.join(said)}"
    errors = {} if backgrounds is None else backgrounds.set_index("background")["age"].dropna().to_dict()
    if not set(keys) <= errors.keys():
        return f"{text}."
    off, close = (number(errors[key]) for key in (keys[1], keys[0]))
    instead = "with either" if off == close else f"in place of {close}"
    return f"{text}; the background is off the empty scene by {off} levels (of 255) {instead}."


def _rule(rule: str, rows: pd.DataFrame) -> str:
    """Say by scores how the two fits' masks compare, or else on how much of the picture they differ."""
    by = f"by {RULE_WORDS[rule]}"
    converged, short = rows["f_measure"]
    if rows["f_measure"].isna().any():
        return f"{by} the masks differ on {percent(rows['differs'][0])} of a test frame, on average"
    if score_words(short) == score_words(converged):
        return f"{by} the F-measure is {score_words(short)} with either"
    alike = ", practically the same" if abs(converged - short) < ALIKE else ""
    scores = joined([score_words(short), score_words(converged)]).replace(" and ", " in place of ")
    return f"{by} the F-measure is {scores}{alike}"
