"""The cut-off: how near papers come to queries that they do not answer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.cutoff import DEVIATIONS, OFF_TOPIC, measure
from papersearch import vectors
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.vectors import Vectors
from tests import tiny
from tests.conftest import ROOT


def written(folder: Path, matrix: Floats) -> Vectors:
    vectors.write(folder / "vectors.faiss", matrix, 0.0078125)
    return Vectors(folder / "vectors.faiss", 0.0078125)


class Alternating:
    """An encoder whose queries lie on the first axis and between both, in turns."""

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        turns = np.array([[1.0, 0.0], [0.6, 0.8]], np.float32)
        return turns[np.arange(len(texts)) % 2]


def test_the_cutoff_lies_some_deviations_over_the_mean_of_the_best_cosines(tmp_path: Path) -> None:
    # The one paper has the cosine 0.5 to one half of the queries, and 0.3 to the other.
    corpus = written(tmp_path, np.array([[0.5, 0.0], [-0.5, 0.0]], np.float32))
    assert len(OFF_TOPIC) % 2 == 0
    assert measure(Alternating(), corpus) == pytest.approx(0.4 + DEVIATIONS * 0.1)


def test_queries_that_all_come_as_near_have_their_cosine_as_cutoff(tmp_path: Path) -> None:
    corpus = written(tmp_path, np.array([[0.75, 0.0], [0.45, 0.6]], np.float32))
    expected = np.array([0.75, 0.75])  # each half has a paper of its own
    assert measure(Alternating(), corpus) == pytest.approx(expected.mean(), abs=0.01)


def test_it_is_measured_with_the_encoder_of_the_index(tmp_path: Path) -> None:
    card = tiny.write_encoder(tmp_path / "tiny")
    papers = [tiny.expected_vector(text) for text in ("compiler passes", "tree search", "how to code")]
    corpus = written(tmp_path, np.array(papers, np.float32))
    queries = np.array([tiny.expected_vector(query) for query in OFF_TOPIC])
    best = (queries @ corpus.at(np.arange(3)).T).max(axis=1)
    expected = best.mean() + DEVIATIONS * best.std()
    assert measure(ExportedEncoder(tmp_path / "tiny", card), corpus) == pytest.approx(expected, abs=1e-3)


def test_no_query_is_asked_twice() -> None:
    assert len(set(OFF_TOPIC)) == len(OFF_TOPIC)


def test_the_benchmark_asks_what_the_calibration_never_saw() -> None:
    lines = (ROOT / "benchmarks" / "off_topic.txt").read_text("utf-8").splitlines()
    queries = [line for line in lines if not line.startswith("#")]
    assert len(queries) == len(set(queries)) >= 200
    assert set(queries).isdisjoint(OFF_TOPIC)
