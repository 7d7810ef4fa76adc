"""The shapes of HTTP version 1."""

import json

import pytest
from pydantic import ValidationError

from api.schemas import Hit, Paper, RelatedRequest, SearchAnswer
from papersearch import query as engine
from papersearch.paper import Paper as EnginePaper
from papersearch.query import MOST_CHARACTERS, MOST_HITS, MOST_SEEDS
from papersearch.snippet import Piece
from tests.conftest import PAPERS


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.id for paper in PAPERS])
def test_a_paper_is_sent_with_every_field_as_the_engine_has_it(paper: EnginePaper) -> None:
    assert json.loads(Paper.of(paper).model_dump_json()) == json.loads(paper.to_json())


def test_a_hit_says_null_for_a_score_that_was_not_found() -> None:
    hit = Hit.of(engine.Hit(PAPERS[0], 1.0, None, 2.5, [Piece("learns", match=True)]))
    sent = json.loads(hit.model_dump_json())
    assert (sent["score"], sent["semantic"], sent["keyword"]) == (1.0, None, 2.5)
    assert sent["snippet"] == [{"text": "learns", "match": True}]


def test_an_answers_time_is_the_sum_of_its_stages_in_milliseconds() -> None:
    answer = engine.Answer(
        3, [], {"encode": 0.001, "words": 0.0025}, {"year": [(2022, 2)], "venue": [], "author": []}
    )
    sent = SearchAnswer.of(engine.Query("learning", mode="keyword"), answer)
    assert (sent.query, sent.mode, sent.total, sent.took_ms) == ("learning", "keyword", 3, 3.5)
    assert sent.facets is not None
    assert [(each.value, each.count) for each in sent.facets.year] == [(2022, 2)]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0},
        {"limit": MOST_HITS + 1},
        {"like": [""]},
        {"like": ["x"] * (MOST_SEEDS + 1)},
        {"text": "x" * (MOST_CHARACTERS + 1)},
        {"liked": ["x"]},
        {"like": "x"},
    ],
)
def test_a_request_for_related_papers_outside_the_limits_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RelatedRequest.model_validate(body)


def test_a_request_for_related_papers_may_go_to_the_limits() -> None:
    body = {"limit": MOST_HITS, "like": ["x" * 600] * MOST_SEEDS, "text": "x" * MOST_CHARACTERS}
    assert RelatedRequest.model_validate(body).limit == MOST_HITS
