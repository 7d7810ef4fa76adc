"""The vectors of one generation in FAISS, a byte a dimension.

In a small corpus each search looks at every vector. In a large one it first looks at their signs alone, a bit
a dimension, and then at the vectors of the nearest of these (Yamada et al. 2021,
https://aclanthology.org/2021.acl-short.123): an eighth of the memory to go through. A search among some rows
looks at every one of them in either.
"""

from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from papersearch.codes import MOST, Codes, Floats, coded, decoded, products
from papersearch.errors import IndexUnusable
from papersearch.store import Rows

LARGE = 20_000
"""From so many papers on the signs come first."""
SIFTED = 2
"""How many times as many papers as wanted are taken by their signs; benchmarks/README.md has the recall."""
_SIGN = np.uint8(128)
"""FAISS keeps a signed code c as the byte c + 128; with its first bit turned over the byte is c itself."""


class Vectors:
    """Unit vectors by row, so that an inner product is a cosine. Read-only and safe from many threads."""

    def __init__(self, path: Path, step: float) -> None:
        """Open a file that `write` made with this step, memory-mapped. Raises IndexUnusable."""
        try:
            index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
            found = faiss.rev_swig_ptr(index.codes.data(), index.codes.size())
            signs = signs_path(path)
            self._signs: Any = faiss.read_index_binary(str(signs)) if signs.exists() else None
        except (RuntimeError, AttributeError) as error:
            raise IndexUnusable(f"{path}: not a readable vector file; build the index again") from error
        self._index, self._bytes = index, found.reshape(-1, index.d)
        self.step = step

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return int(self._index.d)

    def search(self, query: Floats, limit: int, among: Rows | None = None) -> tuple[Rows, Floats]:
        """The rows with the highest cosine to `query` (d,), best first, and these cosines.

        `among` (ascending) restricts the search to those rows, and loses none of them: FAISS skips the
        others while it scans. Equal cosines come in ascending order of rows.
        """
        limit = min(limit, len(self) if among is None else len(among))
        if limit == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        # Searches come from many threads at once: one thread each, or they fight over the cores. It has to be
        # said in every thread that searches, for OpenMP holds it of that thread alone.
        faiss.omp_set_num_threads(1)
        if self._signs is not None and among is None and SIFTED * limit < len(self):
            rows = self._signs.search(_signs(query[None, :]), SIFTED * limit)[1][0]
        else:
            rows = self._nearest(query, limit, among)
        cosines = self.cosines(rows, query)
        order = np.lexsort((rows, -cosines))[:limit]
        return rows[order], cosines[order]

    def _nearest(self, query: Floats, limit: int, among: Rows | None) -> Rows:
        parameters = None
        if among is not None:
            allowed = np.zeros(len(self), dtype=bool)
            allowed[among] = True
            selector: Any = faiss.IDSelectorBitmap  # its stub knows the C++ signature only
            keywords: Any = {"sel": selector(np.packbits(allowed, bitorder="little"))}
            parameters = faiss.SearchParameters(**keywords)
        # FAISS multiplies bytes by bytes, so the query has to be codes as well: only the order is taken
        # from there, and the cosines of what was found are those of the query itself.
        whole = np.rint(query * (MOST / max(float(np.abs(query).max()), 1e-9)))
        rows: Rows = self._index.search(whole[None, :], limit, params=parameters)[1][0]
        return rows

    def at(self, rows: Rows) -> Floats:
        """The vectors (n, d) at these rows."""
        return decoded(self._codes(rows), self.step)

    def cosines(self, rows: Rows, query: Floats) -> Floats:
        """The cosines (n,) of a query (d,) to the vectors at these rows."""
        return products(self._codes(rows), self.step, query)

    def _codes(self, rows: Rows) -> Codes:
        found: Codes = (self._bytes[rows] ^ _SIGN).view(np.int8)
        return found


def write(path: Path, matrix: Floats, step: float) -> None:
    """Write unit vectors (n, d), which may be memory-mapped, as a FAISS file of codes; beside it, where they
    are many, one of their signs.
    """
    index = faiss.IndexScalarQuantizer(
        matrix.shape[1], faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
    )
    for start in range(0, len(matrix), 65_536):
        index.add(coded(matrix[start : start + 65_536], step).astype(np.float32))
    faiss.write_index(index, str(path))
    if len(matrix) < LARGE:
        return
    signs = faiss.IndexBinaryFlat(8 * _signs(matrix[:1]).shape[1])
    for start in range(0, len(matrix), 65_536):
        signs.add(_signs(matrix[start : start + 65_536]))
    faiss.write_index_binary(signs, str(signs_path(path)))


def signs_path(path: Path) -> Path:
    """Where the signs of the vectors in this file are."""
    return path.with_name("signs.faiss")


def _signs(vectors: Floats) -> NDArray[np.uint8]:
    return np.packbits(vectors > 0, axis=1)
