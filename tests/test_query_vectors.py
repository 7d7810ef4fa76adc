"""Queries' vectors: those of one sentence and of several; remembered."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from papersearch import query_vectors
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder, opened
from papersearch.manifest import ENCODER, read
from papersearch.query_vectors import QueryVectors
from tests import tiny

TEXTS = [" ".join(tiny.WORDS[start : start + 3]) for start in range(60)]


class Counting:
    """An encoder of numbers as texts, which notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        self.asked.append(tuple(texts))
        return np.array([[float(text)] for text in texts], np.float32)


class Sentences:
    """An encoder for which each text is a direction of its own."""

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        return np.eye(len(texts), 2, dtype=np.float32)


@pytest.fixture
def encoder() -> Counting:
    return Counting()


def test_of_several_sentences_the_first_counts_more() -> None:
    vector = QueryVectors(Sentences()).of("Packets are delayed. Queues are long.")
    assert vector.tolist() == opened(*np.eye(2, dtype=np.float32)).tolist()
    assert vector[0] > vector[1] > 0


def test_what_was_asked_before_is_not_encoded_again(encoder: Counting) -> None:
    vectors = QueryVectors(encoder)
    assert [vectors.of(text).tolist() for text in ("1", "2", "1", "2")] == [[1], [2], [1], [2]]
    assert encoder.asked == [("1",), ("2",)]


def test_what_was_asked_first_is_forgotten_first(encoder: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_vectors, "REMEMBERED", 2)
    vectors = QueryVectors(encoder)
    for text in ("1", "2", "3", "3", "2", "1"):
        vectors.of(text)
    assert encoder.asked == [("1",), ("2",), ("3",), ("1",)]


def test_an_error_reaches_who_asked_and_is_not_remembered(encoder: Counting) -> None:
    vectors = QueryVectors(encoder)
    for _ in range(2):
        with pytest.raises(ValueError, match="no number"):
            vectors.of("no number")
    assert len(encoder.asked) == 2


def test_many_threads_at_once_get_each_its_own_vector(tiny_index_folder: Path) -> None:
    manifest = read(tiny_index_folder)
    encoder = ExportedEncoder(manifest.folder(tiny_index_folder) / ENCODER, manifest.encoder)
    vectors = QueryVectors(encoder)
    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(vectors.of, TEXTS * 3))
    for vector, text in zip(found, TEXTS * 3, strict=True):
        np.testing.assert_allclose(vector, tiny.expected_vector(text), atol=1e-5)
