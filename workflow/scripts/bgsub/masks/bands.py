"""Bands of an image's rows, worked on side by side by threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np


class Bands:
    """As many bands as threads.

    Parameters
    ----------
    height : int
        Rows of the image.
    n_threads : int
        Results must not depend on it: no band may need what another one makes.
    """

    def __init__(self, height: int, n_threads: int = 1) -> None:
        edges = np.linspace(0, height, n_threads + 1).astype(int).tolist()
        self._bands = list(map(slice, edges[:-1], edges[1:]))
        self._pool = ThreadPoolExecutor(n_threads)

    def each(self, work: Callable[[slice], None]) -> None:
        """Call `work` with the rows of each band; only compiled code gains by threads."""
        for _ in map(work, self._bands) if len(self._bands) == 1 else self._pool.map(work, self._bands):
            pass
