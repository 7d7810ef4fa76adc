"""Papers in SQLite: records, filters, facets."""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.errors import IndexUnusable, PaperUnknown
from papersearch.filters import Filters, is_called, name_words
from papersearch.known_items import title_key
from papersearch.paper import Paper, Session
from papersearch.store import Store, StoreWriter
from papersearch.text import fold
from tests.conftest import PAPERS

NAMES = ("Zoë Müller", "zoe muller", "Ryan P. Adams", "Ryan Adams", "Adams", "O'Brien", "李 雷", "")
MANY = [
    Paper(
        f"paper {number}",
        f"Title {number}",
        "An abstract.",
        authors=tuple(NAMES[number % 7 : number % 7 + number % 3]),
        year=None if number % 11 == 0 else 2010 + number % 9,
        venue=(None, "NeurIPS", "ICML workshop", "ICML", "SIGCOMM")[number % 5],
    )
    for number in range(60)
]


def written(path: Path, papers: Sequence[Paper]) -> Store:
    writer = StoreWriter(path)
    for paper in papers:
        writer.add(paper)
    writer.finish()
    return Store(path)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return written(tmp_path_factory.mktemp("store") / "papers.sqlite", PAPERS)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return written(tmp_path_factory.mktemp("many") / "papers.sqlite", MANY)


def found(store: Store, **filters: int | str) -> list[str] | None:
    rows = store.matching(Filters(**filters))  # type: ignore[arg-type]
    return None if rows is None else [PAPERS[row].id for row in rows]


def test_papers_come_back_whole_and_in_the_order_of_their_rows(store: Store) -> None:
    assert list(store) == list(PAPERS)


def test_papers_come_in_the_order_asked_for(store: Store) -> None:
    assert store.papers([4, 0, 4]) == [PAPERS[4], PAPERS[0], PAPERS[4]]


def test_more_papers_than_one_slice_are_iterated(tmp_path: Path) -> None:
    papers = [Paper(str(number), "Title", "Abstract") for number in range(1025)]
    assert [paper.id for paper in written(tmp_path / "papers.sqlite", papers)] == [
        paper.id for paper in papers
    ]


def test_an_id_has_its_row(store: Store) -> None:
    assert store.row("joins/2019") == 4


@pytest.mark.parametrize("paper_id", ["Passes", "passes ", "", "' OR 1=1 --"])
def test_an_unknown_id_is_named(store: Store, paper_id: str) -> None:
    with pytest.raises(PaperUnknown) as raised:
        store.row(paper_id)
    assert str(raised.value) == f"no paper has the id {paper_id!r} in this index"


def test_half_of_a_surrogate_pair_is_an_unknown_id(store: Store) -> None:
    with pytest.raises(PaperUnknown, match=r"no paper has the id '\?' in this index"):
        store.row("\ud800")


def test_no_filter_is_no_restriction(store: Store) -> None:
    assert found(store) is None


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"year_from": 2021}, ["passes", "tree", "congestion"]),
        ({"year_to": 2019}, ["queues", "joins/2019"]),
        ({"year_from": 2020, "year_to": 2021}, ["tree"]),
        ({"year_from": 2022, "year_to": 2021}, []),
        ({"venue": "sigcomm"}, ["congestion", "queues"]),
        ({"venue": "VLDB"}, ["joins/2019"]),
        ({"venue": "VLDB workshop"}, ["joins/2019"]),
        ({"venue": "work"}, []),
        ({"author": "FLOYD"}, ["congestion", "queues"]),
        ({"author": "Zoe Muller"}, ["passes"]),
        ({"author": "Sally Jacobson"}, []),
        ({"author": "Floyd, S."}, ["congestion", "queues"]),
        ({"author": "V. Floyd"}, []),
        ({"author": "floyd " * 800}, ["congestion", "queues"]),
        ({"author": "%"}, []),
        ({"author": "Sally Floyd", "year_from": 2000, "venue": "SIGCOMM"}, ["congestion"]),
    ],
)
def test_filters_keep_exactly_the_papers_they_describe(
    store: Store, filters: dict[str, int | str], ids: list[str]
) -> None:
    assert found(store, **filters) == ids


