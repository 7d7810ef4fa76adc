"""HTTP version 1 over the tiny index: every route, its values, its limits and its errors."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from indexer.build import build
from indexer.progress import Progress
from papersearch.paper import Paper
from papersearch.query import MOST_CHARACTERS, MOST_SEEDS
from tests import tiny
from tests.conftest import PAPERS
from tests.service import in_process, over_http

ALL = {paper.id for paper in PAPERS}
ODD_IDS = (
    "a/b/c",
    "white space",
    "line\nbreak",
    "what?q=1",
    "#part",
    "100%41",
    "slash%2Fescaped",
    "a+b&c;d=e",
    "über/深度学习/🦊",
    "related",
    "x/related",
    "../../etc/passwd",
    "//double",
    "<script>\"'</script>",
    "10.1000/(SICI)1097<1::AID>3.0.CO;2-T",
    "back\\slash",
    "nul\0here",
    "-",
)


def found(client: TestClient, address: str) -> list[str]:
    """The ids of the hits at an address."""
    response = client.get(address)
    assert response.status_code == 200, response.text
    return [hit["paper"]["id"] for hit in response.json()["hits"]]


def problem(response: Any, status: int) -> str:
    """The detail of what must be a problem document of this status."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert set(document) == {"type", "title", "status", "detail"}
    assert (document["type"], document["status"]) == ("about:blank", status)
    detail = document["detail"]
    assert isinstance(detail, str)
    return detail


# Search


def test_a_search_says_what_was_asked_and_what_was_found(client: TestClient) -> None:
    response = client.get("/v1/search?q=congestion control")
    answer = response.json()
    assert response.headers["content-type"] == "application/json"
    assert set(answer) == {
        "query", "corrected", "good_match", "mode", "total", "took_ms", "hits", "facets",
    }  # fmt: skip
    assert answer["good_match"]
    assert (answer["query"], answer["mode"], answer["total"]) == ("congestion control", "hybrid", 6)
    assert (answer["corrected"], answer["facets"]) == (None, None)
    assert answer["took_ms"] > 0
    assert {hit["paper"]["id"] for hit in answer["hits"]} == ALL


def test_a_search_says_how_it_read_a_misspelt_query(client: TestClient) -> None:
    answer = client.get("/v1/search?q=congestoin year:2022").json()
    assert (answer["query"], answer["corrected"]) == ("congestoin year:2022", "congestion year:2022")
    assert answer["hits"][0]["paper"]["id"] == "congestion"


@pytest.mark.parametrize(
    "q", ['"', "-", "year:abc", "foo:bar", '-"', "title:", "-a -b", 'author:"x', "year:9999.."]
)
def test_no_syntax_is_an_error(client: TestClient, q: str) -> None:
    response = client.get("/v1/search", params={"q": q + " compiler"})
    assert response.status_code == 200


def test_a_hit_is_the_paper_as_it_was_indexed_with_its_scores_and_a_snippet(client: TestClient) -> None:
    hit = client.get("/v1/search?q=delay of packets").json()["hits"][0]
    assert set(hit) == {"paper", "score", "semantic", "keyword", "snippet", "reason"}
    assert hit["paper"] == json.loads(next(paper for paper in PAPERS if paper.id == "congestion").to_json())
    assert "".join(piece["text"] for piece in hit["snippet"]) == hit["paper"]["abstract"]
    assert [piece["text"] for piece in hit["snippet"] if piece["match"]] == ["delay", "packets"]


def test_hits_come_best_first(client: TestClient) -> None:
    for mode in ("hybrid", "semantic", "keyword"):
        hits = client.get(f"/v1/search?q=learning compiler order&mode={mode}").json()["hits"]
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert len(set(scores)) > 1


def test_hybrid_search_scores_by_meaning_and_by_words(client: TestClient) -> None:
    first, *others = client.get("/v1/search?q=compiler passes").json()["hits"]
    assert first["paper"]["id"] == "passes"
    assert first["score"] > others[0]["score"]
    assert first["keyword"] > 0
    assert all(hit["semantic"] is not None for hit in others)
    assert {hit["paper"]["id"] for hit in others if hit["keyword"] is not None} == {"tree"}


