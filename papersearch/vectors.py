"""The vectors of one generation in FAISS, a byte a dimension.

A search looks at vectors in one of three ways; the manifest says which, indexer/search_kind.py chooses:

    exact      every vector
    signs      the signs of all, a bit a dimension, then the vectors of the nearest of these (Yamada et al.
               2021, https://aclanthology.org/2021.acl-short.123): a sixth of the memory to go through, or
               an eighth (see _width)
    clusters   the same, but only the signs in the clusters whose centres are nearest to the query

A search among some rows looks at every one of them, in all three. All files are memory-mapped.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from papersearch.codes import MOST, Codes, Floats, coded, decoded, products
from papersearch.errors import IndexUnusable
from papersearch.manifest import SearchCard
from papersearch.store import Rows

FEW = 0.01
"""Up to this share of the rows it is quicker to fetch their vectors one by one than to skip all others."""
SPREAD = 1.5
"""Signs have to leave so many times as many rows as are wanted; a search for more is exact."""
_SIGN = np.uint8(128)
"""FAISS keeps a signed code c as the byte c + 128; with its first bit turned over the byte is c itself."""
_SLICE = 65_536
_SAMPLE, _ROUNDS = 64, 8
"""Vectors for each cluster that its centre is found from, and how often it is moved."""
_EXACT = SearchCard()


class Vectors:
    """Unit vectors by row, so that an inner product is a cosine. Read-only and safe from many threads."""

    def __init__(self, path: Path, step: float, search: SearchCard = _EXACT) -> None:
        """Open a file that `write` made with this step, memory-mapped, to be searched as the card says.

        Raises IndexUnusable: not readable, or without what this way of searching needs.
        """
        try:
            index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
            found = faiss.rev_swig_ptr(index.codes.data(), index.codes.size())
            self._signs, self._centres = _opened(path, search)
        except (RuntimeError, AttributeError) as error:
            raise IndexUnusable(f"{path}: not a readable vector file; build the index again") from error
        self._index, self._bytes = index, found.reshape(-1, index.d)
        self._card, self.step = search, step

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return int(self._index.d)

    def search(self, query: Floats, limit: int, among: Rows | None = None) -> tuple[Rows, Floats]:
        """The rows with the highest cosine to `query` (d,), best first, and these cosines.

        `among` (ascending) restricts the search to those rows, and loses none of them. Equal cosines come in
        ascending order of rows. A search for more than two thirds of what the signs sift out is exact.
        """
        rows = self.near(query, limit, among)
        return _best(rows, self.cosines(rows, query), limit)

    def near(self, query: Floats, limit: int, among: Rows | None = None) -> Rows:
        """The same rows, and perhaps others, in no order: for those who want the vectors of these anyway."""
        limit = min(limit, len(self) if among is None else len(among))
        if limit == 0:
            return np.empty(0, np.int64)
        # Searches come from many threads at once: one thread each, or they fight over the cores. It has to be
        # said in every thread that searches, for OpenMP holds it of that thread alone.
        faiss.omp_set_num_threads(1)
        if among is not None and len(among) <= FEW * len(self):  # of a million that may be ten thousand
            return _best(among, self.cosines(among, query), limit)[0]
        if among is None and SPREAD * limit <= self._card.sifted < len(self):
            return self._sifted(query, limit)
        return self._nearest(query, limit, among)

    def _sifted(self, query: Floats, limit: int) -> Rows:
        """The nearest rows by their signs; at least `limit`."""
        signs = _signs(query[None, :], self._signs.code_size)
        if self._centres is None:
            rows: Rows = self._signs.search(signs, self._card.sifted)[1][0]
            return rows
        clusters = self._centres.search(query[None, :], self._card.probes)[1]
        rows = self._signs.search_preassigned(signs, self._card.sifted, clusters, None)[1][0]
        rows = rows[rows >= 0]
        # Small clusters may hold less than is wanted.
        return rows if len(rows) >= limit else self._nearest(query, limit, None)

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

    def unscaled(self, rows: Rows) -> Floats:
        """The same, each divided by `step`: to be multiplied several times, by what has the step in it."""
        return self._codes(rows).astype(np.float32)

    def cosines(self, rows: Rows, query: Floats) -> Floats:
        """The cosines (n,) of a query (d,) to the vectors at these rows."""
        return products(self._codes(rows), query * np.float32(self.step))

    def _codes(self, rows: Rows) -> Codes:
        found = np.take(self._bytes, rows, axis=0)  # twice as quick as to index
        found ^= _SIGN
        codes: Codes = found.view(np.int8)
        return codes


def _opened(path: Path, card: SearchCard) -> tuple[Any, Any]:
    """The signs and the centres beside a file of vectors, as far as this way of searching has them."""
    if card.kind == "exact":
        return None, None
    signs: Any = faiss.read_index_binary(str(signs_path(path)), faiss.IO_FLAG_MMAP_IFC)
    clustered = isinstance(signs, faiss.IndexBinaryIVF)
    if card.kind == "signs":
        if clustered:
            raise RuntimeError("clusters where none are promised")
        signs.use_heap = False  # to count distances is quicker than a heap of a thousand rows
        return signs, None
    centres: Any = faiss.read_index(str(centres_path(path)))
    if not clustered or centres.ntotal != signs.nlist:
        raise RuntimeError("other clusters than promised")
    signs.nprobe = card.probes
    return signs, centres


def _best(rows: Rows, cosines: Floats, limit: int) -> tuple[Rows, Floats]:
    """The first `limit` in the order of cosines, then rows; only what may be among them is sorted."""
    if len(rows) > limit:
        kept = cosines >= np.partition(cosines, -limit)[-limit]
        rows, cosines = rows[kept], cosines[kept]
    order = np.lexsort((rows, -cosines))[:limit]
    return rows[order], cosines[order]


def write(path: Path, matrix: Floats, step: float) -> None:
    """Write unit vectors (n, d), which may be memory-mapped, as a FAISS file of codes."""
    index = faiss.IndexScalarQuantizer(
        matrix.shape[1], faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
    )
    for start in range(0, len(matrix), _SLICE):
        index.add(coded(matrix[start : start + _SLICE], step).astype(np.float32))
    _save(faiss.write_index, index, path)


def write_signs(path: Path, matrix: Floats) -> None:
    """Write the signs of the vectors (n, d) of a file beside it."""
    width = _width(matrix.shape[1])
    signs = faiss.IndexBinaryFlat(8 * width)
    for start in range(0, len(matrix), _SLICE):
        signs.add(_signs(matrix[start : start + _SLICE], width))
    _save(faiss.write_index_binary, signs, signs_path(path))


def write_clusters(path: Path, matrix: Floats, count: int) -> None:
    """Write the signs of the vectors (n, d) of a file beside it, in so many clusters, and their centres.

    The centres come from a sample, by k-means on the sphere: the same for the same vectors. The clusters are
    of the vectors themselves, not of their signs, for a query's own vector tells much better which are near.
    """
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    dimension = matrix.shape[1]
    order = np.random.default_rng(0).permutation(len(matrix))[: _SAMPLE * count]
    means: Any = faiss.Kmeans(
        dimension, count, niter=_ROUNDS, spherical=True, seed=1, min_points_per_centroid=1
    )
    means.train(np.array(matrix[np.sort(order)]))
    centres: Any = faiss.IndexFlatIP(dimension)
    centres.add(means.centroids)
    # Its own way to assign a vector is by signs; here it is told.
    width = _width(dimension)
    empty: Any = faiss.IndexBinaryFlat(8 * width)
    empty.add(_signs(means.centroids, width))
    signs: Any = faiss.IndexBinaryIVF(empty, empty.d, count)
    signs.is_trained = True
    for start in range(0, len(matrix), _SLICE):
        part = np.ascontiguousarray(matrix[start : start + _SLICE])
        clusters = centres.search(part, 1)[1][:, 0].copy()
        bits = _signs(part, width)
        signs.add_core(len(part), faiss.swig_ptr(bits), None, faiss.swig_ptr(clusters))
    faiss.omp_set_num_threads(1)
    _save(faiss.write_index, centres, centres_path(path))
    _save(faiss.write_index_binary, signs, signs_path(path))


def signs_path(path: Path) -> Path:
    """Where the signs of the vectors in this file are."""
    return path.with_name("signs.faiss")


def centres_path(path: Path) -> Path:
    """Where the centres of the clusters are."""
    return path.with_name("centres.faiss")


def _save(write: Callable[[Any, str], None], index: Any, path: Path) -> None:
    try:
        write(index, str(path))
    except RuntimeError as error:  # of many lines, the path among them
        raise OSError(f"{path}: cannot be written by FAISS") from error


def _width(dimension: int) -> int:
    """The bytes that the signs of a vector are kept in."""
    least = -(-dimension // 8)
    # FAISS compares 64 bytes in one step, and 48 in six: a third more to read takes a third less time.
    return 64 if 32 < least < 64 else least


def _signs(vectors: Floats, width: int) -> NDArray[np.uint8]:
    """The signs of vectors (n, d) in so many bytes; where there is room, of differences in them as well.

    Any direction's sign tells something of a vector, one across two axes as much as an axis itself.
    """
    spare = 8 * width - vectors.shape[1]
    if spare >= 8:
        vectors = np.hstack([vectors, vectors[:, :spare] - vectors[:, -spare:]])
    return np.packbits(vectors > 0, axis=1)
