"""Plain dense search for comparison, on papers whose ranking can be told."""

from pathlib import Path

import pytest

from benchmarks.dense import SAME_IN_OURS, TUTORIAL, dense_ndcg
from indexer.evaluate import JudgedQuery

PLAIN = JudgedQuery("q", "congestion control that learns from the delay", None)


def test_both_find_the_paper_that_is_meant(tiny_index_folder: Path) -> None:
    found = dense_ndcg(tiny_index_folder, [PLAIN], {"q": {"congestion": 1}})
    assert found == {TUTORIAL: 1.0, SAME_IN_OURS: 1.0}


def test_a_query_that_is_a_paper_does_not_find_itself(tiny_index_folder: Path) -> None:
    own = JudgedQuery("q", PLAIN.text, "congestion")
    found = dense_ndcg(tiny_index_folder, [own], {"q": {"congestion": 1, "queues": 1}})
    assert found[TUTORIAL] == pytest.approx(0.6131, abs=1e-4)  # 1 / (1 + 1 / log2(3)): one of two, in front