def test_semantic_search_scores_by_the_cosine_alone(client: TestClient) -> None:
    answer = client.get("/v1/search?q=congestion control&mode=semantic").json()
    assert (answer["mode"], answer["total"]) == ("semantic", 6)
    assert answer["hits"][0]["paper"]["id"] == "congestion"
    assert all(hit["keyword"] is None and hit["score"] == hit["semantic"] for hit in answer["hits"])


def test_the_semantic_score_is_the_cosine_of_the_two_vectors(
    make_index: Callable[..., Path],
) -> None:
    text, query = "reward policy of the agent", "agent search"
    folder = make_index([Paper("one", "Neural code", text), *PAPERS])
    vector = 0.75 * tiny.expected_vector(f"neural code. {text}") + 0.25 * tiny.expected_vector("neural code")
    cosine = float(np.dot(vector / np.linalg.norm(vector), tiny.expected_vector(query)))
    with in_process(folder) as client:
        hits = client.get(f"/v1/search?q={query}&mode=semantic").json()["hits"]
    scores = {hit["paper"]["id"]: hit["score"] for hit in hits}
    assert scores["one"] == pytest.approx(cosine, abs=0.01)


def test_keyword_search_finds_only_papers_that_hold_a_word_of_the_query(client: TestClient) -> None:
    answer = client.get("/v1/search?q=compiler&mode=keyword").json()
    assert (answer["mode"], answer["total"]) == ("keyword", 2)
    assert {hit["paper"]["id"] for hit in answer["hits"]} == {"passes", "tree"}
    assert all(hit["semantic"] is None and hit["score"] == hit["keyword"] for hit in answer["hits"])
    assert client.get("/v1/search?q=astronomy&mode=keyword").json()["total"] == 0


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("year_from=2022", {"passes", "congestion"}),
        ("year_to=2019", {"queues", "joins/2019"}),
        ("year_from=2019&year_to=2021", {"tree", "joins/2019"}),
        ("year_from=2021&year_to=2021", {"tree"}),
        ("year_from=2023&year_to=2020", set()),
        ("year_from=0&year_to=9999", ALL - {"bare"}),
        ("venue=SIGCOMM", {"congestion", "queues"}),
        ("venue=sigcomm", {"congestion", "queues"}),
        ("venue=workshop", {"joins/2019"}),
        ("venue=SIG", set()),
        ("author=Sally Floyd", {"congestion", "queues"}),
        ("author=floyd", {"congestion", "queues"}),
        ("author=muller", {"passes"}),
        ("author=Zoe Müller", {"passes"}),
        ("author=floyd&year_to=2000", {"queues"}),
        ("venue=SIGCOMM&author=jacobson&year_from=2022", {"congestion"}),
        ("venue=' OR 1=1 --", set()),
        ("venue=&author=", ALL),
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "semantic"])
def test_filters_keep_exactly_the_papers_that_satisfy_them(
    client: TestClient, filters: str, expected: set[str], mode: str
) -> None:
    answer = client.get(f"/v1/search?q=learning&mode={mode}&{filters}").json()
    assert {hit["paper"]["id"] for hit in answer["hits"]} == expected
    assert answer["total"] == len(expected)


def test_facets_count_over_all_hits_and_not_only_the_page(client: TestClient) -> None:
    facets = client.get("/v1/search?q=learning&limit=1&facets=true").json()["facets"]
    assert facets == {
        "year": [
            {"value": 2022, "count": 2},
            {"value": 2021, "count": 1},
            {"value": 2019, "count": 1},
            {"value": 1993, "count": 1},
        ],
        "venue": [
            {"value": "SIGCOMM", "count": 2},
            {"value": "CGO", "count": 1},
            {"value": "NeurIPS", "count": 1},
            {"value": "VLDB workshop", "count": 1},
        ],
        "author": [
            {"value": "Sally Floyd", "count": 2},
            {"value": "Edgar Codd", "count": 1},
            {"value": "Grace Hopper", "count": 1},
            {"value": "Ryan Adams", "count": 1},
            {"value": "Van Jacobson", "count": 1},
            {"value": "Zoë Müller", "count": 1},
        ],
    }


