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
from papersearch.manifest import SearchCard
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


# Larger corpora


@pytest.fixture(scope="module")
def groups() -> tuple[Floats, Floats]:
    """Eight groups of fifty papers that are nearly one, and their centres (8, 64)."""
    centres = unit(3, 8, 64)
    matrix = np.repeat(centres, 50, axis=0) + 0.02 * unit(4, 400, 64)
    scaled: Floats = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return scaled, centres


CARDS = {
    "exact": SearchCard(),
    "signs": SearchCard("signs", sifted=20),
    "clusters": SearchCard("clusters", sifted=20, clusters=8, probes=1),
}


def large(folder: Path, matrix: Floats, card: SearchCard) -> Vectors:
    path, step = folder / "vectors.faiss", step_of(matrix)
    vectors.write(path, matrix, step)
    if card.kind == "signs":
        vectors.write_signs(path, matrix)
    if card.kind == "clusters":
        vectors.write_clusters(path, matrix, card.clusters)
    return Vectors(path, step, card)


@pytest.mark.parametrize("kind", CARDS)
def test_each_way_of_searching_finds_papers_of_the_query_s_group(
    tmp_path: Path, groups: tuple[Floats, Floats], kind: str
) -> None:
    matrix, centres = groups
    rows, cosines = large(tmp_path, matrix, CARDS[kind]).search(centres[5], 10)
    assert len(set(rows)) == 10
    assert set(rows) <= set(range(250, 300))
    np.testing.assert_allclose(cosines, kept(matrix)[rows] @ centres[5], atol=1e-6)
    assert list(cosines) == sorted(cosines, reverse=True)


@pytest.mark.parametrize(
    "card",
    [SearchCard("signs", sifted=399), SearchCard("clusters", sifted=399, clusters=8, probes=8)],
    ids=lambda card: card.kind,
)
def test_what_looks_at_nearly_all_finds_what_an_exact_search_finds(
    tmp_path: Path, groups: tuple[Floats, Floats], card: SearchCard
) -> None:
    matrix, _ = groups
    query = unit(9, 1, 64)[0]
    cosines = kept(matrix) @ query
    expected = np.argsort(-cosines, kind="stable")[:20]
    assert large(tmp_path, matrix, card).search(query, 20)[0].tolist() == expected.tolist()


@pytest.mark.parametrize("share", [0.0, 1.0], ids=["skipping", "fetching"])
@pytest.mark.parametrize("kind", CARDS)
def test_a_search_among_some_rows_loses_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, groups: tuple[Floats, Floats], kind: str, share: float
) -> None:
    monkeypatch.setattr(vectors, "FEW", share)
    matrix, centres = groups
    among = np.arange(0, 400, 40)
    cosines = kept(matrix)[among] @ centres[5]
    expected = among[np.argsort(-cosines, kind="stable")]
    opened = large(tmp_path, matrix, CARDS[kind])
    assert opened.search(centres[5], 10, among)[0].tolist() == expected.tolist()
    assert opened.search(centres[5], 1, among)[0].tolist() == expected[:1].tolist()


def test_equal_cosines_come_in_the_order_of_rows_where_vectors_are_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "FEW", 1.0)
    matrix = np.tile(np.eye(2, dtype=np.float32), (20, 1))
    rows, cosines = opened(tmp_path, matrix).search(matrix[0], 3, np.arange(1, 40))
    assert rows.tolist() == [2, 4, 6]
    assert len(set(cosines)) == 1


@pytest.mark.parametrize("kind", ["signs", "clusters"])
def test_a_search_for_more_than_two_thirds_of_what_is_sifted_is_exact(
    tmp_path: Path, groups: tuple[Floats, Floats], kind: str
) -> None:
    matrix, centres = groups
    rows = large(tmp_path, matrix, CARDS[kind]).search(centres[5], 60)[0]
    assert len(rows) == 60
    assert set(rows) > set(range(250, 300))


def test_clusters_that_hold_less_than_is_wanted_are_not_all_that_is_found(
    tmp_path: Path, groups: tuple[Floats, Floats]
) -> None:
    matrix, centres = groups
    card = SearchCard("clusters", sifted=200, clusters=8, probes=1)
    assert len(large(tmp_path, matrix, card).search(centres[5], 100)[0]) == 100


