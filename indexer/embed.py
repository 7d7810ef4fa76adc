"""From a store of papers to their vectors and those of their sentences, in memory that does not grow.

One thread reads papers and writes what came of them; as many others as there are encoders embed, each with an
encoder of its own. The next slice is read before the last texts of the one before are done: none waits.
"""

import os
import queue
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexer import bulk, gpu
from indexer.checkpoint import VECTORS, Checkpoint
from indexer.known import Known
from papersearch import manifest as manifests
from papersearch.codes import Floats, step_of
from papersearch.encoder import ExportedEncoder, opened
from papersearch.manifest import EncoderCard
from papersearch.paper import Paper
from papersearch.sentences import MOST_SENTENCES, SentencesWriter, Spans
from papersearch.store import Store
from papersearch.text import sentence_spans

SLICE = 1024
"""Papers handled together: enough that the encoder finds texts of like length for each batch."""
PART = 64
"""Papers of a slice that an encoder is given at once: few, so that all end together and Ctrl-C is heard."""
_AHEAD = 2
MOST_ENCODERS = 8
"""Each takes about 250 MB."""

Read = tuple[Floats, list[Spans], list[Floats]]
"""Papers as they were read: their vectors (n, d), where their sentences are, and the vectors of these."""


@dataclass(slots=True)
class Embedded:
    """Papers with a vector by now, those reused, those too long to be read to their end; the codes' step."""

    done: int = 0
    reused: int = 0
    truncated: int = 0
    step: float = 0.0


@dataclass(frozen=True, slots=True)
class _Slice:
    """Papers from `start` on: the known ones by their place, and those that are being read."""

    start: int
    papers: list[Paper]
    found: dict[int, tuple[Floats, Spans, Floats]]
    parts: list[tuple[list[int], Future[tuple[Read, int]]]]


def embedders(folder: Path, card: EncoderCard) -> list[ExportedEncoder]:
    """Equal encoders: one on the GPU, or one of one thread for each core. Raises IndexUnusable."""
    if on_gpu := gpu.encoder(folder, card):
        return [on_gpu]
    cores = min(MOST_ENCODERS, os.cpu_count() or 1)
    return bulk.encoders(folder, card, cores)


def embed(
    store: Store, encoders: Sequence[ExportedEncoder], home: Path, known: Sequence[Known], kept: Checkpoint
) -> Iterator[Embedded]:
    """Write the unit vectors (n, d) of all papers and those of their abstracts' sentences into a generation.

    encoders: equal ones, which work side by side. known: the first that knows a text is asked for it.
    kept: is told of each slice that is finished. Yields counts as it goes on.
    """
    counts = Embedded(step=known[0].step if known else 0.0)
    free: queue.SimpleQueue[ExportedEncoder] = queue.SimpleQueue()
    for encoder in encoders:
        free.put(encoder)

    def read(papers: list[Paper]) -> tuple[Read, int]:
        encoder = free.get()
        try:
            return _read(papers, encoder)
        finally:
            free.put(encoder)

    shape = (len(store), encoders[0].card.dimension)
    matrix = _matrix(home / VECTORS, shape)
    starts = iter(range(0, len(store), SLICE))
    under_way: deque[_Slice] = deque()
    pool = ThreadPoolExecutor(len(encoders), "embed")
    with closing(SentencesWriter(home / manifests.SENTENCES)) as writer:
        try:
            while True:
                for start in starts:
                    under_way.append(_begin(store, start, known, pool, read))
                    if len(under_way) == _AHEAD:
                        break
                if not under_way:
                    break
                current = under_way.popleft()
                yield from _await(current, counts)
                _write(current, matrix, writer, counts, kept)
            writer.finish()
        finally:
            pool.shutdown(cancel_futures=True)
    yield counts


def _matrix(path: Path, shape: tuple[int, int]) -> np.memmap[Any, Any]:
    matrix = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    with path.open("rb+") as file:
        # All its room at once: on a full disk this raises, where a write to the map would kill the process.
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return matrix


def load(home: Path) -> Floats:
    """The vectors (n, d) that `embed` wrote, memory-mapped."""
    return np.load(home / VECTORS, mmap_mode="r")  # type: ignore[no-any-return]


def _begin(
    store: Store,
    start: int,
    known: Sequence[Known],
    pool: ThreadPoolExecutor,
    read: Callable[[list[Paper]], tuple[Read, int]],
) -> _Slice:
    """Read a slice from the store, take over what is known of it, and have the rest read by the encoders."""
    papers = store.papers(range(start, min(start + SLICE, len(store))))
    found: dict[int, tuple[Floats, Spans, Floats]] = {}
    for place, paper in enumerate(papers):
        for each in known:
            row = each.rows.get(paper.text_hash)
            if row is not None:
                found[place] = (each.vector(row), *each.sentences(row))
                break
    # The longest first: what is left for the end takes little time, so the encoders end together.
    fresh = sorted(set(range(len(papers))) - set(found), key=lambda place: -len(papers[place].text))
    places = [fresh[first : first + PART] for first in range(0, len(fresh), PART)]
    parts = [(each, pool.submit(read, [papers[place] for place in each])) for each in places]
    return _Slice(start, papers, found, parts)


def _await(current: _Slice, counts: Embedded) -> Iterator[Embedded]:
    """Wait for the parts of a slice, one by one, and note what was read."""
    counts.reused += len(current.found)
    counts.done += len(current.found)
    for places, part in current.parts:
        (vectors, spans, sentences), truncated = part.result()
        current.found.update(zip(places, zip(vectors, spans, sentences, strict=True), strict=True))
        counts.done += len(places)
        counts.truncated += truncated
        yield counts


def _write(
    current: _Slice, matrix: np.memmap[Any, Any], writer: SentencesWriter, counts: Embedded, kept: Checkpoint
) -> None:
    found = [current.found[place] for place in range(len(current.papers))]
    vectors = np.stack([vector for vector, _, _ in found])
    counts.step = counts.step or step_of(np.concatenate([vectors, *(each for _, _, each in found)]))
    matrix[current.start : current.start + len(found)] = vectors
    matrix.flush()
    for _, spans, sentences in found:
        writer.add(spans, sentences, counts.step)
    writer.flush()
    kept.add([paper.text_hash for paper in current.papers], matrix, counts.step)


def _read(papers: Sequence[Paper], encoder: ExportedEncoder) -> tuple[Read, int]:
    """The papers as an encoder reads them, and how many were too long to be read to their end."""
    spans = [sentence_spans(paper.abstract)[:MOST_SENTENCES] for paper in papers]
    begins = [len(paper.text) - len(paper.abstract) for paper in papers]
    titles = [
        (0, max(0, begin - 2) if paper.abstract else begin)
        for paper, begin in zip(papers, begins, strict=True)
    ]
    parts = [
        [title, *((begin + start, begin + end) for start, end in each)]
        for title, begin, each in zip(titles, begins, spans, strict=True)
    ]
    readings = encoder.read_documents([paper.text for paper in papers], parts)
    vectors = opened(readings.whole, np.stack([vectors[0] for vectors in readings.parts]))
    return (vectors, list(spans), [each[1:] for each in readings.parts]), readings.truncated
