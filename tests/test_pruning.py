"""The best by BM25 without looking at all: the same papers as by looking at all."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tantivy
from hypothesis import given
from hypothesis import strategies as st

from papersearch import pruning, words
from papersearch.acronyms import Concept
from papersearch.paper import Paper
from papersearch.pruning import Found, Term, Way
from papersearch.words import Words

COMMON, RARE = ["alpha", "beta", "gamma"], [f"rare{letter}" for letter in "abcdefgh"]


def paper(row: int) -> Paper:
    """One of 600: nearly all have some of the common words, each of the rare ones is in a few dozen."""
    random = np.random.default_rng(row)
    said = [word for word in COMMON for _ in range(random.integers(0, 4))]
    said += [word for place, word in enumerate(RARE) if random.random() < 0.01 * (place + 2)]
    return Paper(f"{row}", f"title {row}", " ".join(random.permutation(said * int(random.integers(1, 3)))))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Words:
    folder = tmp_path_factory.mktemp("pruning")
    words.write(folder, map(paper, range(600)))
    return Words(folder)


class Counting:
    """A search over the index that notes what it was asked."""

    def __init__(self, index: Words, limit: int) -> None:
        self.asked: list[tantivy.Query] = []
        self._search = partial(index._top, limit=limit)

    def __call__(self, query: tantivy.Query) -> Found:
        self.asked.append(query)
        return self._search(query)


def way_of(index: Words, text: str) -> Way:
    (only,) = index._wording.ways(text, [])
    return only


def by_all(index: Words, way: Way, limit: int) -> dict[int, float]:
    every = [(tantivy.Occur.Should, term.query) for term in way.terms]
    rows, scores = index._top(tantivy.Query.boolean_query(every), limit)
    return dict(zip(rows.tolist(), scores.tolist(), strict=True))


queries = st.lists(st.sampled_from(COMMON + RARE), min_size=1, max_size=7).map(" ".join)


@given(queries, st.integers(1, 40))
def test_the_same_scores_as_by_looking_at_every_paper(index: Words, text: str, wanted: int) -> None:
    read = way_of(index, text)
    rows, scores = pruning.best(read, Counting(index, wanted), wanted)
    expected = by_all(index, read, 600)
    assert scores.tolist() == pytest.approx(sorted(expected.values(), reverse=True)[:wanted], rel=1e-5)
    assert scores.tolist() == pytest.approx([expected[row] for row in rows.tolist()], rel=1e-5)
    assert len(set(rows.tolist())) == len(rows)


@given(queries, st.integers(1, 40), st.integers(0, 599))
def test_none_is_missing_that_has_enough(index: Words, text: str, wanted: int, place: int) -> None:
    read = way_of(index, text)
    every = sorted(by_all(index, read, 600).values(), reverse=True)
    enough = every[place % len(every)] if every else 0.0
    scores = pruning.best(read, Counting(index, wanted), wanted, enough)[1].tolist()
    expected = [score for score in every[:wanted] if score > enough * 1.00001]
    assert scores[: len(expected)] == pytest.approx(expected, rel=1e-5)


def test_no_word_gives_more_than_is_said(tmp_path: Path) -> None:
    words.write(tmp_path, [Paper("much", "much", "much " * 60), *map(paper, range(600))])
    index = Words(tmp_path)
    way = way_of(index, "much")
    ((_, (score,)), (term,)) = pruning.best(way, Counting(index, 1), 1), way.terms
    assert 0.9 * term.most < score < term.most


@given(queries, st.integers(1, 40))
def test_whichever_way_a_query_is_read_best_no_paper_is_lost(index: Words, text: str, wanted: int) -> None:
    concept = Concept("raree", "alpha rareb")
    said = f"{text} raree"
    ways = index._wording.ways(said, [concept])
    assert len(ways) == 2
    every: dict[int, float] = {}
    for way in ways:
        for row, score in by_all(index, way, 600).items():
            every[row] = max(every.get(row, 0.0), score)
    _, scores = index.search(said, wanted, concepts=[concept])
    assert scores.tolist() == pytest.approx(sorted(every.values(), reverse=True)[:wanted], rel=1e-5)


def lookups(query: tantivy.Query) -> int:
    """How many words are looked up only in papers that another word found."""
    return str(query).count("(Must")


def test_common_words_are_looked_up_in_papers_with_the_rare_one_alone(index: Words) -> None:
    search = Counting(index, 5)
    pruning.best(way_of(index, "alpha rarea beta"), search, 5)
    (query,) = search.asked
    assert lookups(query) == 2


def test_where_the_rare_word_is_in_too_few_papers_others_are_gone_through(index: Words) -> None:
    search = Counting(index, 100)
    pruning.best(way_of(index, "alpha rarea beta"), search, 100)
    assert [lookups(query) for query in search.asked] == [0]


def terms(*most_and_papers: tuple[float, int]) -> Sequence[Term]:
    return [Term(tantivy.Query.all_query(), most, papers) for most, papers in most_and_papers]


@pytest.mark.parametrize(
    ("score", "count", "enough", "searches"),
    [(1.1, 10, 0.0, 1), (0.9, 10, 0.0, 2), (1.1, 9, 0.0, 2), (0.9, 10, 1.1, 1), (1.1, 9, 1.1, 1)],
)
def test_what_the_common_words_may_give_decides(
    score: float, count: int, enough: float, searches: int
) -> None:
    asked: list[tantivy.Query] = []

    def search(query: tantivy.Query) -> Found:
        asked.append(query)
        return np.arange(count), np.full(count, score, np.float32)

    pruning.best(Way(terms((1.0, 100_000), (5.0, 10))), search, 10, enough)
    assert len(asked) == searches


def test_where_the_rare_words_needed_tell_less_than_others_all_are_gone_through_at_once() -> None:
    asked: list[tantivy.Query] = []

    def search(query: tantivy.Query) -> Found:
        asked.append(query)
        return np.arange(10), np.full(10, 9.0, np.float32)

    pruning.best(Way(terms((1.9, 100_000), (2.0, 100_000), (3.0, 10), (5.0, 5))), search, 10)
    assert [lookups(query) for query in asked] == [0]


def test_no_query_is_nested_without_end() -> None:
    asked: list[tantivy.Query] = []

    def search(query: tantivy.Query) -> Found:
        asked.append(query)
        return np.arange(10), np.full(10, 999.0, np.float32)

    pruning.best(Way(terms((1e6, 10), *[(1.0, 100_000)] * 99)), search, 10)
    assert [lookups(query) <= pruning.MOST_LOOKED_UP for query in asked] == [True]


def test_parts_of_which_nothing_is_known_are_always_gone_through(index: Words) -> None:
    read = way_of(index, "alpha rarea")
    other = tantivy.Query.boost_query(tantivy.Query.term_query(index._index.schema, "text", "beta"), 100.0)
    rows, scores = pruning.best(Way(read.terms, [other]), Counting(index, 5), 5)
    assert scores.min() > 30
    assert all("beta" in paper(row).abstract for row in rows.tolist())


def test_a_query_of_no_known_words_finds_nothing(index: Words) -> None:
    assert len(pruning.best(Way(), Counting(index, 5), 5)[0]) == 0
