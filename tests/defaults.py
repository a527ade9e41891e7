"""The models and methods of the default config, and what they are called."""

from bgsub.masks.posterior import Posterior
from bgsub.masks.rules import Difference, Mahalanobis
from bgsub.masks.scored import DifferenceToMedian
from bgsub.masks.subtractors import Knn, Mog2
from bgsub.model.settings import Model
from bgsub.names import Name, names_of

MODELS = {
    "em": Model(),
    "auto": Model(components="auto"),
    "notebook": Model(start="uniform", tolerance=None, max_iterations=5, covariance_floor=None),
}
METHODS = {
    "learning_gmm": Posterior(posterior="em"),
    "notebook": Difference(model="notebook", rule="difference"),
    "mog2": Mog2(opencv="mog2", history=60, var_threshold=32, opening=3),
    "gmm_mahalanobis": Mahalanobis(model="em", rule="mahalanobis", ignore_shadows=True, median=7),
    "gmm": Difference(model="em", rule="difference", median=7),
    "median": DifferenceToMedian(background="median", median=7),
    "mog2_default": Mog2(opencv="mog2", median=7),
    "mog2_frozen": Mog2(opencv="mog2", learning="frozen", median=7),
    "mog2_protected": Mog2(opencv="mog2", learning="protected", median=7),
    "knn": Knn(opencv="knn", median=7),
}
NAMES = names_of(MODELS, METHODS)


def called(*methods: str) -> dict[str, Name]:
    """Names of methods, in order; one that is not of the default config is called by its key."""
    return {key: NAMES.methods.get(key, Name(key)) for key in methods}
