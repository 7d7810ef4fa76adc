"""The vectors of queries: remembered for a while, and encoded while the caller does something else.

A query that comes alone is encoded in a thread beside it, which takes a tenth off its time. Where several
come at once each is encoded in its own thread: the cores are busy anyway, and threads that wake each other a
hundred times for a query take a sixth of the processor (benchmarks/README.md).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Lock

from papersearch.codes import Floats
from papersearch.encoder import Encoder

REMEMBERED = 2_048
"""Texts whose vectors are kept: the pages of a query, and its filters, cost no encoding."""

_Texts = tuple[str, ...]


class QueryVectors:
    """An encoder that any number of threads may ask for queries' vectors."""

    def __init__(self, encoder: Encoder) -> None:
        """encoder: safe from many threads. The thread beside is there from the first query on."""
        self._encoder = encoder
        self._beside = ThreadPoolExecutor(1, "encoder")
        self._known: OrderedDict[_Texts, Floats] = OrderedDict()
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

    def begin(self, texts: Sequence[str]) -> Callable[[], Floats]:
        """Begin with queries; to call what comes back waits for their unit vectors (n, d).

        That call raises what the encoder raises.
        """
        key = tuple(texts)
        known = self._known.get(key)
        if known is not None:
            return lambda: known
        if self._searches < 2:
            return self._beside.submit(self._encode, key).result
        return partial(self._encode, key)

    def _encode(self, key: _Texts) -> Floats:
        vectors = self._encoder.encode_queries(key)
        with self._lock:
            self._known[key] = vectors
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return vectors
