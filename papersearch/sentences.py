"""The sentences of one generation: where they stand in their abstracts, and a vector for each of them.

They lie in the order of papers' rows, as `offsets` (n + 1,) tells, in plain files.
"""

import os
import weakref
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from papersearch.codes import Floats, coded, decoded, products
from papersearch.errors import IndexUnusable
from papersearch.store import Rows

MOST_SENTENCES = 100
"""Those of one abstract that are kept; the longest abstracts have about thirty."""
_OFFSETS, _SPANS, _CODES = "offsets.i64", "spans.i32", "codes.i8"
_UNFINISHED = "offsets.part"

Spans = Sequence[tuple[int, int]]
"""Characters (start, end) of a text's parts, in order."""


class Sentences:
    """Sentences by their paper's row. Read-only and safe from many threads."""

    def __init__(self, folder: Path, step: float, dimension: int) -> None:
        """Open a folder that SentencesWriter made. Raises IndexUnusable."""
        self._step = step
        try:
            self._offsets = np.frombuffer((folder / _OFFSETS).read_bytes(), np.int64)
            self._spans = _Lines(folder / _SPANS, np.int32, int(self._offsets[-1]), 2)
            self._codes = _Lines(folder / _CODES, np.int8, int(self._offsets[-1]), dimension)
        except (OSError, ValueError, IndexError) as error:
            raise IndexUnusable(f"{folder}: sentences are not readable; build the index again") from error

    def __len__(self) -> int:
        """Of how many papers there are sentences."""
        return len(self._offsets) - 1

    def of(self, row: int) -> tuple[Spans, Floats]:
        """The sentences of one paper's abstract: characters (start, end), and vectors (k, d)."""
        part = int(self._offsets[row]), int(self._offsets[row + 1])
        spans = [(start, end) for start, end in self._spans.at([part]).tolist()]
        return spans, decoded(self._codes.at([part]), self._step)

    def beside(self, rows: Rows, vector: Floats | None) -> list[tuple[Spans, Floats]]:
        """Of each of these papers the sentences, with their cosines (k,) to a unit vector, or zeros."""
        starts, ends = self._offsets[rows], self._offsets[rows + 1]
        parts = list(zip(starts.tolist(), ends.tolist(), strict=True))
        spans = self._spans.at(parts).tolist()
        cosines = np.zeros(len(spans), np.float32)
        if vector is not None and len(spans):
            cosines = products(self._codes.at(parts), vector * np.float32(self._step))
        places = [0, *np.cumsum(ends - starts).tolist()]
        return [(spans[start:end], cosines[start:end]) for start, end in pairwise(places)]


class SentencesWriter:
    """A new folder of sentences, filled paper by paper in the order of rows; `finish` makes it readable."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._spans, self._codes, self._offsets = (
            (folder / name).open("wb") for name in (_SPANS, _CODES, _UNFINISHED)
        )
        self._count = 0
        self._offsets.write(np.int64(0).tobytes())

    def add(self, spans: Spans, vectors: Floats, step: float) -> None:
        """Write the sentences of the next paper: their spans, and their vectors (k, d) as codes."""
        self._spans.write(np.array(spans, np.int32).tobytes())
        self._codes.write(coded(vectors, step).tobytes())
        self._count += len(spans)
        self._offsets.write(np.int64(self._count).tobytes())

    def flush(self) -> None:
        """Wait until what was added is on disk: `cut` can make a folder of it, should nothing follow."""
        for file in (self._spans, self._codes, self._offsets):
            file.flush()
            os.fsync(file.fileno())

    def finish(self) -> None:
        """Close the files and make them count."""
        self.close()
        (self._folder / _UNFINISHED).replace(self._folder / _OFFSETS)

    def close(self) -> None:
        """Close the files; unless `finish` was called, Sentences refuses the folder."""
        for file in (self._spans, self._codes, self._offsets):
            file.close()


def stretch(folder: Path, rows: slice, dimension: int) -> bytes:
    """What is on disk of the sentences of some papers, finished or not. Raises OSError, ValueError."""
    offsets = _begun(folder)[rows.start : rows.stop + 1]
    if len(offsets) != rows.stop - rows.start + 1 or offsets[0] < 0 or (np.diff(offsets) < 0).any():
        raise ValueError(f"{folder}: no offsets of these rows")
    parts = [offsets.tobytes()]
    for name, width in _widths(dimension).items():
        with (folder / name).open("rb") as file:
            file.seek(int(offsets[0]) * width)
            parts.append(file.read(int(offsets[-1] - offsets[0]) * width))
    return b"".join(parts)


def cut(folder: Path, papers: int, dimension: int) -> None:
    """Make a folder of the first papers' sentences of what a SentencesWriter began. Raises OSError."""
    offsets = _begun(folder)[: papers + 1]
    for name, width in _widths(dimension).items():
        os.truncate(folder / name, int(offsets[-1]) * width)
    offsets.tofile(folder / _OFFSETS)


def _widths(dimension: int) -> dict[str, int]:
    """Bytes that each sentence takes in the files, by their names."""
    return {_SPANS: 2 * np.dtype(np.int32).itemsize, _CODES: dimension}


def _begun(folder: Path) -> NDArray[np.int64]:
    unfinished = folder / _UNFINISHED
    return np.fromfile(unfinished if unfinished.exists() else folder / _OFFSETS, np.int64)


class _Lines:
    """A file that holds an array (count, width), read a few lines at a time.

    Not memory-mapped: each line looked at would bring its neighbours along, and a process that has answered a
    hundred queries would hold 60 MB of sentences that nobody asked for.
    """

    def __init__(self, path: Path, kind: type[np.generic], count: int, width: int) -> None:
        self._kind, self._width = kind, width
        self._size = width * np.dtype(kind).itemsize
        if path.stat().st_size != count * self._size:
            raise ValueError(f"{path.name} has another size than promised")
        self._descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)

    def at(self, parts: Sequence[tuple[int, int]]) -> NDArray[Any]:
        """The lines (n, width) of parts (start, end), one part behind the other."""
        size = self._size
        found = [os.pread(self._descriptor, (end - start) * size, start * size) for start, end in parts]
        return np.frombuffer(b"".join(found), self._kind).reshape(-1, self._width)
