"""Ranking: scores of meaning and of words made into one order."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.codes import Floats
from papersearch.errors import IndexUnusable
from papersearch.ranking import SEMANTIC_WEIGHT, Background, Ranking, fused, ranked
from papersearch.store import Rows


def rows(*values: int) -> Rows:
    return np.array(values, np.int64)


def floats(*values: float) -> Floats:
    return np.array(values, np.float32)


def as_lists(ranking: Ranking) -> list[list[float | None]]:
    columns = (ranking.rows, ranking.scores, ranking.semantic, ranking.keyword)
    return [[None if math.isnan(value) else float(value) for value in column] for column in columns]


def test_a_fused_score_is_the_weighted_sum_of_both_scaled_ones() -> None:
    ranking = fused(rows(7, 3, 5), floats(0.5, 0.3, 0.1), 0.1, rows(5, 3), floats(8.0, 4.0))
    assert list(ranking.rows) == [7, 3, 5]
    words = 1 - SEMANTIC_WEIGHT
    assert list(ranking.scores) == pytest.approx(
        [SEMANTIC_WEIGHT, SEMANTIC_WEIGHT / 2 + words / 2, words], abs=1e-6
    )


def test_each_part_of_the_score_stays_with_its_row() -> None:
    ranking = fused(rows(7, 3, 5), floats(0.5, 0.25, 0.125), 0.125, rows(5, 3), floats(8.0, 2.0))
    assert list(ranking.rows) == [7, 5, 3]
    assert as_lists(ranking)[2:] == [[0.5, 0.125, 0.25], [None, 8.0, 2.0]]


def test_meaning_decides_alone_where_no_word_is_found() -> None:
    ranking = fused(rows(1, 2), floats(0.25, 0.75), 0.25, rows(), floats())
    assert as_lists(ranking) == [[2, 1], [1.0, 0.0], [0.75, 0.25], [None, None]]


def test_a_cosine_under_the_floor_counts_as_the_floor() -> None:
    ranking = fused(rows(1, 2), floats(1.0, -1.0), 0.0, rows(), floats())
    assert list(ranking.scores) == [1.0, 0.0]


def test_nothing_found_ranks_nothing() -> None:
    assert len(fused(rows(), floats(), 0.0, rows(), floats())) == 0


def test_one_search_alone_keeps_its_own_scores() -> None:
    assert as_lists(ranked(rows(4, 9), floats(3.0, 5.0), keyword=True)) == [
        [9, 4],
        [5.0, 3.0],
        [None, None],
        [5.0, 3.0],
    ]


def test_equal_scores_come_in_the_order_of_rows() -> None:
    assert list(ranked(rows(9, 2, 4), floats(1, 1, 1), keyword=False).rows) == [2, 4, 9]


def test_rows_can_be_taken_out_of_a_ranking() -> None:
    left = ranked(rows(1, 2, 3), floats(3, 2, 1), keyword=True).without(rows(2, 8))
    assert as_lists(left) == [[1, 3], [3.0, 1.0], [None, None], [3.0, 1.0]]


@st.composite
def candidates(draw: st.DrawFn) -> tuple[Rows, Floats, float, Rows, Floats]:
    """Any rows with cosines, a floor, and some of these rows with BM25 scores; many of them equal."""
    found = draw(st.lists(st.integers(0, 1000), unique=True, max_size=30))
    cosines = [draw(st.sampled_from([-0.5, 0.0, 0.25]) | st.floats(-1, 1, width=32)) for _ in found]
    worded = draw(st.lists(st.sampled_from(found), unique=True)) if found else []
    weights = [draw(st.sampled_from([0.0, 1.0, 7.5]) | st.floats(0, 100, width=32)) for _ in worded]
    return rows(*found), floats(*cosines), draw(st.floats(-1, 1)), rows(*worded), floats(*weights)


@given(candidates())
def test_every_candidate_is_ranked_exactly_once(given_: tuple[Rows, Floats, float, Rows, Floats]) -> None:
    assert sorted(fused(*given_).rows) == sorted(given_[0])


@given(candidates())
def test_fused_scores_are_between_0_and_1(given_: tuple[Rows, Floats, float, Rows, Floats]) -> None:
    scores = fused(*given_).scores
    assert ((scores >= 0) & (scores <= 1 + 1e-6)).all()


@given(candidates())
def test_the_order_is_by_score_and_then_by_row(given_: tuple[Rows, Floats, float, Rows, Floats]) -> None:
    ranking = fused(*given_)
    keys = [(-score, row) for score, row in zip(ranking.scores, ranking.rows, strict=True)]
    assert keys == sorted(keys)


@given(candidates(), st.randoms())
def test_the_order_of_the_candidates_changes_nothing(
    given_: tuple[Rows, Floats, float, Rows, Floats], random: np.random.RandomState
) -> None:
    found, cosines, floor, worded, weights = given_
    one, two = list(range(len(found))), list(range(len(worded)))
    random.shuffle(one)
    random.shuffle(two)
    shuffled = fused(found[one], cosines[one], floor, worded[two], weights[two])
    assert as_lists(shuffled) == as_lists(fused(*given_))


@given(st.integers(0, 2**32), st.integers(1, 50), st.integers(1, 6))
def test_the_floor_is_three_deviations_under_the_mean_cosine(seed: int, count: int, dimension: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.standard_normal((count, dimension)).astype(np.float32)
    query = random.standard_normal(dimension).astype(np.float32)
    cosines = matrix @ query
    expected = float(cosines.mean() - 3 * cosines.std())
    assert Background.of(matrix).floor(query) == pytest.approx(expected, rel=1e-3, abs=1e-2)


def test_a_background_comes_back_from_its_file(tmp_path: Path) -> None:
    background = Background.of(np.eye(3, dtype=np.float32))
    background.save(tmp_path / "background.npz")
    loaded = Background.load(tmp_path / "background.npz")
    np.testing.assert_array_equal(loaded.mean, background.mean)
    np.testing.assert_array_equal(loaded.covariance, background.covariance)


@pytest.mark.parametrize("content", [None, b"", b"no arrays", b"PK\x03\x04 cut off"])
def test_a_background_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "background.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexUnusable, match=f"^{path}: not readable .*; build the index again$"):
        Background.load(path)
