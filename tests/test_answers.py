"""Answers as they are sent, and those that are remembered."""

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event, Lock, Semaphore, current_thread
from typing import Any

import numpy as np
import pytest

from api import answers as answers_module
from api.answers import AT_ONCE, Answers, json_of
from api.metrics import Metrics
from api.schemas import Paper as PaperShape
from api.schemas import RelatedAnswer, SearchAnswer
from papersearch.codes import Floats
from papersearch.encoder import ExportedEncoder
from papersearch.filters import Filters
from papersearch.index import Index
from papersearch.paper import Paper, Session
from papersearch.query import Answer, Hit, Query
from papersearch.reasons import Reason
from papersearch.snippet import Piece
from tests import tiny
from tests.conftest import PAPERS
from tests.service import PATIENCE, in_process, until

QUERY = Query("congestion control", limit=2)
FULL = Paper(
    "a/b", "Ünïcode “title”", "One. Two.", ("A", "B"), 2020, "V", "https://x", ("k",),
    (Session("Oral", "9", None),), {"n": 1, "deep": {"list": [1.5, None, True]}},
)  # fmt: skip
HIT = Hit(
    FULL, 1.0, 0.5, None, [Piece("On", match=True), Piece("e.", match=False)], Reason(("t",), "x", "y", "z")
)


class Counted:
    """An index that counts its searches, waits at its gate, and answers each query with its own text."""

    def __init__(self, generation: str = "one") -> None:
        self.manifest = type("M", (), {"generation": generation})()
        self.searched: list[Query] = []
        self.open, self.running, self.most, self._lock = Event(), 0, 0, Lock()
        self.open.set()

    def search(self, query: Query) -> Answer:
        with self._lock:
            self.searched.append(query)
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.open.wait(PATIENCE)
        with self._lock:
            self.running -= 1
        return Answer(1, [replace(HIT, paper=replace(FULL, id=self.manifest.generation))], {"words": 0.25})


def asked(queries: Sequence[Query], index: Any, answers: Answers) -> list[dict[str, Any]]:
    """The answers to queries that are asked one after another."""

    async def ask() -> list[dict[str, Any]]:
        return [json.loads(await answers.to(query, index)) for query in queries]

    return asyncio.run(ask())


def hits(metrics: Metrics) -> str:
    """How many searches were answered from memory."""
    (line,) = [
        each
        for each in metrics.text().decode().splitlines()
        if each.startswith("papersearch_cache_hits_total")
    ]
    return line.split()[1]


@pytest.mark.parametrize("paper", [*PAPERS, FULL], ids=lambda paper: paper.id)
def test_a_paper_is_sent_with_every_field_as_the_engine_has_it(paper: Paper) -> None:
    sent = json_of(paper)
    assert json.loads(sent) == json.loads(paper.to_json())
    assert PaperShape.model_validate_json(sent, strict=True).model_dump_json().encode() == sent


def test_what_json_has_no_number_for_is_null() -> None:
    assert json_of({"a": float("nan"), "b": float("-inf"), "c": 10**30}) == b'{"a":null,"b":null,"c":1%b}' % (
        b"0" * 30
    )


def test_related_papers_have_the_shape_that_is_promised() -> None:
    sent = json_of({"hits": [HIT, replace(HIT, reason=None, snippet=[])]})
    assert RelatedAnswer.model_validate_json(sent, strict=True).model_dump_json().encode() == sent
    assert json.loads(sent)["hits"][0] == json.loads(json.dumps(HIT.to_dict()))


@pytest.mark.parametrize("facets", [False, True])
def test_an_answer_has_the_shape_that_is_promised_field_by_field(tiny_index: Index, facets: bool) -> None:
    query = replace(QUERY, facets=facets)

    async def ask() -> bytes:
        return await Answers(Metrics()).to(query, tiny_index)

    sent = asyncio.run(ask())
    shape = SearchAnswer.model_validate_json(sent, strict=True)
    assert json.loads(shape.model_dump_json()) == json.loads(sent)
    assert list(json.loads(sent)) == list(SearchAnswer.model_fields)
    assert [hit.paper.id for hit in shape.hits] == [hit.paper.id for hit in tiny_index.search(query).hits]
    assert (shape.facets is not None) is facets


def test_the_time_is_that_of_the_search_and_of_no_search_when_the_answer_is_remembered() -> None:
    metrics, index = Metrics(), Counted()
    first, again = asked([QUERY, QUERY], index, Answers(metrics))
    assert first["took_ms"] == 250
    assert 0 <= again["took_ms"] < 250
    assert {**again, "took_ms": 250.0} == first
    assert index.searched == [QUERY]
    assert hits(metrics) == "1.0"
    assert 'papersearch_stage_seconds_count{stage="words"} 1.0' in metrics.text().decode()


@pytest.mark.parametrize(
    "other",
    [
        Query("congestion controls", limit=2),
        replace(QUERY, limit=3),
        replace(QUERY, offset=1),
        replace(QUERY, mode="keyword"),
        replace(QUERY, facets=True),
        replace(QUERY, filters=Filters(year_from=2000)),
        replace(QUERY, filters=Filters(author="Floyd")),
    ],
    ids=str,
)
def test_a_query_that_differs_in_anything_is_another_one(other: Query) -> None:
    assert set(asdict(other)) == {
        "text",
        "limit",
        "offset",
        "mode",
        "filters",
        "facets",
    }  # all are tried here
    metrics, index = Metrics(), Counted()
    asked([QUERY, other], index, Answers(metrics))
    assert index.searched == [QUERY, other]
    assert hits(metrics) == "0.0"


