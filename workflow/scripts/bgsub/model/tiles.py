"""A model as arrays, its horizontal tiles put together, and its files."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bgsub.files import write_arrays, write_image, write_table
from bgsub.model.convergence import Trajectory, background_image, trajectory_rows

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


def write_model(
    tiles: Iterable[dict[str, np.ndarray]],
    model: str | Path,
    background: str | Path,
    convergence: str | Path,
) -> None:
    """Put the tiles of one model together, and write its arrays, background image and trajectory.

    Parameters
    ----------
    tiles : iterable of dict
        What `tile_arrays` returned for each tile, from the top of the image to its bottom.
    model, background, convergence : path-like
        The files to make: model.npz, background.png, convergence.csv.

    Raises
    ------
    InputError
        If the disk is full.
    """
    arrays, trajectory = join_tiles(list(tiles))
    write_arrays(model, arrays)
    write_image(background, background_image(arrays["weights"], arrays["means"]))
    write_table(convergence, trajectory_rows(trajectory))
