"""Vectors in FAISS, held against numpy."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch import vectors
from papersearch.codes import MOST, Floats, coded, decoded, step_of
from papersearch.errors import IndexUnusable
from papersearch.vectors import Vectors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vectors")


def opened(folder: Path, matrix: Floats) -> Vectors:
    step = step_of(matrix)
    vectors.write(folder / "vectors.faiss", matrix, step)
    return Vectors(folder / "vectors.faiss", step)


def kept(matrix: Floats) -> Floats:
    """What is left of a matrix once it is written as codes."""
    return decoded(coded(matrix, step_of(matrix)), step_of(matrix))


def unit(seed: int, count: int, dimension: int) -> Floats:
    matrix = np.random.default_rng(seed).standard_normal((count, dimension))
    scaled: Floats = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return scaled


SEARCHES = {
    "seed": st.integers(0, 2**32),
    "count": st.integers(1, 40),
    "dimension": st.integers(2, 9),
    "limit": st.integers(1, 50),
    "among": st.none() | st.sets(st.integers(0, 39)).map(sorted),
}


def allowed(count: int, among: list[int] | None) -> np.ndarray:
    return np.arange(count) if among is None else np.array([row for row in among if row < count], np.int64)


@given(**SEARCHES)
def test_a_search_finds_the_nearest_as_brute_force_does_up_to_the_query_s_rounding(
    folder: Path, seed: int, count: int, dimension: int, limit: int, among: list[int] | None
) -> None:
    matrix, query = unit(seed, count, dimension), unit(seed + 1, 1, dimension)[0]
    rows = allowed(count, among)
    found, cosines = opened(folder, matrix).search(query, limit, None if among is None else rows)
    exact = kept(matrix)[rows] @ query
    best = np.sort(exact)[::-1][:limit]
    # Each component of the query is off by half a code at most, and so each cosine by that times the
    # vector's components; two cosines may be off in opposite directions.
    off = 2 * np.abs(kept(matrix)).sum(axis=1).max() * np.abs(query).max() / MOST / 2
    np.testing.assert_allclose(cosines, best, atol=off + 1e-5)
    assert set(found) <= set(rows)
    assert len(set(found)) == len(found) == min(limit, len(rows))
    np.testing.assert_allclose(cosines, kept(matrix)[found] @ query, atol=1e-6)


@given(**SEARCHES)
def test_a_search_by_a_query_of_whole_codes_equals_brute_force(
    folder: Path, seed: int, count: int, dimension: int, limit: int, among: list[int] | None
) -> None:
    matrix, query = unit(seed, count, dimension), unit(seed + 1, 1, dimension)
    whole = np.rint(query[0] * (MOST / np.abs(query).max())).astype(np.float32)  # FAISS sees it as it is
    rows = allowed(count, among)
    codes = coded(matrix, step_of(matrix))[rows].astype(np.int64) @ whole.astype(np.int64)
    expected = rows[np.lexsort((rows, -codes))]
    found, _ = opened(folder, matrix).search(whole, limit, None if among is None else rows)
    assert [int(each) for each in codes[np.searchsorted(rows, found)]] == sorted(codes, reverse=True)[:limit]
    if len(set(codes.tolist())) == len(codes):
        assert found.tolist() == expected[:limit].tolist()


@given(**SEARCHES)
def test_cosines_fall_and_equal_ones_come_in_the_order_of_rows(
    folder: Path, seed: int, count: int, dimension: int, limit: int, among: list[int] | None
) -> None:
    matrix, query = unit(seed % 3, count, dimension), unit(seed + 1, 1, dimension)[0]
    matrix[1::2] = matrix[0]  # so that many are equal
    rows = None if among is None else allowed(count, among)
    found, cosines = opened(folder, matrix).search(query, limit, rows)
    keys = [(-cosine, row) for cosine, row in zip(cosines, found, strict=True)]
    assert keys == sorted(keys)


def test_the_cosines_found_are_those_of_the_query_itself_not_of_its_codes(folder: Path) -> None:
    query = np.array([0.8, 0.6 + 1e-4], np.float32)
    found, cosines = opened(folder, np.eye(2, dtype=np.float32)).search(query, 2)
    step = 1.25 / MOST
    assert found.tolist() == [0, 1]
    np.testing.assert_allclose(cosines, np.rint(1 / step) * step * query, rtol=1e-6)


def test_among_no_rows_nothing_is_found(folder: Path) -> None:
    rows, cosines = opened(folder, unit(1, 5, 4)).search(unit(2, 1, 4)[0], 3, np.empty(0, np.int64))
    assert (rows.tolist(), cosines.tolist()) == ([], [])


def test_a_query_of_zeros_has_the_cosine_0_to_all(folder: Path) -> None:
    rows, cosines = opened(folder, unit(1, 3, 4)).search(np.zeros(4, np.float32), 5)
    assert (rows.tolist(), cosines.tolist()) == ([0, 1, 2], [0.0, 0.0, 0.0])


def test_the_vectors_at_rows_are_those_written_in_the_order_asked_for(folder: Path) -> None:
    matrix = unit(1, 5, 4)
    found = opened(folder, matrix).at(np.array([3, 0, 3], np.int64))
    np.testing.assert_array_equal(found, kept(matrix)[[3, 0, 3]])
    np.testing.assert_allclose(found, matrix[[3, 0, 3]], atol=step_of(matrix) / 2 + 1e-7)


def test_the_cosines_to_rows_are_in_the_order_asked_for(folder: Path) -> None:
    matrix, query = unit(1, 5, 4), unit(2, 1, 4)[0]
    found = opened(folder, matrix).cosines(np.array([4, 1, 4], np.int64), query)
    np.testing.assert_allclose(found, kept(matrix)[[4, 1, 4]] @ query, atol=1e-6)


def test_no_rows_have_no_vectors_and_no_cosines(folder: Path) -> None:
    written, nothing = opened(folder, unit(1, 5, 4)), np.empty(0, np.int64)
    assert written.at(nothing).shape == (0, 4)
    assert written.cosines(nothing, unit(2, 1, 4)[0]).shape == (0,)


def test_the_file_knows_how_many_and_how_long(folder: Path) -> None:
    written = opened(folder, unit(1, 5, 4))
    assert (len(written), written.dimension) == (5, 4)


def test_a_memory_mapped_matrix_is_written_whole(folder: Path) -> None:
    matrix = unit(1, 70_000, 2)  # more than one slice
    np.save(folder / "matrix.npy", matrix)
    written = opened(folder, np.load(folder / "matrix.npy", mmap_mode="r"))
    assert len(written) == 70_000
    rows = np.array([0, 65_535, 65_536, 69_999])
    np.testing.assert_array_equal(written.at(rows), kept(matrix)[rows])


@pytest.mark.parametrize("content", [None, b"", b"no vectors at all", "truncated"])
def test_a_file_that_holds_no_vectors_is_named(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "vectors.faiss"
    if content == "truncated":
        vectors.write(path, unit(1, 5, 4), 0.01)
        content = path.read_bytes()[:-7]
    if isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(IndexUnusable, match=f"^{path}: not a readable vector file; build the index again$"):
        Vectors(path, 0.01)


def test_in_a_large_corpus_signs_are_looked_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "LARGE", 400)
    # Eight groups of papers that are nearly one; a query for ten of one's fifty sifts out all of the others.
    centres = unit(3, 8, 64)
    matrix = np.repeat(centres, 50, axis=0) + 0.02 * unit(4, 400, 64)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    large = opened(tmp_path, matrix)
    assert vectors.signs_path(tmp_path / "vectors.faiss").exists()
    rows, cosines = large.search(centres[5], 10)
    assert set(rows) <= set(range(250, 300))
    np.testing.assert_allclose(cosines, matrix[rows] @ centres[5], atol=0.02)
    assert list(cosines) == sorted(cosines, reverse=True)
    # With most rows wanted, or some rows only, every vector is looked at.
    assert len(large.search(centres[5], 300)[0]) == 300
    assert set(large.search(centres[5], 5, np.arange(0, 400, 100))[0]) == {0, 100, 200, 300}


def test_a_small_corpus_has_no_signs(tmp_path: Path) -> None:
    opened(tmp_path, unit(1, 5, 8))
    assert not vectors.signs_path(tmp_path / "vectors.faiss").exists()


def test_damaged_signs_are_named(tmp_path: Path) -> None:
    opened(tmp_path, unit(1, 5, 8))
    vectors.signs_path(tmp_path / "vectors.faiss").write_bytes(b"no signs")
    with pytest.raises(IndexUnusable, match="not a readable vector file"):
        Vectors(tmp_path / "vectors.faiss", 0.01)


def test_a_search_takes_one_thread_in_whichever_thread_it_runs(tmp_path: Path) -> None:
    found = opened(tmp_path, np.eye(4, dtype=np.float32))
    with ThreadPoolExecutor(1) as other:
        other.submit(faiss.omp_set_num_threads, 2).result()
        assert other.submit(found.search, np.eye(4, dtype=np.float32)[2], 1).result()[0].tolist() == [2]
        assert other.submit(faiss.omp_get_max_threads).result() == 1
