"""Vectors in FAISS, held against numpy."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch import vectors
from papersearch.errors import IndexUnusable
from papersearch.vectors import Floats, Vectors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vectors")


def opened(folder: Path, matrix: Floats) -> Vectors:
    vectors.write(folder / "vectors.faiss", matrix)
    return Vectors(folder / "vectors.faiss")


def unit(seed: int, count: int, dimension: int) -> Floats:
    matrix = np.random.default_rng(seed).standard_normal((count, dimension))
    scaled: Floats = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return scaled


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(2, 9), st.integers(1, 50), st.data())
def test_a_search_equals_brute_force(
    folder: Path, seed: int, count: int, dimension: int, limit: int, data: st.DataObject
) -> None:
    matrix, query = unit(seed, count, dimension), unit(seed + 1, 1, dimension)[0]
    among = data.draw(st.none() | st.sets(st.integers(0, count - 1)).map(sorted))
    allowed = np.arange(count) if among is None else np.array(among, np.int64)
    rows, cosines = opened(folder, matrix).search(query, limit, None if among is None else allowed)
    expected = allowed[np.argsort(-(matrix[allowed] @ query), kind="stable")][:limit]
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(cosines, matrix[expected] @ query, atol=1e-6)


def test_the_vectors_at_rows_are_those_written_in_the_order_asked_for(folder: Path) -> None:
    matrix = unit(1, 5, 4)
    np.testing.assert_array_equal(opened(folder, matrix).at(np.array([3, 0, 3], np.int64)), matrix[[3, 0, 3]])


def test_no_rows_have_no_vectors(folder: Path) -> None:
    assert opened(folder, unit(1, 5, 4)).at(np.empty(0, np.int64)).shape == (0, 4)


def test_the_file_knows_how_many_and_how_long(folder: Path) -> None:
    written = opened(folder, unit(1, 5, 4))
    assert (len(written), written.dimension) == (5, 4)


def test_a_memory_mapped_matrix_is_written_whole(folder: Path) -> None:
    matrix = unit(1, 70_000, 2)  # more than one slice
    np.save(folder / "matrix.npy", matrix)
    written = opened(folder, np.load(folder / "matrix.npy", mmap_mode="r"))
    np.testing.assert_array_equal(written.at(np.array([0, 65_536, 69_999])), matrix[[0, 65_536, 69_999]])


@pytest.mark.parametrize("content", [None, b"", b"no vectors at all", "truncated"])
def test_a_file_that_holds_no_vectors_is_named(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "vectors.faiss"
    if content == "truncated":
        vectors.write(path, unit(1, 5, 4))
        content = path.read_bytes()[:-7]
    if isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(IndexUnusable, match=f"^{path}: not a readable vector file; build the index again$"):
        Vectors(path)
