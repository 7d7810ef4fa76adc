"""The index: search, related papers and suggestions over the tiny papers; and folders that are no index."""

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch import manifest as manifests
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.errors import IndexUnusable, PaperUnknown, QueryInvalid
from papersearch.filters import Filters
from papersearch.index import Index
from papersearch.paper import Paper
from papersearch.query import MOST_SEEDS, Answer, Mode, Query
from tests import tiny
from tests.conftest import PAPERS

BY_ID = {paper.id: paper for paper in PAPERS}
OTHERS = (replace(PAPERS[0], id="other"), PAPERS[3])


@pytest.fixture(scope="module")
def vector(tiny_index_folder: Path) -> Callable[[str], Floats]:
    """The vector of a paper, a quarter of it its title's, made once more: vector("tree")."""
    home = manifests.read(tiny_index_folder).folder(tiny_index_folder)
    encoder = ExportedEncoder(home / manifests.ENCODER, tiny.card())
    whole = encoder.encode_documents([paper.text for paper in PAPERS])
    titles = encoder.encode_documents([paper.title for paper in PAPERS])
    vectors = [unit(0.75 * one + 0.25 * other) for one, other in zip(whole, titles, strict=True)]
    return dict(zip(BY_ID, vectors, strict=True)).__getitem__


@pytest.fixture
def folder(tmp_path: Path, tiny_index_folder: Path) -> Path:
    """A copy of the tiny index, to be damaged."""
    return shutil.copytree(tiny_index_folder, tmp_path / "index")


def ids(answer: Answer) -> list[str]:
    return [hit.paper.id for hit in answer.hits]


def unit(direction: Floats) -> Floats:
    scaled: Floats = direction / np.linalg.norm(direction)
    return scaled


# Search


def test_a_query_finds_the_paper_that_says_it(tiny_index: Index) -> None:
    answer = tiny_index.search(Query("congestion control"))
    assert answer.hits[0].paper == BY_ID["congestion"]
    assert answer.hits[0].score > 0.9
    assert answer.total == 6
    assert answer.good_match


def test_a_hit_tells_its_cosine(tiny_index: Index, vector: Callable[[str], Floats]) -> None:
    query = tiny.expected_vector("compiler order")
    for hit in tiny_index.search(Query("compiler order")).hits:
        assert hit.semantic == pytest.approx(float(query @ vector(hit.paper.id)), abs=0.01)


def test_only_a_hit_that_holds_a_word_of_the_query_has_a_score_of_words(tiny_index: Index) -> None:
    hits = tiny_index.search(Query("packets")).hits
    assert {hit.paper.id for hit in hits if hit.keyword is not None} == {"congestion", "queues"}


def test_keyword_search_finds_what_holds_the_words_and_nothing_else(tiny_index: Index) -> None:
    answer = tiny_index.search(Query("packets", mode="keyword"))
    assert (ids(answer), answer.total) == (["congestion", "queues"], 2)
    assert [(hit.score, hit.semantic) for hit in answer.hits] == [(hit.keyword, None) for hit in answer.hits]


def test_semantic_search_ranks_by_cosine_alone(tiny_index: Index, vector: Callable[[str], Floats]) -> None:
    query = tiny.expected_vector("deep neural agents")
    hits = tiny_index.search(Query("deep neural agents", mode="semantic")).hits
    assert [hit.paper.id for hit in hits] == sorted(BY_ID, key=lambda each: -float(query @ vector(each)))
    assert [(hit.score, hit.keyword) for hit in hits] == [(hit.semantic, None) for hit in hits]


