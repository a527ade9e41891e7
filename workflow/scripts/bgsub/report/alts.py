"""What figures show, for those who cannot see them: what can be read off, not what kind of figure it is."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from bgsub.model.constants import CLOSE_ENOUGH
from bgsub.names import Names
from bgsub.report.sentences_scores import agreement_sentence
from bgsub.words import count, joined, number, percent


def figure_alts(
    said: Mapping[str, Any], fits: pd.DataFrame, agreement: pd.DataFrame | None, names: Names
) -> dict[str, str]:
    """Say what each figure of a clip's page shows, by its file's name.

    The page's sentences are `said`, by what they are about.
    """
    models = joined([names.models[key].named for key in fits["model"]]) if len(fits) else "no model"
    alts = {
        "worth": said["worth"] or "",
        "convergence": " ".join(["Likelihood by iteration.", *said["converged"]]),
        "audit": said["audit"] or "No sampled pixel could be audited.",
        "backgrounds": f"Background images, and how each differs from the first. {said['background']}",
        "parameters": f"How many Gaussians each pixel has with {models}, how heavy the heaviest is, and how "
        "narrow the narrowest.",
        "absorption": f"What each method marks of the still person, frame by frame. {said['verdict']}",
        "history": " ".join(["How long MOG2 sees the still person, by its history.", *said["history"]]),
        "masks": f"The frame and every method's mask at a few moments. {said['verdict']}",
        "area": f"What each method marks of the image, frame by frame. {said['foreground']}",
        "scores": said["scores"][0],
        "curves": " ".join(["Precision and recall at every threshold.", *said["thresholds"]]),
        "agreement": "How far the methods agree.",
    }
    if agreement is not None and len(agreement):
        alts["agreement"] = agreement_sentence(agreement, names.methods)
    for row in fits.to_dict("records"):
        alts[f"gap_{row['model']}"] = _gap(row, names.models[row["model"]].named)
        alts[f"fit_{row['model']}"] = _fit(row, names.models[row["model"]].named)
    return alts


def _gap(row: Mapping[str, Any], named: str) -> str:
    if pd.isna(row["gap_median"]):
        return f"The fit of {named} cannot be compared with the first: no pixel has a defined fit in both."
    short = percent(row[f"gap_over_{CLOSE_ENOUGH:g}"])
    return (
        f"The fit of {named} falls short of the first by more than {CLOSE_ENOUGH:g} nats per sample on "
        f"{short} of the pixels, the typical one by {number(row['gap_median'])}."
    )


def _fit(row: Mapping[str, Any], named: str) -> str:
    half, most = (count(row[f"iterations_{what}"], "iteration") for what in ("median", "max"))
    defined = 1 - row["undefined"]
    return (
        f"The fit of {named} pixel by pixel: half of the pixels took at most {half}, the slowest {most}, and "
        f"{percent(defined)} of them have a fit."
    )
