"""Sorting by comparisons that do not depend on the data, so that each can be of whole rows of numbers.

Plain Python that numba compiles as it is: the fit takes it compiled, a median needs no compiler.
"""

import numpy as np
from numpy.typing import NDArray


def sorting_network(count: int, run: int = 1) -> NDArray[np.int64]:
    """Return the pairs of places (2, steps) to compare and exchange, in order, that sort `count` numbers.

    Batcher's odd-even merge sort (1968; Knuth, The Art of Computer Programming 3, 5.3.4). With a `run` larger
    than 1, a power of two, so many numbers in a row are sorted already.
    """
    steps = 0
    pairs = np.empty((2, 0), np.int64)
    for fill in (False, True):
        if fill:
            pairs = np.empty((2, steps), np.int64)
        steps, size = 0, run
        while size < count:
            gap = size
            while gap > 0:
                for first in range(gap % size, count - gap, 2 * gap):
                    for i in range(first, min(first + gap, count - gap)):
                        if i // (2 * size) == (i + gap) // (2 * size):
                            if fill:
                                pairs[0, steps], pairs[1, steps] = i, i + gap
                            steps += 1
                gap //= 2
            size *= 2
    return pairs