def test_a_paper_that_only_the_words_bring_has_its_cosine_too(
    tiny_index: Index, vector: Callable[[str], Floats], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("papersearch.retrieval.DEPTH", 1)
    hits = tiny_index.search(Query("queue of the policy")).hits
    assert len(hits) == 2
    query = tiny.expected_vector("queue of the policy")
    for hit in hits:
        assert hit.semantic == pytest.approx(float(query @ vector(hit.paper.id)), abs=0.01)


def test_a_query_of_unknown_words_is_answered(tiny_index: Index) -> None:
    assert tiny_index.search(Query("zyzzyva", mode="keyword")).total == 0
    assert tiny_index.search(Query("zyzzyva")).total == 6


@pytest.mark.parametrize("mode", get_args(Mode))
def test_filters_hold_in_every_mode(tiny_index: Index, mode: Mode) -> None:
    filters = Filters(year_from=2000, venue="sigcomm")
    answer = tiny_index.search(Query("packets", mode=mode, filters=filters))
    assert (ids(answer), answer.total) == (["congestion"], 1)


def test_a_filter_that_nothing_passes_leaves_nothing(tiny_index: Index) -> None:
    answer = tiny_index.search(Query("packets", filters=Filters(author="Nobody"), facets=True))
    assert (answer.total, answer.hits, answer.facets) == (0, [], {"year": [], "venue": [], "author": []})


def test_facets_count_all_hits_and_not_the_page(tiny_index: Index) -> None:
    answer = tiny_index.search(Query("packets", mode="keyword", limit=1, facets=True))
    assert answer.facets == {
        "year": [(2022, 1), (1993, 1)],
        "venue": [("SIGCOMM", 2)],
        "author": [("Sally Floyd", 2), ("Van Jacobson", 1)],
    }


def test_facets_are_counted_only_when_asked_for(tiny_index: Index) -> None:
    assert tiny_index.search(Query("packets")).facets is None


def test_the_snippet_marks_the_words_of_the_query(tiny_index: Index) -> None:
    (hit, *_) = tiny_index.search(Query("the learning sender")).hits
    assert [piece.text for piece in hit.snippet if piece.match] == ["sender", "learns"]


def test_a_plural_in_small_letters_marks_what_it_finds(make_index: Callable[..., Path]) -> None:
    papers = [replace(PAPERS[0], id=str(number), abstract=f"{number} GPUs wait.") for number in range(11)]
    (hit, *_) = Index.open(make_index(papers)).search(Query("gpus")).hits
    assert [piece.text for piece in hit.snippet if piece.match] == ["GPUs"]


@pytest.mark.parametrize("condition", [f'"{"a" * 64}"', f"title:{'a' * 64}"])
def test_a_condition_that_no_paper_can_meet_leaves_none(tiny_index: Index, condition: str) -> None:
    answer = tiny_index.search(Query(f"code {condition}"))
    assert (answer.total, answer.good_match) == (0, False)


def test_a_long_text_without_spaces_is_searched_for(tiny_index: Index) -> None:
    assert tiny_index.search(Query("深度学习在编译器优化中的应用以及未来的研究方向")).total == 6


@pytest.mark.parametrize("mode", get_args(Mode))
def test_the_papers_of_an_author_come_first(tiny_index: Index, mode: Mode) -> None:
    answer = tiny_index.search(Query("Sally Floyd", mode=mode))
    assert answer.good_match
    assert {hit.paper.id for hit in answer.hits[:2]} == {"congestion", "queues"}
    assert [hit.score for hit in answer.hits[:2]] == [1.0, 1.0]


def test_an_author_s_whole_name_finds_the_paper(tiny_index: Index) -> None:
    assert ids(tiny_index.search(Query("zoe muller", mode="keyword"))) == ["passes"]


def test_the_answer_tells_where_the_time_went(tiny_index: Index) -> None:
    answer = tiny_index.search(Query("packets"))
    assert {"encode", "dense", "words", "fuse", "fetch"} <= set(answer.seconds)
    assert all(seconds >= 0 for seconds in answer.seconds.values())


QUERIES = st.lists(st.sampled_from([*tiny.WORDS, "sally", "floyd"]), min_size=1, max_size=8).map(" ".join)


@given(QUERIES, st.integers(1, 7), st.sampled_from(get_args(Mode)))
def test_pages_of_any_size_are_the_whole_ranking(tiny_index: Index, text: str, size: int, mode: Mode) -> None:
    whole = tiny_index.search(Query(text, limit=100, mode=mode))
    pages = [tiny_index.search(Query(text, size, offset, mode)) for offset in range(0, whole.total, size)]
    assert [hit for page in pages for hit in page.hits] == whole.hits
    assert len(set(ids(whole))) == whole.total


def test_behind_the_last_page_is_nothing(tiny_index: Index) -> None:
    answer = tiny_index.search(Query("packets", offset=10**30))
    assert (answer.hits, answer.total) == ([], 6)


@given(st.text(min_size=1, max_size=80))
def test_any_text_is_answered_or_refused(tiny_index: Index, text: str) -> None:
    try:
        query = Query(text)
    except QueryInvalid:
        return
    assert tiny_index.search(query).total == 6


def test_a_phrase_that_a_paper_holds_is_a_good_match(tiny_index: Index) -> None:
    assert tiny_index.search(Query('"nobody wrote down"')).good_match
    assert tiny_index.search(Query("title:known zyzzyva")).good_match
    assert not tiny_index.search(Query('"zyzzyva quuxly"')).good_match
    assert not tiny_index.search(Query("zyzzyva quuxly -compiler")).good_match


def test_a_filter_alone_lists_good_matches(tiny_index: Index) -> None:
    assert tiny_index.search(Query("year:2022")).good_match


# Related papers


def test_related_papers_are_near_the_liked_one(tiny_index: Index, vector: Callable[[str], Floats]) -> None:
    hits = tiny_index.related(["joins/2019"]).hits
    assert hits[0].paper.id == "passes"
    for hit in hits:
        assert hit.semantic == pytest.approx(float(vector(hit.paper.id) @ vector("joins/2019")), abs=0.01)


def test_several_liked_papers_and_a_text_count_alike(
    tiny_index: Index, vector: Callable[[str], Floats]
) -> None:
    answer = tiny_index.related(["passes", "queues"], text="graph theory")
    seeds = [vector("passes"), vector("queues"), tiny.expected_vector("graph theory")]
    direction = unit(np.mean(seeds, axis=0))
    for hit in answer.hits:
        assert hit.semantic == pytest.approx(float(direction @ vector(hit.paper.id)), abs=0.01)


def test_papers_not_liked_push_away_half_as_hard(tiny_index: Index, vector: Callable[[str], Floats]) -> None:
    answer = tiny_index.related(["passes"], ["tree"])
    direction = unit(vector("passes") - 0.5 * vector("tree"))
    for hit in answer.hits:
        assert hit.semantic == pytest.approx(float(direction @ vector(hit.paper.id)), abs=0.01)


def test_related_papers_of_a_pasted_abstract(tiny_index: Index) -> None:
    assert ids(tiny_index.related(text=PAPERS[4].abstract))[0] == "joins/2019"


SEEDS = st.lists(st.sampled_from(list(BY_ID)), max_size=5)


@given(SEEDS.filter(bool), SEEDS, st.sampled_from(["", "packets in a tree"]))
def test_the_seeds_are_never_in_the_answer(
    tiny_index: Index, like: list[str], unlike: list[str], text: str
) -> None:
    answer = tiny_index.related(like, unlike, text)
    assert sorted(ids(answer)) == sorted(set(BY_ID) - {*like, *unlike})
    assert answer.total == len(answer.hits)


def test_a_related_paper_tells_why(tiny_index: Index) -> None:
    hit = next(hit for hit in tiny_index.related(["queues"]).hits if hit.paper.id == "congestion")
    assert hit.reason is not None
    assert hit.reason.other_id == "queues"
    assert list(hit.reason.topics) == ["packets"]
    assert hit.reason.sentence == "The sender learns from the delay of packets."
    assert hit.reason.other_sentence == "Routers drop packets early, which keeps queues short."


def test_a_text_alone_gives_no_reasons(tiny_index: Index) -> None:
    assert {hit.reason for hit in tiny_index.related(text="packets in a queue").hits} == {None}


def test_among_several_liked_papers_the_nearest_is_the_reason(tiny_index: Index) -> None:
    hits = tiny_index.related(["bare", "passes"]).hits
    reasons = {hit.paper.id: hit.reason and hit.reason.other_id for hit in hits}
    assert reasons["tree"] == "passes"
    assert set(reasons.values()) == {"passes", "bare"}


def test_diversity_changes_the_order_and_not_the_papers(tiny_index: Index) -> None:
    plain, diverse = tiny_index.related(["passes"]), tiny_index.related(["passes"], diversity=0.9)
    assert ids(plain)[0] == ids(diverse)[0]
    assert ids(plain) != ids(diverse)
    assert sorted(ids(plain)) == sorted(ids(diverse))
    assert [hit.score for hit in plain.hits] == [hit.score for hit in diverse.hits]


@pytest.mark.parametrize("request_", [{"like": ["tree", "no"]}, {"like": ["tree"], "unlike": ["no"]}])
def test_an_unknown_seed_is_named(tiny_index: Index, request_: dict[str, Any]) -> None:
    with pytest.raises(PaperUnknown, match=r"^no paper has the id 'no' in this index$"):
        tiny_index.related(**request_)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "nothing to go by: give the id of a liked paper, or a text"),
        ({"unlike": ["tree"], "text": "  "}, "nothing to go by: give the id of a liked paper, or a text"),
        ({"like": ["tree"] * MOST_SEEDS, "unlike": ["bare"]}, "51 papers are named; at most 50 are taken"),
        ({"like": ["tree"], "limit": 0}, "limit is 0; it must be from 1 to 100"),
        (
            {"like": ["tree"], "diversity": 1.5},
            "diversity is 1.5; it must be from 0 (the nearest papers) to 1",
        ),
        ({"text": "?!"}, "the text has no letters or digits: type a few words to search for"),
        ({"text": "x" * 5001}, "the text has 5001 characters; at most 5000 are allowed"),
        (
            {"like": ["tree"], "text": "\ud800"},
            "the text is not valid Unicode text: it has half of a surrogate pair",
        ),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(
    tiny_index: Index, request_: dict[str, Any], message: str
) -> None:
    with pytest.raises(QueryInvalid) as raised:
        tiny_index.related(**request_)
    assert str(raised.value) == message


