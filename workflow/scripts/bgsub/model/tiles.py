"""A model as arrays, and its horizontal tiles put together."""

from collections.abc import Sequence

import numpy as np

from bgsub.model.convergence import Trajectory
from bgsub.model.gmm import PixelMixture

# The axis that runs over the image's rows in each array of a model.
ROW_AXIS = {
    "weights": 1,
    "means": 1,
    "covariances": 1,
    "log_likelihood": 0,
    "n_iter": 0,
    "converged": 0,
    "flags": 0,
}


def tile_arrays(mixture: PixelMixture) -> dict[str, np.ndarray]:
    """Return the arrays of a fitted mixture by their names in model.npz, and those of its trajectory."""
    arrays = {name: getattr(mixture, f"{name}_") for name in ROW_AXIS}
    trajectory = mixture.trajectory_
    return arrays | {
        "trajectory_log_likelihood": trajectory.log_likelihood,
        "trajectory_converged": trajectory.converged,
    }


def join_tiles(tiles: Sequence[dict[str, np.ndarray]]) -> tuple[dict[str, np.ndarray], Trajectory]:
    """Put the tiles of one model together.

    Parameters
    ----------
    tiles : sequence of dict
        What `tile_arrays` returned for each tile, from the top of the image to its bottom.

    Returns
    -------
    arrays : dict of str to ndarray
        The arrays of model.npz.
    trajectory : Trajectory
        Of all pixels; the same bits for any number of tiles, since its sums are of integers.
    """
    arrays = {
        name: np.concatenate([tile[name] for tile in tiles], axis=axis) for name, axis in ROW_AXIS.items()
    }
    trajectory = Trajectory(
        sum(tile["trajectory_log_likelihood"] for tile in tiles),
        sum(tile["trajectory_converged"] for tile in tiles),
        arrays["n_iter"].size,
    )
    return arrays, trajectory