def test_facets_count_only_what_the_filters_leave(client: TestClient) -> None:
    facets = client.get("/v1/search?q=learning&venue=SIGCOMM&year_from=2000&facets=true").json()["facets"]
    assert facets == {
        "year": [{"value": 2022, "count": 1}],
        "venue": [{"value": "SIGCOMM", "count": 1}],
        "author": [{"value": "Sally Floyd", "count": 1}, {"value": "Van Jacobson", "count": 1}],
    }
    empty = client.get("/v1/search?q=learning&venue=nowhere&facets=true").json()
    assert (empty["total"], empty["facets"]) == (0, {"year": [], "venue": [], "author": []})


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "keyword"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_pages_repeat_no_paper_and_skip_none(client: TestClient, mode: str, size: int) -> None:
    address = f"/v1/search?q=learning order of packets&mode={mode}"
    whole = found(client, f"{address}&limit=100")
    assert len(whole) >= 4
    offsets = range(0, len(whole), size)
    pages = [found(client, f"{address}&limit={size}&offset={offset}") for offset in offsets]
    assert [paper for page in pages for paper in page] == whole
    assert all(len(page) == size for page in pages[:-1])


def test_a_page_beyond_the_end_is_empty_and_still_says_the_total(client: TestClient) -> None:
    answer = client.get("/v1/search?q=learning&offset=10000").json()
    assert (answer["total"], answer["hits"]) == (6, [])


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ("q=x&limit=0", "limit"),
        ("q=x&limit=-1", "limit"),
        ("q=x&limit=101", "limit"),
        ("q=x&limit=many", "limit"),
        ("q=x&limit=1e2", "limit"),
        (f"q=x&limit={10**30}", "limit"),
        (f"q=x&limit={'9' * 5000}", "limit"),
        ("q=x&offset=-1", "offset"),
        ("q=x&offset=10001", "offset"),
        (f"q=x&offset={2**63}", "offset"),
        ("q=x&mode=magic", "mode"),
        ("q=x&year_from=soon", "year_from"),
        (f"q=x&year_from={2**63}", "year_from"),
        (f"q=x&year_to=-{10**30}", "year_to"),
        ("q=x&facets=perhaps", "facets"),
        (f"q=x&venue={'v' * 501}", "venue"),
        (f"q=x&author={'a' * 501}", "author"),
        (f"q={'x' * 10_000}", "q"),
    ],
)
def test_a_parameter_outside_its_limits_is_refused_by_its_name(
    client: TestClient, parameters: str, name: str
) -> None:
    assert problem(client.get(f"/v1/search?{parameters}"), 422).startswith(f"{name}: ")


def test_filters_without_a_query_list_papers(client: TestClient) -> None:
    answer = client.get("/v1/search?author=Sally+Floyd&facets=true").json()
    assert [hit["paper"]["id"] for hit in answer["hits"]] == ["congestion", "queues"]
    assert (answer["query"], answer["good_match"], answer["facets"]["venue"][0]["count"]) == ("", True, 2)


@pytest.mark.parametrize("text", ["", " ", "?!… —", '"', "((((", "\0", "\u200b", "🦊", "%"])
def test_a_query_without_a_letter_is_refused_with_what_to_do(client: TestClient, text: str) -> None:
    detail = problem(client.get("/v1/search", params={"q": text}), 422)
    assert detail == "the query has no letters or digits: type a few words to search for"


@pytest.mark.parametrize(
    "text",
    [
        '"congestion control',
        "congestion) control (",
        "congestion AND OR NOT control",
        "title:congestion control^2~",
        "congestion\0control",
        "congestion\u202econtrol congestion control",
        "ＣＯＮＧＥＳＴＩＯＮ control",
        "*congestion* /control/ \\",
        "'; DROP TABLE papers; -- congestion control",
        "<script>congestion</script> control",
        "congestion control " * 250,
    ],
)
def test_a_query_is_never_read_as_code(client: TestClient, text: str) -> None:
    for mode in ("hybrid", "keyword"):
        answer = client.get("/v1/search", params={"q": text, "mode": mode}).json()
        assert answer["query"] == text
        assert answer["hits"][0]["paper"]["id"] == "congestion"


def test_the_longest_query_allowed_is_searched(client: TestClient) -> None:
    text = ("compiler passes " * 400)[:MOST_CHARACTERS]
    assert found(client, f"/v1/search?q={quote(text)}")[0] == "passes"


