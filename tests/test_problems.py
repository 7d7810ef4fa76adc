"""Errors: problem documents for programs, pages for people, and nothing of the inside for either."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.live import Live
from api.problems import Problem, responses
from tests.service import in_process

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def client(tiny_index_folder: Path) -> Iterator[TestClient]:
    """The service with two routes that fail in ways that nobody foresaw."""
    with in_process(tiny_index_folder) as client:
        app = client.app
        assert isinstance(app, FastAPI)

        @app.get("/v1/broken")
        def broken() -> None:
            raise RuntimeError("a secret of the inside")

        @app.get("/broken")
        def broken_page() -> None:
            raise RuntimeError("a secret of the inside")

        yield client


def test_an_unforeseen_error_is_a_problem_document_that_tells_nothing(client: TestClient) -> None:
    response = client.get("/v1/broken")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "something failed in the service; its log has the cause",
    }


def test_an_unforeseen_error_is_logged_with_its_cause(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/v1/broken")
    assert "GET /v1/broken failed" in caplog.messages
    assert "a secret of the inside" in caplog.text


def test_an_unforeseen_error_is_a_page_where_a_person_is_looking(client: TestClient) -> None:
    response = client.get("/broken", headers=HTML)
    assert response.status_code == 500
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "Internal Server Error" in response.text
    assert "secret" not in response.text


def test_an_unforeseen_error_is_counted(client: TestClient) -> None:
    def count() -> float:
        counted = 'papersearch_requests_total{method="GET",route="/v1/broken",status="500"} '
        lines = client.get("/metrics").text.splitlines()
        return next((float(line.removeprefix(counted)) for line in lines if line.startswith(counted)), 0.0)

    before = count()
    client.get("/v1/broken")
    assert count() == before + 1


@pytest.mark.parametrize("path", ["/v1/nothing", "/health/nothing", "/static/nothing.css", "/metrics/x"])
def test_the_api_answers_programs_even_where_a_browser_asks(client: TestClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == "there is nothing at this address"


def test_an_address_that_is_nowhere_is_a_page_for_browsers_only(client: TestClient) -> None:
    page = client.get("/nothing", headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "here is nothing at this address" in page.text
    problem = client.get("/nothing", headers={"Accept": "application/json"})
    assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")


def test_a_wrong_method_is_told_which_one_is_right(client: TestClient) -> None:
    response = client.delete("/v1/search")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"
    assert response.json()["title"] == "Method Not Allowed"
    assert response.json()["detail"] == "this address does not take that method"


def test_before_the_index_is_there_every_route_that_needs_it_says_when_to_come_back(tmp_path: Path) -> None:
    reasons: list[str] = []
    app = create_app(Live(tmp_path / "none", failed=reasons.append))
    with TestClient(app) as client:
        for path in (
            "/v1/search?q=x",
            "/v1/papers/x",
            "/v1/papers/x/related",
            "/v1/suggest?q=x",
            "/health/ready",
        ):
            response = client.get(path)
            assert response.status_code == 503
            assert response.headers["content-type"] == "application/problem+json"
            assert response.headers["retry-after"] == "1"
            assert response.json()["title"] == "Service Unavailable"
            assert response.json()["detail"].startswith(
                ("the index is being loaded", f"{tmp_path}/none: no index")
            )
        assert client.post("/v1/related", json={"text": "x"}).status_code == 503
        page = client.get("/?q=x", headers=HTML)
        assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert client.get("/health/live").json()["status"] == "ok"
        assert client.get("/metrics").status_code == 200
    assert reasons[0].startswith(f"{tmp_path}/none: no index here")


def test_the_description_of_an_error_response_is_a_problem_document() -> None:
    described = responses(404, 503)
    assert [(status, each["description"]) for status, each in described.items()] == [
        (404, "Not Found"),
        (503, "Service Unavailable"),
    ]
    assert described[404]["content"] == {"application/problem+json": {"schema": Problem.model_json_schema()}}
