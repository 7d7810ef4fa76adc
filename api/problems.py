"""Errors as RFC 9457 problem documents, or as a page where a person is looking."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.live import NotReady
from papersearch.errors import PapersearchError, PaperUnknown, QueryInvalid

log = logging.getLogger("papersearch")
Page = Callable[[Request, int, str, str], Response]
_STATUS = {PaperUnknown: 404, QueryInvalid: 422, NotReady: 503}
_DATA = ("/v1/", "/health/", "/metrics", "/static/", "/openapi.json")


class Problem(BaseModel):
    """A problem document (https://www.rfc-editor.org/rfc/rfc9457)."""

    type: str = Field("about:blank", description="What kind of problem; about:blank: the status says it.")
    title: str = Field(description="The status in words.", examples=["Unprocessable Content"])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(
        description="What went wrong and what to do.", examples=["limit is 0; it must be from 1"]
    )


def responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The error responses of a route, for its OpenAPI description."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def root_path(request: Request) -> str:
    """What a proxy serves this application under. /static, a mounted application, has its own longer one."""
    scope = request.scope
    return str(scope.get("app_root_path", scope.get("root_path", "")))


def install(app: FastAPI, page: Page) -> None:
    """Make every error of the application a problem document, or a `page` outside the API."""

    def answer(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
        title = HTTPStatus(status).phrase
        path = request.scope["path"].removeprefix(root_path(request))
        if not path.startswith(_DATA) and "text/html" in request.headers.get("accept", ""):
            response = page(request, status, title, detail)
            response.headers.update(headers or {})
            return response
        problem = Problem(type="about:blank", title=title, status=status, detail=detail)
        return JSONResponse(problem.model_dump(), status, headers, media_type="application/problem+json")

    def known(request: Request, error: Exception) -> Response:
        status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
        return answer(request, status, str(error), {"Retry-After": "1"} if status == 503 else None)

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  (for the type checker: registered for it alone)
        headers = dict(error.headers or {})
        detail = (
            error.detail if error.detail != HTTPStatus(error.status_code).phrase else _hint(error.status_code)
        )
        return answer(request, error.status_code, detail, headers)

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        found = (f"{'.'.join(map(str, each['loc'][1:])) or 'body'}: {each['msg']}" for each in error.errors())
        return answer(request, 422, "; ".join(found).encode("utf-8", "replace").decode())

    def unforeseen(request: Request, error: Exception) -> Response:
        log.exception("%s %s failed", request.method, request.url.path, exc_info=error)
        return answer(request, 500, "something failed in the service; its log has the cause")

    app.add_exception_handler(PapersearchError, known)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unforeseen)


def _hint(status: int) -> str:
    hints = {404: "there is nothing at this address", 405: "this address does not take that method"}
    return hints.get(status, HTTPStatus(status).description or HTTPStatus(status).phrase)
