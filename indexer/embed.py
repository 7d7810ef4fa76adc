"""From a store of papers to their vectors, in row order, with memory that does not grow."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papersearch.encoder import ExportedEncoder
from papersearch.store import Store
from papersearch.vectors import Floats, Vectors

SLICE = 1024
"""Papers handled together: enough that the encoder finds texts of like length for each batch."""


@dataclass(frozen=True, slots=True)
class Known:
    """Vectors of an earlier generation made by the same encoder, to be found by text hash."""

    rows: dict[str, int]
    vectors: Vectors


@dataclass(slots=True)
class Embedded:
    """papers with a vector by now, those reused, those too long to be read to their end."""

    done: int = 0
    reused: int = 0
    truncated: int = 0


def embed(store: Store, encoder: ExportedEncoder, path: Path, known: Known | None) -> Iterator[Embedded]:
    """Write the unit vectors (n, d) of all papers to the .npy file `path`; yields counts as it goes on."""
    matrix = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.float32, shape=(len(store), encoder.card.dimension)
    )
    counts = Embedded()
    for start in range(0, len(store), SLICE):
        rows = np.arange(start, min(start + SLICE, len(store)))
        papers = store.papers(rows)
        old = np.array([known.rows.get(paper.text_hash, -1) if known else -1 for paper in papers], np.int64)
        if known is not None and (old >= 0).any():
            matrix[rows[old >= 0]] = known.vectors.at(old[old >= 0])
        fresh = [
            (int(row), paper.text) for row, paper, place in zip(rows, papers, old, strict=True) if place < 0
        ]
        counts.reused += len(rows) - len(fresh)
        counts.done += len(rows) - len(fresh)
        # A few batches at a time, so that progress moves and Ctrl-C is heard.
        fresh.sort(key=lambda item: len(item[1]))
        for first in range(0, len(fresh), SLICE // 8):
            part = fresh[first : first + SLICE // 8]
            vectors, truncated = encoder.encode_documents([text for _, text in part])
            matrix[[row for row, _ in part]] = vectors
            counts.done += len(part)
            counts.truncated += truncated
            yield counts
    matrix.flush()
    yield counts


def load(path: Path) -> Floats:
    """The vectors (n, d) that `embed` wrote, memory-mapped."""
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]
