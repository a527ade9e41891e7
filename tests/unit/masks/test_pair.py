from dataclasses import replace

import defaults
import pytest

from bgsub.masks.pair import pair_of

MODELS, METHODS = defaults.MODELS, defaults.METHODS


def test_the_notebook_s_fit_stands_beside_the_converged_one_with_a_rule_of_each_kind():
    pair = pair_of(MODELS, METHODS)
    assert pair == ("em", "notebook", ("notebook", "gmm_mahalanobis"))


@pytest.mark.parametrize(
    ("models", "methods"),
    [
        ({"em": MODELS["em"]}, METHODS),
        ({"notebook": MODELS["notebook"], "em": MODELS["em"]}, METHODS),
        ({"em": replace(MODELS["em"], tolerance=None), "notebook": MODELS["notebook"]}, METHODS),
        (MODELS, {"mog2": METHODS["mog2"], "median": METHODS["median"]}),
        ({}, {}),
    ],
)
def test_without_such_a_pair_nothing_is_compared(models, methods):
    assert pair_of(models, methods) is None


def test_one_rule_is_enough_and_one_of_another_model_does_not_count():
    methods = {"bic": replace(METHODS["gmm"], model="auto"), "gmm_mahalanobis": METHODS["gmm_mahalanobis"]}
    assert pair_of(MODELS, methods).rules == ("gmm_mahalanobis",)
