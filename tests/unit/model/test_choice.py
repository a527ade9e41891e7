"""The choice of the number of components, on values that are known exactly."""

import numpy as np

from bgsub.model.choice import take_better


def arrays(components, value):
    """Result arrays of 3 grey pixels that all hold `value`."""
    return (
        np.full((components, 3), value), np.full((components, 3, 1), value),
        np.full((components, 3, 1, 1), value), np.full(3, value),
        np.full(3, value, dtype=np.int32), np.full(3, True), np.full(3, value, dtype=np.uint8),
    )  # fmt: skip


def test_the_smaller_mixture_keeps_a_tie():
    image, band = arrays(2, 1.0), arrays(2, 2.0)
    band[3][:] = [-1.0, 0.0, 1.0]
    criterion = np.full(3, 10.0)
    take_better(criterion, 10.0, 5, 0, *band, *image)  # BIC 20, 10 and 0
    np.testing.assert_array_equal(criterion, [10.0, 10.0, 0.0])
    np.testing.assert_array_equal(image[0][0], [1.0, 1.0, 2.0])
    np.testing.assert_array_equal(image[4], [1, 1, 2])
