"""What every method of the default config has in common."""

import numpy as np
import pytest
from defaults import METHODS

from bgsub.masks.posterior import Posterior
from bgsub.masks.rules import ModelMethod
from bgsub.masks.scored import ScoredMethod
from bgsub.model.fit import mixture_of

EM = {
    "components": 2,
    "start": "split",
    "tolerance": 1e-6,
    "max_iterations": 300,
    "covariance_floor": 1.0,
    "seed": 0,
}


def masks_of(method, clip, training):
    """Return the masks of the frames after the training, with a model of the training frames."""
    learned, tested = clip[:training], clip[training:]
    fitted = mixture_of(EM).fit(learned)
    model = {"weights": fitted.weights_, "means": fitted.means_, "covariances": fitted.covariances_}
    if isinstance(method, Posterior):
        return np.stack(list(method.masks(learned, tested, model, EM)))
    if isinstance(method, ScoredMethod):
        background = model if isinstance(method, ModelMethod) else learned
        return np.stack(list(method.masks(tested, background, training)))
    return np.stack(list(method.masks(learned, tested)))


@pytest.mark.parametrize("level", [0, 120, 255])
@pytest.mark.parametrize("key", METHODS)
def test_no_method_marks_a_constant_scene(key, level):
    clip = np.full((20, 48, 64, 3), level, np.uint8)
    assert not masks_of(METHODS[key], clip, 12).any()


@pytest.mark.parametrize("key", METHODS)
def test_every_method_marks_what_comes_in(key):
    clip = np.full((20, 48, 64, 3), 60, np.uint8)
    clip[14:, 12:36, 20:44] = (200, 180, 160)
    masks = masks_of(METHODS[key], clip, 12)
    assert not masks[:2].any()
    assert (masks[2, 16:32, 24:40] == 255).all()
