"""One thread owns the encoder; requests that wait at the same moment share a run of the model.

A model called from many threads fights itself over the cores, and its tokenizer may refuse to be shared.
Nothing is ever held back to fill a batch: while one runs, the next one gathers by itself.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue

import numpy as np

from papersearch.codes import Floats
from papersearch.encoder import Encoder
from papersearch.graph import BATCH

REMEMBERED = 2_048
"""Query vectors kept. The pages of one query then rest on the very same vector, so none repeats a paper."""

_Job = tuple[str, "Future[Floats]"]


class Batching:
    """An encoder that any number of threads may call."""

    def __init__(self, encoder: Encoder, observe: Callable[[int], None] = lambda size: None) -> None:
        """Start the thread. `observe` is told the size of each batch."""
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._known: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()
        arguments = (encoder, self._jobs, observe)
        threading.Thread(target=_work, args=arguments, name="encoder", daemon=True).start()
        # The thread holds the queue but not this object: when its index is replaced and the last request
        # is done, this object goes, and the thread with it.
        weakref.finalize(self, self._jobs.put, None)

    def begin(self, texts: Sequence[str]) -> Callable[[], Floats]:
        """Give the encoder these queries; to call what comes back waits for it, and raises what it raises."""
        found = [self._known_or_asked(text) for text in texts]
        return lambda: np.stack([each if isinstance(each, np.ndarray) else each.result() for each in found])

    def _known_or_asked(self, text: str) -> "Floats | Future[Floats]":
        with self._lock:
            if text in self._known:
                self._known.move_to_end(text)
                return self._known[text]
        future: Future[Floats] = Future()
        self._jobs.put((text, future))
        future.add_done_callback(lambda done: self._remember(text, done))
        return future

    def _remember(self, text: str, done: "Future[Floats]") -> None:
        if done.exception() is None:
            with self._lock:
                self._known[text] = done.result()
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)


def _work(encoder: Encoder, queue: "SimpleQueue[_Job | None]", observe: Callable[[int], None]) -> None:
    while batch := _gathered(queue):
        _answer(encoder, batch, observe)
        # The futures know the Batching, and while this thread held them it would never go.
        del batch


def _gathered(queue: "SimpleQueue[_Job | None]") -> list[_Job]:
    """The jobs that wait, at least one; none when there will be no more."""
    batch = [queue.get()]
    with suppress(Empty):
        while len(batch) < BATCH:
            batch.append(queue.get_nowait())
    if None in batch:
        queue.put(None)  # the end stays behind the last job
    return [job for job in batch if job is not None]


def _answer(encoder: Encoder, batch: list[_Job], observe: Callable[[int], None]) -> None:
    try:
        vectors = encoder.encode_queries([text for text, _ in batch])
    except Exception as error:  # whatever it is belongs to the request that caused it, not to this thread
        if len(batch) == 1:
            batch[0][1].set_exception(error)
        else:
            for job in batch:
                _answer(encoder, [job], observe)
        return
    observe(len(batch))
    for (_, future), vector in zip(batch, vectors, strict=True):
        future.set_result(vector)
