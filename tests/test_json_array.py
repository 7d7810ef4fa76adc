import gc
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.json_array import read
from indexer.sources.record import Record, Reject
from papersearch.errors import SourceUnusable


def entries(text: str) -> list[Record | Reject]:
    return list(read(io.StringIO(text)))


def test_an_array_of_objects() -> None:
    assert entries('[{"id": 1}, {"id": 2}]') == [Record({"id": 1}, "entry 1"), Record({"id": 2}, "entry 2")]


def test_an_object_that_holds_one_array_of_objects() -> None:
    assert entries('{"count": 1, "tags": ["x"], "papers": [{"id": 1}]}') == [Record({"id": 1}, "entry 1")]


def test_one_paper_whose_authors_are_objects() -> None:
    paper = {"Title": "T", "authors": [{"name": "Ada"}]}
    assert entries('{"Title": "T", "authors": [{"name": "Ada"}]}') == [Record(paper, "entry 1")]


def test_what_is_no_object_is_a_reject() -> None:
    assert entries('["x", {"id": 1}]') == [
        Reject("entry 1", "not an object", {"value": "x"}),
        Record({"id": 1}, "entry 2"),
    ]


def test_control_characters_in_strings_are_data() -> None:
    assert entries('\ufeff[{"id": "a\0b"}]') == [Record({"id": "a\0b"}, "entry 1")]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('[{"id": 1},', "not a JSON document .Expecting value: line 1 column 12"),
        ("[" * 100_000, "nested too deep"),
        ("3", "a single value"),
        ('{"a": 1}', "holds none"),
        ('{"a": [{}], "b": [{}]}', "holds 2"),
    ],
)
def test_a_document_without_papers_is_refused(text: str, cause: str) -> None:
    gc.collect()  # what an earlier test left, finalised where Python can go no deeper, would fail this one
    with pytest.raises(SourceUnusable, match=cause):
        entries(text)


@given(st.text() | st.text('[]{}":,1 '))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert all(entry.where for entry in entries(text))
    except SourceUnusable as error:
        assert "JSON" in str(error)  # noqa: PT017  # either outcome is right
