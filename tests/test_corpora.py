"""The queries of the benchmarks: distinct, of the papers' words, the same in every run."""

import gzip
from collections import Counter
from itertools import islice
from pathlib import Path

from benchmarks.corpora import METHODS, TASKS, distinct_queries, write_first, zipf_mix
from papersearch.paper import Paper
from tests.conftest import PAPERS

PRODUCTS = len(METHODS) * len(TASKS)


def test_queries_are_distinct_and_the_same_for_the_same_seed(sample_papers: list[Paper]) -> None:
    queries = list(islice(distinct_queries(sample_papers), 2_000))
    assert len(set(queries)) == 2_000
    assert queries == list(islice(distinct_queries(sample_papers), 2_000))
    assert queries != list(islice(distinct_queries(sample_papers, seed=1), 2_000))


def test_queries_are_products_of_methods_and_tasks_and_then_words_of_papers() -> None:
    first, *others = list(distinct_queries(PAPERS))
    assert first.split(" for ")[0] in METHODS
    text = " ".join(f"{paper.title} {paper.abstract}" for paper in PAPERS)
    assert len(others[PRODUCTS:]) > 50
    assert [query for query in others[PRODUCTS:] if query not in text] == []
    assert max(len(query.split()) for query in others[PRODUCTS:]) == 8


def test_few_papers_have_few_queries_and_they_end() -> None:
    paper = Paper(id="one", title="Tree search", abstract="Trees grow.")
    assert sorted(list(distinct_queries([paper]))[PRODUCTS:]) == ["Tree search", "Trees grow"]


def test_in_a_zipf_mix_the_first_is_asked_twice_as_often_as_the_second() -> None:
    counts = Counter(zipf_mix(["a", "b", "c"], 11_000))
    assert [round(counts[query] / 1_000) for query in "abc"] == [6, 3, 2]
    assert zipf_mix(["a", "b", "c"], 5) == zipf_mix(["a", "b", "c"], 5)


def test_the_first_lines_are_written_unpacked(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "all.gz", "wt", encoding="utf-8") as file:
        file.write("é\nb\nc\n")
    assert write_first(tmp_path / "all.gz", 2, tmp_path / "two").read_text("utf-8") == "é\nb\n"
