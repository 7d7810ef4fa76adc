"""Whether a match is good: near enough in meaning, or all that was asked in words."""

from dataclasses import replace

import numpy as np
import pytest

from papersearch.analysis import stems
from papersearch.confidence import cites, is_near, says_all
from papersearch.paper import Paper
from papersearch.ranking import Ranking, ranked

PAPER = Paper(
    "kites",
    "Kites that learn",
    "We fly kites over the sea.",
    authors=("Zoë Müller",),
    venue="SkyConf",
    keywords=("reinforcement learning",),
)


def ranking(*cosines: float) -> Ranking:
    return ranked(np.arange(len(cosines)), np.array(cosines, np.float32), keyword=False)


@pytest.mark.parametrize(
    ("cosines", "near"), [((0.4, 0.1), True), ((0.3, 0.1), False), ((0.1, 0.375), True), ((), False)]
)
def test_one_paper_over_the_cutoff_is_enough(cosines: tuple[float, ...], near: bool) -> None:
    assert is_near(ranking(*cosines), 0.375) is near


def test_a_search_by_words_alone_is_near_where_it_finds_anything() -> None:
    assert is_near(ranked(np.array([3]), np.array([0.01], np.float32), keyword=True), 0.9)
    assert not is_near(ranked(np.array([], np.int64), np.array([], np.float32), keyword=True), 0.9)


@pytest.mark.parametrize(
    ("query", "all_said"),
    [
        ("learning kites", True),  # in any form of the words
        ("muller kite", True),  # authors count, without accents
        ("skyconf", True),
        ("reinforcement learning", True),
        ("kites of the sea", True),  # a word that says nothing need not be there
        ("kites in the desert", False),
        ("the of", False),
        ("fly", False),  # which many papers have
        ("fly kites", True),
        ("a we", False),
        ("", False),
    ],
)
def test_a_paper_says_all_of_a_query_or_not(query: str, all_said: bool) -> None:
    assert says_all(PAPER, set(stems(query)), lambda stem: float(stem not in ("fli", "we"))) is all_said


def test_the_year_and_a_word_of_two_letters_are_said() -> None:
    paper = replace(PAPER, title="Z3: kites", year=2008)
    assert says_all(paper, {"z3", "2008"}, lambda stem: 1.0)


@pytest.mark.parametrize(
    ("query", "cited"),
    [
        ("Müller et al. (2020): Flying kites, by reinforcement learning. SkyConf.", True),
        ("flying kites by reinforcement", False),
        ("kites", False),
    ],
)
def test_a_reference_has_a_whole_title_in_it(query: str, cited: bool) -> None:
    assert cites(query, replace(PAPER, title="Flying kites by reinforcement learning")) is cited


def test_a_short_title_is_no_reference() -> None:
    assert not cites("all about kites", replace(PAPER, title="Kites"))
