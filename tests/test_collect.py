"""Reading sources into a store: each paper once, and a report of all that is no paper."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.collect import Collected, collect, merge
from papersearch.errors import SourceUnusable
from papersearch.paper import Paper, Session
from papersearch.store import Store, StoreWriter

KITES = {"id": "kites", "title": "Kites that learn", "abstract": "We fly kites."}
SPOTLIGHT, POSTER = Session("spotlight", "10:55", "11:05"), Session("poster")


@dataclass
class Outcome:
    papers: list[Paper]
    rejects: list[dict[str, Any]]
    counts: Collected


def collected(folder: Path, *files: Sequence[Mapping[str, Any] | str], format_name: str = "jsonl") -> Outcome:
    """What comes of files with these records, or these lines as they are."""
    sources = []
    for number, records in enumerate(files):
        lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
        sources.append(folder / f"source{number}.jsonl")
        sources[-1].write_text("\n".join(lines), "utf-8")
    writer, report = StoreWriter(folder / "papers.sqlite"), io.StringIO()
    *_, counts = collect(sources, format_name, writer, report)
    writer.finish()
    rejects = [json.loads(line) for line in report.getvalue().split("\n")[:-1]]
    return Outcome(list(Store(folder / "papers.sqlite")), rejects, counts)


def test_papers_of_all_sources_stand_in_the_order_read(tmp_path: Path) -> None:
    outcome = collected(tmp_path, [KITES, KITES | {"id": "b"}], [KITES | {"id": "a"}])
    assert [paper.id for paper in outcome.papers] == ["kites", "b", "a"]


def test_an_id_met_again_with_the_same_title_is_one_paper_with_both_sessions(tmp_path: Path) -> None:
    first = KITES | {"sessions": [{"type": "spotlight", "start": "10:55", "end": "11:05"}]}
    second = KITES | {"title": "KITES that learn", "sessions": [{"type": "poster"}]}
    outcome = collected(tmp_path, [first, second])
    assert [paper.sessions for paper in outcome.papers] == [(SPOTLIGHT, POSTER)]
    assert (outcome.counts.papers, outcome.counts.merged, outcome.rejects) == (1, 1, [])


def test_an_id_met_again_with_another_title_is_rejected(tmp_path: Path) -> None:
    other = KITES | {"title": "Boats"}
    outcome = collected(tmp_path, [KITES], [other])
    assert [paper.title for paper in outcome.papers] == ["Kites that learn"]
    assert outcome.rejects == [
        {
            "source": str(tmp_path / "source1.jsonl"),
            "where": "line 1",
            "reason": "its id 'kites' is already that of another paper",
            "fields": other,
        }
    ]


def test_every_entry_that_is_no_paper_is_in_the_report(tmp_path: Path) -> None:
    outcome = collected(tmp_path, [KITES, {"title": "Boats"}, '{"title": "Bro', {"abstract": "We sail."}])
    assert [(reject["where"], reject["reason"]) for reject in outcome.rejects] == [
        ("line 2", "no abstract"),
        ("line 3", outcome.rejects[1]["reason"]),
        ("line 4", "no title"),
    ]
    assert outcome.counts.rejects == 3
    assert outcome.counts.reasons["no title"] == 1


def test_the_report_can_be_written_whatever_an_entry_holds(tmp_path: Path) -> None:
    outcome = collected(tmp_path, ['{"title": "\\ud800 \\u0000", "x": "\u2028<script>"}'])
    assert outcome.rejects[0]["reason"] == "no abstract"
    assert outcome.rejects[0]["fields"]["x"] == "\u2028<script>"


def test_the_counts_grow_entry_by_entry(tmp_path: Path) -> None:
    source = tmp_path / "papers.jsonl"
    source.write_text("\n".join(json.dumps(each) for each in (KITES, KITES, {"title": "x"})))
    running = collect([source], "jsonl", StoreWriter(tmp_path / "papers.sqlite"), io.StringIO())
    assert [(counts.papers, counts.merged, counts.rejects) for counts in running] == [
        (1, 0, 0),
        (1, 1, 0),
        (1, 1, 1),
    ]


def test_a_source_that_cannot_be_read_ends_it(tmp_path: Path) -> None:
    with pytest.raises(SourceUnusable, match="there is no such file"):
        list(collect([tmp_path / "no"], "auto", StoreWriter(tmp_path / "papers.sqlite"), io.StringIO()))


FULL = Paper(
    "1",
    "Kites",
    "We fly kites high.",
    ("Bo Li",),
    2020,
    "Sky",
    "https://a.example",
    ("kites",),
    (SPOTLIGHT,),
    {"doi": "10.1/1"},
)
BARE = Paper("1", "Kites", "We fly.", sessions=(POSTER,), keywords=("wind",), extra={"doi": "x", "n": 1})


def test_what_one_record_lacks_the_other_gives() -> None:
    assert merge(BARE, FULL) == replace(
        FULL, sessions=(POSTER, SPOTLIGHT), keywords=("wind", "kites"), extra={"doi": "x", "n": 1}
    )


def test_of_two_values_the_first_stays() -> None:
    other = replace(FULL, title="kites", abstract="Short.", authors=("Cy Ng",), year=2021, venue="Sea")
    assert merge(FULL, other) == FULL


def test_of_two_abstracts_the_longer_stays() -> None:
    assert merge(BARE, FULL).abstract == FULL.abstract


def test_a_session_in_both_records_is_one() -> None:
    assert merge(FULL, FULL) == FULL


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["Kites", "Boats", ""])), max_size=12))
def test_every_entry_is_a_paper_a_merge_or_a_reject(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, str]]
) -> None:
    records = [{"id": paper_id, "title": title, "abstract": "We."} for paper_id, title in entries]
    folder = tmp_path_factory.mktemp("any")
    outcome = collected(folder, [*records, {"id": "c", "title": "C", "abstract": "c"}])
    counts = outcome.counts
    assert counts.papers + counts.merged + counts.rejects == len(entries) + 1
    assert (len(outcome.papers), len(outcome.rejects)) == (counts.papers, counts.rejects)


LONG = KITES | {"title": "Kites that learn to fly", "authors": ["Wenda Zhou"], "venue": "Sky"}


@pytest.mark.parametrize(
    "second",
    [
        LONG,
        LONG | {"title": "{Kites} that learn to fly!", "authors": ["Zhou, W.", "Bo Li"]},
        {key: value for key, value in LONG.items() if key != "authors"},
        LONG | {"authors": ["W. Z."], "doi": "https://doi.org/10.1000/1"},
    ],
)
def test_one_paper_of_two_sources_is_one_whatever_its_ids(tmp_path: Path, second: dict[str, object]) -> None:
    outcome = collected(tmp_path, [LONG | {"doi": "10.1000/1"}], [second | {"id": "b", "year": 2020}])
    (paper,) = outcome.papers
    assert (paper.id, paper.venue, paper.year, paper.extra["other_ids"]) == ("kites", "Sky", 2020, ["b"])
    assert (outcome.counts.papers, outcome.counts.merged) == (1, 1)


def test_a_paper_that_stands_twice_in_a_further_source_is_one_with_one_other_id(tmp_path: Path) -> None:
    again = LONG | {"id": "b"}
    (paper,) = collected(tmp_path, [LONG], [again, again], [LONG | {"id": "c"}, again]).papers
    assert paper.extra == {"other_ids": ["b", "c"]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (LONG, LONG | {"id": "b", "authors": ["Ann Lee"]}),
        (LONG, LONG | {"id": "b", "title": "Kites that learn to fall"}),
        (LONG | {"title": "Preface"}, LONG | {"id": "b", "title": "Preface"}),
    ],
)
def test_papers_of_two_sources_that_are_only_alike_are_two(
    tmp_path: Path, first: dict[str, object], second: dict[str, object]
) -> None:
    assert [paper.id for paper in collected(tmp_path, [first], [second]).papers] == ["kites", "b"]


def test_the_ids_of_one_source_tell_its_papers_apart(tmp_path: Path) -> None:
    assert len(collected(tmp_path, [LONG, LONG | {"id": "b"}]).papers) == 2


def test_papers_of_one_title_by_other_people_are_two_papers(tmp_path: Path) -> None:
    rows = "title,abstract,authors\nPosition paper,One view.,Ann Lee\nPosition paper,Another view.,Bo Chan\n"
    papers = papers_of(tmp_path, rows)
    assert [(paper.authors, paper.abstract) for paper in papers] == [
        (("Ann Lee",), "One view."),
        (("Bo Chan",), "Another view."),
    ]
    assert papers[0].id == "position-paper"
    assert papers[1].id.startswith("position-paper-")


def test_titles_that_make_the_same_id_are_two_papers(tmp_path: Path) -> None:
    rows = "title,abstract\nLearning in C++,About one.\nLearning in C,About the other.\n"
    papers = papers_of(tmp_path, rows)
    assert [paper.title for paper in papers] == ["Learning in C++", "Learning in C"]


@pytest.mark.parametrize("again", ["Learning to rank.", "learning-to-rank"])
@pytest.mark.parametrize("id_", ["7", ""])
def test_a_full_stop_and_hyphens_make_no_other_paper(tmp_path: Path, again: str, id_: str) -> None:
    rows = f"id,title,abstract\n{id_},Learning to rank,How.\n{id_},{again},How it is done.\n"
    (paper,) = papers_of(tmp_path, rows)
    assert (paper.title, paper.abstract) == ("Learning to rank", "How it is done.")


def test_papers_with_characters_that_could_not_be_read_are_counted(tmp_path: Path) -> None:
    (tmp_path / "excel.csv").write_bytes(
        "title,abstract,authors\nOne,About.,Ann Lee\nTwo,About.,Jürgen\n".encode("cp1252")
    )
    *_, counts = collect(
        [tmp_path / "excel.csv"], "csv", StoreWriter(tmp_path / "papers.sqlite"), io.StringIO()
    )
    assert (counts.papers, counts.garbled) == (2, 1)


def papers_of(folder: Path, rows: str) -> list[Paper]:
    """The papers of a CSV file."""
    (folder / "rows.csv").write_text(rows)
    writer = StoreWriter(folder / "papers.sqlite")
    for _ in collect([folder / "rows.csv"], "csv", writer, io.StringIO()):
        pass
    writer.finish()
    return list(Store(folder / "papers.sqlite"))
