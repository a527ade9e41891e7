"""Sorting by comparisons that do not depend on the data, so that each can be of whole rows of numbers.

Plain Python that numba compiles as it is: the fit takes it compiled, a median needs no compiler.
"""

import numpy as np
from numpy.typing import NDArray


def sorting_network(count: int) -> NDArray[np.int64]:
    """Return the pairs of places (2, steps) to compare and exchange, in order, that sort `count` numbers.

    Batcher's merge exchange (1968; Knuth, The Art of Computer Programming 3, 5.2.2 M).
    """
    steps = 0
    pairs = np.empty((2, 0), np.int64)
    for fill in (False, True):
        if fill:
            pairs = np.empty((2, steps), np.int64)
        steps = 0
        p = 1
        while 2 * p < count:
            p *= 2
        top = p
        while p > 0:
            q, r, d = top, 0, p
            while True:
                for i in range(count - d):
                    if i & p == r:
                        if fill:
                            pairs[0, steps], pairs[1, steps] = i, i + d
                        steps += 1
                if q == p:
                    break
                d, q, r = q - p, q // 2, p
            p //= 2
    return pairs
