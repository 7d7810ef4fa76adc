"""The sentences of one generation: where they stand in their abstracts, and a vector for each of them.

They lie in the order of papers' rows, as `offsets` (n + 1,) tells, in plain memory-mapped files.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from papersearch.codes import Codes, Floats, coded, decoded
from papersearch.errors import IndexUnusable

MOST_SENTENCES = 100
"""Those of one abstract that are kept; the longest abstracts have about thirty."""
_OFFSETS, _SPANS, _CODES = "offsets.i64", "spans.i32", "codes.i8"

Spans = Sequence[tuple[int, int]]
"""Characters (start, end) of a text's parts, in order."""


class Sentences:
    """Sentences by their paper's row. Read-only and safe from many threads."""

    def __init__(self, folder: Path, step: float, dimension: int) -> None:
        """Open a folder that SentencesWriter made, memory-mapped. Raises IndexUnusable."""
        self._step = step
        try:
            self._offsets = np.frombuffer((folder / _OFFSETS).read_bytes(), np.int64)
            self._spans = _mapped(folder / _SPANS, np.int32, int(self._offsets[-1]), 2)
            self._codes: Codes = _mapped(folder / _CODES, np.int8, int(self._offsets[-1]), dimension)
        except (OSError, ValueError, IndexError) as error:
            raise IndexUnusable(f"{folder}: sentences are not readable; build the index again") from error

    def __len__(self) -> int:
        """Of how many papers there are sentences."""
        return len(self._offsets) - 1

    def of(self, row: int) -> tuple[Spans, Floats]:
        """The sentences of one paper's abstract: characters (start, end), and vectors (k, d)."""
        part = slice(self._offsets[row], self._offsets[row + 1])
        return [(int(start), int(end)) for start, end in self._spans[part]], decoded(
            self._codes[part], self._step
        )


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


def _mapped(path: Path, kind: type[np.generic], count: int, width: int) -> NDArray[Any]:
    if path.stat().st_size != count * width * np.dtype(kind).itemsize:
        raise ValueError(f"{path.name} has another size than promised")
    if not count:  # an empty file cannot be mapped
        return np.empty((0, width), kind)
    return np.memmap(path, kind, "r", shape=(count, width)).view(np.ndarray)
