"""Whether the fits have converged, and what they make of the background, in plain sentences."""

from collections.abc import Mapping
from math import ceil

import pandas as pd

from bgsub.model.constants import CLOSE_ENOUGH
from bgsub.model.settings import Model
from bgsub.names import MEDIAN, Name, Names, capital
from bgsub.words import count, in_words, joined, number, percent

_WITHIN = f"within_{CLOSE_ENOUGH:g}"  # columns of audit.csv and of fits.csv
_OVER = f"gap_over_{CLOSE_ENOUGH:g}"
_NEARLY_ALL = 0.99  # share of the static pixels above which nothing needs to be explained


def notebooks(models: Mapping[str, Model]) -> str | None:
    """Return the key of the model that is fitted as in the notebook, unless it is the reference itself."""
    return next((key for key in list(models)[1:] if models[key].is_the_notebooks), None)


def background_sentence(
    fits: pd.DataFrame, models: Mapping[str, Model], names: Names, truth: pd.DataFrame | None = None
) -> str:
    """Say how far the backgrounds are from the true one, or else the notebook's from the converged one.

    Parameters
    ----------
    truth : DataFrame, optional
        `backgrounds.csv`: background, age (mean grey levels off the true scene).

    Claims
    ------
    "Against the true empty scene"
        there is ground truth, which tells the empty scene
    "The notebook's background is nowhere more than 5 levels"
        without ground truth: on no pixel is it farther from the reference's
    "The notebook's background is more than 5 levels"
        without ground truth, on some pixel
    """
    if truth is not None and len(truth):
        errors = truth.set_index("background")["age"].sort_values(kind="stable")
        off = [
            f"{names.models.get(key, MEDIAN).named} {number(error)} levels" for key, error in errors.items()
        ]
        return f"Against the true empty scene, the mean error (of 255 grey levels) is: {joined(off)}."
    notebook = notebooks(models)
    if notebook is None:
        return "The background is the image that a method takes for the empty scene."
    over = fits.set_index("model").loc[notebook, "background_over_5"]
    unlike = "(of 255) off the one fitted to the end"
    if over == 0:
        return f"The notebook's background is nowhere more than 5 levels {unlike}."
    return f"The notebook's background is more than 5 levels {unlike} on {percent(over)} of the pixels."


def converged_answer(fits: pd.DataFrame, models: Mapping[str, Model], names: Names) -> list[str]:
    """Answer the notebook's first remark: is the fit converged, and how far short did the notebook stop.

    The first model is the reference that the others are measured against.

    Returns
    -------
    list of str
        A paragraph per model, in the order of `fits`.

    Claims
    ------
    "Yes"
        the reference has a stopping rule, and at least 99 % of its pixels converged; Almost: 90 %;
        Only in part: any; No: none
    "without a check, so nothing says whether it converged"
        the reference has no stopping rule
    "stopped by the limit of"
        some pixels had not converged at the last iteration allowed
    "cannot be compared with it: no pixel has a defined fit in both"
        no pixel has a finite likelihood with both models
    " the typical pixel "
        the median pixel falls short of the reference by more than 0.01 nats per sample
    "the typical pixel is not short of it"
        some pixels do, and the median one does not
    "by design: it does without a Gaussian"
        the model chooses its number of components
    "its arithmetic breaks down (0/0)"
        some pixels have no finite fit
    "This run fitted no mixture"
        the config has no model
    """
    if fits.empty:
        return ["This run fitted no mixture, so there is no fit to judge."]
    rows = fits.set_index("model")
    paragraphs: list[str] = []
    for key, fit in rows.iterrows():
        model, name, reference = models[key], names.models[key], not paragraphs
        said = []
        if model.tolerance is not None:
            said.append(_converged(name, fit, model, reference=reference))
        elif reference:
            who = capital(_named_model(name))
            said.append(
                f"{who} stops after {_rounds(model)} without a check, so nothing says whether it converged."
            )
        if not reference:
            said += _shortfall(name, fit, model)
        said += _breakdown(fit)
        paragraphs.append(" ".join(said))
    return paragraphs


def audit_sentence(audit: pd.DataFrame | None, names: Names) -> str | None:
    """Say how often each model's fit ends as high as the best of several restarts, and on what pixels.

    Claims
    ------
    "Converged need not mean best"
        fits were compared with restarts on a sample of pixels
    "Where another colour comes and goes"
        the sample has pixels of two modes
    "Where none does"
        the sample has static pixels
    "has only the camera's noise to divide"
        a fit ends below the best of the restarts on more than 1 % of them
    """
    if audit is None:
        return None
    of_kind = dict(list(audit[audit[_WITHIN].notna()].groupby("kind")))
    if "all" not in of_kind:
        return None
    said = [
        f"Converged need not mean best: of {_sampled(of_kind['all'], 'sampled pixel')}, the fit ends within "
        f"{CLOSE_ENOUGH:g} nats per sample of the best of several restarts, or above it, on "
        f"{_within(of_kind['all'], names)}."
    ]
    if "two_mode" in of_kind:
        said.append(
            f"Where another colour comes and goes ({_sampled(of_kind['two_mode'])}) it does so on "
            f"{_within(of_kind['two_mode'], names)}."
        )
    if "static" in of_kind:
        static, why = of_kind["static"], ""
        if (static[_WITHIN] < _NEARLY_ALL).any():
            noise = "a second Gaussian has only the camera's noise to divide there"
            why = f": {noise}, and more than one way to do so"
        said.append(f"Where none does ({_sampled(static)}) it is {_within(static, names)}{why}.")
    return " ".join(said)


def _sampled(rows: pd.DataFrame, what: str = "pixel") -> str:
    return count(rows["pixels"].iloc[0], what)