def test_the_same_vectors_have_the_same_clusters(tmp_path: Path, groups: tuple[Floats, Floats]) -> None:
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        large(tmp_path / name, groups[0], CARDS["clusters"])
        contents.append((tmp_path / name / "signs.faiss").read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the system does not tell")
@pytest.mark.parametrize("kind", CARDS)
def test_the_vectors_and_their_signs_are_memory_mapped(
    tmp_path: Path, groups: tuple[Floats, Floats], kind: str
) -> None:
    searched = large(tmp_path, groups[0], CARDS[kind])
    searched.search(groups[1][0], 5)
    maps = Path("/proc/self/maps").read_text()
    for path in tmp_path.iterdir():
        assert (str(path) in maps) == (path.name != "centres.faiss")


def test_vectors_alone_have_no_signs(tmp_path: Path) -> None:
    opened(tmp_path, unit(1, 5, 8))
    assert not vectors.signs_path(tmp_path / "vectors.faiss").exists()


@pytest.mark.parametrize(
    ("made", "asked", "damaged"),
    [
        ("signs", "signs", "signs.faiss"),
        ("clusters", "clusters", "signs.faiss"),
        ("clusters", "clusters", "centres.faiss"),
        ("signs", "clusters", None),
        ("clusters", "signs", None),
        ("exact", "signs", None),
    ],
)
def test_signs_that_are_damaged_or_of_another_kind_are_named(
    tmp_path: Path, groups: tuple[Floats, Floats], made: str, asked: str, damaged: str | None
) -> None:
    large(tmp_path, groups[0], CARDS[made])
    if damaged:
        (tmp_path / damaged).write_bytes(b"no signs")
    with pytest.raises(IndexUnusable, match="not a readable vector file"):
        Vectors(tmp_path / "vectors.faiss", 0.01, CARDS[asked])


def test_a_search_takes_one_thread_in_whichever_thread_it_runs(tmp_path: Path) -> None:
    found = opened(tmp_path, np.eye(4, dtype=np.float32))
    with ThreadPoolExecutor(1) as other:
        other.submit(faiss.omp_set_num_threads, 2).result()
        assert other.submit(found.search, np.eye(4, dtype=np.float32)[2], 1).result()[0].tolist() == [2]
        assert other.submit(faiss.omp_get_max_threads).result() == 1


def test_what_cannot_be_written_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written by FAISS"):
        vectors.write(tmp_path / "nowhere" / "vectors.faiss", np.eye(4, dtype=np.float32), 0.01)


def test_unscaled_vectors_are_those_divided_by_the_step(tmp_path: Path) -> None:
    vectors.write(tmp_path / "vectors.faiss", np.eye(4, dtype=np.float32), 0.25)
    opened = Vectors(tmp_path / "vectors.faiss", 0.25)
    rows = np.array([2, 0])
    assert opened.unscaled(rows).tolist() == (opened.at(rows) / 0.25).tolist() == [[0, 0, 4, 0], [4, 0, 0, 0]]


@pytest.mark.parametrize("dimension", [264, 300, 384])
def test_room_beside_the_signs_tells_more_of_which_are_near(tmp_path: Path, dimension: int) -> None:
    matrix, queries = unit(6, 3000, dimension), unit(7, 30, dimension)
    found = {}
    for width in (64, -(-dimension // 8)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(vectors, "_width", lambda _, width=width: width)
            (tmp_path / str(width)).mkdir()
            searched = large(tmp_path / str(width), matrix, SearchCard("signs", sifted=150))
        size = vectors.signs_path(tmp_path / str(width) / "vectors.faiss").stat().st_size
        assert 3000 * width < size < 3000 * width + 1000
        found[width] = [set(searched.search(query, 100)[0]) for query in queries]
    nearest = [set(np.argsort(-(kept(matrix) @ query))[:100]) for query in queries]
    wide, bare = (sum(len(a & b) for a, b in zip(nearest, rows, strict=True)) for rows in found.values())
    assert wide > bare


@pytest.mark.parametrize(("dimension", "width"), [(64, 8), (256, 32), (384, 64), (512, 64), (768, 96)])
def test_signs_take_a_bit_a_dimension_or_64_bytes(dimension: int, width: int) -> None:
    assert vectors._width(dimension) == width
