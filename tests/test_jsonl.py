import gc
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.jsonl import read
from indexer.sources.record import Record, Reject

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner)
)


def entries(text: str) -> list[Record | Reject]:
    return list(read(io.StringIO(text, newline="")))


def test_a_line_is_a_record() -> None:
    assert entries('{"id": "1"}\n\n  {"id": "2"}\r\n') == [
        Record({"id": "1"}, "line 1"),
        Record({"id": "2"}, "line 3"),
    ]


def test_a_line_that_is_not_json_is_a_reject_and_the_next_is_read() -> None:
    broken, whole = entries('{"id": \n{"id": "2"}')
    assert broken == Reject(
        "line 1", "not JSON: Expecting value: line 1 column 7 (char 6)", {"line": '{"id":'}
    )
    assert whole == Record({"id": "2"}, "line 2")


def test_a_value_that_is_no_object_is_a_reject() -> None:
    assert entries("[1, 2]\nnull") == [
        Reject("line 1", "not an object", {"value": [1, 2]}),
        Reject("line 2", "not an object", {"value": None}),
    ]


def test_control_characters_in_strings_are_data() -> None:
    assert entries('{"id": "a\0b\tc"}') == [Record({"id": "a\0b\tc"}, "line 1")]


def test_a_line_separator_in_a_string_ends_no_line() -> None:
    assert entries('{"id": "a\u2028b\x85c"}') == [Record({"id": "a\u2028b\x85c"}, "line 1")]


def test_a_byte_order_mark_in_the_middle_is_dropped() -> None:
    assert entries('{"id": "1"}\n\ufeff{"id": "2"}')[1] == Record({"id": "2"}, "line 2")


def test_nesting_without_end_is_a_reject() -> None:
    gc.collect()  # what an earlier test left, finalised where Python can go no deeper, would fail this one
    (entry,) = entries("[" * 100_000)
    assert isinstance(entry, Reject)
    assert entry.reason == "not JSON: nested too deep"


def test_a_number_too_long_for_python_is_a_reject() -> None:
    (entry,) = entries('{"id": ' + "9" * 5000 + "}")
    assert isinstance(entry, Reject)
    assert entry.reason.startswith("not JSON: Exceeds the limit")


@given(st.lists(JSON))
def test_every_json_line_comes_out(values: list[Any]) -> None:
    assert len(entries("\n".join(map(json.dumps, values)))) == len(values)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert len(entries(text)) <= len(text)
