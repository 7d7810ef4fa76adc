"""A paper as a record: its text, its hash, its JSON."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.paper import Paper, Session
from tests.conftest import PAPERS

KITES = Paper("kites", "Kites that learn", "We fly kites.")


@pytest.mark.parametrize(
    ("title", "abstract", "text"),
    [
        ("Kites that learn", "We fly.", "Kites that learn. We fly."),
        ("Kites that learn.", "We fly.", "Kites that learn. We fly."),
        ("Do kites learn?", "We fly.", "Do kites learn?. We fly."),
        ("Kites", "", "Kites"),
        ("...", "We fly.", "We fly."),
    ],
)
def test_the_text_is_the_title_a_full_stop_and_the_abstract(title: str, abstract: str, text: str) -> None:
    assert Paper("1", title, abstract).text == text


def test_the_hash_is_the_sha256_of_title_and_abstract() -> None:
    assert KITES.text_hash == hashlib.sha256(b"Kites that learn\nWe fly kites.").hexdigest()


def test_the_hash_tells_where_the_title_ends() -> None:
    moved = replace(KITES, title="Kites that learn. We fly", abstract="kites.")
    assert moved.text_hash != KITES.text_hash


def test_the_hash_does_not_depend_on_what_is_not_embedded() -> None:
    other = replace(KITES, id="other", authors=("Bo Li",), year=2020, keywords=("sky",), extra={"a": 1})
    assert other.text_hash == KITES.text_hash


def test_half_a_surrogate_pair_has_a_hash() -> None:
    assert replace(KITES, abstract="\ud800").text_hash != replace(KITES, abstract="\ud801").text_hash


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.id)
def test_a_paper_comes_back_from_its_json(paper: Paper) -> None:
    assert Paper.from_json(paper.to_json()) == paper


def test_the_json_has_the_native_names() -> None:
    paper = replace(KITES, authors=("Bo Li",), year=2020, sessions=(Session("poster", "9:00"),))
    assert json.loads(paper.to_json()) == {
        "id": "kites",
        "title": "Kites that learn",
        "abstract": "We fly kites.",
        "authors": ["Bo Li"],
        "year": 2020,
        "venue": None,
        "url": None,
        "keywords": [],
        "sessions": [{"type": "poster", "start": "9:00", "end": None}],
        "extra": {},
    }


TEXT = st.text(max_size=20)


@given(
    st.builds(
        Paper,
        TEXT,
        TEXT,
        TEXT,
        authors=st.lists(TEXT, max_size=3).map(tuple),
        sessions=st.lists(st.builds(Session, TEXT, st.none() | TEXT), max_size=3).map(tuple),
        extra=st.dictionaries(TEXT, TEXT | st.integers() | st.lists(TEXT), max_size=3),
    )
)
def test_the_json_of_any_paper_is_one_line_that_brings_it_back(paper: Paper) -> None:
    line = paper.to_json()
    assert "\n" not in line
    assert Paper.from_json(line) == paper
