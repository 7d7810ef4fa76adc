"""Whom a filter means by a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.filters import is_called, name_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ryan P. Adams", ["ryan", "p", "adams"]),
        ("Müller, Jean-Zoë", ["muller", "jean", "zoe"]),
        ("J.P. O'Brien", ["j", "p", "o'brien"]),
        ("李 雷", ["李", "雷"]),
        ("AI & Systems", ["ai", "&", "systems"]),
        (" .,- ", []),
    ],
)
def test_the_words_of_a_name(name: str, words: list[str]) -> None:
    assert name_words(name) == words


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Ryan Adams", True),
        ("adams ryan", True),
        ("Adams, R.", True),
        ("R. P. Adams", True),
        ("Ryan Prescott Adams", False),
        ("A. Ryan Lee", False),
        ("Ry Adams", False),
    ],
)
def test_who_is_meant(asked: str, meant: bool) -> None:
    assert is_called("Ryan P. Adams", name_words(asked)) is meant


@given(st.text())
def test_every_name_means_itself(name: str) -> None:
    assert is_called(name, name_words(name))
