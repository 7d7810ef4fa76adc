"""Reading a query against the tiny papers: text, spelling, names and rows together."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from papersearch import manifest as manifests
from papersearch.filters import Filters
from papersearch.query import Query
from papersearch.reading import Reading, read
from papersearch.spelling import Spelling
from papersearch.store import Store
from papersearch.words import Words
from tests.conftest import PAPERS

Read = Callable[..., Reading]


def reader(folder: Path) -> Read:
    home = manifests.read(folder).folder(folder)
    parts = (
        Store(home / manifests.PAPERS),
        Words(home / manifests.WORDS),
        Spelling.load(home / manifests.VOCABULARY),
    )
    return lambda text, **filters: read(Query(text, filters=Filters(**filters)), *parts)


@pytest.fixture(scope="module")
def reading(tiny_index_folder: Path) -> Read:
    return reader(tiny_index_folder)


def named(reading: Reading) -> list[str]:
    return [PAPERS[row].id for row in reading.named]


def test_plain_words_are_read_as_they_are(reading: Read) -> None:
    asked = reading("compiler passes")
    assert (asked.text, asked.corrected, named(asked), asked.among) == ("compiler passes", None, [], None)


def test_a_slip_is_mended_and_the_whole_query_is_told(reading: Read) -> None:
    asked = reading('"neural tree" seearch author:adams')
    assert asked.text == "neural tree search"
    assert asked.corrected == '"neural tree" search author:adams'


def test_in_quotation_marks_nothing_is_mended(reading: Read) -> None:
    assert reading('"neural seearch" tree').corrected is None


def test_a_long_query_is_left_as_it_is_spelt(reading: Read) -> None:
    assert reading("seearch " + "tree " * 11).corrected is not None
    assert reading("seearch " + "tree " * 12).corrected is None


@pytest.mark.parametrize(
    "query",
    [
        "learning join order in databases",
        '"Learning join order in databases."',
        '"Learning join order in databases" -nonsense',
        'title:"learning join order in databases"',
        "Learning join order in datbases",
        "joins/2019",
        "doi:10.1000/EXAMPLE",
    ],
)
def test_a_paper_called_by_its_name_is_found(reading: Read, query: str) -> None:
    assert named(reading(query)) == ["joins/2019"]


def test_a_named_paper_must_pass_the_filters(reading: Read) -> None:
    assert named(reading("Tree search for code", author="floyd")) == []
    assert named(reading('"Tree search for code" -compiler')) == []


def test_a_title_with_quotation_marks_of_its_own_is_no_syntax(make_index: Callable[..., Path]) -> None:
    title = 'Making "Routers" fair -without queues'
    asked = reader(make_index([*PAPERS, replace(PAPERS[5], id="quoting", title=title)]))(title)
    assert (asked.text, asked.among, list(asked.named)) == (title, None, [6])


def test_filters_alone_leave_no_text(reading: Read) -> None:
    asked = reading('author:"Sally Floyd"')
    assert asked.among is not None
    assert (asked.text, list(asked.among)) == ("", [2, 3])


@pytest.mark.parametrize("name", ["Sally Floyd", "floyd, sally", "S. Floyd", "sally floyd year:1990.."])
def test_an_author_s_whole_name_calls_their_papers(reading: Read, name: str) -> None:
    assert named(reading(name)) == ["congestion", "queues"]


@pytest.mark.parametrize(
    "name", ["Floyd", "Floyd floyd", "sally floyd queues", "Sally Adams", "author:floyd packets"]
)
def test_less_and_more_than_a_name_calls_nobody(reading: Read, name: str) -> None:
    assert named(reading(name)) == []


def test_what_papers_say_more_than_authors_are_called_is_no_name(make_index: Callable[..., Path]) -> None:
    spoken = [replace(PAPERS[5], id=str(number), abstract="Sally Floyd queues.") for number in range(3)]
    assert named(reader(make_index([*PAPERS, *spoken]))("Sally Floyd")) == []


def test_many_words_joined_by_hyphens_are_many(reading: Read) -> None:
    assert reading("seearch-tree-" * 6).corrected is not None
    assert reading("seearch-tree-" * 7).corrected is None
