from dataclasses import replace

import pytest
from defaults import METHODS, MODELS, NAMES

from bgsub.masks.method import ADAPTIVE, ELSEWHERE, FROZEN, LEARNING_WORDS, OWN, PROTECTED, RECONSIDERING
from bgsub.masks.methods import key_of_model, method_of
from bgsub.masks.own import MadeElsewhere, OwnMethod
from bgsub.masks.posterior import Posterior
from bgsub.masks.rules import Difference, Likelihood
from bgsub.masks.subtractors import Cnt, Mog2
from bgsub.model.settings import Model
from bgsub.names import as_params, from_params, names_of


def test_the_default_config_is_called_and_drawn_as_ever():
    assert {key: (name.named, name.colour, name.line) for key, name in NAMES.methods.items()} == {
        "learning_gmm": ("the learning GMM", "#882255", "-"),
        "notebook": ("the notebook's GMM", "#E69F00", (0, (5, 2))),
        "mog2": ("the notebook's MOG2", "#D55E00", (0, (5, 2))),
        "gmm_mahalanobis": ("the GMM by Mahalanobis", "#7a5195", "-"),
        "gmm": ("the GMM", "#0072B2", "-"),
        "median": ("the temporal median", "#56B4E9", (0, (5, 2))),
        "mog2_default": ("MOG2", "#D55E00", "-"),
        "mog2_frozen": ("the frozen MOG2", "#CC79A7", "-"),
        "mog2_protected": ("the protected MOG2", "#8c564b", (0, (5, 2))),
        "knn": ("KNN", "#009E73", "-"),
    }
    assert {key: (name.label, name.colour) for key, name in NAMES.models.items()} == {
        "em": ("GMM", "#0072B2"),
        "auto": ("GMM by BIC", "#2f6f4f"),
        "notebook": ("notebook's GMM", "#E69F00"),
    }


def test_a_name_does_not_hang_on_a_key():
    models = {f"a {key}": model for key, model in MODELS.items()}
    methods = {
        f"a {key}": replace(method, **{of: f"a {getattr(method, of)}"}) if of else method
        for key, method in METHODS.items()
        for of in [key_of_model(vars(method))]
    }
    renamed = names_of(models, methods)
    assert list(renamed.methods.values()) == list(NAMES.methods.values())
    assert list(renamed.models.values()) == list(NAMES.models.values())


def test_two_that_would_be_called_alike_have_their_keys_and_looks_of_their_own():
    models = {"em": Model(), "three": Model(components=3)}
    methods = {
        "gmm": Difference(model="em", rule="difference"),
        "low": Difference(model="em", rule="difference", threshold=20),
        "third": Likelihood(model="three", rule="likelihood"),
    }
    names = names_of(models, methods)
    assert [name.label for name in names.models.values()] == ["GMM (em)", "GMM (three)"]
    assert [name.label for name in names.methods.values()] == [
        "GMM (em) (gmm)",
        "GMM (em) (low)",
        "GMM (three) by likelihood",
    ]
    for kind in (names.models, names.methods):
        assert len({name.look for name in kind.values()}) == len(kind)


def test_a_label_of_the_config_stands_as_it_is():
    models = {"em": Model(label="mixture")}
    methods = {
        "gmm": Difference(model="em", rule="difference"),
        "mog2_default": Mog2(opencv="mog2", label="Zivkovic"),
    }
    names = names_of(models, methods).methods
    assert (names["gmm"].named, names["mog2_default"].named) == ("mixture", "Zivkovic")
    assert names["mog2_default"].look == NAMES.methods["mog2_default"].look


def test_a_method_that_goes_on_learning_is_called_by_the_model_it_starts_from():
    methods = METHODS | {"other": Posterior(posterior="notebook")}
    names = names_of(MODELS, methods).methods
    assert names["learning_gmm"].subject == "The learning GMM"
    assert names["other"].named == "the learning notebook's GMM"
    assert len({name.look for name in names.values()}) == len(methods)
    assert methods["learning_gmm"].absorption(44) is None


def test_what_is_not_known_is_called_by_its_key():
    methods = {"mine": OwnMethod(python="a.py"), "theirs": MadeElsewhere(masks="a"), "cnt": Cnt(opencv="cnt")}
    assert [name.named for name in names_of({}, methods).methods.values()] == [
        "the method mine",
        "the method theirs",
        "CNT",
    ]


def test_many_methods_have_looks_of_their_own():
    methods = METHODS | {f"m{place}": OwnMethod(python="a.py") for place in range(12)}
    names = names_of(MODELS, methods).methods
    assert len({name.look for name in names.values()}) == len(methods)
    assert names["mog2"] == NAMES.methods["mog2"]
    assert names["m0"].colour not in {NAMES.methods[key].colour for key in METHODS}


def test_names_go_through_a_rule_s_parameters():
    params = as_params(NAMES.methods)
    assert from_params(params) == NAMES.methods
    assert {type(value) for name in params.values() for value in name.values()} == {str, bool, list}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"model": "em", "rule": "difference"}, FROZEN),
        ({"background": "median"}, FROZEN),
        ({"opencv": "knn"}, ADAPTIVE),
        ({"opencv": "mog2"}, ADAPTIVE),
        ({"opencv": "mog2", "learning": "frozen"}, FROZEN),
        ({"opencv": "mog2", "learning": "protected"}, PROTECTED),
        ({"posterior": "em"}, RECONSIDERING),
        ({"python": "mine.py", "settings": {"rate": 1}}, OWN),
        ({"masks": "masks/*.png"}, ELSEWHERE),
    ],
)
def test_how_a_method_learns_follows_from_its_row(row, expected):
    assert method_of(row).learns == expected
    assert expected in LEARNING_WORDS