def test_an_older_store_has_the_words_of_names_among_their_keys(tmp_path: Path) -> None:
    path = tmp_path / "papers.sqlite"
    written(path, PAPERS).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE name_words")
        connection.execute("INSERT INTO names SELECT kind, 'floyd', row FROM names WHERE key = 'sally floyd'")
    old = Store(path)
    assert found(old, author="Floyd") == found(old, author="sally floyd") == ["congestion", "queues"]
    assert found(old, author="S. Floyd") == []


@pytest.mark.parametrize("blank", ["", " ", "\u200b"])
def test_a_blank_name_filters_nothing(store: Store, blank: str) -> None:
    assert found(store, venue=blank, author=blank) is None


def has_name(names: Sequence[str], wanted: str | None) -> bool:
    asked = name_words(wanted or "")
    return not fold(wanted or "") or any(
        fold(name) == fold(wanted or "") or (asked != [] and is_called(name, asked)) for name in names
    )


YEARS = st.none() | st.integers(2008, 2020)
WANTED = st.none() | st.sampled_from(
    [
        *NAMES,
        "adams",
        "RYAN",
        "p.",
        "Muller",
        "Adams, Ryan",
        "R. P. Adams",
        "Adams Muller",
        "icml",
        "ICML Workshop",
        "雷",
        "'",
    ]
)


@given(YEARS, YEARS, WANTED, WANTED)
def test_filters_equal_a_plain_look_at_each_paper(
    many: Store, year_from: int | None, year_to: int | None, venue: str | None, author: str | None
) -> None:
    rows = many.matching(Filters(year_from, year_to, venue, author))
    expected = [
        row
        for row, paper in enumerate(MANY)
        if (year_from is None or (paper.year is not None and paper.year >= year_from))
        and (year_to is None or (paper.year is not None and paper.year <= year_to))
        and has_name([paper.venue] if paper.venue else [], venue)
        and has_name(paper.authors, author)
    ]
    assert expected == (list(range(len(MANY))) if rows is None else list(rows))


@given(st.text(), st.text())
def test_any_text_may_be_a_filter(many: Store, venue: str, author: str) -> None:
    rows = many.matching(Filters(venue=venue, author=author))
    assert rows is None or set(rows) <= set(range(len(MANY)))


def test_facets_count_the_rows_and_nothing_else(store: Store) -> None:
    assert store.facets(np.array([0, 2, 3, 5])) == {
        "year": [(2022, 2), (1993, 1)],
        "venue": [("SIGCOMM", 2), ("CGO", 1)],
        "author": [("Sally Floyd", 2), ("Grace Hopper", 1), ("Van Jacobson", 1), ("Zoë Müller", 1)],
    }


def test_facets_name_the_most_frequent_where_there_are_too_many(store: Store) -> None:
    facets = store.facets(np.arange(6), limit=1)
    assert facets == {"year": [(2022, 2)], "venue": [("SIGCOMM", 2)], "author": [("Sally Floyd", 2)]}


def test_every_text_is_found_by_its_hash(store: Store) -> None:
    assert store.rows_by_hash() == {paper.text_hash: row for row, paper in enumerate(PAPERS)}


def test_many_threads_read_one_store(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: store.papers([number % 6])[0], range(200))) == [
            PAPERS[number % 6] for number in range(200)
        ]


def test_the_writer_knows_what_it_wrote(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "papers.sqlite")
    writer.add(PAPERS[2])
    assert (writer.get("congestion"), writer.get("tree"), len(writer)) == (PAPERS[2], None, 1)


def test_a_fuller_record_takes_the_place_of_the_first(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "papers.sqlite")
    fuller = replace(PAPERS[0], abstract="More of it.", venue="PLDI", sessions=(Session("oral"),))
    for paper in PAPERS[:2]:
        writer.add(paper)
    writer.replace(fuller)
    writer.finish()
    store = Store(tmp_path / "papers.sqlite")
    assert list(store) == [fuller, PAPERS[1]]
    assert store.rows_by_hash() == {fuller.text_hash: 0, PAPERS[1].text_hash: 1}


def test_a_replaced_record_is_filtered_by_its_new_names(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "papers.sqlite")
    writer.add(PAPERS[0])
    writer.replace(replace(PAPERS[0], venue="PLDI"))
    writer.finish()
    store = Store(tmp_path / "papers.sqlite")
    assert (found(store, venue="PLDI"), found(store, venue="CGO")) == (["passes"], [])


