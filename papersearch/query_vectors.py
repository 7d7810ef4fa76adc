"""The vectors of queries, remembered for a while."""

from collections import OrderedDict
from threading import Lock

from papersearch.codes import Floats
from papersearch.encoder import Encoder, opened
from papersearch.text import sentences

REMEMBERED = 2_048
"""Queries whose vectors are kept: the pages of one, and its filters, cost no encoding."""


class QueryVectors:
    """An encoder of queries that remembers. Safe from many threads, if the encoder is."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: OrderedDict[str, Floats] = OrderedDict()
        self._lock = Lock()

    def of(self, text: str) -> Floats:
        """A query's unit vector (d,), in which the first of several sentences counts more.

        Raises what the encoder raises.
        """
        known = self._known.get(text)
        if known is not None:
            return known
        first, *others = sentences(text) or [text]
        vectors = self._encoder.encode_queries([text, first] if others else [text])
        vector = opened(*vectors) if others else vectors[0]
        with self._lock:
            self._known[text] = vector
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return vector
