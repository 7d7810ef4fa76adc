import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources import delimited
from indexer.sources.delimited import read_csv, read_tsv
from indexer.sources.record import Record, Reject


def comma(text: str) -> list[Record | Reject]:
    return list(read_csv(io.StringIO(text, newline="")))


def tab(text: str) -> list[Record | Reject]:
    return list(read_tsv(io.StringIO(text, newline="")))


def test_a_row_is_a_record_by_the_header_s_names() -> None:
    assert comma("\ufeffid, title \r\n1,One\r\n\r\n2,Two") == [
        Record({"id": "1", "title": "One"}, "line 2"),
        Record({"id": "2", "title": "Two"}, "line 4"),
    ]


def test_a_quoted_cell_holds_commas_quotes_and_line_ends() -> None:
    assert comma('id,title\n1,"a, ""b""\r\nc"\n2,d\n') == [
        Record({"id": "1", "title": 'a, "b"\r\nc'}, "line 2"),
        Record({"id": "2", "title": "d"}, "line 4"),
    ]


def test_semicolons_are_told_by_the_header() -> None:
    assert comma("id;title\n1;a, b") == [Record({"id": "1", "title": "a, b"}, "line 2")]


def test_a_tab_separated_row_with_a_quoted_line_end() -> None:
    assert tab('id\ttitle\tabstract\n1\ta\t"b\nc"\n2\td\te') == [
        Record({"id": "1", "title": "a", "abstract": "b\nc"}, "line 2"),
        Record({"id": "2", "title": "d", "abstract": "e"}, "line 4"),
    ]


def test_a_stray_quote_does_not_swallow_the_rows_below() -> None:
    assert tab('id\ttitle\tabstract\n1\t"a\tb\n2\t"c\td\n3\te\tf') == [
        Record({"id": "1", "title": '"a', "abstract": "b"}, "line 2"),
        Record({"id": "2", "title": '"c', "abstract": "d"}, "line 3"),
        Record({"id": "3", "title": "e", "abstract": "f"}, "line 4"),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line() -> None:
    assert comma('id,title,abstract\n1,"a\n2,b,c\n3,d,e') == [
        Reject("line 2", "cells unlike the header; is a quote never closed?", {"line": '1,"a\n'}),
        Record({"id": "2", "title": "b", "abstract": "c"}, "line 3"),
        Record({"id": "3", "title": "d", "abstract": "e"}, "line 4"),
    ]


def test_a_quote_is_not_followed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LONGEST_ROW", 3)
    read = comma('id,title\n1,"a\n2,b\n3,c\n4,d\n')
    assert [entry.where for entry in read if isinstance(entry, Record)] == [
        "line 2",
        "line 3",
        "line 4",
        "line 5",
    ]


def test_every_unclosed_quote_halves_how_far_the_next_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LONGEST_ROW", 8)
    monkeypatch.setattr(delimited, "LONG_ROW", 2)
    quoted = '1,"a\nb\nc\nd\ne"\n'
    assert comma(f"id,title\n{quoted}") == [Record({"id": "1", "title": "a\nb\nc\nd\ne"}, "line 2")]
    unclosed = '1,"x\n' + "2,y\n" * 8
    found = comma(f"id,title\n{unclosed}{quoted}")
    rows = [entry.fields for entry in found if isinstance(entry, Record)]
    assert rows.count({"id": "2", "title": "y"}) == 8
    assert Record({"id": "1", "title": '"a'}, "line 11") in found


def test_rows_shorter_and_longer_than_the_header() -> None:
    assert comma("id,title\n1\n2,b,c,d") == [
        Record({"id": "1"}, "line 2"),
        Record({"id": "2", "title": "b", "more cells than the header": ["c", "d"]}, "line 3"),
    ]


def test_columns_without_a_name_and_with_the_same_name() -> None:
    assert comma("id,,id\n1,a,b") == [Record({"id": "1", "column 2": "a", "id 3": "b"}, "line 2")]


def test_a_cell_of_a_megabyte() -> None:
    (entry,) = comma("id,abstract\n1," + "word " * 250_000)
    assert len(entry.fields["abstract"]) == 1_250_000


@given(
    st.lists(
        st.tuples(st.text(min_size=1), st.text()).filter(lambda row: any(map(str.strip, row))), max_size=20
    )
)
def test_what_csv_wrote_is_read(rows: list[tuple[str, str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("id", "title"), *rows])
    assert [tuple(entry.fields.values()) for entry in comma(written.getvalue())] == rows


@given(st.text() | st.text('",\t\n\ra'))
def test_any_text_is_read(text: str) -> None:
    for read in (comma, tab):
        assert len(read(text)) <= len(text)