def test_anyone_can_read_the_file_with_sqlite(tmp_path: Path) -> None:
    written(tmp_path / "papers.sqlite", PAPERS)
    connection = sqlite3.connect(tmp_path / "papers.sqlite")
    assert connection.execute("SELECT title FROM papers WHERE year = 1993").fetchall() == [
        ("Short queues in routers",)
    ]
    connection.close()


def test_a_closed_store_reads_no_more(tmp_path: Path) -> None:
    store = written(tmp_path / "papers.sqlite", PAPERS)
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.papers([0])


def unusable(path: Path) -> str:
    with pytest.raises(IndexUnusable) as raised:
        Store(path)
    return str(raised.value)


def test_a_missing_store_is_named(tmp_path: Path) -> None:
    path = tmp_path / "papers.sqlite"
    assert unusable(path) == (
        f"{path}: no readable paper store (unable to open database file); build the index again"
    )
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"no database" * 100])
def test_a_file_that_is_no_store_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "papers.sqlite"
    path.write_bytes(content)
    assert unusable(path).startswith(f"{path}: no readable paper store (")


def test_a_store_that_was_never_finished_is_refused(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "papers.sqlite")
    writer.add(PAPERS[0])
    assert "build the index again" in unusable(tmp_path / "papers.sqlite")


def test_a_paper_is_found_by_any_of_its_names(store: Store) -> None:
    assert list(store.named([("doi", "10.1000/example"), ("id", "tree"), ("id", "no")])) == [1, 4]
    assert list(store.named([("title", "congestioncontrolthatlearns")])) == [2]
    assert list(store.named([("url", "example.org/passes"), ("title", "\ud800")])) == [0]
    assert list(store.named([])) == []


def test_papers_of_one_title_are_all_found(tmp_path: Path) -> None:
    store = written(tmp_path / "papers.sqlite", [PAPERS[0], replace(PAPERS[0], id="again"), PAPERS[1]])
    assert list(store.named([("title", "orderingcompilerpasseswithreinforcementlearning")])) == [0, 1]


def test_the_newest_come_first_and_those_without_a_year_last(store: Store) -> None:
    assert list(store.newest(None, 10)) == [0, 2, 1, 4, 3, 5]
    assert list(store.newest(np.array([5, 3, 2]), 2)) == [2, 3]


def test_a_name_is_looked_up_in_an_index_and_not_by_a_scan(many: Store) -> None:
    sql = "EXPLAIN QUERY PLAN SELECT row FROM names WHERE kind = ? AND key = ?"
    (plan,) = many._connection.execute(sql, ("doi", "x")).fetchall()
    assert plan[3] == "SEARCH names USING PRIMARY KEY (kind=? AND key=?)"


def test_what_cannot_be_written_is_an_error_of_the_disk(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "papers.sqlite")
    writer._connection.execute("PRAGMA max_page_count = 10")  # SQLite's own way to be full
    paper = replace(PAPERS[0], abstract="long " * 100_000)
    with pytest.raises(OSError, match=r"papers cannot be written \(database or disk is full\)"):
        writer.add(paper)


def test_two_authors_of_one_paper_with_one_name_are_one_paper(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "papers.sqlite")
    writer.add(replace(PAPERS[0], authors=("Wei Wang", "Wei Wang")))
    writer.finish()
    assert Store(tmp_path / "papers.sqlite").facets(np.array([0]))["author"] == [("Wei Wang", 1)]


def test_many_threads_read_their_own_papers(store: Store) -> None:
    def own(row: int) -> bool:
        return store.row(PAPERS[row].id) == row and store.papers([row]) == [PAPERS[row]]

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(own, list(range(6)) * 500))


def test_papers_are_found_by_their_titles_once_these_are_noted(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path / "papers.sqlite")
    writer.add(PAPERS[0])
    writer.note_titles()
    writer.add(PAPERS[1])
    assert writer.titled(PAPERS[0].title.upper() + ".") == [PAPERS[0]]
    assert writer.titled(PAPERS[1].title) == []
    writer.note_titles()
    assert writer.titled(PAPERS[1].title) == [PAPERS[1]]
    writer.finish()
    assert Store(tmp_path / "papers.sqlite").named({("title", title_key(PAPERS[0].title))}).tolist() == [0]