# Suggestions and single papers


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("cong", [("title", "Congestion control that learns", "congestion")]),
        ("sally f", [("author", "Sally Floyd", None)]),
        ("muller", [("author", "Zoë Müller", None)]),
        ("SIG", [("venue", "SIGCOMM", None)]),
        ("ed", [("author", "Edgar Codd", None)]),
        ("zzz", []),
        ("", []),
        ('"(', []),
    ],
)
def test_what_is_typed_may_become_a_title_an_author_or_a_venue(
    tiny_index: Index, typed: str, suggested: list[tuple[str, str, str | None]]
) -> None:
    assert [(each.kind, each.text, each.id) for each in tiny_index.suggest(typed)] == suggested


def test_suggestions_keep_to_the_limit(tiny_index: Index) -> None:
    assert len(tiny_index.suggest("l", limit=2)) == 2


@given(st.text(max_size=20))
def test_any_text_may_be_typed(tiny_index: Index, typed: str) -> None:
    assert len(tiny_index.suggest(typed, limit=3)) <= 3


def test_a_paper_is_there_by_its_id(tiny_index: Index) -> None:
    assert tiny_index.paper("joins/2019") == PAPERS[4]


@pytest.mark.parametrize("called", ["10.1000/example", "https://doi.org/10.1000/EXAMPLE", "JOINS/2019"])
def test_a_paper_is_there_by_another_name(tiny_index: Index, called: str) -> None:
    assert tiny_index.paper(called) == PAPERS[4]
    assert ids(tiny_index.related([called])) == ids(tiny_index.related(["joins/2019"]))


