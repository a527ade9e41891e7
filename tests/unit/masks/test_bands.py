import threading

import numpy as np
import pytest

from bgsub.masks.bands import Bands, ahead


@pytest.mark.parametrize("n_threads", [1, 2, 3, 20])
def test_every_row_is_in_one_band(n_threads):
    count = np.zeros(13, int)

    def add(rows):
        count[rows] += 1

    Bands(13, n_threads).each(add)
    assert (count == 1).all()


@pytest.mark.parametrize("n_threads", [1, 2])
def test_items_come_in_their_order_and_a_failure_where_it_happened(n_threads):
    def squares():
        for number in range(4):
            yield number * number
        raise ValueError("no more")

    items = ahead(squares(), n_threads)
    assert [next(items) for _ in range(4)] == [0, 1, 4, 9]
    with pytest.raises(ValueError, match="no more"):
        next(items)


def test_the_next_item_is_made_while_one_is_used():
    made = threading.Event()

    def items():
        yield "first"
        made.set()
        yield "second"

    assert all(made.wait(timeout=10) for _ in ahead(items(), 2))


def test_whoever_stops_early_waits_for_no_more():
    items = ahead(iter(range(10**9)), 2)
    assert next(items) == 0
    items.close()