def test_half_a_surrogate_pair_in_an_address_is_read_as_no_character(client: TestClient) -> None:
    answer = client.get("/v1/search?q=%ED%A0%80 compiler passes").json()
    assert answer["query"] == "\ufffd\ufffd\ufffd compiler passes"
    assert answer["hits"][0]["paper"]["id"] == "passes"
    assert problem(client.get("/v1/papers/%ED%A0%80"), 404)
    assert client.get("/v1/search?q=compiler&author=%ED%A0%80").json()["total"] == 0
    assert client.get("/v1/suggest?q=%ED%A0%80%FF").json() == {"suggestions": []}


# Papers and their ids


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.id for paper in PAPERS])
def test_a_paper_is_found_by_its_id_as_it_was_indexed(client: TestClient, paper: Paper) -> None:
    assert client.get(f"/v1/papers/{paper.id}").json() == json.loads(paper.to_json())


@pytest.mark.parametrize("name", ["nope", "", "passes/", "joins", "a\0b", "related", "x" * 5000])
def test_an_unknown_id_is_a_problem_that_names_it(client: TestClient, name: str) -> None:
    for address in (f"/v1/papers/{quote(name)}", f"/v1/papers/{quote(name)}/related"):
        assert repr(name) in problem(client.get(address), 404)
    assert repr("nope") in problem(client.post("/v1/related", json={"like": ["passes", "nope"]}), 404)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """The service over papers with ids, and other values, that a stranger's file may hold."""
    folder = tmp_path_factory.mktemp("odd")
    records: list[dict[str, Any]] = [
        {"id": name, "title": f"Paper number {number}", "abstract": f"An abstract of paper {number}."}
        for number, name in enumerate(ODD_IDS)
    ]
    records.append(
        {
            "id": "values",
            "title": "Half \ud800 a pair, \u202eright to left, and <script>alert(1)</script>",
            "abstract": "Odd\0 values of \udfff strangers.",
            "authors": ["\ud800", "مؤلف"],
            "score": float("nan"),
            "big": 10**400,
            "infinite": float("inf"),
            "deep": [[[[{"a\ud800": "\udc00"}]]]],
        }
    )
    (folder / "odd.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    with tiny.in_place_of_models():
        build([folder / "odd.jsonl"], folder / "index", model_name="tiny", progress=Progress(quiet=True))
    with over_http(folder / "index") as client:  # the test client decodes an address twice
        yield client


def test_any_id_is_an_address_that_leads_to_its_paper(odd: httpx2.Client) -> None:
    hits = odd.get("/v1/search?q=paper&limit=100").json()["hits"]
    papers = {hit["paper"]["title"]: hit["paper"] for hit in hits}
    for number in range(len(ODD_IDS)):
        paper = papers[f"Paper number {number}"]
        for address in (quote(paper["id"], safe=""), quote(paper["id"], safe="/")):
            assert odd.get(f"/v1/papers/{address}").json() == paper, address
            related = odd.get(f"/v1/papers/{address}/related?limit=100").json()["hits"]
            assert {hit["paper"]["title"] for hit in related} == set(papers) - {paper["title"]}
    given = {paper["extra"].get("source_id", paper["id"]) for paper in papers.values()}
    assert given >= set(ODD_IDS) - {"nul\0here"}


def test_odd_values_of_a_source_are_sent_as_strict_json(odd: httpx2.Client) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = odd.get("/v1/papers/values").content.decode("utf-8", "strict")
    paper = json.loads(text, parse_constant=refuse)
    assert paper["title"] == "Half \ufffd a pair, right to left, and <script>alert(1)</script>"
    assert paper["abstract"] == "Odd values of \ufffd strangers."
    assert paper["authors"][1] == "مؤلف"
    assert paper["extra"]["deep"] == [[[[{"a\ufffd": "\ufffd"}]]]]


# Related papers


def test_papers_related_to_one_are_the_nearest_and_never_itself(client: TestClient) -> None:
    related = found(client, "/v1/papers/passes/related")
    assert related[-1] == "queues"
    assert set(related) == ALL - {"passes"}
    assert found(client, "/v1/papers/passes/related?limit=2") == related[:2]


def test_asking_for_related_papers_by_post_is_the_same_for_one(client: TestClient) -> None:
    posted = client.post("/v1/related", json={"like": ["queues"], "limit": 3}).json()
    assert posted == client.get("/v1/papers/queues/related?limit=3").json()


def related_to(client: TestClient, **body: Any) -> list[str]:
    """The ids of papers related to what the body names."""
    response = client.post("/v1/related", json=body)
    assert response.status_code == 200, response.text
    assert set(response.json()) == {"hits"}
    return [hit["paper"]["id"] for hit in response.json()["hits"]]


def test_several_liked_papers_are_near_what_they_share(client: TestClient) -> None:
    shared = related_to(client, like=["passes", "queues"])
    assert shared[:2] == ["joins/2019", "congestion"]  # a reward as in the one, packets as in the other
    assert set(shared) == ALL - {"passes", "queues"}


def test_a_paper_not_liked_pushes_its_kind_down(client: TestClient) -> None:
    def cosines(**body: Any) -> dict[str, float]:
        hits = client.post("/v1/related", json=body).json()["hits"]
        return {hit["paper"]["id"]: hit["semantic"] for hit in hits}

    without, pushed = cosines(like=["passes"]), cosines(like=["passes"], unlike=["joins/2019"])
    assert pushed.keys() == ALL - {"passes", "joins/2019"}
    assert pushed["congestion"] < without["congestion"]


def test_related_papers_say_why(client: TestClient) -> None:
    hits = client.get("/v1/papers/queues/related").json()["hits"]
    assert {hit["paper"]["id"]: hit["reason"] for hit in hits}["congestion"] == {
        "topics": ["packets"],
        "sentence": "The sender learns from the delay of packets.",
        "other_id": "queues",
        "other_sentence": "Routers drop packets early, which keeps queues short.",
    }
    assert all(hit["reason"] is None for hit in client.get("/v1/search?q=packets").json()["hits"])


def test_related_papers_can_be_diverse(client: TestClient) -> None:
    plain = [hit["paper"]["id"] for hit in client.get("/v1/papers/passes/related").json()["hits"]]
    posted = related_to(client, like=["passes"], diversity=0.9)
    assert posted == [
        hit["paper"]["id"] for hit in client.get("/v1/papers/passes/related?diversity=0.9").json()["hits"]
    ]
    assert posted != plain
    assert client.get("/v1/papers/passes/related?diversity=2").status_code == 422


def test_nonsense_is_no_good_match(client: TestClient) -> None:
    answer = client.get("/v1/search?q=zyzzyva quuxly").json()
    assert not answer["good_match"]
    assert len(answer["hits"]) == 6


def test_a_pasted_text_finds_its_own_paper_first(client: TestClient) -> None:
    for paper in PAPERS:
        assert related_to(client, text=paper.abstract)[0] == paper.id
    assert set(related_to(client, text=PAPERS[0].abstract)) == ALL


def test_seeds_are_never_in_the_answer(client: TestClient) -> None:
    everything = sorted(ALL)
    assert related_to(client, like=everything) == []
    assert related_to(client, like=everything[:3], unlike=everything[3:]) == []
    text = PAPERS[0].abstract  # which would find a paper that is not liked
    assert set(related_to(client, like=["tree"], unlike=["passes"], text=text)) == ALL - {"tree", "passes"}
    assert set(related_to(client, like=["tree", "tree"], text="compiler")) == ALL - {"tree"}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "nothing to go by: give the id of a liked paper, or a text"),
        ({"unlike": ["passes"]}, "nothing to go by"),
        ({"text": "  "}, "nothing to go by"),
        ({"text": "?!"}, "the text has no letters or digits"),
        ({"text": "x" * (MOST_CHARACTERS + 1)}, "text: "),
        ({"like": ["passes"] * (MOST_SEEDS + 1)}, "like: "),
        ({"like": ["passes"] * MOST_SEEDS, "unlike": ["tree"]}, "51 papers are named; at most 50 are taken"),
        ({"like": "passes"}, "like: "),
        ({"like": [7]}, "like.0: "),
        ({"like": [""]}, "like.0: "),
        ({"like": ["passes"], "limit": 0}, "limit: "),
        ({"like": ["passes"], "limit": "5"}, "limit: "),
        ({"like": ["passes"], "limit": True}, "limit: "),
        ({"like": ["passes"], "diversity": False}, "diversity: "),
        ({"like": ["passes"], "limit": 10**30}, "limit: "),
        ({"like": ["passes"], "limit": None}, "limit: "),
        ({"like": ["passes"], "colour": "red"}, "colour: "),
        ([], "body: "),
        ("passes", "body: "),
        (None, "body: "),
    ],
)
def test_a_body_outside_the_limits_is_refused_with_the_reason(
    client: TestClient, body: Any, detail: str
) -> None:
    assert problem(client.post("/v1/related", json=body), 422).startswith(detail)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b'{"like": ["passes"]', 422),
        (b'{"text": "\\ud800 compiler"}', 422),
        (b'{"like": ["\\ud800"]}', 422),
        (b'{"\\ud800": 1}', 422),
        (b'{"text": "\xff"}', 400),
        (b'{"limit": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"limit": NaN, "text": "compiler"}', 422),
        (b'{"limit": 1e999, "text": "compiler"}', 422),
    ],
)
def test_a_body_that_is_no_such_json_is_refused(client: TestClient, body: bytes, status: int) -> None:
    response = client.post("/v1/related", content=body, headers={"Content-Type": "application/json"})
    assert problem(response, status)


