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
    pairs = []
    size = run  # of the runs that are sorted, and are merged by twos
    while size < count:
        gap = size
        while gap > 0:
            for first in range(gap % size, count - gap, 2 * gap):
                for i in range(first, min(first + gap, count - gap)):
                    if i // (2 * size) == (i + gap) // (2 * size):
                        pairs.append(i)
                        pairs.append(i + gap)
            gap //= 2
        size *= 2
    return np.array(pairs, np.int64).reshape(-1, 2).T
