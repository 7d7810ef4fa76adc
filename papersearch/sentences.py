"""The sentences of one generation: where they stand in their abstracts, and a vector for each of them.

They lie in the order of papers' rows, as `offsets` (n + 1,) tells, in plain files.
"""

import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from papersearch.codes import Floats, coded, decoded
from papersearch.errors import IndexUnusable

MOST_SENTENCES = 100
"""Those of one abstract that are kept; the longest abstracts have about thirty."""
_OFFSETS, _SPANS, _CODES = "offsets.i64", "spans.i32", "codes.i8"

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
        spans = [(start, end) for start, end in self._spans.between(*part).tolist()]
        return spans, decoded(self._codes.between(*part), self._step)


class SentencesWriter:
    """A new folder of sentences, filled paper by paper in the order of rows; `finish` makes it readable."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._spans, self._codes = (folder / _SPANS).open("wb"), (folder / _CODES).open("wb")
        self._offsets = [0]

    def add(self, spans: Spans, vectors: Floats, step: float) -> None:
        """Write the sentences of the next paper: their spans, and their vectors (k, d) as codes."""
        self._spans.write(np.array(spans, np.int32).tobytes())
        self._codes.write(coded(vectors, step).tobytes())
        self._offsets.append(self._offsets[-1] + len(spans))

    def finish(self) -> None:
        """Write the offsets and close the files."""
        np.array(self._offsets, np.int64).tofile(self._folder / _OFFSETS)
        self.close()

    def close(self) -> None:
        """Close the files; unless `finish` was called, Sentences refuses the folder."""
        self._spans.close()
        self._codes.close()


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

    def between(self, start: int, end: int) -> NDArray[Any]:
        part = os.pread(self._descriptor, (end - start) * self._size, start * self._size)
        return np.frombuffer(part, self._kind).reshape(-1, self._width)
