"""Answers of searches as they are sent: found in a thread, written to JSON once, the recent ones remembered.

They are remembered in memory alone, for as long as the process runs, and by the generation that gave them:
what an older index answered is never sent for a newer one.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from pydantic_core import to_json

from api.metrics import Metrics
from papersearch.index import Index
from papersearch.query import Answer, Query

AT_ONCE = 2
"""Searches that run at the same time: while Python works for one, the other's encoder or words may run. More
would wait for Python's lock: with 32 clients 4 at once answered a seventh fewer queries than 2, and one alone
a third fewer (benchmarks/README.md). The others wait for their turn, and leave the processor to these and to
suggestions, which have threads of their own."""
MOST_ANSWERS = 1_000
MOST_BYTES = 16 * 1024 * 1024
"""What is remembered at most; the answer that nobody has asked for longest goes first."""

_Key = tuple[str, Query]
_Parts = tuple[bytes, bytes]
"""What stands before and after the time that an answer took."""
_Done = TypeVar("_Done")


class Answers:
    """The searches of one application. To be used from its event loop alone; what is remembered is touched
    nowhere else, so it needs no lock.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._kept: OrderedDict[_Key, _Parts] = OrderedDict()
        self._bytes = 0
        self._turns = CapacityLimiter(AT_ONCE)

    async def to(self, query: Query, index: Index) -> bytes:
        """The answer to a query as a JSON object, in the shape of schemas.SearchAnswer.

        `took_ms` is the time that this answer took, waiting for a turn left out.
        """
        began = time.perf_counter()
        key = index.manifest.generation, query
        if key in self._kept:
            parts = self._kept[key]
            self._kept.move_to_end(key)
            self._metrics.cache_hits.inc()
            seconds = time.perf_counter() - began
        else:
            parts, seconds = await self._in_turn(partial(self._searched, query, index))
            self._keep(key, parts)
        return b"%b%.3f%b" % (parts[0], 1000 * seconds, parts[1])

    async def related(self, find: Callable[[], Answer]) -> bytes:
        """The papers that are found as a JSON object, in the shape of schemas.RelatedAnswer.

        Raises what `find` raises.
        """
        return await self._in_turn(lambda: json_of({"hits": self._noted(find()).hits}))

    async def _in_turn(self, work: Callable[[], _Done]) -> _Done:
        # What a search finds is written in its thread as well: others' requests go on meanwhile.
        return await run_sync(work, limiter=self._turns)

    def _searched(self, query: Query, index: Index) -> tuple[_Parts, float]:
        answer = self._noted(index.search(query))
        return _written(query, answer), sum(answer.seconds.values())

    def _noted(self, answer: Answer) -> Answer:
        self._metrics.stages(answer.seconds)
        return answer

    def _keep(self, key: _Key, parts: _Parts) -> None:
        # Two who ask the same at once both bring the answer.
        self._bytes += _size(parts) - _size(self._kept.pop(key, (b"", b"")))
        self._kept[key] = parts
        while len(self._kept) > MOST_ANSWERS or self._bytes > MOST_BYTES:
            self._bytes -= _size(self._kept.popitem(last=False)[1])


def json_of(data: Any) -> bytes:
    """Data of the engine, its records among it, as JSON. What JSON has no number for is null."""
    return to_json(data, inf_nan_mode="null")


def _written(query: Query, answer: Answer) -> _Parts:
    facets = None
    if answer.facets is not None:
        facets = {name: _counts(found) for name, found in answer.facets.items()}
    before = {
        "query": query.text,
        "corrected": answer.corrected,
        "good_match": answer.good_match,
        "mode": query.mode,
        "total": answer.total,
    }
    after = {"hits": answer.hits, "facets": facets}
    return json_of(before)[:-1] + b',"took_ms":', b"," + json_of(after)[1:]


def _counts(found: Iterable[tuple[str | int, int]]) -> list[dict[str, str | int]]:
    return [{"value": value, "count": count} for value, count in found]


def _size(parts: _Parts) -> int:
    return len(parts[0]) + len(parts[1])
