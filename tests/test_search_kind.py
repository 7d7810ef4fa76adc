"""How an index is searched: what is chosen, by what it finds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer import search_kind
from indexer.progress import Progress
from indexer.search_kind import PROMISED, Trial, choose, measured
from papersearch import vectors
from papersearch.codes import Floats, step_of
from papersearch.manifest import SearchCard
from papersearch.paper import Paper
from papersearch.store import Store, StoreWriter
from papersearch.vectors import Vectors

QUIET = Progress(quiet=True)


def corpus(seed: int = 1) -> Floats:
    """Forty groups of fifty papers (2000, 96), each of them spread widely."""
    random = np.random.default_rng(seed)
    centres = np.repeat(random.standard_normal((40, 96)), 50, axis=0)
    matrix = centres + 0.6 * random.standard_normal((2000, 96))
    scaled: Floats = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def asked(matrix: Floats, own: np.ndarray) -> Floats:
    """Queries that are near their papers, but not the same."""
    near = matrix[own] + 0.03 * np.random.default_rng(2).standard_normal((len(own), 96))
    scaled: Floats = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    return scaled


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ranking of twenty, and thresholds that the corpus of these tests passes."""
    for name, value in {"LARGE": 500, "VERY_LARGE": 2000, "DEPTH": 20}.items():
        monkeypatch.setattr(search_kind, name, value)


def chosen(folder: Path, matrix: Floats) -> tuple[SearchCard, Path, Floats, np.ndarray]:
    path, own = folder / "vectors.faiss", np.arange(0, len(matrix), 10)
    vectors.write(path, matrix, step_of(matrix))
    queries = asked(matrix, own)
    return measured(path, matrix, step_of(matrix), queries, own), path, queries, own


def test_very_many_papers_are_searched_in_clusters_and_the_promise_holds_for_other_queries(
    tmp_path: Path,
) -> None:
    matrix = corpus()
    card, path, _, _ = chosen(tmp_path, matrix)
    assert (card.kind, card.clusters) == ("clusters", 45)
    assert 1 <= card.probes < 45
    assert 40 <= card.sifted < 2000
    assert PROMISED <= card.recall_at_10 <= 1
    assert card.recall_at_100 == pytest.approx(0.2, abs=0.02)  # a ranking of twenty has no more
    searched, exact = Vectors(path, step_of(matrix), card), Vectors(path, step_of(matrix))
    others = asked(matrix, np.arange(5, 2000, 10))
    shares = [
        np.isin(exact.search(query, 10)[0], searched.search(query, 20)[0][:10]).mean() for query in others
    ]
    assert np.mean(shares) > PROMISED - 0.01


def test_the_figure_is_that_of_the_queries_that_chose_nothing_without_their_own_papers(
    tmp_path: Path,
) -> None:
    matrix = corpus()
    card, path, queries, own = chosen(tmp_path, matrix)
    searched = Vectors(path, step_of(matrix), card)
    cosines = Vectors(path, step_of(matrix)).at(np.arange(2000)) @ queries.T
    shares = []
    for place in range(1, len(queries), 2):
        best = np.argsort(-cosines[:, place], kind="stable")
        true = best[best != own[place]][:10]
        found = searched.search(queries[place], 20)[0]
        shares.append(np.isin(true, found[found != own[place]][:10]).mean())
    assert card.recall_at_10 == pytest.approx(np.mean(shares), abs=0.002)  # ties aside


def test_fewer_papers_are_searched_by_signs(tmp_path: Path) -> None:
    card, path, _, _ = chosen(tmp_path, corpus()[:1999])
    assert (card.kind, card.clusters, card.probes) == ("signs", 0, 0)
    assert card.recall_at_10 >= PROMISED
    assert not vectors.centres_path(path).exists()


def test_what_finds_too_little_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_kind, "PARTS", (45,))  # one cluster is not enough
    card, path, _, _ = chosen(tmp_path, corpus())
    assert card.kind == "signs"
    assert not vectors.centres_path(path).exists()
    monkeypatch.setattr(search_kind, "PROMISED", 1.01)
    card, path, _, _ = chosen(tmp_path, corpus())
    assert card == SearchCard()
    assert [each.name for each in tmp_path.iterdir()] == ["vectors.faiss"]


def test_a_trial_s_recall_leaves_the_query_s_own_paper_out(tmp_path: Path) -> None:
    matrix = np.eye(4, dtype=np.float32)
    vectors.write(tmp_path / "vectors.faiss", matrix, 0.01)
    searched = Vectors(tmp_path / "vectors.faiss", 0.01)
    query = np.array([[0.8, 0.5, 0.3, 0.1]], np.float32)
    own, nearest = np.array([0]), [np.array([1, 2])]
    assert Trial(query, own, nearest).recall(searched, 2) == 1.0
    assert Trial(query, own, [np.array([1, 3])]).recall(searched, 2) == 0.5
    assert Trial(query, own, [np.array([0, 3])]).recall(searched, 2) == 0.0


class Titles:
    """An encoder that gives the vector of the paper whose number ends a text; keeps what it was asked."""

    def __init__(self, matrix: Floats) -> None:
        self.matrix, self.asked = matrix, list[str]()

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        return self.matrix[[int(text.split()[-1]) for text in texts]]


def test_titles_from_all_over_the_corpus_are_asked_and_the_last_words_of_others(tmp_path: Path) -> None:
    matrix = corpus()[:600]
    writer = StoreWriter(tmp_path / "papers.sqlite")
    for number in range(600):
        writer.add(Paper(f"p{number}", f"Of papers this is number {number}", "An abstract."))
    writer.finish()
    vectors.write(tmp_path / "vectors.faiss", matrix, step_of(matrix))
    store, encoder = Store(tmp_path / "papers.sqlite"), Titles(matrix)
    card = choose(tmp_path / "vectors.faiss", matrix, step_of(matrix), store, encoder, QUIET)
    store.close()
    assert card.kind == "signs"
    assert len(encoder.asked) == search_kind.QUERIES == 400
    # Every other query is of those that choose, so both halves have both kinds.
    assert encoder.asked[:4] == [
        "Of papers this is number 0",
        "Of papers this is number 1",
        "this is number 3",
        "this is number 4",
    ]
    assert encoder.asked[-1] == "this is number 599"


def test_a_small_corpus_is_searched_exactly_and_nothing_is_asked(tmp_path: Path) -> None:
    StoreWriter(tmp_path / "papers.sqlite").finish()
    store, encoder = Store(tmp_path / "papers.sqlite"), Titles(corpus())
    assert choose(tmp_path / "none", corpus()[:499], 0.01, store, encoder, QUIET) == SearchCard()
    store.close()
    assert (encoder.asked, vectors.signs_path(tmp_path / "none").exists()) == ([], False)