def test_a_title_is_no_id(tiny_index: Index) -> None:
    with pytest.raises(PaperUnknown):
        tiny_index.paper("Tree search for code")


def test_a_name_of_two_papers_is_neither_s(make_index: Callable[..., Path]) -> None:
    index = Index.open(make_index([*PAPERS, replace(PAPERS[4], id="again", title="Joins, again")]))
    with pytest.raises(PaperUnknown, match=r"no paper has the id '10\.1000/example'"):
        index.paper("10.1000/example")


def test_an_unknown_paper_is_named(tiny_index: Index) -> None:
    with pytest.raises(PaperUnknown, match=r"^no paper has the id 'joins' in this index$"):
        tiny_index.paper("joins")


# Opening


def test_a_first_query_may_be_answered_before_anybody_asks(
    tiny_index_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    encode = ExportedEncoder.encode_queries

    def noted(encoder: ExportedEncoder, texts: Sequence[str]) -> Floats:
        asked.extend(texts)
        return encode(encoder, texts)

    monkeypatch.setattr(ExportedEncoder, "encode_queries", noted)
    Index.open(tiny_index_folder).warm()
    assert asked == ["warm"]


def test_a_text_that_is_related_to_counts_as_a_search(
    tiny_index_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index.open(tiny_index_folder)
    counts: list[int] = []
    encode = ExportedEncoder.encode_queries

    def noted(encoder: ExportedEncoder, texts: Sequence[str]) -> Floats:
        counts.append(index._beside._searches)
        return encode(encoder, texts)

    monkeypatch.setattr(ExportedEncoder, "encode_queries", noted)
    index.related(text="congestion control")
    index.search(Query("compiler passes"))
    assert (counts, index._beside._searches) == ([1, 1], 0)


def test_many_threads_search_one_index(tiny_index: Index) -> None:
    words = ("packets", "compiler passes", "queues in the routers", "who made it")
    queries = [Query(word, mode=mode, facets=True) for word in words for mode in get_args(Mode)]
    expected = [tiny_index.search(query) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(tiny_index.search, queries * 25))
    assert [(each.hits, each.facets) for each in answers] == [
        (each.hits, each.facets) for each in expected
    ] * 25


def test_an_open_index_goes_on_answering_when_its_generation_is_gone(
    make_index: Callable[..., Path],
) -> None:
    folder = make_index()
    index = Index.open(folder)
    old = index.manifest.folder(folder)
    before = (index.search(Query("packets", facets=True)).hits, index.related(["tree"]).hits)
    make_index(OTHERS)
    make_index(OTHERS)
    assert not old.exists()
    assert (index.search(Query("packets", facets=True)).hits, index.related(["tree"]).hits) == before
    assert [each.id for each in index.suggest("congestion")] == ["congestion"]
    assert index.paper("bare") == BY_ID["bare"]


def test_opening_again_sees_the_newer_generation(make_index: Callable[..., Path]) -> None:
    Index.open(make_index())
    assert set(ids(Index.open(make_index(OTHERS)).search(Query("packets")))) == {"other", "queues"}


def refusal(folder: Path) -> str:
    with pytest.raises(IndexUnusable) as raised:
        Index.open(folder)
    return str(raised.value)


def change(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def test_a_folder_without_an_index_says_how_to_make_one(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no") == (
        f"{tmp_path}/no: no index here; make one with: papersearch index SOURCE --index {tmp_path}/no"
    )


def test_an_index_of_a_newer_version_is_refused(folder: Path) -> None:
    change(folder, format=manifests.FORMAT + 1)
    assert "install the version of Papersearch that made it" in refusal(folder)


def test_an_index_whose_generation_is_missing_is_refused(folder: Path) -> None:
    home = manifests.read(folder).folder(folder)
    shutil.rmtree(home)
    message = refusal(folder)
    assert message.startswith(f"{home}/")
    assert message.endswith(": missing; copy the index folder again, or build it again")


PARTS = (
    manifests.PAPERS,
    manifests.VECTORS,
    manifests.BACKGROUND,
    f"{manifests.WORDS}/meta.json",
    manifests.ACRONYMS,
    manifests.VOCABULARY,
    f"{manifests.ENCODER}/model.onnx",
    f"{manifests.ENCODER}/tokenizer.json",
)


@pytest.mark.parametrize("part", [*PARTS, f"{manifests.ENCODER}/model.onnx.data"])
def test_a_truncated_part_is_named(folder: Path, part: str) -> None:
    path = manifests.read(folder).folder(folder) / part
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-1])
    assert refusal(folder) == (
        f"{path}: {size - 1} bytes instead of {size}; copy the index folder again, or build it again"
    )


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_the_right_size_but_full_of_garbage_is_named(folder: Path, part: str) -> None:
    path = manifests.read(folder).folder(folder) / part
    path.write_bytes(b"\xff" * path.stat().st_size)
    message = refusal(folder)
    assert message.startswith((f"{path}: ", f"{path.parent}: "))
    assert message.endswith("; build the index again")


def test_parts_of_two_indexes_are_refused(folder: Path, make_index: Callable[..., Path]) -> None:
    home = manifests.read(folder).folder(folder)
    other = make_index(OTHERS, name="other")
    shutil.copy(manifests.read(other).folder(other) / manifests.VECTORS, home / manifests.VECTORS)
    change(folder, files=manifests.sizes(home))
    assert refusal(folder) == (
        f"{home}: 6 papers are promised, the parts hold 6 records, 2 vectors, 6 texts, the sentences of 6 "
        "and 6 places in the latent space; build the index again"
    )


# What a query can say


TITLE = "Short queues in routers"


@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize(
    ("text", "paper_id"),
    [
        (f"“{TITLE.upper()}.”", "queues"),
        ("10.1000/EXAMPLE", "joins/2019"),
        ("https://example.org/passes/", "passes"),
        ("Joins/2019", "joins/2019"),
    ],
)
def test_a_paper_called_by_its_name_comes_first_in_every_mode(
    tiny_index: Index, mode: Mode, text: str, paper_id: str
) -> None:
    hits = tiny_index.search(Query(text, mode=mode)).hits
    assert hits[0].paper.id == paper_id
    assert hits[0].score >= 1.0
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert mode == "keyword" or hits[0].semantic is not None


def test_behind_a_named_paper_the_others_keep_their_order(tiny_index: Index) -> None:
    words = ids(tiny_index.search(Query("short queues in routers z9")))
    assert ids(tiny_index.search(Query(TITLE))) == ["queues", *(each for each in words if each != "queues")]


@pytest.mark.parametrize("text", [TITLE, f'"{TITLE}"', "10.1000/example", "title:order packets", "year:2022"])
@pytest.mark.parametrize("mode", get_args(Mode))
def test_the_pages_of_such_a_query_are_its_whole_ranking(tiny_index: Index, text: str, mode: Mode) -> None:
    whole = tiny_index.search(Query(text, mode=mode))
    pages = [tiny_index.search(Query(text, 1, offset, mode)).hits for offset in range(whole.total)]
    assert [hit for page in pages for hit in page] == list(whole.hits)


def test_conditions_make_totals_and_facets(tiny_index: Index) -> None:
    answer = tiny_index.search(Query("packets author:floyd -congestion", facets=True))
    assert (ids(answer), answer.total) == (["queues"], 1)
    assert answer.facets == {"year": [(1993, 1)], "venue": [("SIGCOMM", 1)], "author": [("Sally Floyd", 1)]}


@pytest.mark.parametrize("mode", get_args(Mode))
def test_filters_alone_list_the_newest_papers_first(tiny_index: Index, mode: Mode) -> None:
    answer = tiny_index.search(Query("year:2000..", mode=mode))
    assert ids(answer) == ["passes", "congestion", "tree", "joins/2019"]
    assert [(hit.score, hit.semantic, hit.keyword) for hit in answer.hits] == [(1.0, None, None)] * 4


def test_exclusions_of_filters_list_what_is_left(tiny_index: Index) -> None:
    assert ids(tiny_index.search(Query("venue:sigcomm -author:jacobson"))) == ["queues"]


@pytest.mark.parametrize("mode", get_args(Mode))
def test_a_misspelt_query_is_answered_as_the_right_one(tiny_index: Index, mode: Mode) -> None:
    right, wrong = (tiny_index.search(Query(text, mode=mode)) for text in ("congestion", "congestoin"))
    assert (right.corrected, wrong.corrected) == (None, "congestion")
    assert wrong.hits == right.hits


def test_a_name_and_a_topic_find_the_author_s_paper(tiny_index: Index) -> None:
    assert ids(tiny_index.search(Query("jacobson packets", mode="keyword")))[0] == "congestion"


# The latent space


def test_a_search_asks_the_latent_space_and_one_without_it_does_without(
    make_index: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    abstracts = ["Packets queue.", "Packets congestion.", "Image speech.", "Image learning."]
    papers = [Paper(f"p{row}", "A paper", abstracts[row % 4]) for row in range(24)]
    folder = make_index(papers)

    def scores() -> list[float]:
        hits = Index.open(folder).search(Query("congestion", limit=24)).hits
        return [hit.score for hit in sorted(hits, key=lambda hit: hit.paper.id)]

    with_space = scores()
    monkeypatch.setattr("papersearch.ranking.LATENT", 0.0)
    without = scores()
    # "queue" and "congestion" keep the company of "packets", so the first paper gains on the third.
    assert with_space[0] - with_space[2] > without[0] - without[2] + 0.01
    monkeypatch.undo()
    shutil.rmtree(manifests.read(folder).folder(folder) / manifests.LATENT)
    kept = {n: s for n, s in manifests.read(folder).files.items() if not n.startswith("latent/")}
    change(folder, files=kept)  # as an index made before there was one
    assert scores() == without
