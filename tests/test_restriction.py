"""Conditions of a query and filters of a request: each row that is left meets them all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.filters import Filters
from papersearch.restriction import allowed
from papersearch.store import Store
from papersearch.syntax import parse
from papersearch.words import Words
from tests.conftest import PAPERS, store_and_words

Parts = tuple[Store, Words]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return store_and_words(tmp_path_factory.mktemp("parts"), PAPERS)


def left(parts: Parts, query: str, filters: Filters = Filters()) -> list[str] | None:  # noqa: B008
    rows = allowed(parse(query), filters, *parts)
    return None if rows is None else [PAPERS[row].id for row in rows]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("packets", None),
        ('"compiler passes"', ["passes"]),
        ('"COMPILER  PÀSSES"', ["passes"]),
        ('"passes compiler"', []),
        ('"compilers"', []),
        ('"tree search" "a program"', ["tree"]),
        # The title ends in "code", the abstract begins with "Neural": no phrase runs over both.
        ('"code neural"', []),
        ("packet -queues", ["passes", "tree", "congestion", "joins/2019", "bare"]),
        ("packet -queue", ["passes", "tree", "congestion", "joins/2019", "bare"]),
        ('packet -"queue"', ["passes", "tree", "congestion", "queues", "joins/2019", "bare"]),
        ('packet -"drop packets early"', ["passes", "tree", "congestion", "joins/2019", "bare"]),
        ("title:learn", ["passes", "congestion", "joins/2019"]),
        ('title:"learns"', ["congestion"]),
        ("title:packets", []),
        ("author:floyd", ["congestion", "queues"]),
        ('author:"sally floyd" year:2000..', ["congestion"]),
        ("author:floyd author:jacobson", ["congestion"]),
        ("author:floyd -author:jacobson", ["queues"]),
        ("venue:sigcomm year:..1999", ["queues"]),
        ("year:2022 year:2021", []),
        ("-year:2022 year:2000..", ["tree", "joins/2019"]),
    ],
)
def test_conditions_leave_exactly_the_papers_that_meet_them(
    parts: Parts, query: str, ids: list[str] | None
) -> None:
    assert left(parts, query) == ids


def test_conditions_and_filters_both_hold(parts: Parts) -> None:
    assert left(parts, "author:floyd", Filters(year_from=2000)) == ["congestion"]
    assert left(parts, "author:floyd", Filters(author="Van Jacobson")) == ["congestion"]
    assert left(parts, "packet -congestion", Filters(venue="SIGCOMM")) == ["queues"]


@given(st.text() | st.lists(st.sampled_from(['"', "-", "title:", "author:", "a", "year:"])).map("".join))
def test_any_query_leaves_rows_of_the_index(parts: Parts, query: str) -> None:
    rows = allowed(parse(query.encode("utf-8", "replace").decode()), Filters(), *parts)
    assert rows is None or (set(rows) <= set(range(6)) and list(rows) == sorted(set(rows)))
