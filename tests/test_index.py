"""The index: search, related papers and suggestions over the tiny papers."""

from papersearch.index import Index
from papersearch.query import Query


def test_a_query_finds_the_paper_that_says_it(tiny_index: Index) -> None:
    answer = tiny_index.search(Query("congestion control"))
    assert answer.hits[0].paper.id == "congestion"
    assert answer.hits[0].score == 1.0
    assert answer.total == 6
