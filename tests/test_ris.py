"""RIS: references are records, and what is wrong with one costs no other."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.records import to_paper
from indexer.sources import ris
from indexer.sources.record import Record, Reject
from papersearch.paper import Paper

KITES = """TY  - JOUR
TI  - Kites that learn
AU  - Li, Bo
AU  - van der Ng, Cy
T2  - Journal of the Sky
AB  - We fly kites.
PY  - 2020/05/01
DO  - 10.1000/1
KW  - kites
KW  - wind
UR  - https://sky.example/1
ER  -
"""
OLDER = (
    KITES.replace("TI  -", "T1  -").replace("AU  -", "A1  -").replace("AB  -", "N2  -").replace("PY", "Y1")
)


def read(text: str) -> list[Record | Reject]:
    return list(ris.read(io.StringIO(text)))


@pytest.mark.parametrize("text", [KITES, OLDER, "\ufeff" + KITES, KITES.replace("ER  -\n", "")])
def test_a_reference_becomes_a_paper(text: str) -> None:
    (record,) = read(text)
    assert isinstance(record, Record)
    assert to_paper(record) == Paper(
        "10.1000/1",
        "Kites that learn",
        "We fly kites.",
        ("Bo Li", "Cy van der Ng"),
        2020,
        "Journal of the Sky",
        "https://sky.example/1",
        ("kites", "wind"),
        extra={"doi": "10.1000/1", "type": "JOUR"},
    )


def test_references_are_told_apart_where_an_end_is_missing() -> None:
    found = read("\n" + KITES.replace("ER  -\n", "") + KITES + "no reference\n")
    assert [entry.where for entry in found if isinstance(entry, Record)] == ["line 2", "line 13"]


@given(st.text() | st.lists(st.sampled_from([*KITES.splitlines(), "x", "TY  -"]), max_size=20).map("\n".join))
def test_any_text_is_read(text: str) -> None:
    assert all(entry.where.startswith("line ") for entry in read(text))
