"""From a store of papers to their vectors and those of their sentences, in memory that does not grow."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papersearch.codes import Floats, step_of
from papersearch.encoder import ExportedEncoder, opened
from papersearch.paper import Paper
from papersearch.sentences import MOST_SENTENCES, Sentences, SentencesWriter, Spans
from papersearch.store import Store
from papersearch.text import sentence_spans
from papersearch.vectors import Vectors

SLICE = 1024
"""Papers handled together: enough that the encoder finds texts of like length for each batch."""


@dataclass(frozen=True, slots=True)
class Known:
    """Vectors of an earlier generation made by the same encoder, to be found by text hash."""

    rows: dict[str, int]
    vectors: Vectors
    sentences: Sentences


@dataclass(slots=True)
class Embedded:
    """Papers with a vector by now, those reused, those too long to be read to their end; the codes' step."""

    done: int = 0
    reused: int = 0
    truncated: int = 0
    step: float = 0.0


def embed(
    store: Store, encoder: ExportedEncoder, path: Path, sentences: Path, known: Known | None
) -> Iterator[Embedded]:
    """Write the unit vectors (n, d) of all papers to the .npy file `path`, those of their abstracts'
    sentences to the new folder `sentences`; yields counts as it goes on.
    """
    matrix = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.float32, shape=(len(store), encoder.card.dimension)
    )
    counts = Embedded(step=known.vectors.step if known else 0.0)
    with closing(SentencesWriter(sentences)) as writer:
        for start in range(0, len(store), SLICE):
            rows = range(start, min(start + SLICE, len(store)))
            papers = store.papers(rows)
            old = [known.rows.get(paper.text_hash) if known else None for paper in papers]
            found: dict[int, tuple[Spans, Floats]] = {}
            for row, place in zip(rows, old, strict=True):
                if known is not None and place is not None:
                    matrix[row] = known.vectors.at(np.array([place]))[0]
                    found[row] = known.sentences.of(place)
            counts.reused += len(found)
            counts.done += len(found)
            # A few batches at a time, so that progress moves and Ctrl-C is heard.
            fresh = sorted(set(rows) - set(found), key=lambda row: len(papers[row - start].text))
            for first in range(0, len(fresh), SLICE // 8):
                part = fresh[first : first + SLICE // 8]
                found |= _read([papers[row - start] for row in part], part, encoder, matrix, counts)
                yield counts
            counts.step = counts.step or step_of(
                np.concatenate([matrix[rows], *(v for _, v in found.values())])
            )
            for row in rows:
                writer.add(*found[row], counts.step)
        writer.finish()
    matrix.flush()
    yield counts


def _read(
    papers: Sequence[Paper], rows: Sequence[int], encoder: ExportedEncoder, matrix: Floats, counts: Embedded
) -> dict[int, tuple[Spans, Floats]]:
    """Put the papers' vectors into the matrix; their sentences by row."""
    spans = [sentence_spans(paper.abstract)[:MOST_SENTENCES] for paper in papers]
    begins = [len(paper.text) - len(paper.abstract) for paper in papers]
    titles = [(0, max(0, begin - 2)) for begin in begins]
    parts = [
        [title, *((begin + start, begin + end) for start, end in each)]
        for title, begin, each in zip(titles, begins, spans, strict=True)
    ]
    readings = encoder.read_documents([paper.text for paper in papers], parts)
    matrix[rows] = opened(readings.whole, np.stack([vectors[0] for vectors in readings.parts]))
    counts.done += len(papers)
    counts.truncated += readings.truncated
    return {row: (each, vectors[1:]) for row, each, vectors in zip(rows, spans, readings.parts, strict=True)}


def load(path: Path) -> Floats:
    """The vectors (n, d) that `embed` wrote, memory-mapped."""
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]
