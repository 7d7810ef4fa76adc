"""The papers that ship with the project are what data/README.md says they are."""

import gzip
import json
import re
from collections.abc import Iterator

import pytest

from indexer.records import to_paper
from indexer.sources.detect import read_source
from indexer.sources.record import Record
from papersearch.paper import Paper
from papersearch.text import fold
from tests.conftest import SHARED

RUN = 7
"""Words in a row that a summary and a real abstract may not share; names of things can be six words long."""


def words(text: str) -> list[str]:
    """The words of a text, folded."""
    return re.findall(r"\w+", fold(text))


def runs(text: str) -> set[tuple[str, ...]]:
    """Every run of RUN words."""
    found = words(text)
    return {tuple(found[start : start + RUN]) for start in range(len(found) - RUN + 1)}


def real_papers(name: str) -> Iterator[Paper]:
    """The papers of a file of real abstracts, where it is at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"real abstracts to compare with are not here: {path}")
    entries = (to_paper(entry) for entry in read_source(path) if isinstance(entry, Record))
    return (paper for paper in entries if isinstance(paper, Paper))


def test_there_are_enough_papers_each_once(sample_papers: list[Paper]) -> None:
    assert len(sample_papers) >= 150
    assert len({paper.id for paper in sample_papers}) == len(sample_papers)
    assert len({fold(paper.title) for paper in sample_papers}) == len(sample_papers)


def test_every_summary_has_60_to_150_words(sample_papers: list[Paper]) -> None:
    lengths = {paper.id: len(paper.abstract.split()) for paper in sample_papers}
    assert {paper: length for paper, length in lengths.items() if not 60 <= length <= 150} == {}


def test_every_paper_has_authors_a_year_a_venue_and_a_link(sample_papers: list[Paper]) -> None:
    link = re.compile(
        r"https://(arxiv\.org/abs/(\d{4}\.\d{4,5}|[a-z.-]+/\d{7})|doi\.org/10\.\S+|mlforsystems\.org/\S+\.pdf)"
    )
    bad = [
        paper.id
        for paper in sample_papers
        if not (paper.authors and paper.year and paper.venue and link.fullmatch(paper.url or ""))
    ]
    assert bad == []


def test_no_two_summaries_share_a_sentence(sample_papers: list[Paper]) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for paper in sample_papers:
        for run in runs(paper.abstract):
            assert seen.setdefault(run, paper.id) == paper.id


def test_the_workshops_papers_are_there_in_other_words(sample_papers: list[Paper]) -> None:
    ours = {fold(paper.title): paper for paper in sample_papers}
    real = {fold(paper.title): paper for paper in real_papers("samples/ml-for-systems-2022.txt")}
    assert len(real) == 19
    assert real.keys() <= ours.keys()
    for title, paper in real.items():
        assert runs(paper.abstract) & runs(ours[title].abstract) == set()
        assert paper.authors == ours[title].authors


def test_papers_known_from_elsewhere_are_in_other_words(sample_papers: list[Paper]) -> None:
    path = SHARED / "papers-100k.jsonl.gz"
    if not path.exists():
        pytest.skip(f"real abstracts to compare with are not here: {path}")
    ours = {fold(paper.title): paper for paper in sample_papers}
    compared = 0
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for fields in map(json.loads, file):
            if paper := ours.get(fold(fields["title"])):
                compared += 1
                assert runs(fields["abstract"]) & runs(paper.abstract) == set()
    assert compared >= 20


def test_the_questions_share_no_word_with_the_title_they_ask_for(sample_papers: list[Paper]) -> None:
    from papersearch.analysis import stems
    from tests.test_relevance import questions

    titles = {paper.id: paper.title for paper in sample_papers}
    shared = {paper: set(stems(question)) & set(stems(titles[paper])) for paper, question in questions()}
    assert {paper: found for paper, found in shared.items() if found} == {}
