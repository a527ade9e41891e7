"""A model as arrays, its horizontal tiles put together, and its files."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bgsub.files import write_arrays, write_image, write_table
from bgsub.model.convergence import Trajectory, background_image, trajectory_rows

if TYPE_CHECKING:  # joining tiles needs no compiler
    from bgsub.model.gmm import PixelMixture

# The axis that runs over the image's rows in each array of a model.
ROW_AXIS = dict.fromkeys(("weights", "means", "covariances"), 1)
ROW_AXIS |= dict.fromkeys(("log_likelihood", "n_iter", "converged", "flags"), 0)
_TRAJECTORY = ("trajectory_log_likelihood", "trajectory_converged")


def tile_arrays(mixture: "PixelMixture") -> dict[str, np.ndarray]:
    """Return the arrays of a fitted mixture by their names in model.npz, and those of its trajectory."""
    arrays = {name: getattr(mixture, f"{name}_") for name in ROW_AXIS}
    trajectory = mixture.trajectory_
    return arrays | dict(zip(_TRAJECTORY, (trajectory.log_likelihood, trajectory.converged), strict=True))


def stack_tiles(tiles: Iterable[dict[str, np.ndarray]], height: int) -> dict[str, np.ndarray]:
    """Put tiles together, one at a time: what `tile_arrays` would return for all of them.

    The tiles, from the top to the bottom, are what it returned for each; `height` counts all rows together.
    """
    whole: dict[str, np.ndarray] = {}
    top = 0
    for tile in tiles:
        if not whole:
            whole = {name: np.zeros_like(tile[name]) for name in _TRAJECTORY}
            for name, axis in ROW_AXIS.items():
                shape = tile[name].shape
                whole[name] = np.empty((*shape[:axis], height, *shape[axis + 1 :]), tile[name].dtype)
        bottom = top + len(tile["n_iter"])
        for name, axis in ROW_AXIS.items():
            np.moveaxis(whole[name], axis, 0)[top:bottom] = np.moveaxis(tile[name], axis, 0)
        for name in _TRAJECTORY:  # the same bits for any number of tiles, since these are sums of integers
            whole[name] += tile[name]
        top = bottom
    return whole


def write_model(
    fit: dict[str, np.ndarray], model: str | Path, background: str | Path, convergence: str | Path
) -> None:
    """Write a fit of a whole image, as `tile_arrays` or `stack_tiles` return it.

    The files are model.npz with its arrays, background.png, and convergence.csv with its trajectory. Raises
    InputError if the disk is full.
    """
    log_likelihood, converged = (fit[name] for name in _TRAJECTORY)
    trajectory = Trajectory(log_likelihood, converged, fit["n_iter"].size)
    write_arrays(model, {name: fit[name] for name in ROW_AXIS})
    write_image(background, background_image(fit["weights"], fit["means"]))
    write_table(convergence, trajectory_rows(trajectory))
