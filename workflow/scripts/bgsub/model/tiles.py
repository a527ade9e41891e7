"""A model as arrays, and its horizontal tiles put together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bgsub.model.convergence import Trajectory

if TYPE_CHECKING:  # joining tiles needs no compiler
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
_TRAJECTORY = ("trajectory_log_likelihood", "trajectory_converged")


def tile_arrays(mixture: "PixelMixture") -> dict[str, np.ndarray]:
    """Return the arrays of a fitted mixture by their names in model.npz, and those of its trajectory."""
    arrays = {name: getattr(mixture, f"{name}_") for name in ROW_AXIS}
    trajectory = mixture.trajectory_
    return arrays | dict(zip(_TRAJECTORY, (trajectory.log_likelihood, trajectory.converged), strict=True))


def stack_tiles(tiles: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Put tiles together, from the top to the bottom: what `tile_arrays` would return for all of them."""
    arrays = {
        name: np.concatenate([tile[name] for tile in tiles], axis=axis) for name, axis in ROW_AXIS.items()
    }
    # The same bits for any number of tiles, since these are sums of integers.
    return arrays | {name: sum(tile[name] for tile in tiles) for name in _TRAJECTORY}


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
        Of all pixels.
    """
    arrays = stack_tiles(tiles)
    steps = [arrays.pop(name) for name in _TRAJECTORY]
    return arrays, Trajectory(*steps, arrays["n_iter"].size)