def test_another_generation_is_asked_anew() -> None:
    answers, one, two = Answers(Metrics()), Counted("one"), Counted("two")
    for index, found in ((one, "one"), (two, "two"), (one, "one")):
        (answer,) = asked([QUERY], index, answers)
        assert answer["hits"][0]["paper"]["id"] == found
    assert (len(one.searched), len(two.searched)) == (1, 1)


def test_a_rebuilt_index_never_gives_an_answer_of_the_old_one(make_index: Callable[..., Path]) -> None:
    folder = make_index()
    with in_process(folder) as client:

        def found() -> tuple[str, list[str]]:
            generation = client.get("/health/ready").json()["generation"]
            answer = client.get("/v1/search?q=congestion control").json()
            return generation, [hit["paper"]["title"] for hit in answer["hits"]]

        old, before = found()
        assert found() == (old, before)
        make_index([replace(paper, title=f"New {paper.title}") for paper in PAPERS])
        client.app.state.live.look()  # type: ignore[attr-defined]
        until(lambda: found()[0] != old, "the switch")
        assert all(title.startswith("New ") for title in found()[1])
        assert len(before) == len(PAPERS)


def sequence(answers: Answers) -> list[str]:
    """What is searched when "a b a c a b" is asked: c comes when a has been asked for after b."""
    index = Counted()
    asked([Query(letter) for letter in "abacab"], index, answers)
    return [query.text for query in index.searched]


def test_the_answer_asked_for_longest_ago_is_forgotten_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers_module, "MOST_ANSWERS", 2)
    assert sequence(Answers(Metrics())) == ["a", "b", "c", "b"]


def test_the_answer_asked_for_longest_ago_is_forgotten_when_they_are_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = json_of({"hits": [replace(HIT, paper=replace(FULL, id="one"))]})
    monkeypatch.setattr(answers_module, "MOST_BYTES", int(2.5 * (len(one) + 110)))
    answers = Answers(Metrics())
    assert sequence(answers) == ["a", "b", "c", "b"]
    assert answers._bytes == sum(len(part) for parts in answers._kept.values() for part in parts)


def test_two_who_ask_the_same_at_once_are_both_answered_and_counted_once_in_memory() -> None:
    answers, index = Answers(Metrics()), Counted()

    async def ask() -> list[bytes]:
        index.open.clear()
        both = [asyncio.create_task(answers.to(QUERY, index)) for _ in range(2)]  # type: ignore[arg-type]
        while index.running < 2:
            await asyncio.sleep(0.001)
        index.open.set()
        return list(await asyncio.gather(*both))

    one, other = asyncio.run(ask())
    assert one == other
    assert answers._bytes == sum(len(part) for parts in answers._kept.values() for part in parts)
    assert len(answers._kept) == 1


def test_so_many_searches_run_at_once_and_the_rest_wait_for_their_turn() -> None:
    answers, index = Answers(Metrics()), Counted()

    async def ask() -> int:
        index.open.clear()
        tasks = [
            asyncio.create_task(answers.to(Query(f"q{number}"), index))  # type: ignore[arg-type]
            for number in range(3 * AT_ONCE)
        ]
        while index.running < AT_ONCE:
            await asyncio.sleep(0.001)
        index.open.set()
        return len(await asyncio.gather(*tasks))

    assert asyncio.run(ask()) == 3 * AT_ONCE
    assert index.most == AT_ONCE
    assert len(index.searched) == 3 * AT_ONCE


def test_an_answer_is_written_where_it_was_found_and_its_stages_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metrics, threads = Metrics(), list[str]()

    def noted(data: Any) -> bytes:
        threads.append(current_thread().name)
        return json_of(data)

    monkeypatch.setattr(answers_module, "json_of", noted)

    async def ask() -> bytes:
        answers = Answers(metrics)
        await answers.to(QUERY, Counted())  # type: ignore[arg-type]
        return await answers.related(lambda: Answer(1, [HIT], {"words": 0.25}))

    assert [hit["paper"]["id"] for hit in json.loads(asyncio.run(ask()))["hits"]] == [FULL.id]
    assert len(threads) == 3
    assert current_thread().name not in threads
    assert 'papersearch_stage_seconds_count{stage="words"} 2.0' in metrics.text().decode()


def test_suggestions_and_health_wait_neither_for_searches_nor_for_the_encoder(
    tiny_index_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoding, free = Semaphore(0), Event()

    def stuck(encoder: ExportedEncoder, texts: Sequence[str]) -> Floats:
        encoding.release()
        assert free.wait(PATIENCE)
        return np.zeros((len(texts), tiny.DIMENSION), np.float32)

    with in_process(tiny_index_folder) as client, ThreadPoolExecutor(AT_ONCE + 2) as threads:
        monkeypatch.setattr(ExportedEncoder, "encode_queries", stuck)
        searches = [
            threads.submit(client.get, f"/v1/search?q=learning {number}") for number in range(AT_ONCE + 2)
        ]
        try:
            assert all(encoding.acquire(timeout=PATIENCE) for _ in range(AT_ONCE))  # every turn is taken
            found = client.get("/v1/suggest?q=learn").json()["suggestions"]
            assert found[0]["kind"] == "title"
            assert client.get("/v1/papers/passes").json()["id"] == "passes"
            assert client.get("/health/ready").status_code == 200
            assert not any(search.done() for search in searches)
        finally:
            free.set()
        assert {search.result(PATIENCE).status_code for search in searches} == {200}


def test_an_error_reaches_who_asked_and_is_not_remembered() -> None:
    class Broken(Counted):
        def search(self, query: Query) -> Answer:
            self.searched.append(query)
            raise ValueError("broken")

    index, answers = Broken(), Answers(Metrics())
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            asked([QUERY], index, answers)
    assert len(index.searched) == 2
