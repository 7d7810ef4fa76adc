import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.record import Record, Reject
from indexer.sources.workshop import read

PAGE = """
Sat 9:00 a.m. - 9:10 a.m.
|
Hello Everyone
|
🔗
|
Sat 9:10 a.m. - 9:40 a.m.
|
Ada Ho - Invited Talk
(Talk)
SlidesLive Video »
|
Ada Ho
🔗
|
Sat 9:40 a.m. - 10:00 a.m.
|
Tea | Coffee
(Break)
|
🔗
|
Sat 10:00 a.m. - 10:10 a.m.
|
Kites that Learn
(Spotlight)
link »
SlidesLive Video »
We fly kites.
|
Bo Li · Cy Ng
🔗
|
-
|
Kites that Learn
(Poster - Recorded)
link »
We fly kites.
|
Bo Li · Cy Ng
🔗
|
"""

KITES = {"title": "Kites that Learn", "abstract": "We fly kites.", "authors": ["Bo Li", "Cy Ng"]}
SPOTLIGHT = {"type": "Spotlight", "start": "Sat 10:00 a.m.", "end": "10:10 a.m."}


def entries(page: str) -> list[Record | Reject]:
    return list(read(io.StringIO(page, newline="")))


def papers(page: str) -> list[dict[str, object]]:
    return [dict(entry.fields) for entry in entries(page) if isinstance(entry, Record)]


def test_papers_are_records_and_the_rest_are_rejects() -> None:
    assert papers(PAGE) == [
        {**KITES, "sessions": [SPOTLIGHT]},
        {**KITES, "sessions": [{"type": "Poster - Recorded", "start": None, "end": None}]},
    ]
    assert [(entry.where, entry.reason) for entry in entries(PAGE) if isinstance(entry, Reject)] == [
        ("line 2", "no abstract"),
        ("line 8", "Talk without an abstract"),
        ("line 17", "Break, not a paper"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        ("\n", "\r\n"),
        ("(", "( "),
        ("a.m. -", "a.m. –"),
        ("SlidesLive Video »", "SlidesLive Video"),
        ("link »", "link » | 🔗 |"),
        ("link »\nSlidesLive", "link » SlidesLive"),
        ("\n🔗", " 🔗 |"),
        ("\n🔗\n", "\n"),
        ("|\n", "|\n\n"),
        ("\n|\n", "\n | \n"),
        (" · ", "·"),
        ("·", "⋅"),
        ("·", "∙"),
        ("·", "•"),
        (" · ", " ·\n"),
    ],
)
def test_the_family_s_other_ways_to_write_it(change: tuple[str, str]) -> None:
    page = PAGE.replace(*change)
    assert page != PAGE
    assert [paper | {"sessions": []} for paper in papers(page)] == [KITES | {"sessions": []}] * 2
    assert len(entries(page)) == 5


def test_headings_of_the_page_are_no_entry() -> None:
    assert entries("Timezone: »\nA Fine Workshop\nSchedule\n" + PAGE)[0].fields["title"] == "Hello Everyone"
    assert len(entries("Timezone: America/New_York\n" + PAGE)) == 5


@pytest.mark.parametrize("mark", ["🔗\n", ""])
def test_a_page_without_times(mark: str) -> None:
    page = f"""Timezone: »
Kites that Learn
( Spotlight )
link »
We fly kites.
|
Bo Li · Cy Ng
{mark}|
Tea
( Break )
|
{mark}|
Boats that Learn
( Poster )
We sail.
|
Di Wu
{mark}"""
    assert papers(page) == [
        {**KITES, "sessions": [{"type": "Spotlight", "start": None, "end": None}]},
        {
            "title": "Boats that Learn",
            "abstract": "We sail.",
            "authors": ["Di Wu"],
            "sessions": [{"type": "Poster", "start": None, "end": None}],
        },
    ]
    assert len(entries(page)) == 3


def test_a_page_without_bars() -> None:
    page = """Sat 9:00 a.m. - 9:10 a.m.
Opening ( Remarks )
link » | 🔗 |

Sat 10:00 a.m. - 10:10 a.m.
Kites that Learn ( Spotlight )
link » | 🔗 |
We fly kites.
Bo Li ⋅ Cy Ng

Sat 10:10 a.m. - 10:20 a.m.
Boats that Learn ( Oral )
link » | 🔗 |
We sail.
Di Wu
"""
    opening, kites, boats = entries(page)
    assert isinstance(opening, Reject)
    assert opening.reason == "Remarks, not a paper"
    assert kites.fields == {**KITES, "sessions": [SPOTLIGHT]}
    assert boats.fields["authors"] == ["Di Wu"]
    assert boats.fields["abstract"] == "We sail."


@pytest.mark.parametrize(
    "abstract",
    [
        "We fly\nkites in the\n\nwind.",
        "We take P(a|b) | and p | q\n| of a norm.",
        "We fly.\n(See the appendix.)\nAnd land.",
        "We fly\n(Spotlight)\nagain.",
        "We fly\n|\nand land.",
        "At noon\n-\nso to say.",
        "The link » is near, the SlidesLive too.",
    ],
)
def test_an_abstract_may_hold_anything(abstract: str) -> None:
    page = PAGE.replace("We fly kites.", abstract)
    expected = abstract.replace("\n\n", "\n")
    assert [paper["abstract"] for paper in papers(page)] == [expected, expected]
    assert [paper["authors"] for paper in papers(page)] == [["Bo Li", "Cy Ng"]] * 2


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("Talk", "Talk, not a paper"),
        ("Invited Talk", "Invited Talk, not a paper"),
        ("Keynote", "Keynote, not a paper"),
        ("Panel Discussion", "Panel Discussion, not a paper"),
        ("Opening Remarks", "Opening Remarks, not a paper"),
        ("Poster Session", "Poster Session, not a paper"),
    ],
)
def test_a_talk_with_an_abstract_is_no_paper(kind: str, reason: str) -> None:
    entry = entries(PAGE.replace("Spotlight", kind))[3]
    assert isinstance(entry, Reject)
    assert entry.reason == reason
    assert entry.fields["abstract"] == "We fly kites."


@pytest.mark.parametrize("kind", ["Oral", "Contributed Talk", "Spotlight Talk", "Paper", "Kite Show"])
def test_other_types_with_an_abstract_and_authors_are_papers(kind: str) -> None:
    assert papers(PAGE.replace("Spotlight", kind))[0]["authors"] == ["Bo Li", "Cy Ng"]


def test_a_paper_without_an_abstract_is_a_reject() -> None:
    entry = entries(PAGE.replace("We fly kites.\n", ""))[3]
    assert isinstance(entry, Reject)
    assert entry.reason == "no abstract"


def test_a_title_in_two_lines() -> None:
    assert papers(PAGE.replace("Kites that", "Kites\nthat"))[0]["title"] == "Kites that Learn"


WORDS = st.text("abc XYZ.,", min_size=1).map(str.strip).filter(bool)


@given(st.lists(st.tuples(WORDS, WORDS, st.sampled_from(["Poster", "Talk", "Break"])), max_size=5))
def test_every_entry_comes_out(programme: list[tuple[str, str, str]]) -> None:
    page = "".join(f"-\n|\n{title}\n({kind})\n{text}\n|\nBo Li\n🔗\n|\n" for title, text, kind in programme)
    assert [isinstance(entry, Record) for entry in entries(page)] == [
        kind == "Poster" for _, _, kind in programme
    ]


@given(st.text() | st.text("|🔗-()\n1:0 ab·»").map(str))
def test_any_text_is_read(page: str) -> None:
    assert len(entries(page)) <= len(page)
