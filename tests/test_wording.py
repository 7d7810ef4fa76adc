"""What a query's words are looked up as: those that tell most, names, and each way to read a concept."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch import wording, words
from papersearch.acronyms import Concept
from papersearch.paper import Paper
from papersearch.words import Words
from tests import tiny
from tests.conftest import PAPERS


def written(folder: Path, papers: Sequence[Paper]) -> Words:
    folder.mkdir()
    words.write(folder, papers)
    return Words(folder)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Words:
    return written(tmp_path_factory.mktemp("words") / "words", PAPERS)


def found(index: Words, text: str) -> list[str]:
    return [PAPERS[row].id for row in index.search(text, 10)[0]]


def test_a_word_twice_in_the_query_counts_twice(index: Words) -> None:
    _, once = index.search("packets", 10)
    _, twice = index.search("packets packets", 10)
    assert list(twice) == pytest.approx(list(2 * once))


def test_of_many_words_those_are_looked_up_that_tell_most(
    index: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wording, "MOST_WORDS", 1)
    assert found(index, "compilers packets packets nobody") == ["congestion", "queues"]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Adams optimizer", "by adams"),
        ("Adams", "kites by adams"),
        ("Adam optimizer", "adam"),
        ("optimizer by Ryan Adams", "by adams"),
        ("long queue", "queue"),
    ],
)
def test_a_name_counts_as_a_name_and_a_word_as_a_word(tmp_path: Path, query: str, first: str) -> None:
    papers = [
        Paper("adam", "Adam", "The Adam optimizer; Adam, an optimizer, is Adam."),
        Paper("by adams", "A fast way down", "An optimizer of code.", authors=("Ryan P. Adams",)),
        Paper("kites by adams", "Kites", "They fly.", authors=("Jo Adams",)),
        Paper("queue", "A long queue", "It is long and waits."),
        Paper("by long", "Queues", "They wait long in a queue of kites.", authors=("Bo Long",)),
        Paper("sea", "The sea", "It is long."),
    ]
    rows, _ = written(tmp_path / "words", papers).search(query, 1)
    assert [papers[row].id for row in rows] == [first]


def test_a_name_brings_only_papers_that_have_to_do_with_the_topic(index: Words) -> None:
    assert found(index, "floyd bottleneck") == ["congestion"]
    assert found(index, "floyd zyzzyva") == ["queues", "congestion"]


@given(
    papers=st.lists(st.lists(st.sampled_from(tiny.WORDS[:20]), max_size=6), min_size=1, max_size=30),
    rest=st.lists(st.sampled_from(tiny.WORDS[:24]), max_size=4),
    forms=st.lists(st.tuples(*[st.sampled_from(tiny.WORDS[10:20])] * 3), max_size=2),
    limit=st.integers(1, 40),
)
def test_ways_to_read_a_query_give_each_paper_the_better_of_its_forms(
    tmp_path_factory: pytest.TempPathFactory,
    papers: list[list[str]],
    rest: list[str],
    forms: list[tuple[str, str, str]],
    limit: int,
) -> None:
    texts = [replace(PAPERS[0], title=" ".join(each), abstract="", authors=(), venue="") for each in papers]
    index = written(tmp_path_factory.mktemp("words") / "words", texts)
    concepts = [Concept(short, f"{one} {two}") for short, one, two in forms]
    text = " ".join([*rest, *(concept.long for concept in concepts)])
    rows, scores = index.search(text, limit, None, concepts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wording, "FEW_CONCEPTS", -1)  # one search, in which every concept is a clause
        same, expected = index.search(text, len(papers), None, concepts)
    np.testing.assert_allclose(scores, expected[:limit], rtol=1e-5)
    by_row = dict(zip(same.tolist(), expected.tolist(), strict=True))
    assert [by_row[row] for row in rows.tolist()] == pytest.approx(scores.tolist(), rel=1e-5)
    assert len(set(rows.tolist())) == len(rows) == min(limit, len(same))


def test_both_forms_of_a_concept_tell_as_much(tmp_path: Path) -> None:
    long, short = "tumor necrosis factor", "TNF"
    titles = [f"{long} mice", f"{short} brown mice kept", "kites fly"]  # the first two are of one length
    index = written(
        tmp_path / "words",
        [replace(PAPERS[0], title=title, abstract="", authors=(), venue="") for title in titles],
    )
    alone = [float(index.search(form, 1)[1][0]) for form in (long, short)]
    assert alone[0] == pytest.approx(3 * alone[1], rel=1e-5)
    rows, scores = index.search(long, 10, None, [Concept(short, long)])
    assert rows.tolist() == [0, 1]
    assert scores.tolist() == pytest.approx([sum(alone) / 2] * 2, rel=1e-5)


def test_a_form_that_no_paper_has_leaves_the_other_as_it_is(tmp_path: Path) -> None:
    index = written(tmp_path / "words", [replace(PAPERS[0], title="TNF mice", abstract="", authors=())])
    _, scores = index.search("tumor necrosis factor", 10, None, [Concept("TNF", "tumor necrosis factor")])
    assert scores.tolist() == pytest.approx(index.search("TNF", 10)[1].tolist())


def test_a_plural_typed_in_lower_case_is_what_papers_say(tmp_path: Path) -> None:
    titles = [*["GPU clusters"] * 6, *["many GPUs"] * 5, "gpus", "fake news", "GPS signals", "new ways"]
    index = written(tmp_path / "words", [replace(PAPERS[0], title=title, abstract="") for title in titles])
    assert sorted(index.search("gpus", 20)[0]) == list(range(11))
    assert sorted(index.search("GPUs", 20)[0]) == list(range(11))
    assert index.search("news", 20)[0].tolist() == [12]
    assert index.search("gps", 20)[0].tolist() == [13]
    assert index.stems("gpus of gps") == ["gpu", "gps"]


@pytest.mark.parametrize("query", ["GPT3", "GPT-3", "GPT 3", "gpt-3"])
def test_a_name_with_a_number_is_one_thing_with_and_without_a_hyphen(tmp_path: Path, query: str) -> None:
    titles = ["GPT-3 speaks", "GPT3 speaks", "GPT 3 speaks", "kites fly"]
    index = written(tmp_path / "words", [replace(PAPERS[0], title=title, abstract="") for title in titles])
    rows, scores = index.search(query, 10)
    assert sorted(rows) == [0, 1, 2]
    by_row = dict(zip(rows.tolist(), scores.tolist(), strict=True))
    assert by_row[0] == by_row[2] == pytest.approx(by_row[1], rel=0.2)


def test_a_name_with_a_number_is_found_as_papers_write_it(tmp_path: Path) -> None:
    index = written(tmp_path / "words", [replace(PAPERS[0], title="GPT-3 speaks", abstract="")])
    assert index.search("GPT3", 10)[0].tolist() == [0]
    assert index._wording._numbered("GPT-3") == {}  # nothing more to find
    assert index._wording._numbered("BERT3") == {}
