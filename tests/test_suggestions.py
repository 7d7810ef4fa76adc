"""Suggestions: how the room in the list is shared. What they are is tested in test_index.py."""

from dataclasses import replace
from pathlib import Path

import pytest

from papersearch.suggestions import suggestions
from tests.conftest import PAPERS, store_and_words


def test_names_take_a_third_and_venues_a_fifth_of_the_room(tmp_path: Path) -> None:
    papers = [
        replace(PAPERS[1], id=str(n), title=f"Ann{n}", authors=(f"Anna {n}",), venue=f"Annals {n}")
        for n in range(20)
    ]
    parts = store_and_words(tmp_path, papers)
    found = suggestions("ann", 10, *parts)
    assert [each.kind for each in found] == ["title"] * 5 + ["author"] * 3 + ["venue"] * 2


@pytest.mark.parametrize(
    ("typed", "name"),
    [("kelley", "Jonathan Ragan-Kelley"), ("Adams, Ry", "Ryan P. Adams"), ("icml", "Workshop (ICML)")],
)
def test_a_name_is_completed_whatever_stands_between_its_words(tmp_path: Path, typed: str, name: str) -> None:
    paper = replace(PAPERS[1], authors=("Jonathan Ragan-Kelley", "Ryan P. Adams"), venue="Workshop (ICML)")
    parts = store_and_words(tmp_path, [paper])
    found = suggestions(typed, 10, *parts)
    assert name in [each.text for each in found]


def test_titles_that_begin_with_what_is_typed_come_first(tmp_path: Path) -> None:
    titles = ["Flash attention", "No attention", "Attention, please", "Attending", "Kites"]
    papers = [replace(PAPERS[5], id=title, title=title) for title in titles]
    parts = store_and_words(tmp_path, papers)
    found = [each.text for each in suggestions("atten", 3, *parts)]
    assert found == ["Attending", "Attention, please", "Flash attention"]
    assert [each.text for each in suggestions("attention p", 3, *parts)] == ["Attention, please"]
