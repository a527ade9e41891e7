"""The models and methods of the default config, and what they are called."""

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
    "gmm": Difference(model="em", rule="difference"),
    "gmm_mahalanobis": Mahalanobis(model="em", rule="mahalanobis", ignore_shadows=True),
    "notebook": Difference(model="notebook", rule="difference"),
    "median": DifferenceToMedian(background="median"),
    "mog2": Mog2(opencv="mog2", history=60, var_threshold=32, opening=3),
    "mog2_frozen": Mog2(opencv="mog2", history=60, var_threshold=32, learning="frozen"),
    "mog2_protected": Mog2(opencv="mog2", history=60, var_threshold=32, learning="protected"),
    "knn": Knn(opencv="knn"),
}
NAMES = names_of(MODELS, METHODS)


def called(*methods: str) -> dict[str, Name]:
    """Names of methods, in order; one that is not of the default config is called by its key."""
    return {key: NAMES.methods.get(key, Name(key)) for key in methods}