def test_a_body_that_does_not_say_that_it_is_json_is_refused(client: TestClient) -> None:
    body, headers = b'{"like": ["passes"]}', {"Content-Type": "text/plain"}
    assert problem(client.post("/v1/related", content=body, headers=headers), 422)


# Suggestions


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("congestion con", [("title", "Congestion control that learns", "congestion")]),
        ("zoe", [("author", "Zoë Müller", None)]),
        ("sally fl", [("author", "Sally Floyd", None)]),
        ("sigc", [("venue", "SIGCOMM", None)]),
        ("vldb wor", [("venue", "VLDB workshop", None)]),
        ("astronomy", []),
        ("", []),
        ("   ", []),
        ('"(*?', []),
        ("\0", []),
    ],
)
def test_what_is_typed_may_become_a_title_an_author_or_a_venue(
    client: TestClient, typed: str, expected: list[tuple[str, str, str | None]]
) -> None:
    response = client.get("/v1/suggest", params={"q": typed})
    assert response.status_code == 200
    assert [(each["kind"], each["text"], each["id"]) for each in response.json()["suggestions"]] == expected


def test_suggestions_keep_to_their_limit(client: TestClient) -> None:
    assert len(client.get("/v1/suggest?q=l").json()["suggestions"]) >= 2
    assert len(client.get("/v1/suggest?q=l&limit=1").json()["suggestions"]) == 1
    assert problem(client.get("/v1/suggest?q=l&limit=0"), 422).startswith("limit: ")
    assert problem(client.get(f"/v1/suggest?q={'l' * 201}"), 422).startswith("q: ")
    assert problem(client.get("/v1/suggest"), 422).startswith("q: ")


