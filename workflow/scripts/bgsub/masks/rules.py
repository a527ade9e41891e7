"""Decision rules: how unlike the background each pixel of a frame is, by a model's measure.

A rule takes a model and gives a function from a frame, (H, W, 3) uint8 RGB, to its scores, (H, W). In all of
them higher means less like the background, and a pixel is foreground where its score is above the method's
threshold, which has the score's unit:

=============  =====================================================================  ========================
rule           score                                                                  unit
=============  =====================================================================  ========================
`difference`   luma of the absolute difference to the background image                8-bit levels, 0 to 255
`mahalanobis`  Mahalanobis distance to the background component                       standard deviations
`component`    log odds of the likeliest other component against the background one   nats
`likelihood`   negative log-likelihood under the whole mixture                        nats, colours in [0, 1]
=============  =====================================================================  ========================

The background component is the heaviest.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bgsub.files import read_arrays
from bgsub.masks.difference import Score, difference
from bgsub.model.convergence import background_image


def score_by(settings: Mapping[str, Any], model: Mapping[str, np.ndarray]) -> Score:
    """Return the score that a method's rule gives with a fitted mixture.

    Parameters
    ----------
    settings : mapping
        The method's row in the config: its `rule` (`difference`, `mahalanobis`, `component` or `likelihood`),
        and for `mahalanobis` whether to `ignore_shadows`.
    model : mapping of ndarray
        `weights` (K, H, W), `means` (K, H, W, 3) in [0, 1], `covariances` (K, H, W, 3, 3), as in model.npz.

    Returns
    -------
    callable
        From a frame (H, W, 3) uint8 to its scores (H, W): uint8 for `difference`, else float64.

    Raises
    ------
    KeyError
        If there is no such rule; the config's schema is where a user meets this.
    """
    rule = settings["rule"]
    if rule == "difference":
        return difference(background_image(model["weights"], model["means"]))
    from bgsub.masks import densities  # here, as it loads the compiler, which the rule above does without

    if rule == "mahalanobis":
        return densities.mahalanobis(model, settings["ignore_shadows"])
    return {"component": densities.component, "likelihood": densities.likelihood}[rule](model)


def score_by_file(settings: Mapping[str, Any], file: str | Path) -> Score:
    """Return the score that a method's rule gives with the mixture in a `model.npz`; see `score_by`."""
    needed = ("weights", "means") if settings["rule"] == "difference" else ("weights", "means", "covariances")
    return score_by(settings, read_arrays(file, *needed))
