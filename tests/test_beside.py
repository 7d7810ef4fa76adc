"""Work beside a search: in a thread of its own for one that is alone, else by each search itself."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from papersearch.beside import Beside
from tests.service import PATIENCE


@contextmanager
def under_way(beside: Beside, searches: int) -> Iterator[None]:
    with ExitStack() as each:
        for _ in range(searches):
            each.enter_context(beside.search())
        yield


def where(beside: Beside, *, searches: int) -> str:
    """The name of the thread that works while so many searches are under way."""
    with under_way(beside, searches):
        return beside.begin(lambda: threading.current_thread().name)()


def test_a_search_alone_has_a_thread_beside_it() -> None:
    beside = Beside()
    assert [where(beside, searches=1) for _ in range(2)] == ["beside_0", "beside_0"]


def test_of_several_searches_each_works_by_itself_and_when_it_waits() -> None:
    beside, done = Beside(), list[threading.Thread]()
    with beside.search(), beside.search():
        wait = beside.begin(lambda: done.append(threading.current_thread()))
        assert done == []
        wait()
        wait()
    assert done == [threading.current_thread()]


def test_when_the_others_have_ended_a_search_is_alone_again() -> None:
    beside = Beside()
    assert where(beside, searches=3) == threading.current_thread().name
    with pytest.raises(ZeroDivisionError), beside.search():
        raise ZeroDivisionError
    assert where(beside, searches=1) == "beside_0"


@pytest.mark.parametrize("searches", [1, 2])
def test_one_work_may_wait_for_another(searches: int) -> None:
    beside = Beside()
    with under_way(beside, searches):
        first = beside.begin(lambda: [1])
        second = beside.begin(lambda: [*first(), 2])
        assert (second(), first()) == ([1, 2], [1])


@pytest.mark.parametrize("searches", [1, 2])
def test_an_error_reaches_who_waits(searches: int) -> None:
    beside = Beside()
    with under_way(beside, searches):
        wait = beside.begin(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            wait()


def test_the_thread_ends_with_what_it_was_beside() -> None:
    beside = Beside()
    with beside.search():
        thread = beside.begin(threading.current_thread)()
    assert thread.is_alive()
    del beside
    thread.join(PATIENCE)
    assert not thread.is_alive()
