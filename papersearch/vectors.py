"""The vectors of one generation in FAISS: exact inner-product search over all of them or over some rows."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from papersearch.errors import IndexUnusable
from papersearch.store import Rows

Floats = NDArray[np.float32]


class Vectors:
    """Unit vectors by row, so that an inner product is a cosine. Read-only and safe from many threads."""

    def __init__(self, path: Path) -> None:
        """Open a file that `write` made, memory-mapped. Raises IndexUnusable."""
        try:
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise IndexUnusable(f"{path}: not a readable vector file; build the index again") from error
        # Searches come from many request threads at once: one thread each, or they fight over the cores.
        faiss.omp_set_num_threads(1)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return int(self._index.d)

    def search(self, query: Floats, limit: int, among: Rows | None = None) -> tuple[Rows, Floats]:
        """The rows with the highest cosine to `query` (d,), best first, and these cosines.

        `among` (ascending) restricts the search to those rows, and loses none of them: FAISS skips the
        others while it scans.
        """
        limit = min(limit, len(self) if among is None else len(among))
        if limit == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters = None
        if among is not None:
            allowed = np.zeros(len(self), dtype=bool)
            allowed[among] = True
            selector: Any = faiss.IDSelectorBitmap  # its stub knows the C++ signature only
            keywords: Any = {"sel": selector(np.packbits(allowed, bitorder="little"))}
            parameters = faiss.SearchParameters(**keywords)
        scores, rows = self._index.search(query[None, :], limit, params=parameters)
        return rows[0], scores[0]

    def at(self, rows: Rows) -> Floats:
        """The vectors (n, d) at these rows."""
        return np.asarray(self._index.reconstruct_batch(rows), dtype=np.float32).reshape(
            len(rows), self.dimension
        )


def write(path: Path, matrix: Floats) -> None:
    """Write unit vectors (n, d), which may be memory-mapped, as a FAISS file."""
    index = faiss.IndexFlatIP(matrix.shape[1])
    for start in range(0, len(matrix), 65_536):
        index.add(np.ascontiguousarray(matrix[start : start + 65_536]))
    faiss.write_index(index, str(path))
