"""Retrieval: both searches over a tiny index made into one ranking, with feedback from the best."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from indexer.build import build
from indexer.progress import Progress
from papersearch import manifest as manifests
from papersearch import retrieval as retrieving
from papersearch.acronyms import Concept
from papersearch.beside import Beside
from papersearch.codes import Floats
from papersearch.latent import LatentSpace
from papersearch.paper import Paper
from papersearch.ranking import LATENT, SEMANTIC, UNFOUND, Background, Ranking
from papersearch.retrieval import Retrieval
from papersearch.stages import Stages
from papersearch.store import Rows
from papersearch.vectors import Vectors
from papersearch.words import Words
from tests import tiny
from tests.conftest import write_papers

QUERY = "congestion"
# By chance its direction is a little nearer to the query's than that of what the query's papers speak of.
CHANCE = "theory"
ABSTRACTS = [
    "Congestion packets queue.",
    "Congestion queue packets.",
    "Congestion of packets queue.",
    f"{CHANCE.capitalize()}.",
    "Packets queue.",
    "Congestion image. Control speech.",  # the same words as the next one, in other sentences
    "Congestion control. Image speech.",
    "Protein.",
]
BEST, NEAR, LIKE_THE_BEST, SCATTERED, TOGETHER, PROTEIN = [0, 1, 2], 3, 4, 5, 6, 7
ALL = np.arange(len(ABSTRACTS))
Asked = Callable[[], Floats] | None


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Vectors, Words, Background]:
    folder = tmp_path_factory.mktemp("retrieval")
    papers = [Paper(f"p{row}", "A paper", abstract) for row, abstract in enumerate(ABSTRACTS)]
    source = write_papers(folder / "papers.jsonl", papers)
    with tiny.in_place_of_models():
        manifest = build(
            [source], folder / "index", model_name="tiny", progress=Progress(quiet=True)
        ).manifest
    home = manifest.folder(folder / "index")
    return (
        Vectors(home / manifests.VECTORS, manifest.step),
        Words(home / manifests.WORDS),
        Background.load(home / manifests.BACKGROUND),
    )


@pytest.fixture(scope="module")
def retrieval(parts: tuple[Vectors, Words, Background]) -> Retrieval:
    return Retrieval(*parts, LatentSpace.none(len(ABSTRACTS)), Beside())


def vector(text: str) -> Floats:
    return tiny.expected_vector(text).astype(np.float32)


def rank(retrieval: Retrieval, text: str = QUERY, **options: Any) -> Ranking:
    """Rank by both meaning and words."""
    return retrieval.rank(lambda: vector(text), text, Stages(), **options)


def as_lists(ranking: Ranking) -> list[list[float]]:
    columns: Sequence[Rows | Floats] = (ranking.rows, ranking.scores, ranking.semantic, ranking.keyword)
    return [np.nan_to_num(column, nan=-9).tolist() for column in columns]


def as_scores(ranking: Ranking) -> dict[int, float]:
    return dict(zip(ranking.rows.tolist(), ranking.scores.tolist(), strict=True))


def place(ranking: Ranking, row: int) -> int:
    return int(ranking.rows.tolist().index(row))


def test_the_words_are_searched_beside_what_needs_the_vector(
    parts: tuple[Vectors, Words, Background], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: dict[str, str] = {}

    def noted(owner: type, name: str) -> None:
        search = getattr(owner, name)

        def noting(*args: Any) -> Any:
            done[owner.__name__] = threading.current_thread().name
            return search(*args)

        monkeypatch.setattr(owner, name, noting)

    noted(Vectors, "near")
    noted(Words, "search")
    rank(Retrieval(*parts, LatentSpace.none(len(ABSTRACTS)), Beside()))
    assert done == {"Vectors": "beside_0", "Words": threading.current_thread().name}


# Modes


def test_by_meaning_alone_scores_are_cosines(
    retrieval: Retrieval, parts: tuple[Vectors, *tuple[Any]]
) -> None:
    ranking = retrieval.rank(lambda: vector(QUERY), None, Stages())
    cosines = parts[0].at(ALL) @ vector(QUERY)
    assert ranking.rows.tolist() == np.lexsort((ALL, -parts[0].cosines(ALL, vector(QUERY)))).tolist()
    np.testing.assert_allclose(ranking.scores, cosines[ranking.rows], atol=1e-6)
    np.testing.assert_array_equal(ranking.semantic, ranking.scores)
    assert np.isnan(ranking.keyword).all()


def test_by_words_alone_scores_are_those_of_bm25(retrieval: Retrieval, parts: tuple[Any, Words, Any]) -> None:
    ranking = retrieval.rank(None, "image queue", Stages())
    rows, scores = parts[1].search("image queue", 10)
    assert sorted(ranking.rows.tolist()) == [0, 1, 2, LIKE_THE_BEST, SCATTERED, TOGETHER]
    assert (ranking.rows.tolist(), ranking.scores.tolist()) == (rows.tolist(), scores.tolist())
    np.testing.assert_array_equal(ranking.keyword, ranking.scores)
    assert np.isnan(ranking.semantic).all()


def test_by_both_every_paper_is_ranked_and_only_those_with_a_word_have_a_score_of_words(
    retrieval: Retrieval, parts: tuple[Vectors, Words, Any]
) -> None:
    ranking = rank(retrieval)
    assert sorted(ranking.rows) == ALL.tolist()
    np.testing.assert_allclose(ranking.semantic, parts[0].cosines(ranking.rows, vector(QUERY)), atol=1e-6)
    worded = dict(zip(*(each.tolist() for each in parts[1].search(QUERY, 10)), strict=True))
    assert sorted(worded) == [0, 1, 2, SCATTERED, TOGETHER]
    found = zip(ranking.rows.tolist(), ranking.keyword.tolist(), strict=True)
    assert {row: score for row, score in found if not np.isnan(score)} == worded
    assert ranking.scores.tolist() == sorted(ranking.scores.tolist(), reverse=True)


def test_with_neither_nothing_is_found(retrieval: Retrieval) -> None:
    assert len(retrieval.rank(None, None, Stages())) == 0


def test_a_concept_counts_in_either_form(retrieval: Retrieval) -> None:
    concept = Concept("protein", "congestion control")
    found = retrieval.rank(None, "congestion control", Stages(), concepts=[concept])
    assert set(found.rows) == {*BEST, SCATTERED, TOGETHER, 7}


@pytest.mark.parametrize("text", [QUERY, None])
@pytest.mark.parametrize("meaning", [True, False])
def test_the_stages_are_timed_whatever_the_mode(
    retrieval: Retrieval, text: str | None, meaning: bool
) -> None:
    stages = Stages()
    retrieval.rank((lambda: vector(QUERY)) if meaning else None, text, stages)
    assert list(stages.seconds) == ["words", "encode", "dense", "fuse"]


def test_both_searches_bring_their_best(
    retrieval: Retrieval, parts: tuple[Any, Words, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieving, "DEPTH", 1)
    monkeypatch.setattr(retrieving, "DEPTH_BESIDE", 1)
    ranking = retrieval.rank(lambda: vector("protein"), "image", Stages())
    assert sorted(ranking.rows) == [*parts[1].search("image", 1)[0], 7] == [SCATTERED, 7]


def test_a_paper_that_words_have_cut_off_loses_little_to_the_last_one_kept(
    retrieval: Retrieval, parts: tuple[Vectors, Words, Background], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, scores = parts[1].search(QUERY, 10)
    cut, highest = int(rows[-1]), float(scores[0])
    asked = vector(QUERY)
    monkeypatch.setattr(retrieving, "FEEDBACK_PAPERS", 1)
    monkeypatch.setattr(Vectors, "near", lambda *_: ALL)
    as_known = as_scores(retrieval.rank(lambda: asked, QUERY, Stages()))
    monkeypatch.setattr(retrieving, "DEPTH_BESIDE", len(rows) - 1)
    by_row = as_scores(retrieval.rank(lambda: asked, QUERY, Stages()))
    lost = (1 - SEMANTIC) * float(scores[-1] - UNFOUND * scores[-2]) / highest
    assert as_known[cut] - by_row[cut] == pytest.approx(lost, abs=1e-5)
    assert all(by_row[row] == pytest.approx(as_known[row], abs=1e-6) for row in rows[:-1])


# Which rows


@pytest.mark.parametrize("asked", [lambda: vector(QUERY), None])
@pytest.mark.parametrize("text", [QUERY, None])
def test_only_among_these_rows(retrieval: Retrieval, asked: Asked, text: str | None) -> None:
    ranking = retrieval.rank(asked, text, Stages(), among=np.array([1, SCATTERED]))
    assert sorted(ranking.rows) == ([] if asked is None and text is None else [1, SCATTERED])
    assert len(retrieval.rank(asked, text, Stages(), among=np.empty(0, np.int64))) == 0


@pytest.mark.parametrize("asked", [lambda: vector(QUERY), None])
@pytest.mark.parametrize("text", [QUERY, None])
def test_none_of_those_to_be_left_out(retrieval: Retrieval, asked: Asked, text: str | None) -> None:
    left = retrieval.rank(asked, text, Stages(), without=np.array(BEST))
    assert as_lists(left) == as_lists(retrieval.rank(asked, text, Stages(), among=np.setdiff1d(ALL, BEST)))


def test_all_may_be_left_out(retrieval: Retrieval) -> None:
    assert len(rank(retrieval, without=ALL)) == 0


# Feedback


def without_feedback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("papersearch.ranking.FEEDBACK_WEIGHT", 0.0)


def test_the_best_papers_pull_in_what_they_speak_of(
    retrieval: Retrieval, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranking = rank(retrieval)
    assert sorted(ranking.rows[:3]) == BEST
    assert place(ranking, LIKE_THE_BEST) < place(ranking, NEAR)
    # By the query alone it would be the other way round, as the cosines shown still tell.
    semantic = dict(zip(ranking.rows.tolist(), ranking.semantic.tolist(), strict=True))
    assert semantic[LIKE_THE_BEST] < semantic[NEAR]
    without_feedback(monkeypatch)
    alone = rank(retrieval)
    assert place(alone, LIKE_THE_BEST) > place(alone, NEAR)


def test_nothing_is_learnt_from_those_left_out(retrieval: Retrieval) -> None:
    taught = rank(retrieval).without(np.array(BEST))
    untaught = rank(retrieval, without=np.array(BEST))
    assert place(taught, LIKE_THE_BEST) < place(taught, NEAR)
    assert place(untaught, LIKE_THE_BEST) > place(untaught, NEAR)


# The latent space


@pytest.fixture
def protein_is_topical(parts: tuple[Vectors, Words, Background]) -> Retrieval:
    """A space of one dimension: the paper on protein lies where the query's word does, others opposite."""
    papers = np.full((len(ABSTRACTS), 1), -100, np.int8)
    papers[PROTEIN] = 100
    one = np.ones(1, np.float32)
    space = LatentSpace(["congest"], one, one[:, None], papers, rarest=9.0, step=0.01)
    return Retrieval(*parts, space, Beside())


