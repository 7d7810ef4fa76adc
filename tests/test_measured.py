"""What is done around every request."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.measured import Measured
from api.metrics import Metrics


def passed(
    app: Any, path: str = "/x", kind: str = "http", method: str = "GET"
) -> tuple[list[Message], list[str]]:
    """What is sent for a request to an application, and the requests that were counted."""
    metrics, sent = Metrics(), []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    scope = {"type": kind, "path": path, "method": method}
    try:
        asyncio.run(Measured(app, metrics)(scope, receive, send))
    except OSError:
        sent.append({"type": "raised"})
    lines = metrics.text().decode().splitlines()
    return sent, [line for line in lines if line.startswith("papersearch_requests_total{")]


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    scope["route"] = type("Route", (), {"path": "/{any}"})()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def test_an_answer_is_counted_once_by_its_routes_pattern_and_gets_the_header_of_all() -> None:
    sent, counted = passed(answering)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["headers"] == [(b"x-content-type-options", b"nosniff")]
    assert counted == ['papersearch_requests_total{method="GET",route="/{any}",status="204"} 1.0']


def test_the_search_box_may_be_loaded_from_anywhere() -> None:
    sent, _ = passed(answering, "/lab/static/paper-search.js")
    assert sent[0]["headers"][1:] == [
        (b"access-control-allow-origin", b"*"),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]


def test_a_method_that_somebody_made_up_has_no_label_of_its_own() -> None:
    _, counted = passed(answering, method="STEAL")
    assert counted == ['papersearch_requests_total{method="other",route="/{any}",status="204"} 1.0']


@pytest.mark.parametrize("begun", [False, True])
def test_what_fails_is_counted_once_and_raised_on(begun: bool) -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise OSError

    sent, counted = passed(failing)
    assert sent[-1] == {"type": "raised"}
    status = 200 if begun else 500
    assert counted == [f'papersearch_requests_total{{method="GET",route="none",status="{status}"}} 1.0']


def test_what_is_no_request_passes_untouched() -> None:
    sent, counted = passed(answering, kind="lifespan")
    assert sent[0]["headers"] == []
    assert counted == []
