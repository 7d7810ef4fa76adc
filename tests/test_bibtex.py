"""BibTeX: entries are records, and what is wrong with one costs no other."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.records import to_paper
from indexer.sources import bibtex
from indexer.sources.record import Record, Reject
from papersearch.paper import Paper

KITES = """@InProceedings{li2020kites,
  Title = {{Kites} that learn \\"{o}ver the sea},
  author = {Li, Bo and van der Ng, Cy},
  year = 2020,
  booktitle = sky,
  abstract = {We fly {kites},
    @ the sea.},
  keywords = {kites; wind},
  doi = {10.1000/1}
}
"""


def read(text: str) -> list[Record | Reject]:
    return list(bibtex.read(io.StringIO(text)))


def test_an_entry_becomes_a_paper() -> None:
    (record,) = read('@string{sky = "Sky Conference"}\n' + KITES)
    assert isinstance(record, Record)
    assert record.where == "line 2"
    assert to_paper(record) == Paper(
        "li2020kites",
        "Kites that learn över the sea",
        "We fly kites, @ the sea.",
        ("Bo Li", "Cy van der Ng"),
        2020,
        "Sky Conference",
        keywords=("kites", "wind"),
        extra={"doi": "10.1000/1", "type": "inproceedings"},
    )


def test_entries_on_one_line_are_all_read() -> None:
    found = read("@article{a, title={One}} @article{b, title={Two}} @article{c, title={\n")
    assert [entry.fields["id"] for entry in found if isinstance(entry, Record)] == ["a", "b"]
    assert len(found) == 3


def test_what_is_no_paper_s_entry_is_passed_over() -> None:
    assert read('% a comment\n@comment{x}\n@preamble{"y"}\nJust text.\n@string{a = {b}}\n') == []


@pytest.mark.parametrize(
    "broken", ["@article{a, title = {never closed,\n", "@article{a, year={1}, year={2}}\n"]
)
def test_an_entry_that_went_wrong_is_a_reject_of_its_own(broken: str) -> None:
    reject, record = read(broken + KITES)
    assert reject == Reject(
        "line 1",
        "no BibTeX entry; is a brace never closed, or a field there twice?",
        {"entry": broken.strip()},
    )
    assert isinstance(record, Record)
    assert (record.fields["id"], record.where) == ("li2020kites", "line 2")


@given(st.text() | st.text('@article{}(),="\\\n #ab', max_size=60))
def test_any_text_is_read(text: str) -> None:
    assert all(entry.where.startswith("line ") for entry in read(text))
