"""Reranking: the first hits in the order of a cross-encoder, one list in pages, and none by default."""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer import model
from indexer.build import build
from indexer.evaluate import evaluate, table
from indexer.progress import Progress
from papersearch import manifest as manifests
from papersearch.errors import IndexUnusable
from papersearch.filters import Filters
from papersearch.index import Index
from papersearch.manifest import RerankerCard
from papersearch.paper import Paper
from papersearch.query import Hit, Mode, Query
from papersearch.ranking import Ranking
from papersearch.reranker import RERANKED, ExportedReranker, reranked
from tests import random_models, tiny
from tests.conftest import write_papers
from tests.test_evaluate import collection

QUIET = Progress(quiet=True)
PAPERS = [
    Paper(f"p{number}", " ".join(words[:2]), f"A {words[2]} for {words[1]}.", year=2000 + number % 5)
    for number in range(60)
    for words in [tiny.WORDS[20 + number : 23 + number]]
]
QUERY = "learning compiler search"


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_models.cross_encoder(tmp_path_factory.mktemp("cross") / "model")


@pytest.fixture(scope="module")
def folder(cross_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two indexes of the same papers, one of them with a reranker: look, don't touch."""
    folder = tmp_path_factory.mktemp("reranked")
    source = write_papers(folder / "papers.jsonl", PAPERS)
    with tiny.in_place_of_models():
        build([source], folder / "plain", model_name="tiny", progress=QUIET)
        name = str(cross_encoder)
        build([source], folder / "index", model_name="tiny", reranker_name=name, progress=QUIET)
    return folder


@pytest.fixture(scope="module")
def index(folder: Path) -> Index:
    return Index.open(folder / "index")


@pytest.fixture(scope="module")
def plain(folder: Path) -> Index:
    return Index.open(folder / "plain")


@pytest.fixture
def copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In place of an export, which takes seconds, a copy; the names that were asked for."""
    asked: list[str] = []
    manifest = manifests.read(folder / "index")

    def export(name: str, target: Path, pairs: Sequence[tuple[str, str]]) -> RerankerCard:
        asked.append(name)
        shutil.copytree(manifest.folder(folder / "index") / manifests.RERANKER, target)
        return RerankerCard(name, f"sha-of-{name}", 64)

    monkeypatch.setattr(model, "export_reranker", export)
    return asked


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.paper.id for hit in hits]


# What reranking does to a ranking


def test_the_first_rows_follow_the_logits_and_the_scores_keep_their_places() -> None:
    parts = [np.array(values, np.float32) for values in ([0.9, 0.8, 0.7, 0.6], [1, 2, 3, 4], [5, 6, 7, 8])]
    ranking = reranked(Ranking(np.array([10, 11, 12, 13]), *parts), np.array([0.1, 0.3, 0.3], np.float32))
    assert ranking.rows.tolist() == [11, 12, 10, 13]
    assert ranking.scores.tolist() == parts[0].tolist()
    assert (ranking.semantic.tolist(), ranking.keyword.tolist()) == ([2, 3, 1, 4], [6, 7, 5, 8])


# Search


def test_the_first_hits_stand_in_the_cross_encoder_s_order(
    index: Index, plain: Index, cross_encoder: Path
) -> None:
    from sentence_transformers import CrossEncoder

    before = plain.search(Query(QUERY, limit=60)).hits
    assert len(before) == 60 > RERANKED
    pairs = [(QUERY, hit.paper.text) for hit in before[:RERANKED]]
    logits = CrossEncoder(str(cross_encoder), device="cpu").predict(pairs)
    order = np.argsort(-logits, kind="stable")
    hits = index.search(Query(QUERY, limit=60)).hits
    assert ids(hits) == [*(before[place].paper.id for place in order), *ids(before[RERANKED:])]
    assert ids(hits) != ids(before)


def test_scores_fall_over_the_whole_list_as_they_did(index: Index, plain: Index) -> None:
    before, after = (each.search(Query(QUERY, limit=60)).hits for each in (plain, index))
    assert [hit.score for hit in after] == [hit.score for hit in before]
    parts = {hit.paper.id: (hit.semantic, hit.keyword) for hit in before}
    assert {hit.paper.id: (hit.semantic, hit.keyword) for hit in after} == parts


@pytest.mark.parametrize("size", [7, 25, 45])
def test_pages_hold_every_hit_once(index: Index, size: int) -> None:
    whole = ids(index.search(Query(QUERY, limit=60)).hits)
    pages = [index.search(Query(QUERY, limit=size, offset=start)).hits for start in range(0, 60, size)]
    assert [paper for page in pages for paper in ids(page)] == whole


@pytest.mark.parametrize("place", [3, RERANKED, RERANKED + 5])
def test_pages_hold_every_hit_once_where_a_paper_is_named(index: Index, plain: Index, place: int) -> None:
    query = Query(QUERY, limit=60)
    named = plain.search(query).hits[place].paper.id
    with pytest.MonkeyPatch.context() as patch:
        row = index._parts.store.row(named)
        patch.setattr(index._parts.store, "named", lambda _: np.array([row]), raising=False)
        pages = [index.search(replace(query, limit=10, offset=start)).hits for start in range(0, 60, 10)]
    found = [paper for page in pages for paper in ids(page)]
    assert found[0] == named
    assert sorted(found) == sorted(paper.id for paper in PAPERS)


@pytest.mark.parametrize("mode", ["semantic", "keyword"])
def test_other_modes_are_left_alone(index: Index, plain: Index, mode: Mode) -> None:
    query = Query(QUERY, limit=60, mode=mode)
    assert ids(index.search(query).hits) == ids(plain.search(query).hits)


def test_a_filter_that_few_pass_or_none(index: Index) -> None:
    assert len(index.search(Query(QUERY, filters=Filters(year_from=2004), limit=60)).hits) == 12
    assert index.search(Query(QUERY, filters=Filters(year_from=2040))).hits == []


def test_the_stage_is_timed_where_it_took_place(index: Index, plain: Index) -> None:
    assert "rerank" in index.search(Query(QUERY)).seconds
    assert "rerank" not in index.search(Query(QUERY, offset=RERANKED)).seconds
    assert "rerank" not in plain.search(Query(QUERY)).seconds


def test_the_pages_of_a_query_cost_one_run(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    logits = ExportedReranker.logits

    def counted(self: ExportedReranker, pairs: Sequence[tuple[str, str]]) -> object:
        runs.append(len(pairs))
        return logits(self, pairs)

    monkeypatch.setattr(ExportedReranker, "logits", counted)
    for offset in range(0, 50, 10):
        index.search(Query("a query of several pages", offset=offset))
    assert runs == [50]


def test_many_threads_get_the_same_order(folder: Path) -> None:
    index = Index.open(folder / "index")
    queries = [f"{QUERY} {word}" for word in ("tree", "queue", "memory", "policy")] * 4
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda text: ids(index.search(Query(text)).hits), queries))
    assert found == [ids(index.search(Query(text)).hits) for text in queries]


# The index that carries it


def test_without_being_asked_for_there_is_none(folder: Path) -> None:
    manifest = manifests.read(folder / "plain")
    assert manifest.reranker is None
    assert not (manifest.folder(folder / "plain") / manifests.RERANKER).exists()


def test_the_manifest_describes_it(folder: Path, cross_encoder: Path) -> None:
    manifest = manifests.read(folder / "index")
    assert manifest.reranker is not None
    assert (manifest.reranker.model, manifest.reranker.max_tokens) == (str(cross_encoder), 64)
    assert {"reranker/model.onnx", "reranker/model.onnx.data", "reranker/tokenizer.json"} <= set(
        manifest.files
    )


@pytest.mark.usefixtures("tiny_models")
@pytest.mark.parametrize(
    ("options", "named", "exported"),
    [
        ({"update": True}, "one", []),
        ({"update": True, "reranker_name": "one"}, "one", []),
        ({"update": True, "reranker_name": "other"}, "other", ["other"]),
        ({"reranker_name": "one"}, "one", ["one"]),
        ({}, None, []),
    ],
)
def test_an_update_keeps_the_reranker_unless_another_is_named(
    tmp_path: Path, copied: list[str], options: dict[str, object], named: str | None, exported: list[str]
) -> None:
    source = write_papers(tmp_path / "papers.jsonl", PAPERS)
    build([source], tmp_path / "index", model_name="tiny", reranker_name="one", progress=QUIET)
    copied.clear()
    built = build([source], tmp_path / "index", model_name="tiny", progress=QUIET, **options)  # type: ignore[arg-type]
    assert copied == exported
    assert (built.manifest.reranker and built.manifest.reranker.model) == named
    assert len(Index.open(tmp_path / "index").search(Query(QUERY, limit=60)).hits) == 60


@pytest.mark.parametrize("name", ["model.onnx", "model.onnx.data", "tokenizer.json"])
def test_a_damaged_reranker_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    manifest = manifests.read(folder / "index")
    assert manifest.reranker is not None
    copy = shutil.copytree(manifest.folder(folder / "index") / manifests.RERANKER, tmp_path / "reranker")
    (copy / name).write_bytes(b"garbage")
    with pytest.raises(IndexUnusable, match=rf"^{copy}: no usable reranker \(.+\); build the index again$"):
        ExportedReranker(copy, manifest.reranker)


@pytest.mark.usefixtures("tiny_models", "copied")
def test_an_evaluation_names_it(tmp_path: Path) -> None:
    folder = collection(tmp_path / "mini", [{"_id": "q", "text": "congestion control"}], ["q\td2\t1"])
    measured = evaluate(folder, model_name="tiny", reranker_name="cross", progress=QUIET)
    assert table(measured).splitlines()[0] == ("mini: 4 papers, 1 queries, tiny (float32), reranked by cross")
    assert measured.to_dict()["reranker"] == "cross"
