"""Work for a search that is done beside it, while the search itself does something else.

A search that is alone has a thread beside it, which takes a tenth to a fifth off its time. Where several run
at once each does its own: the cores are busy anyway, and threads that wake each other a hundred times for a
query take a sixth of the processor (benchmarks/README.md).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TypeVar

_Found = TypeVar("_Found")


class Beside:
    """The searches under way, and the thread beside the one that is alone. Safe from many threads."""

    def __init__(self) -> None:
        """The thread is there from the first work on."""
        self._thread = ThreadPoolExecutor(1, "beside")
        self._searches = 0
        self._lock = Lock()

    @contextmanager
    def search(self) -> Iterator[None]:
        """Within this, another search is under way."""
        with self._lock:
            self._searches += 1
        try:
            yield
        finally:
            with self._lock:
                self._searches -= 1

    def begin(self, work: Callable[[], _Found]) -> Callable[[], _Found]:
        """Begin with work, if the search is alone. To call what comes back waits for what the work finds, or
        has it done now, and raises what it raises.

        One work may wait for others that were begun before it.
        """
        return self._thread.submit(work).result if self._searches < 2 else cache(work)
