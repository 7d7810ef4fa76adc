"""Reasons: the topics that two papers share, and their nearest sentences."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.analysis import stems
from papersearch.codes import Floats
from papersearch.paper import Paper
from papersearch.reasons import LONGEST_TOPIC, MOST_TOPICS, nearest, runs, topics
from tests.conftest import PAPERS


def paper(text: str, title: str = "", keywords: tuple[str, ...] = ()) -> Paper:
    return Paper("id", title, text, keywords=keywords)


def one_each(stem: str) -> float:
    return 1.0


def shared(one: Paper, other: Paper, weight: Callable[[str], float]) -> list[str]:
    return topics(one, runs(other), weight)


def test_topics_are_shared_words_as_the_paper_itself_writes_them() -> None:
    assert shared(paper("Kites are flying."), paper("To fly a kite!"), one_each) == ["flying", "Kites"]
    assert shared(paper("To fly a kite!"), paper("Kites are flying."), one_each) == ["fly", "kite"]


def test_the_most_telling_topic_comes_first() -> None:
    weights = {stem: weight for weight, stem in enumerate(stems("boats kites sails"), 1)}
    one = paper("Boats, kites, sails.")
    assert shared(one, one, weights.__getitem__) == ["sails", "kites", "Boats"]


def test_a_run_of_words_that_both_have_is_one_topic() -> None:
    one, other = paper("A convolutional neural network sees."), paper("Convolutional neural networks err.")
    assert shared(one, other, one_each) == ["convolutional neural network"]


def test_words_in_another_order_are_topics_of_their_own() -> None:
    found = shared(paper("Graph search."), paper("We search a graph."), one_each)
    assert found == ["Graph", "search"]


@pytest.mark.parametrize("text", ["Graph. Search", "graph of search", "graph, search", "graph/search"])
def test_a_topic_runs_over_no_sign_and_no_small_word(text: str) -> None:
    found = shared(paper(text), paper(text), one_each)
    assert [topic.lower() for topic in found] == ["graph", "search"]


@pytest.mark.parametrize("text", ["graph search", "graph-search"])
def test_a_hyphen_joins_as_a_space_does(text: str) -> None:
    assert shared(paper(text), paper("A graph search."), one_each) == [text]


def test_a_topic_is_at_most_so_many_words() -> None:
    text = "alpha beta gamma delta"
    assert shared(paper(text), paper(text), one_each) == ["alpha beta gamma", "delta"]
    assert LONGEST_TOPIC == 3


def test_a_word_that_tells_nothing_is_in_no_topic() -> None:
    one = paper("Neural kites.")
    assert shared(one, one, lambda stem: float(stem != stems("neural")[0])) == ["kites"]
    assert shared(one, one, lambda stem: 0.0) == []


def test_what_is_said_more_often_counts_more() -> None:
    one = paper("Boats. Kites. Boats. Sails. Sails. Sails.")
    assert shared(one, one, one_each) == ["Sails", "Boats", "Kites"]


def test_a_word_said_twice_in_a_row_is_no_longer_topic() -> None:
    assert shared(paper("Kites, boats boats."), paper("Boats boats, kites."), one_each) == ["boats", "Kites"]


def test_titles_and_keywords_count_as_abstracts_do() -> None:
    one = paper("We sail.", "Kites", ("wind tunnel", "cloth"))
    other = paper("A wind tunnel.", "Sailing", ("kite",))
    assert shared(one, other, one_each) == ["wind tunnel", "Kites", "sail"]


def test_two_texts_of_a_paper_are_not_one_run() -> None:
    one = paper("search", "Graph")
    assert shared(one, paper("graph search"), one_each) == ["Graph", "search"]


def test_only_the_best_topics_are_told() -> None:
    text = "Alpha, beta, gamma, delta, epsilon, zeta."
    assert shared(paper(text), paper(text), one_each) == ["Alpha", "beta", "delta", "epsilon"]
    assert MOST_TOPICS == 4


def test_papers_with_nothing_in_common_share_no_topic() -> None:
    assert shared(paper("Kites fly."), paper("Boats sail."), one_each) == []


_WORDS = ["graph", "search", "of,", "the", "kite.", "flies", "network-boat", "学习", "Zoë", "a"]
TEXTS = st.lists(
    st.sampled_from(["graph", "search", "of,", "the", "kite.", "flies", "network-boat", "学习", "Zoë", "a"])
).map(" ".join)


@given(TEXTS, TEXTS)
def test_every_topic_stands_in_both_papers_and_no_two_share_a_word(one: str, other: str) -> None:
    found = shared(paper(one), paper(other), one_each)
    assert len(found) <= MOST_TOPICS
    words = [stem for topic in found for stem in set(stems(topic))]
    assert len(set(words)) == len(words)
    assert set(words) <= set(stems(one)) & set(stems(other))
    assert all(topic in one for topic in found)
    assert bool(found) == bool(set(stems(one)) & set(stems(other)))


# Sentences


def unit(seed: int, count: int) -> Floats:
    vectors = np.random.default_rng(seed).standard_normal((count, 5)).astype(np.float32)
    scaled: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 6), st.data())
def test_the_nearest_sentences_are_the_ones_most_alike(
    seed: int, many: int, others: int, data: st.DataObject
) -> None:
    one, other = unit(seed, many), unit(seed + 1, others)
    here, there = data.draw(st.integers(0, many - 1)), data.draw(st.integers(0, others - 1))
    other[there] = one[here]
    first, second = (replace(PAPERS[0], abstract=text) for text in ("abcdef", "uvwxyz"))
    letters = [(place, place + 1) for place in range(6)]
    found = nearest(first, (letters, one), second, (letters, other))
    assert found == ("abcdef"[here], "uvwxyz"[there])


@pytest.mark.parametrize(("many", "others"), [(0, 2), (2, 0), (0, 0)])
def test_without_sentences_none_are_nearest(many: int, others: int) -> None:
    own, theirs = ([(0, 1)] * many, unit(1, many)), ([(0, 1)] * others, unit(2, others))
    assert nearest(PAPERS[0], own, PAPERS[1], theirs) == ("", "")
