"""A paper as columns and back."""

from hypothesis import given
from hypothesis import strategies as st

from papersearch.paper import Paper, Session
from papersearch.paper_record import COLUMNS, to_paper, to_record

TEXT = st.text()
PAPERS = st.builds(
    Paper,
    TEXT,
    TEXT,
    TEXT,
    st.lists(TEXT).map(tuple),
    st.none() | st.integers(1000, 2999),
    st.none() | TEXT,
    st.none() | TEXT,
    st.lists(TEXT).map(tuple),
    st.lists(st.builds(Session, TEXT, st.none() | TEXT, st.none() | TEXT)).map(tuple),
    st.dictionaries(TEXT, TEXT | st.integers() | st.lists(TEXT)),
)


@given(PAPERS)
def test_a_paper_comes_back_from_its_columns(paper: Paper) -> None:
    *columns, text_hash = to_record(paper)
    assert len(columns) == len(COLUMNS.split(","))
    assert to_paper(columns) == paper
    assert text_hash == paper.text_hash
