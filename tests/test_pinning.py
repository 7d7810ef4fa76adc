"""The paper asked for by name goes first, and nothing else changes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.pinning import listed, pinned
from papersearch.ranking import Ranking, ranked


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def floats(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)


def ranking() -> Ranking:
    return ranked(rows(7, 2, 5), floats(3.0, 2.0, 1.0), keyword=True)


def test_a_row_of_the_ranking_moves_to_its_head() -> None:
    moved = pinned(ranking(), rows(5))
    assert list(moved.rows) == [5, 7, 2]
    assert list(moved.scores) == [3.0, 3.0, 2.0]
    assert list(moved.keyword) == [1.0, 3.0, 2.0]


def test_a_row_that_no_search_found_is_put_there_with_its_cosine() -> None:
    moved = pinned(ranked(rows(7, 2), floats(0.5, 0.25), keyword=False), rows(1, 2), floats(0.125, 0.25))
    assert list(moved.rows) == [2, 1, 7]
    assert list(moved.scores) == [1.0, 1.0, 0.5]
    assert list(moved.semantic) == [0.25, 0.125, 0.5]


def test_without_a_vector_its_parts_are_unknown() -> None:
    moved = pinned(ranking(), rows(1))
    assert list(moved.rows) == [1, 7, 2, 5]
    assert math.isnan(moved.semantic[0])
    assert math.isnan(moved.keyword[0])


def test_no_row_changes_nothing() -> None:
    assert list(pinned(ranking(), rows()).scores) == [3.0, 2.0, 1.0]


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_no_row_comes_twice_or_gets_lost_and_scores_never_rise(held: set[int], wanted: set[int]) -> None:
    before = ranked(rows(*sorted(held)), np.linspace(2, 0, len(held), dtype=np.float32), keyword=True)
    after = pinned(before, rows(*sorted(wanted)))
    assert sorted(after.rows) == sorted(held | wanted)
    assert set(after.rows[: len(wanted)]) == wanted
    assert list(after.scores) == sorted(after.scores, reverse=True)
    assert list(after.rows[len(wanted) :]) == [row for row in before.rows if row not in wanted]


@pytest.mark.parametrize("numbers", [(), (4, 1, 3)])
def test_a_list_keeps_its_order(numbers: tuple[int, ...]) -> None:
    assert list(listed(rows(*numbers)).rows) == list(numbers)
    assert list(listed(rows(*numbers)).scores) == [1.0] * len(numbers)
