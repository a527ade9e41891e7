"""Sorting by comparisons that do not depend on the data, so that each can be of whole rows of numbers.

They are steps of the machine code of the fit, too, which numba makes; a median needs no compiler.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray


@cache
def sorting_network(count: int, run: int = 1) -> NDArray[np.int64]:
    """Return the pairs of places (2, steps) to compare and exchange, in order, that sort `count` numbers.

    Batcher's odd-even merge sort (1968; Knuth, The Art of Computer Programming 3, 5.3.4). With a `run` larger
    than 1, a power of two, so many numbers in a row are sorted already.
    The array is kept: it must not be changed.
    """
    pairs, size = [], run
    while size < count:
        gap = size
        while gap > 0:
            for first in range(gap % size, count - gap, 2 * gap):
                lower = np.arange(first, min(first + gap, count - gap))
                same = lower // (2 * size) == (lower + gap) // (2 * size)
                pairs.append(lower[same] + [[0], [gap]])
            gap //= 2
        size *= 2
    return np.concatenate([np.empty((2, 0), np.int64), *pairs], axis=1)
