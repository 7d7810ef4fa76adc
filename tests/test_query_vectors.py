"""Queries' vectors: encoded beside a search that is alone, by several searches each its own; remembered."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from papersearch import query_vectors
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.manifest import ENCODER, read
from papersearch.query_vectors import QueryVectors
from tests import tiny
from tests.service import PATIENCE

TEXTS = [" ".join(tiny.WORDS[start : start + 3]) for start in range(60)]


class Counting:
    """An encoder of numbers as texts, which notes what it is asked, and in which thread."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.threads: list[threading.Thread] = []

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        self.asked.append(tuple(texts))
        self.threads.append(threading.current_thread())
        return np.array([[float(text)] for text in texts], np.float32)


@pytest.fixture
def encoder() -> Counting:
    return Counting()


def asked(vectors: QueryVectors, *texts: str, searches: int = 1) -> list[list[float]]:
    """The vectors of texts, asked for while so many searches are under way."""
    with ExitStack() as under_way:
        for _ in range(searches):
            under_way.enter_context(vectors.search())
        found: list[list[float]] = vectors.begin(texts)().tolist()
    return found


def test_vectors_come_in_the_order_of_the_texts(encoder: Counting) -> None:
    assert asked(QueryVectors(encoder), "3", "1", "2") == [[3], [1], [2]]


def test_a_search_alone_is_encoded_beside_it(encoder: Counting) -> None:
    vectors = QueryVectors(encoder)
    asked(vectors, "1")
    asked(vectors, "2")
    assert {thread.name for thread in encoder.threads} == {"encoder_0"}


def test_of_several_searches_each_encodes_by_itself_and_when_it_waits(encoder: Counting) -> None:
    vectors = QueryVectors(encoder)
    with vectors.search(), vectors.search():
        wait = vectors.begin(["1"])
        assert encoder.asked == []
        assert wait().tolist() == [[1]]
    assert encoder.threads == [threading.current_thread()]


def test_when_the_others_have_ended_a_search_is_alone_again(encoder: Counting) -> None:
    vectors = QueryVectors(encoder)
    asked(vectors, "1", searches=3)
    with pytest.raises(ZeroDivisionError), vectors.search():
        raise ZeroDivisionError
    asked(vectors, "2")
    assert [thread.name for thread in encoder.threads] == [threading.current_thread().name, "encoder_0"]


@pytest.mark.parametrize("searches", [1, 2])
def test_what_was_asked_before_is_not_encoded_again(encoder: Counting, searches: int) -> None:
    vectors = QueryVectors(encoder)
    for texts in (["1"], ["2"], ["1"], ["1", "2"], ["2"]):
        assert asked(vectors, *texts, searches=searches) == [[float(text)] for text in texts]
    assert encoder.asked == [("1",), ("2",), ("1", "2")]


def test_what_was_asked_first_is_forgotten_first(encoder: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_vectors, "REMEMBERED", 2)
    vectors = QueryVectors(encoder)
    for text in ("1", "2", "3", "3", "2", "1"):
        asked(vectors, text)
    assert encoder.asked == [("1",), ("2",), ("3",), ("1",)]


@pytest.mark.parametrize("searches", [1, 2])
def test_an_error_reaches_who_asked_and_is_not_remembered(encoder: Counting, searches: int) -> None:
    vectors = QueryVectors(encoder)
    for _ in range(2):
        with pytest.raises(ValueError, match="no number"):
            asked(vectors, "no number", searches=searches)
    assert len(encoder.asked) == 2
    assert asked(vectors, "1", searches=searches) == [[1]]


def test_many_threads_at_once_get_each_its_own_vector(tiny_index_folder: Path) -> None:
    manifest = read(tiny_index_folder)
    encoder = ExportedEncoder(manifest.folder(tiny_index_folder) / ENCODER, manifest.encoder)
    vectors = QueryVectors(encoder)
    start = threading.Barrier(20)

    def ask(number: int) -> Floats:
        start.wait(PATIENCE)
        found = []
        for text in TEXTS[number::20]:
            with vectors.search():
                found.append(vectors.begin([text])())
        return np.concatenate(found)

    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(ask, range(20)))
    for number, each in enumerate(found):
        expected = np.stack([tiny.expected_vector(text) for text in TEXTS[number::20]])
        np.testing.assert_allclose(each, expected, atol=1e-5)


def test_the_thread_ends_with_the_vectors_that_it_made(encoder: Counting) -> None:
    vectors = QueryVectors(encoder)
    asked(vectors, "1")
    (thread,) = encoder.threads
    assert thread.is_alive()
    del vectors
    thread.join(PATIENCE)
    assert not thread.is_alive()