def _within(rows: pd.DataFrame, names: Names) -> str:
    return joined(
        [f"{percent(row[_WITHIN])} with {names.models[row['model']].named}" for _, row in rows.iterrows()]
    )


def curve_caveats(fits: pd.DataFrame, models: Mapping[str, Model], names: Names) -> str:
    """Say what the curves of convergence do not show; empty if they show all.

    Claims
    ------
    "components at every pixel"
        a model chooses its number of components
    "does not make it the better fit"
        a model without a covariance floor ends above a reference that has one
    """
    said = [
        f"{names.models[key].subject} is shown with {models[key].most_components} components at every pixel, "
        "as before its choice; the table below tells of those it chose."
        for key in fits["model"]
        if models[key].components == "auto"
    ]
    return " ".join([*said, *filter(None, [_mean_caveat(fits, models, names)])])


def _mean_caveat(fits: pd.DataFrame, models: Mapping[str, Model], names: Names) -> str | None:
    """Say why the mean log-likelihood of a model without a floor ends above the reference's, if it does."""
    means = dict(zip(fits["model"], fits["log_likelihood"], strict=True))
    reference = next(iter(means), None)
    if reference is None or models[reference].covariance_floor is None:
        return None
    free = [key for key in means if models[key].covariance_floor is None]
    above = [names.models[key].named for key in free if means[key] > means[reference]]
    if not above:
        return None
    return (
        f"The mean of {joined(above)} ends above that of {names.models[reference].named}, which does not "
        "make it the better fit: without a floor a Gaussian may shrink onto a few equal colours, where the "
        "likelihood grows without bound, and a few such pixels lift the mean."
    )


def _converged(name: Name, fit: pd.Series, model: Model, *, reference: bool) -> str:
    """Say on how many pixels a model with a stopping rule converged, how soon, and what of the rest."""
    share, pixels = float(fit["converged"]), count(fit["pixels"], "pixel")
    where = f"all {pixels}" if share == 1 else f"{percent(share) if share else 'none'} of the {pixels}"
    who = "EM" if reference else _named_model(name)
    text = f"{who} converged on {where}"
    if share > 0:
        median, most = fit["iterations_median"], ceil(fit["iterations_p90"])
        half = "needed no iteration" if median == 0 else f"took at most {count(median, 'iteration')}"
        text += f"; half of all pixels {half}" + ("" if most == 0 else f", nine in ten at most {most}")
    text = f"{capital(text)}."
    if reference:
        yes = "Yes" if share >= 0.99 else "Almost" if share >= 0.9 else "Only in part" if share > 0 else "No"
        text = f"{yes}: {text}"
    return text if share == 1 else f"{text} {_rest(1 - share, float(fit['at_limit']), model)}"


def _rest(left: float, at_limit: float, model: Model) -> str:
    stopped = f"stopped by the limit of {count(model.max_iterations, 'iteration')}"
    without = "ended without a fit that can be judged"
    if at_limit <= 0:
        return f"The rest, {percent(left)}, {without}."
    if left - at_limit < 1e-6:
        return f"The rest, {percent(left)}, were {stopped}."
    return f"Of the rest, {percent(at_limit)} of all were {stopped} and {percent(left - at_limit)} {without}."


def _rounds(model: Model) -> str:
    return f"{in_words(model.max_iterations)} iteration{'' if model.max_iterations == 1 else 's'}"


def _shortfall(name: Name, fit: pd.Series, model: Model) -> list[str]:
    """Say how far a model's likelihood and background lie from the reference's."""
    who, verb = capital(_named_model(name)), "leaves"
    if model.is_the_notebooks:
        who, verb = f"The notebook's {_rounds(model)}", "leaves" if model.max_iterations == 1 else "leave"
    median, tenth, share = fit["gap_median"], fit["gap_p90"], fit[_OVER]
    if pd.isna(median) or fit["undefined"] == 1:
        return [f"{who} cannot be compared with it: no pixel has a defined fit in both."]
    unit = "nats per sample"
    pixels = "the pixels" if fit["undefined"] == 0 else "the pixels that have a fit in both"
    if share == 0:
        likelihood = f"{who} {verb} no pixel more than {CLOSE_ENOUGH:g} {unit} below that fit."
    elif model.components == "auto":
        who = who if model.tolerance is None else "It"
        likelihood = (
            f"{who} lies more than {CLOSE_ENOUGH:g} {unit} below the first fit on {percent(share)} of "
            f"{pixels}, by design: it does without a Gaussian that BIC finds not worth its parameters."
        )
    elif median > CLOSE_ENOUGH:
        likelihood = (
            f"{who} {verb} the typical pixel {number(median)} {unit} below that fit and one pixel in ten "
            f"{number(tenth)} or more; {percent(share)} of {pixels} fall short by more than "
            f"{CLOSE_ENOUGH:g}."
        )
    else:
        likelihood = (
            f"{who} {verb} {percent(share)} of {pixels} more than {CLOSE_ENOUGH:g} {unit} below that fit; "
            "the typical pixel is not short of it."
        )
    mean, over = number(fit["background_difference_mean"]), fit["background_over_5"]
    most = "nowhere by more than 5" if over == 0 else f"by more than 5 on {percent(over)} of the pixels"
    return [
        likelihood,
        f"Its background image differs from that fit's by {mean} levels (of 255) on average, and {most}.",
    ]


def _breakdown(fit: pd.Series) -> list[str]:
    if not fit["undefined"] > 0:
        return []
    where = percent(fit["undefined"])
    return [
        f"On {where} of the pixels its arithmetic breaks down (0/0), and it has no estimate of its own there."
    ]


def _named_model(name: Name) -> str:
    """Name a model within a sentence that is not about models alone."""
    return name.named if name.article else f'the model "{name.label}"'