# Health and metrics


def test_a_ready_service_says_which_generation_it_serves(client: TestClient, tiny_index_folder: Path) -> None:
    generation = json.loads((tiny_index_folder / "manifest.json").read_text("utf-8"))["generation"]
    assert client.get("/health/ready").json() == {"status": "ok", "generation": generation, "papers": 6}
    assert client.get("/health/live").json()["status"] == "ok"


def measured(client: TestClient, series: str) -> float:
    """The value of one series in the metrics."""
    lines = client.get("/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{series} ")), 0.0)


def test_metrics_count_requests_by_route_and_status_and_keep_no_query(client: TestClient) -> None:
    assert client.get("/metrics").headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    good = 'papersearch_requests_total{method="GET",route="/v1/search",status="200"}'
    bad = 'papersearch_requests_total{method="GET",route="/v1/search",status="422"}'
    time = 'papersearch_request_seconds_count{route="/v1/search"}'
    before = [measured(client, series) for series in (good, bad, time)]
    client.get("/v1/search?q=a private matter")
    client.get("/v1/search?q=another private matter")
    client.get("/v1/search?q=")
    assert [measured(client, series) for series in (good, bad, time)] == [
        before[0] + 2,
        before[1] + 1,
        before[2] + 3,
    ]
    client.get("/v1/papers/private/related")
    assert "private" not in client.get("/metrics").text


def test_metrics_grow_by_stage(client: TestClient) -> None:
    stages = ("read", "encode", "dense", "words", "fuse", "fetch", "snippet", "facets")
    series = [f'papersearch_stage_seconds_count{{stage="{stage}"}}' for stage in stages]
    before = [measured(client, each) for each in series]
    client.get("/v1/search?q=a query that nobody has asked before")
    assert [measured(client, each) for each in series] == [value + 1 for value in before]


