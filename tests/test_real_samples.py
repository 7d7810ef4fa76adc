"""The readers on real files, which are not ours to ship: skipped where they aren't beside the repository."""

import re
from pathlib import Path

import pytest

from indexer.records import to_paper
from indexer.sources.detect import read_source
from indexer.sources.record import Record, Reject
from papersearch.paper import Paper

DATA = Path(__file__).parent.parent.parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the measuring data is not at {DATA}")


def outcomes(name: str) -> tuple[list[Paper], list[Reject]]:
    papers, rejects = [], []
    for entry in read_source(DATA / name):
        made = to_paper(entry) if isinstance(entry, Record) else entry
        if isinstance(made, Paper):
            papers.append(made)
        else:
            rejects.append(made)
    return papers, rejects


@pytest.fixture(scope="module")
def workshop() -> tuple[list[Paper], list[Reject]]:
    return outcomes("samples/ml-for-systems-2022.txt")


def test_the_workshop_has_the_organisers_papers(workshop: tuple[list[Paper], list[Reject]]) -> None:
    page = (DATA / "samples/ml-for-systems-2022-accepted.md").read_text()
    accepted = {" ".join(title.casefold().split()) for title in re.findall(r"<b>(.*?)</b>", page)}
    assert len(accepted) == 19
    papers, _ = workshop
    assert {paper.title.casefold() for paper in papers} == accepted
    assert len({paper.id for paper in papers}) == 19


def test_six_papers_of_the_workshop_are_spotlight_and_poster(
    workshop: tuple[list[Paper], list[Reject]],
) -> None:
    papers, _ = workshop
    by_id: dict[str, list[Paper]] = {}
    for paper in papers:
        by_id.setdefault(paper.id, []).append(paper)
    doubles = [both for both in by_id.values() if len(both) == 2]
    assert len(papers) == 25
    assert len(doubles) == 6
    for spotlight, poster in doubles:
        assert spotlight.title == poster.title
        assert spotlight.sessions[0].type == "Spotlight"
        assert spotlight.sessions[0].start is not None
        assert poster.sessions[0].type.startswith("Poster")
        assert (poster.sessions[0].start, poster.sessions[0].end) == (None, None)


def test_the_workshop_s_first_paper(workshop: tuple[list[Paper], list[Reject]]) -> None:
    papers, _ = workshop
    assert papers[0].authors == ("Wenda Zhou", "Olga Solodova", "Ryan Adams")
    assert (papers[0].sessions[0].start, papers[0].sessions[0].end) == ("Sat 10:55 a.m.", "11:05 a.m.")


def test_the_workshop_s_other_entries_are_rejects(workshop: tuple[list[Paper], list[Reject]]) -> None:
    _, rejects = workshop
    reasons = sorted(reject.reason for reject in rejects)
    assert reasons == ["Break, not a paper"] * 2 + ["Talk without an abstract"] * 5 + ["no abstract"]


def test_no_button_of_the_page_is_in_a_field(workshop: tuple[list[Paper], list[Reject]]) -> None:
    for paper in workshop[0]:
        assert not re.search("SlidesLive|link »|🔗|»", paper.to_json())
        assert paper.authors
        assert len(paper.abstract) > 600


def test_the_workshop_s_latex_is_readable(workshop: tuple[list[Paper], list[Reject]]) -> None:
    abstracts = " ".join(paper.abstract for paper in workshop[0])
    for readable in (
        "average of 13.3% improvement",
        "Nyström",
        "desired μsec decision",
        "propose NeuralFuse,",
    ):
        assert readable in abstracts
    assert not re.search(r"[\\$]", abstracts)


@pytest.mark.parametrize(
    ("name", "papers", "rejects", "first"),
    [
        ("samples/arxiv_daily_2026-07-01_first150.jsonl", 150, 0, "2606.30776"),
        ("samples/neurips_proceedings_2016.json", 569, 0, "scan-order-in-gibbs-sampling-models-in"),
        ("samples/openreview_ICLR2021_first300.tsv", 299, 0, "1Fqg133qRaI"),
        ("samples/acm_dl_sigir-2019.bib", 262, 25, "10.1145/3331184.3331185"),
        ("samples/baseline_zotero.ris", 98, 2, "10.1038/s42256-020-00287-7"),
        ("collections/cranfield/corpus.jsonl.gz", 1398, 2, "1"),
        ("collections/scifact/corpus.jsonl.gz", 5183, 0, "4983"),
    ],
)
def test_every_entry_of_a_real_file_comes_out(name: str, papers: int, rejects: int, first: str) -> None:
    made, refused = outcomes(name)
    assert (len(made), len(refused)) == (papers, rejects)
    assert made[0].id.startswith(first)
    assert len({paper.id for paper in made}) == papers


def test_the_fields_of_arxiv_neurips_and_openreview() -> None:
    arxiv = outcomes("samples/arxiv_daily_2026-07-01_first150.jsonl")[0][0]
    assert arxiv.authors == ("Batya Berzack", "Rotem Oshman", "Inbal Talgam-Cohen")
    assert arxiv.url == "https://arxiv.org/abs/2606.30776"
    assert arxiv.keywords == ("cs.GT",)
    assert "form of bidding constraints (e.g." in arxiv.abstract
    neurips = outcomes("samples/neurips_proceedings_2016.json")[0][0]
    assert neurips.authors == ("Bryan D. He", "Christopher M. De Sa", "Ioannis Mitliagkas", "Christopher Ré")
    openreview = outcomes("samples/openreview_ICLR2021_first300.tsv")[0][0]
    assert openreview.keywords[:2] == ("deep learning", "generative model")
    assert openreview.url == "https://openreview.net/forum?id=1Fqg133qRaI"


def test_the_fields_of_acm_and_zotero() -> None:
    acm = outcomes("samples/acm_dl_sigir-2019.bib")[0][0]
    assert (acm.authors, acm.year, acm.url) == (
        ("W. Bruce Croft",),
        2019,
        "https://doi.org/10.1145/3331184.3331185",
    )
    assert (acm.venue or "").startswith("Proceedings of the 42nd International ACM SIGIR Conference")
    zotero = outcomes("samples/baseline_zotero.ris")[0][0]
    assert zotero.authors[:2] == ("Rens van de Schoot", "Jonathan de Bruin")
    assert (zotero.year, zotero.venue) == (2021, "Nature Machine Intelligence")
