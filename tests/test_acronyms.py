"""Acronyms: found where papers define them, and read in queries in either form."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.acronyms import Acronyms, Concept, definitions
from papersearch.errors import IndexUnusable

RL = Concept("RL", "reinforcement learning")


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("We use reinforcement learning (RL) here.", "RL", "reinforcement learning"),
        ("Proximal policy optimisation (PPO) is used.", "PPO", "Proximal policy optimisation"),
        ("Monte-Carlo tree search (MCTS), a method", "MCTS", "Monte-Carlo tree search"),
        ("a resilient distributed dataset (RDD; see below)", "RDD", "resilient distributed dataset"),
        ("graph neural networks (GNNs) learn", "GNNs", "graph neural networks"),
        ("the Internet of Things (IoT).", "IoT", "Internet of Things"),
    ],
)
def test_a_definition_is_found(text: str, short: str, long: str) -> None:
    assert list(definitions(text)) == [(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "the best of all methods (see Section 2)",
        "in 2022 (NeurIPS)",
        "an answer (RL) that nothing spells",
        "the end of one sentence. New Orleans (EU)",
        "(RL) at the beginning",
    ],
)
def test_a_parenthesis_that_defines_nothing_is_left_alone(text: str) -> None:
    assert list(definitions(text)) == []


def test_the_meaning_that_nearly_all_papers_give_wins() -> None:
    acronyms = Acronyms.of(["reinforcement learning (RL)"] * 3 + ["representation learning (RL)"])
    assert acronyms.read("RL")[1] == [RL]


def test_an_acronym_of_many_meanings_is_not_read() -> None:
    acronyms = Acronyms.of(["reinforcement learning (RL)", "representation learning (RL)"])
    assert acronyms.read("RL for compilers") == ("RL for compilers", [])


@pytest.mark.parametrize(
    "query", ["RL for compilers", "rl for compilers", "Reinforcement Learning for compilers"]
)
def test_both_forms_read_alike(query: str) -> None:
    assert Acronyms({"RL": "reinforcement learning"}).read(query) == (
        "reinforcement learning for compilers",
        [RL],
    )


def test_a_query_that_defines_much_is_read_without_looking_at_its_spaces_each_time() -> None:
    # A hundred times what a query may have: looked through for each definition it would take hours.
    text = "ax by (AB) cx dy (CD) " * 10_000 + " " * 300_000
    read, concepts = Acronyms({}).read(text)
    assert (read[:24], len(concepts)) == ("ax by cx dy ax by cx dy ", 2)


def test_a_word_that_looks_like_an_acronym_in_lower_case_stays_a_word() -> None:
    acronyms = Acronyms({"MAP": "maximum a posteriori"})
    assert acronyms.read("map of a city")[0] == "map of a city"
    assert acronyms.read("MAP estimates")[0] == "maximum a posteriori estimates"


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("LLMs for code", "large language model for code"),
        ("LLM-based agents", "large language model-based agents"),
    ],
)
def test_plurals_and_compounds_of_an_acronym_are_read(query: str, read: str) -> None:
    assert Acronyms({"LLM": "large language model"}).read(query)[0] == read


def test_an_acronym_with_a_hyphen_is_read() -> None:
    assert (
        Acronyms({"LSM-Tree": "log-structured merge-tree"}).read("an LSM-Tree")[0]
        == "an log-structured merge-tree"
    )


def test_a_long_form_is_about_as_long_as_its_letters_say() -> None:
    assert list(definitions("loss plus a nonsmooth regulariser such as the l1 norm (LASSO)")) == []


def test_the_longest_concept_is_read_first() -> None:
    acronyms = Acronyms({"RL": "reinforcement learning", "DRL": "deep reinforcement learning"})
    assert acronyms.read("deep reinforcement learning")[1] == [Concept("DRL", "deep reinforcement learning")]


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    Acronyms({"RL": "reinforcement learning"}).save(tmp_path / "acronyms.json")
    assert Acronyms.load(tmp_path / "acronyms.json").read("RL")[1] == [RL]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "acronyms.json").write_text("{")
    with pytest.raises(IndexUnusable, match=r"acronyms\.json"):
        Acronyms.load(tmp_path / "acronyms.json")


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_searched_for_definitions(text: str) -> None:
    for short, long in definitions(text):
        assert len(long.split()) >= 2
        assert short in text
    if not list(definitions(text)):
        assert Acronyms({}).read(text) == (text, [])


def test_what_a_query_defines_itself_is_a_concept_that_it_names_once() -> None:
    query = "Ribosomal protein (RP) expression under stress ( RL )"
    read = "Ribosomal protein expression under stress ( RL )"
    assert Acronyms({}).read(query) == (read, [Concept("RP", "Ribosomal protein")])
    assert Acronyms({"RP": "ribosomal protein"}).read(query)[1] == [Concept("RP", "ribosomal protein")]
    # What the papers mean by it is another thing than what the query says.
    assert Acronyms({"RP": "random projection"}).read(query) == (read, [Concept("RP", "Ribosomal protein")])


@pytest.mark.parametrize("query", ["neural radiance field", "Neural Radiance Fields", "NeRF", "NeRFs"])
def test_a_long_form_is_known_with_and_without_its_plural(query: str) -> None:
    known = Acronyms({"NeRF": "neural radiance fields"})
    assert known.read(query) == ("neural radiance fields", [Concept("NeRF", "neural radiance fields")])


def test_a_plural_that_a_query_defines_is_the_concept_that_the_papers_have() -> None:
    known = Acronyms({"CAF": "cancer-associated fibroblast"})
    text, found = known.read("Cancer-associated fibroblast cells (CAFs) and CAFs")
    assert text == "cancer-associated fibroblast cells and cancer-associated fibroblast"
    assert found == [Concept("CAF", "cancer-associated fibroblast")]