def test_metrics_know_the_index_that_is_served(client: TestClient, tiny_index_folder: Path) -> None:
    manifest = json.loads((tiny_index_folder / "manifest.json").read_text("utf-8"))
    assert measured(client, "papersearch_index_papers") == 6
    assert measured(client, "papersearch_index_bytes") == sum(manifest["files"].values())
    info = f'papersearch_index_info{{generation="{manifest["generation"]}",model="tiny"}}'
    assert measured(client, info) == 1


def test_made_up_methods_and_addresses_make_no_new_series(client: TestClient) -> None:
    for number in range(5):
        client.request(f"MADEUP{number}", "/v1/search")
        client.get(f"/made-up-{number}")
    text = client.get("/metrics").text
    assert "MADEUP" not in text
    assert "made-up" not in text
    assert measured(client, 'papersearch_requests_total{method="other",route="/v1/search",status="405"}') == 5


# Other sites


def test_other_sites_may_not_call_the_api_unless_they_were_named(client: TestClient) -> None:
    response = client.get("/v1/search?q=x", headers={"Origin": "https://lab.example"})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


def test_a_named_site_may_search_and_ask_for_related_papers(tiny_index_folder: Path) -> None:
    with in_process(tiny_index_folder, cors_origins=["https://lab.example"]) as client:
        named = client.get("/v1/search?q=x", headers={"Origin": "https://lab.example"})
        assert named.headers["access-control-allow-origin"] == "https://lab.example"
        assert "access-control-allow-credentials" not in named.headers
        refused = client.get("/v1/search?q=", headers={"Origin": "https://lab.example"})
        assert problem(refused, 422)
        assert refused.headers["access-control-allow-origin"] == "https://lab.example"
        other = client.get("/v1/search?q=x", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        for origin, status in (("https://lab.example", 200), ("https://evil.example", 400)):
            assert client.options("/v1/related", headers={"Origin": origin, **asking}).status_code == status


def test_every_site_may_be_allowed(tiny_index_folder: Path) -> None:
    with in_process(tiny_index_folder, cors_origins=["*"]) as client:
        response = client.get("/v1/search?q=x", headers={"Origin": "https://any.example"})
        assert response.headers["access-control-allow-origin"] == "*"


def test_the_search_box_may_be_loaded_from_anywhere(client: TestClient) -> None:
    response = client.get("/static/paper-search.js", headers={"Origin": "https://any.example"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in client.get("/static/style.css").headers


# The OpenAPI document


def test_the_document_says_that_errors_are_problem_documents(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert "HTTPValidationError" not in json.dumps(document)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["description"]
            for status, response in operation["responses"].items():
                if status != "200":
                    (content_type,) = response["content"]
                    assert content_type == "application/problem+json"
            assert ("503" in operation["responses"]) == (path not in {"/health/live", "/metrics"})


OPERATIONS = [
    ("GET", "/v1/search"),
    ("GET", "/v1/papers/{paper_id}/related"),
    ("GET", "/v1/papers/{paper_id}"),
    ("POST", "/v1/related"),
    ("GET", "/v1/suggest"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
]


def test_the_document_describes_every_route_of_version_1_and_no_page(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    described = [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    assert described == OPERATIONS
    assert document["info"]["title"] == "Papersearch"


@pytest.fixture(scope="module")
def described(client: TestClient) -> Any:
    """The OpenAPI document, to make up requests from."""
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    schema.app = client.app
    return schema


# Whatever an id is, it is a string: there is no wrong way to ask for a paper.
MADE_UP = [(*each, GenerationMode.POSITIVE) for each in OPERATIONS] + [
    ("GET", "/v1/search", GenerationMode.NEGATIVE),
    ("GET", "/v1/papers/{paper_id}/related", GenerationMode.NEGATIVE),
    ("POST", "/v1/related", GenerationMode.NEGATIVE),
    ("GET", "/v1/suggest", GenerationMode.NEGATIVE),
]


@pytest.mark.parametrize(("method", "path", "mode"), MADE_UP)
def test_whatever_the_document_allows_or_forbids_is_answered_as_it_says(
    described: Any, method: str, path: str, mode: GenerationMode
) -> None:
    @settings(max_examples=30, suppress_health_check=list(HealthCheck))
    @given(described[path][method].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        # A query without letters, or nobody to be related to, is well formed and refused all the same.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    ask()
