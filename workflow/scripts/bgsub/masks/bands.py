"""Work side by side in threads: bands of an image's rows, and what is needed next."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

T = TypeVar("T")
_END = object()


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
        own, *others = self._bands
        results = [self._pool.submit(work, band) for band in others]
        work(own)
        for result in results:
            result.result()


def ahead(items: Iterable[T], n_threads: int) -> Iterator[T]:
    """Yield items in their order; the next one is made in a thread of its own while this one is used.

    Parameters
    ----------
    items : iterable
        Whatever it needs must not be changed by who uses its items.
    n_threads : int
        With 1 each item is made when it is asked for.
    """
    if n_threads == 1:
        yield from items
        return
    source = iter(items)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, source, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, source, _END)
            yield item  # type: ignore[misc]