def test_papers_near_in_the_latent_space_gain_and_the_others_lose(
    retrieval: Retrieval, protein_is_topical: Retrieval
) -> None:
    plain, with_space = rank(retrieval), rank(protein_is_topical)
    before = dict(zip(plain.rows.tolist(), plain.scores.tolist(), strict=True))
    after = dict(zip(with_space.rows.tolist(), with_space.scores.tolist(), strict=True))
    expected = {row: (1 - LATENT) * score + LATENT * (row == PROTEIN) for row, score in before.items()}
    assert after == pytest.approx(expected, abs=1e-6)
    assert place(plain, PROTEIN) > place(with_space, PROTEIN)
    # What is shown of meaning and of words stays what it was.
    for row in ALL.tolist():
        one, other = place(plain, row), place(with_space, row)
        assert plain.semantic[one] == with_space.semantic[other]
        np.testing.assert_equal(plain.keyword[one], with_space.keyword[other])


def test_a_query_of_other_words_is_left_to_meaning_and_words(
    retrieval: Retrieval, protein_is_topical: Retrieval
) -> None:
    assert as_lists(rank(protein_is_topical, "image")) == as_lists(rank(retrieval, "image"))


@pytest.mark.parametrize(("asked", "text"), [(lambda: vector(QUERY), None), (None, QUERY)])
def test_by_meaning_or_by_words_alone_the_latent_space_has_no_say(
    retrieval: Retrieval, protein_is_topical: Retrieval, asked: Asked, text: str | None
) -> None:
    plain = retrieval.rank(asked, text, Stages())
    assert as_lists(protein_is_topical.rank(asked, text, Stages())) == as_lists(plain)
