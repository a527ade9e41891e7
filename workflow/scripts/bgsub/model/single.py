"""One component of RGB colours: its moments, 8 pixels in lanes. Same arguments as `model.em.fit_band`."""

import numpy as np

from bgsub.model.compiled import compiled
from bgsub.model.constants import AT_FLOOR, CONSTANT, RANK_DEFICIENT
from bgsub.model.em import fixed
from bgsub.model.kernel import Colours, Fit, FitSettings, Integers, Steps
from bgsub.model.lanes import WIDTH, bits, store
from bgsub.model.pair import PARAMETERS, maximise, quadratic, total_of
from bgsub.model.pairband import write_component
from bgsub.model.pairstart import full_rank, load_samples, new_pixels, rank_of


@compiled
def fit_band(
    frames: Colours, places: Integers, settings: FitSettings, offset: int, fit: Fit, steps: Steps
) -> None:
    """Write the sample mean and the floored covariance of every pixel; every `start` comes to this."""
    n_samples, n_pixels, _ = frames.shape
    pixels = new_pixels(n_samples)
    parameters, likelihood = np.ones((PARAMETERS, WIDTH)), np.empty((1, WIDTH))
    S, A = np.empty((3, 3)), np.empty((3, 3))
    for first in range(0, n_pixels, WIDTH):
        load_samples(frames, first, pixels)
        full = bits(full_rank(pixels.totals))
        maximise(0, pixels.totals, n_samples, settings.floor, 0.0, parameters)
        store(likelihood, 0, total_of(quadratic(0, parameters), pixels.totals) * (1.0 / n_samples))
        for j in range(min(WIDTH, n_pixels - first)):
            p = offset + first + j
            write_component(0, p, parameters, pixels.centre, j, fit)
            data_rank = 3 if (full >> j) & 1 else rank_of(pixels.totals, j, S, A)
            flag = AT_FLOOR if parameters[10, j] > 0.0 else 0
            fit.flags[p] = CONSTANT if data_rank == 0 else flag | (RANK_DEFICIENT if data_rank < 3 else 0)
            fit.log_likelihood[p] = likelihood[0, j]
            fit.n_iter[p], fit.converged[p] = 0, True
            steps.gains[0] += fixed(likelihood[0, j])
    steps.converged_at[0] += n_pixels
